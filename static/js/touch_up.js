"use strict";
/*
 * Cutting a product out by hand. Every stroke goes to the server, which answers with the mask after
 * all of them; the masks are kept, so that undo and redo need no answer. `touchUp(root)` starts an
 * editor; what was saved comes as a "touch:saved" event, and the page is left unless that is taken.
 */

class TouchUp {
  static LEAST_STEP = 2; /* CSS pixels between two points of a stroke */
  static TRY_AGAIN = 1500;

  constructor(root) {
    this.root = root;
    for (const part of root.querySelectorAll("[data-needs-script]")) part.hidden = false;
    this.canvas = this.find("touch-canvas");
    this.token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    this.strokes = [];
    this.undone = [];
    this.masks = []; /* masks[n]: after the first n strokes */
    this.fingers = new Map();
    this.stroke = null;
    this.asking = false;
    this.ended = false;
    this.open();
  }

  find(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  say(key) {
    this.find("touch-say").textContent = this.root.dataset[key] ?? "";
  }

  complain(message) {
    const place = this.find("touch-error");
    place.textContent = message ?? "";
    place.hidden = !message;
  }

  async open() {
    const photo = new Image();
    photo.src = this.root.dataset.picture;
    this.root.classList.add("touch--busy");
    try {
      await photo.decode();
    } catch {
      this.root.classList.remove("touch--busy");
      this.say("");
      this.complain(this.root.dataset.gone);
      return;
    }
    this.view = new window.TouchView(this.canvas, photo);
    this.listen();
    this.follow();
  }

  /* --- the server ----------------------------------------------------------------------------- */

  async post(url, body) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    const json = answer.headers.get("content-type")?.includes("json");
    return [answer.status, json ? await answer.json() : {}];
  }

  /* Ask for the mask of what is painted now; one question at a time, the newest state wins. */
  async follow() {
    this.showSteps();
    const count = this.strokes.length;
    this.view.pending = this.strokes.slice(this.lastMask(count));
    if (this.masks[count]) this.view.show(this.masks[count].image);
    this.view.draw();
    if (this.asking || this.masks[count] || this.ended) return;
    this.asking = true;
    this.root.classList.add("touch--busy");
    this.say(count ? "working" : "first");
    const strokes = this.strokes.slice();
    let again = 0;
    try {
      const [status, said] = await this.post(this.root.dataset.maskUrl, { strokes });
      if (status === 200) await this.take(strokes, said);
      else {
        this.complain(said.message);
        again = status === 503 ? TouchUp.TRY_AGAIN : 0;
        if (status === 422) this.strokes.pop();
      }
    } catch {
      this.say("offline");
      again = TouchUp.TRY_AGAIN;
    }
    this.asking = false;
    this.root.classList.remove("touch--busy");
    const wanted = !this.masks[this.strokes.length];
    if (again) setTimeout(() => this.follow(), again);
    else if (wanted) this.follow();
  }

  lastMask(count) {
    let last = count;
    while (last > 0 && !this.masks[last]) last -= 1;
    return last;
  }

  async take(strokes, said) {
    const image = new Image();
    image.src = said.mask;
    await image.decode();
    const still = strokes.every((stroke, at) => this.strokes[at] === stroke || this.undone.includes(stroke));
    if (!still) return;
    this.complain("");
    this.masks[strokes.length] = { image, empty: said.empty };
    if (strokes.length > this.strokes.length) return;
    this.view.show(image);
    this.view.pending = this.strokes.slice(strokes.length);
    if (said.empty) this.say("empty");
    else if (strokes.length) this.say("done");
    else this.say(said.sure ? "sure" : "unsure");
    this.showSteps();
  }

  async save() {
    const button = this.find("touch-save");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    this.say("saving");
    try {
      const ad = this.root.dataset.ad ? Number(this.root.dataset.ad) : null;
      const [status, said] = await this.post(this.root.dataset.saveUrl, { strokes: this.strokes, ad });
      if (status === 200) {
        const told = new CustomEvent("touch:saved", { bubbles: true, cancelable: true, detail: said });
        if (this.root.dispatchEvent(told)) location.assign(said.go);
        else this.close();
        return;
      }
      this.complain(said.message ?? this.root.dataset.offline);
    } catch {
      this.complain(this.root.dataset.offline);
    }
    button.removeAttribute("aria-busy");
  }

  close() {
    this.ended = true;
    document.removeEventListener("keydown", this.keys);
  }

  /* --- strokes -------------------------------------------------------------------------------- */

  showSteps() {
    this.find("undo").disabled = !this.strokes.length;
    this.find("redo").disabled = !this.undone.length;
    const now = this.masks[this.strokes.length];
    this.find("touch-save").disabled = !now || now.empty;
  }

  undo() {
    if (!this.strokes.length || this.stroke) return;
    this.undone.push(this.strokes.pop());
    this.follow();
  }

  redo() {
    if (!this.undone.length || this.stroke) return;
    this.strokes.push(this.undone.pop());
    this.follow();
  }

  brushSize() {
    return Number(this.find("touch-size").value);
  }

  begin(x, y) {
    const keep = this.root.querySelector("[name=touch-brush]:checked").value === "keep";
    this.stroke = { keep, radius: this.view.radius(this.brushSize()), points: this.view.units(x, y) };
    this.last = [x, y];
    this.view.pending = [...this.strokes.slice(this.lastMask(this.strokes.length)), this.stroke];
    this.view.draw();
  }

  extend(x, y) {
    if (Math.hypot(x - this.last[0], y - this.last[1]) < TouchUp.LEAST_STEP) return;
    this.last = [x, y];
    this.stroke.points.push(...this.view.units(x, y));
    this.view.draw();
  }

  finish() {
    const { keep, radius, points } = this.stroke;
    this.stroke = null;
    this.strokes.push({ keep, radius, points });
    this.undone = [];
    this.masks.length = this.strokes.length;
    this.follow();
  }

  abandon() {
    this.stroke = null;
    this.view.pending = this.strokes.slice(this.lastMask(this.strokes.length));
    this.view.draw();
  }

  /* --- hands ---------------------------------------------------------------------------------- */

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button > 1) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.place(event));
    this.dragging = event.button === 1 || this.holding;
    if (this.fingers.size > 1) this.abandon(); /* a second finger: it was no stroke */
    else if (!this.dragging) this.begin(...this.place(event));
  }

  moved(event) {
    const [x, y] = this.place(event);
    if (event.pointerType !== "touch") {
      this.view.brush = { x, y, size: this.brushSize() };
      this.view.draw();
    }
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    this.fingers.set(event.pointerId, [x, y]);
    if (this.fingers.size > 1) this.pinch(event.pointerId, before, [x, y]);
    else if (this.dragging) this.view.move(x - before[0], y - before[1]);
    else if (this.stroke) {
      for (const step of event.getCoalescedEvents?.() ?? []) this.extend(...this.place(step));
      this.extend(x, y);
    }
  }

  pinch(moving, before, now) {
    const [, other] = [...this.fingers].find(([id]) => id !== moving);
    const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
    const is = Math.hypot(now[0] - other[0], now[1] - other[1]);
    this.view.move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.view.zoomAt(is / Math.max(was, 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  up(event, cancelled) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.stroke && cancelled) this.abandon();
    else if (this.stroke) this.finish();
    this.dragging = this.fingers.size > 0;
  }

  key(event) {
    if (event.target.closest?.("input[type=text], textarea")) return;
    const command = event.ctrlKey || event.metaKey;
    const name = event.key.toLowerCase();
    if (command && (name === "z" || name === "y")) {
      event.preventDefault();
      if (name === "y" || event.shiftKey) this.redo();
      else this.undo();
    } else if (event.key === " " && event.target === document.body) {
      event.preventDefault();
      this.holding = true;
    } else if (!command && (name === "[" || name === "]")) {
      const size = this.find("touch-size");
      size.value = Number(size.value) + (name === "]" ? 4 : -4);
    }
  }

  listen() {
    const on = (name, act, options) => this.canvas.addEventListener(name, act, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event, false));
    on("pointercancel", (event) => this.up(event, true));
    on("pointerleave", () => {
      this.view.brush = null;
      this.view.draw();
    });
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => {
      event.preventDefault();
      this.view.zoomAt(Math.exp(-event.deltaY * 0.0015), ...this.place(event));
    }, { passive: false });
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    document.addEventListener("keyup", (event) => event.key === " " && (this.holding = false));
    this.find("undo").addEventListener("click", () => this.undo());
    this.find("redo").addEventListener("click", () => this.redo());
    this.find("touch-save").addEventListener("click", () => this.save());
    this.find("look").addEventListener("click", (event) => {
      this.view.hideRemoved = !this.view.hideRemoved;
      event.currentTarget.setAttribute("aria-pressed", String(this.view.hideRemoved));
      this.view.draw();
    });
    for (const button of this.root.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        if (button.dataset.zoom === "fit") this.view.fit();
        else this.view.zoom(button.dataset.zoom === "in" ? 1.5 : 1 / 1.5);
      });
    }
  }
}
window.touchUp = (root) => new TouchUp(root);

for (const root of document.querySelectorAll("[data-touch]")) window.touchUp(root);
