"use strict";
/* The form's photo is touched up in a window over the form, so that nothing typed is lost. */

(() => {
  const link = document.querySelector("[data-touch-up]");
  if (!link) return;

  document.addEventListener("photo:changed", (event) => {
    if (event.detail.id) link.href = link.dataset.address.replace("/0/", `/${event.detail.id}/`);
    else link.removeAttribute("href");
  });

  async function open() {
    link.setAttribute("aria-busy", "true");
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    link.removeAttribute("aria-busy");
    if (!answer.ok || answer.redirected) {
      location.assign(link.href);
      return;
    }
    const dialog = document.createElement("dialog");
    dialog.className = "touchdialog";
    dialog.innerHTML = await answer.text();
    document.body.append(dialog);
    dialog.setAttribute("aria-labelledby", "touch-title");
    dialog.showModal();
    const editor = window.touchUp(dialog.querySelector("[data-touch]"));
    dialog.addEventListener("close", () => {
      editor.close();
      dialog.remove();
      link.focus();
    });
    dialog.querySelector("[data-touch-close]").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("touch:saved", () => setTimeout(() => dialog.close()));
  }

  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || !HTMLDialogElement.prototype.showModal) return;
    event.preventDefault();
    open();
  });
})();
