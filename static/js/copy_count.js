"use strict";
/* Counts the copy as a person does: by grapheme cluster, like the server. */

(() => {
  const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("ko", { granularity: "grapheme" }) : null;

  function count(text) {
    const tidy = text.normalize("NFC").trim().replace(/ +/g, " ");
    return segmenter ? [...segmenter.segment(tidy)].length : [...tidy].length;
  }

  function show(box) {
    const input = box.querySelector("input");
    const limit = Number(box.dataset.limit);
    const length = count(input.value);
    const over = length > limit;
    box.querySelector("[data-copy-count]").textContent = `${length}/${limit}`;
    box.classList.toggle("copy--over", over);
    const error = box.parentElement.querySelector("[data-copy-error]");
    if (over) {
      error.textContent = box.dataset.over.replace("{limit}", limit).replace("{extra}", length - limit);
      error.hidden = false;
      input.setAttribute("aria-invalid", "true");
    } else if (box.dataset.touched) {
      error.hidden = true;
      box.classList.remove("copy--bad");
      input.removeAttribute("aria-invalid");
    }
  }

  function watch(box) {
    if (box.dataset.watched) return;
    box.dataset.watched = "yes";
    const input = box.querySelector("input");
    input.addEventListener("input", () => {
      box.dataset.touched = "yes";
      show(box);
    });
    show(box);
  }

  function watchAll() {
    document.querySelectorAll("[data-copy]").forEach(watch);
  }

  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-copy-examples] button");
    if (!chip) return;
    const input = chip.closest("section").querySelector("[data-copy] input");
    input.value = chip.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });

  watchAll();
  document.addEventListener("panel:changed", watchAll);
})();
