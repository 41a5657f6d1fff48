"use strict";
/*
 * The live draft: every change of the form is asked for a moment later, and what the engine draws
 * comes in over a socket, or by polling when there is none. The form works the same without.
 */

(() => {
  const root = document.querySelector("[data-draft]");
  const form = document.querySelector("[data-ad-form]");
  if (!root || !form) return;

  const PAUSE = 350; /* a finger that types rests this long when it has finished a word */
  const UNFINISHED = 1200; /* and goes on for certain after a lone consonant: ㄱ becomes 가 */
  const SPACING = 250; /* a held arrow key runs through the styles: no more often than this */
  const POLL = 400;
  const REST = 5000; /* a busy engine is asked again this often, while somebody is looking */
  const PATIENCE = 12000; /* no word for this long: nobody draws */
  const find = (name) => root.querySelector(`[data-${name}]`);
  const [frame, open, say, large] = [find("draft-frame"), find("draft-open"), find("draft-say"), find("draft-large")];
  let asked = ""; /* the wishes that were asked for last, and when */
  let askedAt = -Infinity;
  let number = 0; /* their number, 0 while it is not known */
  let shownSeq = 0;
  let early = []; /* news that came before the number was known */
  let pause, rest, poll, patience, socket;
  let tries = 0;
  let asking = null;
  const TYPED = 'textarea, input:is([type="text"], [type="search"], [type="number"], :not([type]))';

  function speak(words) {
    if (say.textContent !== words) say.textContent = words;
  }

  function look(state) {
    root.classList.toggle("draft--drawing", state === "drawing");
    root.classList.toggle("draft--busy", state === "busy");
    clearTimeout(patience);
    clearTimeout(rest);
    if (state === "drawing") patience = setTimeout(() => busy(), PATIENCE);
    if (state === "busy") rest = setTimeout(() => again(), REST);
  }

  function busy(words) {
    look("busy");
    speak(words || root.dataset.busy);
  }

  function again() {
    if (document.hidden) {
      rest = setTimeout(again, REST);
      return;
    }
    asked = "";
    ask();
  }

  function wishes() {
    const sent = new FormData(form);
    for (const name of ["photo", "campaign", "new_campaign"]) sent.delete(name);
    return sent;
  }

  function hasSomething(sent) {
    return Boolean(sent.get("photo_id") || (sent.get("ad_text") ?? "").trim());
  }

  function shape() {
    const box = form.querySelector("[name=format]:checked")?.closest("label")?.querySelector("svg")?.viewBox.baseVal;
    if (!box?.width) return;
    for (const part of [root, large]) {
      part.style.setProperty("--w", box.width);
      part.style.setProperty("--h", box.height);
    }
  }

  /* A tap says all at once and is followed at once; what is being typed is waited for. */
  function changed(event) {
    clearTimeout(pause);
    pause = setTimeout(ask, wait(event));
  }

  function wait(event) {
    const typed = event?.type === "input" && event.isTrusted && event.target.matches(TYPED);
    if (!typed) return Math.max(0, askedAt + SPACING - performance.now());
    return event.isComposing && /[\u3131-\u318e]$/.test(event.target.value) ? UNFINISHED : PAUSE;
  }

  async function ask() {
    clearTimeout(pause);
    const sent = wishes();
    const key = new URLSearchParams([...sent].filter(([name]) => name !== "csrfmiddlewaretoken")).toString();
    if (key === asked) return;
    asked = key;
    askedAt = performance.now();
    if (!hasSomething(sent)) {
      if (!root.hidden) speak(root.dataset.waiting);
      look("");
      return;
    }
    root.hidden = false;
    connect();
    look("drawing");
    speak(root.dataset.drawing);
    number = 0;
    shownSeq = 0;
    early = [];
    asking?.abort();
    const mine = (asking = new AbortController());
    try {
      const options = { method: "POST", body: sent, signal: mine.signal, headers: { Accept: "application/json" } };
      const answer = await fetch(root.dataset.askUrl, options);
      if (mine !== asking) return;
      if (answer.redirected || !answer.headers.get("content-type")?.includes("json")) throw new Error(answer.statusText);
      const said = await answer.json();
      if (mine !== asking) return;
      take(said);
    } catch (failure) {
      if (failure.name !== "AbortError" && mine === asking) busy();
    }
  }

  function take(said) {
    if (said.status === "waiting") {
      number = said.number;
      shape();
      early.splice(0).forEach(hear);
      if (socket?.readyState !== WebSocket.OPEN) startPolling();
    } else if (said.status === "incomplete") {
      look("");
      speak(said.message || root.dataset.waiting);
    } else busy(said.message);
  }

  /* What the socket or the poll says of some draft of ours: of an older one it is no news. */
  function hear(news) {
    if (news.type !== "draft") return;
    if (!number) {
      early.push(news);
      return;
    }
    if (news.number !== number) return;
    const worse = news.rough && frame.childElementCount; /* than the draft that is there */
    if (news.url && news.seq > shownSeq && !worse) show(news.url, news.seq, news.rough);
    if (news.status === "drawing") look("drawing");
    else stopPolling();
    if (news.status === "done") {
      look("");
      speak(root.dataset.done);
    } else if (news.status === "busy") busy();
    else if (news.status === "failed") {
      look("");
      speak(news.message || root.dataset.failed);
    }
  }

  async function show(url, seq, rough) {
    shownSeq = seq;
    const of = number;
    const picture = new Image();
    picture.alt = "";
    picture.classList.toggle("draft__rough", Boolean(rough));
    picture.src = url;
    try {
      await picture.decode();
    } catch {
      return; /* gone already: a newer one is coming */
    }
    if (of !== number || seq < shownSeq) return;
    const older = [...frame.querySelectorAll("img")];
    frame.append(picture);
    setTimeout(() => older.forEach((image) => image.remove()), 260);
    open.disabled = false;
    find("draft-large-frame").replaceChildren(picture.cloneNode());
  }

  /* --- the wire ------------------------------------------------------------------------------- */

  function connect() {
    if (socket) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    try {
      socket = new WebSocket(`${scheme}://${location.host}${root.dataset.socket}`);
    } catch {
      return;
    }
    socket.onopen = () => {
      tries = 0;
      stopPolling();
    };
    socket.onmessage = (event) => hear(JSON.parse(event.data));
    socket.onclose = () => {
      socket = null;
      tries += 1;
      setTimeout(connect, Math.min(15000, 500 * 2 ** tries));
      if (root.classList.contains("draft--drawing")) startPolling();
    };
  }

  function startPolling() {
    clearTimeout(poll);
    poll = setTimeout(async () => {
      try {
        const answer = await fetch(root.dataset.stateUrl, { headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) hear(await answer.json());
      } catch {
        /* asked again below */
      }
      if (root.classList.contains("draft--drawing")) startPolling();
    }, POLL);
  }

  function stopPolling() {
    clearTimeout(poll);
  }

  /* --- the page ------------------------------------------------------------------------------- */

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("photo:changed", changed);
  form.addEventListener("submit", () => {
    asking?.abort();
    clearTimeout(rest);
    asked = "sent";
  });
  open.addEventListener("click", () => large.showModal?.());
  find("draft-close").addEventListener("click", () => large.close());
  large.addEventListener("click", (event) => event.target === large && large.close());
  window.addEventListener("pageshow", (event) => event.persisted && changed());
  shape();
  changed();
})();
