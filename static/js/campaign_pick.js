"use strict";
/* The fold says which campaign the ad goes into: the one that is picked, or the new name. */

(() => {
  const root = document.querySelector("[data-campaign]");
  if (!root) return;
  const [picked, named] = [root.querySelector("select"), root.querySelector("input[type=text]")];

  function show() {
    const said = named.value.trim() || picked?.selectedOptions[0]?.text.trim() || "";
    root.querySelector("[data-campaign-said]").textContent = said;
  }

  root.addEventListener("input", show);
  window.addEventListener("pageshow", show);
})();
