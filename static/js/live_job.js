"use strict";
/* The live page: shows what the wire says, counts the seconds between, and turns into the result. */

(() => {
  const root = document.querySelector("[data-job]");
  if (!root) return;
  const first = JSON.parse(document.getElementById("job-state").textContent);
  const phrases = JSON.parse(document.getElementById("job-phrases").textContent);
  const TERMINAL = ["completed", "failed", "stopped"];
  const state = { ...first };
  let heardAt = performance.now();
  let wire = null;
  let previewShown = first.preview_seq;

  const find = (name) => root.querySelector(`[data-${name}]`);
  const say = (name, words) => {
    const place = find(name);
    if (place && place.textContent !== words) place.textContent = words;
  };

  function spell(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 60) return root.dataset.seconds.replace("{s}", whole);
    const words = root.dataset.minutes.replace("{m}", Math.floor(whole / 60));
    return words.replace("{s}", whole % 60);
  }

  function phrase() {
    const words = state.status === "running" ? phrases[state.sub_step] : phrases[state.status];
    if (!words || state.status !== "running") return words ?? state.message;
    const counted = state.sub_step_index && state.sub_step_total;
    return counted ? `${words} ${state.sub_step_index}/${state.sub_step_total}` : words;
  }

  function showTimes() {
    if (TERMINAL.includes(state.status)) return;
    const since = (performance.now() - heardAt) / 1000;
    say("elapsed", spell((state.elapsed_sec ?? 0) + since));
    const eta = state.eta_seconds;
    if (state.status !== "running") say("left", "");
    else if (eta === null || eta === undefined) say("left", root.dataset.guessing);
    else if (eta - since < 1) say("left", state.progress_percent > 80 ? root.dataset.overdue : root.dataset.slow);
    else say("left", root.dataset.left.replace("{time}", spell(eta - since)));
  }

  function showQueue() {
    const place = find("queue");
    if (!place) return;
    const ahead = (state.queue_position ?? 0) - 1;
    const nobody = state.engine_state === "waits_for_worker";
    place.hidden = state.status !== "pending" || ahead < 0 || nobody;
    place.textContent = ahead > 0 ? root.dataset.place.replace("{n}", ahead) : root.dataset.next;
  }

  function showProgress() {
    const percent = Math.round(state.progress_percent ?? 0);
    const words = phrase();
    if (find("message")?.textContent !== words) {
      say("message", words);
      const plain = words.replace(/ \d+\/\d+$/, "");
      if (find("announce")?.textContent !== plain) say("announce", plain);
    }
    const note = find("engine-note");
    if (note) note.hidden = !state.engine_note;
    say("engine-note", state.engine_note ?? "");
    say("percent", `${percent}%`);
    find("bar")?.setAttribute("aria-valuenow", percent);
    find("bar-fill")?.style.setProperty("--p", state.progress_percent ?? 0);
    document.title = `${percent}% ${words} · nanoCocoa`;
    showQueue();
    showTimes();
  }

  function showSteps() {
    const done = new Map((state.stages ?? []).map((stage) => [stage.stage, stage]));
    for (const step of root.querySelectorAll("[data-step]")) {
      const stage = done.get(step.dataset.step);
      const now = state.status === "running" && state.current_step === step.dataset.step;
      step.className = `step step--${stage ? "done" : now ? "now" : "next"}`;
      if (now && !stage) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
      if (stage) fillStep(step, stage);
    }
  }

  function fillStep(step, stage) {
    const words = stage.reused ? root.dataset.reused : spellStage(stage.seconds);
    const place = step.querySelector("[data-step-say]");
    if (place.textContent !== words) place.textContent = words;
    const thumb = step.querySelector("[data-step-thumb]");
    if (thumb.dataset.url === stage.image_url || thumb.querySelector("img")?.getAttribute("src") === stage.image_url) return;
    thumb.dataset.url = stage.image_url;
    const image = new Image();
    image.alt = "";
    image.src = stage.image_url;
    image.decode().then(() => thumb.replaceChildren(image)).catch(() => {});
  }

  function spellStage(seconds) {
    if (seconds === null || seconds === undefined) return "";
    return seconds < 10 ? root.dataset.seconds.replace("{s}", seconds.toFixed(1)) : spell(seconds);
  }

  function showPreview(seq, url) {
    if (!url || seq <= previewShown || state.status !== "running") return;
    previewShown = seq;
    window.jobFrame.show(url);
  }

  async function finish() {
    wire?.stop();
    clearInterval(clock);
    const done = state.status === "completed";
    if (done) await window.jobFrame.show(state.result_url, { sharp: true });
    else window.jobFrame.still();
    const panel = find("panel");
    try {
      const answer = await fetch(root.dataset.panelUrl, { headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      panel.innerHTML = await answer.text();
    } catch {
      location.reload();
      return;
    }
    window.htmx?.process(panel);
    document.dispatchEvent(new Event("panel:changed"));
    const title = panel.querySelector("h1");
    document.title = `${done ? "✓ " : ""}${title.textContent.trim()} · nanoCocoa`;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }

  function apply(message) {
    const { type, ...news } = message;
    if (type === "preview") {
      showPreview(news.preview_seq, news.url);
      return;
    }
    if (type === "stage") state.stages = [...(state.stages ?? []).filter((s) => s.stage !== news.stage), news];
    else Object.assign(state, news);
    if (type === "snapshot" || type === "progress") heardAt = performance.now();
    if (TERMINAL.includes(state.status)) {
      finish();
      return;
    }
    if (type === "snapshot") showPreview(news.preview_seq, news.preview_url);
    showProgress();
    showSteps();
  }

  function trouble(on) {
    const note = find("offline-note");
    if (!note) return;
    note.hidden = !on;
    note.textContent = on ? root.dataset.offline : "";
  }

  if (TERMINAL.includes(first.status)) return;
  const clock = setInterval(showTimes, 1000);
  wire = new window.JobWire({
    socketPath: root.dataset.socket,
    stateUrl: root.dataset.stateUrl,
    onMessage: apply,
    onTrouble: trouble,
  });
  wire.start(first);
})();
