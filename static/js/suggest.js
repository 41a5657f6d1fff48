"use strict";
/* Suggested copy: asks for five lines, says so while it takes, and lets a tap choose one. */

(() => {
  const root = document.querySelector("[data-suggest]");
  if (!root) return;
  const PATIENCE = 30000; /* the server gives up a little earlier and answers from its book */
  const STILL = 6000;
  const find = (name) => root.querySelector(`[data-suggest-${name}]`);
  const [product, ask, say, lines] = [find("product"), find("ask"), find("say"), find("lines")];
  const occasions = [...find("occasions").querySelectorAll("button")];
  let asking = null;

  function speak(words, bad = false) {
    say.textContent = words;
    say.classList.toggle("suggest__say--bad", bad);
  }

  function show(copies) {
    lines.replaceChildren(
      ...copies.map((copy) => {
        const chip = document.createElement("button");
        Object.assign(chip, { type: "button", className: "chip", value: copy, textContent: copy });
        return chip;
      }),
    );
  }

  function wishes() {
    const sent = new FormData();
    sent.set("csrfmiddlewaretoken", root.closest("form").querySelector("[name=csrfmiddlewaretoken]").value);
    sent.set("product", product.value.trim());
    sent.set("occasion", occasions.find((chip) => chip.getAttribute("aria-pressed") === "true")?.value ?? "");
    return sent;
  }

  async function suggest() {
    if (asking) return;
    asking = new AbortController();
    const late = setTimeout(() => asking.abort(), PATIENCE);
    const still = setTimeout(() => speak(root.dataset.still), STILL);
    ask.setAttribute("aria-busy", "true");
    speak(root.dataset.working);
    show([]);
    try {
      const options = { method: "POST", body: wishes(), signal: asking.signal, headers: { Accept: "application/json" } };
      const answer = await fetch(root.dataset.url, options);
      const readable = !answer.redirected && answer.headers.get("content-type")?.includes("json");
      const said = readable ? await answer.json() : {};
      if (!answer.ok || !said.copies) speak(said.message || root.dataset.failed, true);
      else {
        speak(root.dataset[said.source] ?? root.dataset.book);
        show(said.copies);
      }
    } catch (failure) {
      speak(failure.name === "AbortError" ? root.dataset.late : root.dataset.failed, true);
    } finally {
      clearTimeout(late);
      clearTimeout(still);
      ask.removeAttribute("aria-busy");
      asking = null;
    }
  }

  ask.addEventListener("click", suggest);
  product.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!event.isComposing) suggest();
  });
  for (const chip of occasions) {
    chip.addEventListener("click", () => {
      const on = chip.getAttribute("aria-pressed") !== "true";
      for (const other of occasions) other.setAttribute("aria-pressed", String(on && other === chip));
    });
  }
  /* A line was chosen: the copy field is above, in sight. */
  lines.addEventListener("click", (event) => {
    if (event.target.closest("button")) document.getElementById("id_ad_text").scrollIntoView({ block: "center", behavior: "smooth" });
  });
})();
