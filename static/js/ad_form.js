"use strict";
/* Sends the form once, after a photo that is still on its way. */

(() => {
  const form = document.querySelector("[data-ad-form]");
  if (!form) return;
  const button = form.querySelector("[data-submit]");
  const label = button.querySelector("span");
  const words = label.textContent;

  function busy(on) {
    button.setAttribute("aria-busy", String(on));
    label.textContent = on ? form.dataset.busy : words;
    form.dataset.sent = on ? "yes" : "";
  }

  function firstError() {
    const bad = form.querySelector(".copy--over input, .drop--bad [data-file]");
    bad?.focus();
    bad?.closest("section").scrollIntoView({ block: "center" });
    return Boolean(bad);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sent || firstError()) return;
    busy(true);
    try {
      await window.photoOnItsWay?.();
    } catch {
      /* The file itself is still in the form. */
    }
    await Promise.resolve();
    if (firstError()) {
      busy(false);
      return;
    }
    form.submit();
  });

  for (const line of form.querySelectorAll("[data-copy] input, [data-campaign] input")) {
    line.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      line.blur();
    });
  }

  /* What is chosen is in sight, also in a row that scrolls sideways. */
  for (const pick of form.querySelectorAll(".tiles .pick:checked")) {
    const tile = pick.closest(".tile");
    const row = tile.parentElement;
    row.scrollLeft = tile.offsetLeft - row.offsetLeft - (row.clientWidth - tile.clientWidth) / 2;
  }
  window.addEventListener("pageshow", (event) => event.persisted && busy(false));
})();
