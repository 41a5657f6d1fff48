"use strict";
/* Own words: counts them, takes examples, and shows the style that they name as the chosen one. */

(() => {
  function count(box) {
    const field = box.querySelector("textarea");
    const length = [...field.value.trim().replace(/\s+/g, " ")].length;
    box.querySelector("[data-words-count]").textContent = `${length}/${field.maxLength}`;
  }

  function watch() {
    for (const box of document.querySelectorAll("[data-words]")) {
      if (!box.dataset.watched) box.querySelector("textarea").addEventListener("input", () => count(box));
      box.dataset.watched = "yes";
      count(box);
    }
  }

  /* As the prompt book does: the style that most of its words were said of, the first of equals. */
  function named(said, styles) {
    const text = said.toLowerCase();
    let [best, most] = ["", 0];
    for (const [key, style] of Object.entries(styles)) {
      const hits = style.words.filter((word) => text.includes(word)).length;
      if (hits > most) [best, most] = [key, hits];
    }
    return best;
  }

  /* On a phone the styles lie in a row that scrolls sideways; the page itself stays where it is. */
  function bringIntoRow(tile) {
    const row = tile.parentElement;
    const left = tile.offsetLeft - row.offsetLeft - (row.clientWidth - tile.clientWidth) / 2;
    row.scrollTo({ left, behavior: "smooth" });
  }

  function begin(root) {
    const field = root.querySelector("textarea");
    const styles = JSON.parse(document.getElementById(root.dataset.styles).textContent);
    const picks = [...document.querySelectorAll(`[name=${root.dataset.picks}]`)];
    const [hint, back] = [root.querySelector("[data-own-hint]"), root.querySelector("[data-own-back]")];
    const plain = hint.textContent;
    const examples = [...root.querySelectorAll("[data-own-examples] button")];
    let taken = "";

    function write(words) {
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function show() {
      const said = field.value.trim();
      const style = said ? named(said, styles) : "";
      root.querySelector("[data-own-said]").textContent = said;
      for (const pick of picks) {
        const tile = pick.closest(".tile");
        tile.classList.toggle("tile--worded", pick.value === style);
        tile.parentElement.classList.toggle("tiles--worded", Boolean(style));
        if (pick.value === style) bringIntoRow(tile);
      }
      hint.textContent = style ? root.dataset.named.replace("{name}", styles[style].label) : said ? root.dataset.unnamed : plain;
      hint.parentElement.classList.toggle("own__hint--named", Boolean(style));
      back.hidden = true;
      return style;
    }

    field.addEventListener("input", show);
    for (const chip of examples) {
      chip.addEventListener("click", () => {
        const said = field.value.trim();
        const replace = !said || examples.some((other) => other.value === said);
        write(replace ? chip.value : `${said}, ${chip.value}`.slice(0, field.maxLength));
      });
    }
    /* Whoever taps another style means it: the words give way, and can come back. */
    for (const pick of picks) {
      pick.addEventListener("change", () => {
        const style = named(field.value, styles);
        if (!style || style === pick.value) return;
        taken = field.value;
        write("");
        hint.textContent = root.dataset.takenBack;
        back.hidden = false;
        root.open = true;
      });
    }
    back.addEventListener("click", () => {
      write(taken);
      field.focus();
    });
    window.addEventListener("pageshow", show);
    show();
  }

  document.querySelectorAll("[data-own]").forEach(begin);
  watch();
  document.addEventListener("panel:changed", watch);
})();
