// A button that copies the text of another element and says so.
for (const button of document.querySelectorAll("[data-copy-text]")) {
  button.addEventListener("click", async () => {
    const shown = document.getElementById(button.dataset.copyText);
    try {
      await navigator.clipboard.writeText(shown.textContent.trim());
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(shown); // no clipboard without HTTPS: selected at least
    }
  });
}
