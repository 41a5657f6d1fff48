"use strict";
/* Says which font is chosen while the list of fonts is folded. */

(() => {
  const box = document.querySelector("[data-fonts]");
  if (!box) return;
  const said = box.querySelector("[data-font-chosen]");

  function say() {
    const chosen = box.querySelector("[data-font-name]:checked");
    if (chosen) said.textContent = chosen.dataset.fontName;
  }

  box.addEventListener("change", say);
  // A browser that goes back puts the choice back after the page was read.
  window.addEventListener("pageshow", say);
  say();
})();
