"use strict";
/*
 * The photo: chosen, dropped, pasted or taken with the camera; shown at once; sent ahead while the
 * rest of the form is filled, so that pressing the button has nothing left to wait for. Without
 * this script, or when sending ahead fails, the file goes with the form.
 */

(() => {
  const TYPES = /^image\/(jpeg|png|webp|heic|heif)$/;
  const NAMES = /\.(jpe?g|png|webp|heic|heif)$/i;
  const box = document.querySelector("[data-photo-drop]");
  if (!box) return;

  const find = (name) => box.querySelector(`[data-${name}]`);
  const [file, camera, id] = [find("file"), find("camera"), find("photo-id")];
  const [image, placeholder, state] = [find("drop-image"), find("drop-placeholder"), find("drop-state")];
  const error = document.querySelector("[data-photo-error]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  let sending = null;
  const most = Number(box.dataset.maxBytes);
  let shownUrl = "";
  let keptUrl = image.getAttribute("src") ?? ""; /* where the site has it */

  function refusal(photo) {
    if (photo.size === 0) return box.dataset.empty;
    return TYPES.test(photo.type) || NAMES.test(photo.name) ? "" : box.dataset.wrongType;
  }

  /* What else on the page lives by the photo hears of it; `id` is empty without one. */
  function announce() {
    box.classList.toggle("drop--ready", Boolean(id.value));
    box.dispatchEvent(new CustomEvent("photo:changed", { bubbles: true, detail: { id: id.value, url: id.value ? keptUrl : "" } }));
  }

  function complain(message) {
    error.textContent = message;
    error.hidden = !message;
    box.classList.toggle("drop--bad", Boolean(message));
    file.toggleAttribute("aria-invalid", Boolean(message));
  }

  function show(url) {
    placeholder.hidden = true;
    image.hidden = false;
    image.src = url;
    box.classList.add("drop--full");
    const label = find("file-label");
    label.textContent = label.dataset.again;
  }

  function preview(photo) {
    URL.revokeObjectURL(shownUrl);
    shownUrl = URL.createObjectURL(photo);
    show(shownUrl);
    image.onerror = () => {
      image.hidden = true;
      placeholder.textContent = box.dataset.noPreview;
      placeholder.hidden = false;
    };
  }

  function clear() {
    sending?.abort.abort();
    sending = null;
    file.value = "";
    id.value = "";
    image.onerror = null;
    image.removeAttribute("src");
    box.classList.remove("drop--full", "drop--busy");
    state.textContent = "";
    announce();
  }

  /* Leave the file in the form: it goes along when the form is sent. */
  function keepInForm(photo) {
    const list = new DataTransfer();
    list.items.add(photo);
    file.files = list.files;
  }

  /* Too large to be sent, or to be read there: a smaller one goes in its place, here and in the form. */
  async function smaller(photo, mine) {
    state.textContent = box.dataset.shrinking;
    const made = await window.shrunkPhoto(photo, { most, side: Number(box.dataset.side) });
    if (made && sending === mine) {
      keepInForm(made);
      state.textContent = box.dataset.uploading;
    }
    return made;
  }

  /* A request of the old kind: it alone tells how much has been sent. */
  function post(photo, signal) {
    const body = new FormData();
    body.append("photo", photo);
    const request = new XMLHttpRequest();
    request.open("POST", box.dataset.uploadUrl);
    request.setRequestHeader("X-CSRFToken", token);
    request.upload.onprogress = ({ loaded, total }) => box.style.setProperty("--sent", loaded / total);
    return new Promise((done, fail) => {
      signal.addEventListener("abort", () => request.abort());
      request.onabort = () => fail(new DOMException("", "AbortError"));
      request.onerror = () => fail(new Error("network"));
      request.onload = () => {
        const told = request.getResponseHeader("content-type")?.includes("json");
        done([request.status, told ? JSON.parse(request.responseText) : null]);
      };
      request.send(body);
    });
  }

  async function sendAhead(photo) {
    const abort = new AbortController();
    const mine = { abort, done: null };
    sending?.abort.abort();
    sending = mine;
    box.classList.add("drop--busy");
    box.style.setProperty("--sent", 0);
    state.textContent = box.dataset.uploading;
    mine.done = (async () => {
      const sent = photo.size > most ? await smaller(photo, mine) : photo;
      if (!sent) return [413, null];
      const answer = await post(sent, abort.signal);
      if (sent !== photo || answer[1]?.code !== "too_many_pixels") return answer;
      const fewer = await smaller(photo, mine);
      return fewer ? post(fewer, abort.signal) : answer;
    })();
    try {
      const [status, said] = await mine.done;
      if (sending !== mine) return;
      accept(status, said);
    } catch (failure) {
      if (sending !== mine || failure.name === "AbortError") return;
      state.textContent = box.dataset.offline;
    } finally {
      if (sending === mine) {
        sending = null;
        box.classList.remove("drop--busy");
      }
    }
  }

  function accept(status, said) {
    if (status === 200) {
      id.value = said.id;
      keptUrl = said.url;
      file.value = "";
      if (image.hidden || !image.complete || !image.naturalWidth) show(said.url);
      state.textContent = box.dataset.ready;
      announce();
      return;
    }
    if (status === 422 || status === 413) {
      clear();
      complain(said?.message ?? box.dataset.tooLarge);
      return;
    }
    state.textContent = box.dataset.offline;
  }

  function take(photo) {
    if (!photo) return;
    const reason = refusal(photo);
    if (reason) {
      clear();
      complain(reason);
      return;
    }
    complain("");
    id.value = "";
    announce();
    preview(photo);
    if (photo.size > most) file.value = "";
    else keepInForm(photo);
    sendAhead(photo);
  }

  file.addEventListener("change", () => take(file.files[0]));
  camera.addEventListener("change", () => {
    take(camera.files[0]);
    camera.value = "";
  });
  find("remove").addEventListener("click", () => {
    clear();
    complain("");
    const label = find("file-label");
    file.focus();
    label.textContent = label.dataset.first ?? label.textContent;
  });
  find("file-label").dataset.first = find("file-label").textContent;
  if (id.value) find("file-label").textContent = find("file-label").dataset.again;

  let depth = 0;
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    window.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (name === "dragenter") depth += 1;
      if (name === "dragleave") depth -= 1;
      if (name === "drop") {
        depth = 0;
        take(event.dataTransfer.files[0]);
      }
      box.classList.toggle("drop--over", depth > 0);
    });
  }
  /* Pasting works anywhere on the page; pasted words go where they were meant to. */
  window.addEventListener("paste", (event) => {
    const photo = [...(event.clipboardData?.files ?? [])].find((item) => TYPES.test(item.type));
    if (!photo) return;
    event.preventDefault();
    take(photo);
  });

  /* The same product, cut out by hand. */
  document.addEventListener("touch:saved", (event) => {
    event.preventDefault();
    id.value = event.detail.photo;
    keptUrl = event.detail.url;
    file.value = "";
    show(event.detail.url);
    state.textContent = box.dataset.cut;
    announce();
  });

  /* The form waits for a photo that is on its way. */
  window.photoOnItsWay = () => sending?.done ?? null;
})();
