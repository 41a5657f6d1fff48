"use strict";
/* The result: sharing where the phone can, and the stages shown in the large frame. */

(() => {
  async function pictureFile(button) {
    const answer = await fetch(button.dataset.shareUrl);
    return new File([await answer.blob()], button.dataset.shareName, { type: "image/png" });
  }

  function offerSharing() {
    const button = document.querySelector("[data-share]");
    if (!button || !navigator.canShare) return;
    const sample = new File([new Uint8Array(1)], "a.png", { type: "image/png" });
    if (!navigator.canShare({ files: [sample] })) return;
    button.hidden = false;
    button.parentElement.classList.add("actions--pair");
    /* Fetched now: sharing must follow the tap at once, or the browser refuses it. */
    const file = pictureFile(button);
    file.catch(() => (button.hidden = true));
    button.addEventListener("click", async () => {
      try {
        await navigator.share({ files: [await file] });
      } catch (reason) {
        if (reason.name !== "AbortError") button.hidden = true;
      }
    });
  }

  /* A stage's picture comes into the large frame; with a modifier key the link stays a link. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-stage-picture]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    for (const other of document.querySelectorAll("[data-stage-picture]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    window.jobFrame.show(link.href, { alt: link.querySelector(".making__name").textContent, sharp: true });
    document.querySelector("[data-frame]").scrollIntoView({ block: "nearest" });
  });

  offerSharing();
  document.addEventListener("panel:changed", offerSharing);
})();
