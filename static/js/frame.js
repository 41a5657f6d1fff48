"use strict";
/* The picture of a job: a new one fades in over the old one, which stays until it is covered. */

window.jobFrame = (() => {
  const frame = document.querySelector("[data-frame]");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let wanted = 0;

  async function show(url, { alt, sharp = false } = {}) {
    wanted += 1;
    const mine = wanted;
    const next = new Image();
    next.className = "frame__img frame__img--in";
    next.alt = alt ?? "";
    next.src = url;
    if (sharp) next.dataset.sharp = "";
    try {
      await next.decode();
    } catch {
      return; /* Gone already: a newer one is coming. */
    }
    if (mine !== wanted) return;
    /* A cut-out or a photo has a shape of its own: it is shown whole. */
    const shape = next.naturalWidth / next.naturalHeight / (frame.clientWidth / frame.clientHeight);
    next.classList.toggle("frame__img--whole", Math.abs(shape - 1) > 0.03);
    const older = [...frame.querySelectorAll("img")];
    next.dataset.frameImage = "";
    frame.append(next);
    const settle = () => {
      older.forEach((image) => image.remove());
      next.classList.remove("frame__img--in");
    };
    if (calm.matches) settle();
    else next.addEventListener("animationend", settle, { once: true });
    if (sharp) frame.querySelector("[data-frame-shine]")?.remove();
  }

  function still() {
    frame.querySelector("[data-frame-shine]")?.remove();
  }

  /* A preview whose bytes are gone leaves no torn picture behind. */
  for (const image of frame?.querySelectorAll("img") ?? []) {
    const drop = () => image.remove();
    if (image.complete && !image.naturalWidth) drop();
    else image.addEventListener("error", drop, { once: true });
  }

  return { show, still };
})();
