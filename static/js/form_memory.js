"use strict";
/*
 * What was filled in is there again after "back", a reload, or a phone that threw the page away
 * while its camera was open. It is kept for this tab alone and runs before what reads the form.
 */

(() => {
  const form = document.querySelector("[data-ad-form]");
  if (!form) return;
  const KEY = `ad-form:${form.dataset.memory}`;
  const NOT_KEPT = ["csrfmiddlewaretoken", "form_key"];
  const here = location.pathname + location.search;
  const box = form.querySelector("[data-photo-drop]");
  const id = box.querySelector("[data-photo-id]");
  const image = box.querySelector("[data-drop-image]");
  let photoUrl = image.getAttribute("src") ?? "";

  function keep() {
    const told = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_KEPT.includes(name));
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ here, told, photoUrl }));
    } catch {
      /* A browser that keeps nothing keeps nothing. */
    }
  }

  function kept() {
    const came = performance.getEntriesByType("navigation")[0]?.type;
    if (came !== "back_forward" && came !== "reload") return null;
    try {
      const memory = JSON.parse(sessionStorage.getItem(KEY));
      return memory?.here === here ? memory : null;
    } catch {
      return null;
    }
  }

  function showPhoto(url) {
    photoUrl = url;
    image.addEventListener("error", () => box.querySelector("[data-remove]").click(), { once: true });
    image.src = url;
    box.classList.add("drop--full", "drop--ready");
    const changed = new CustomEvent("photo:changed", { bubbles: true, detail: { id: id.value, url } });
    document.addEventListener("DOMContentLoaded", () => box.dispatchEvent(changed));
  }

  function showNone() {
    photoUrl = "";
    id.value = "";
    image.removeAttribute("src");
    box.classList.remove("drop--full", "drop--ready");
  }

  function restore(memory) {
    for (const [name, value] of memory.told) {
      const field = form.elements.namedItem(name);
      if (!field) continue;
      field.value = value;
      if (value && field.tagName === "TEXTAREA") field.closest("details").open = true;
    }
    if (id.value && memory.photoUrl) showPhoto(memory.photoUrl);
    else showNone();
  }

  /* A page that came back with errors shows what was sent. */
  const memory = form.querySelector(".summary") ? null : kept();
  if (memory) restore(memory);

  document.addEventListener("photo:changed", (event) => {
    photoUrl = event.detail.id ? event.detail.url : "";
    keep();
  });
  for (const event of ["input", "change", "submit"]) form.addEventListener(event, keep);
})();
