"use strict";
/*
 * The wire of a live page: numbered messages in order, each once. A socket when it gets through;
 * the same rows by polling when it does not, and the socket again as soon as it can be had.
 */

class JobWire {
  static POLL_EVERY = 1500;
  static LONGEST_WAIT = 15000;
  static SILENCE = 20000; /* without a word for this long, ask whether the socket still lives */
  static ANSWER = 5000;

  constructor({ socketPath, stateUrl, onMessage, onTrouble }) {
    this.socketPath = socketPath;
    this.stateUrl = stateUrl;
    this.onMessage = onMessage;
    this.onTrouble = onTrouble;
    this.seq = 0;
    this.tries = 0;
    this.polling = false;
    this.ended = false;
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    window.addEventListener("offline", () => this.cut(), { signal });
    window.addEventListener("online", () => this.back(), { signal });
  }

  start(snapshot) {
    this.take(snapshot);
    if (!this.ended) this.connect();
  }

  stop() {
    this.ended = true;
    clearTimeout(this.retry);
    clearTimeout(this.nextPoll);
    clearTimeout(this.listening);
    this.listeners.abort();
    this.socket?.close();
  }

  /* The browser knows at once that there is no network; a socket would find out in half a minute. */
  cut() {
    this.onTrouble(true);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    if (socket) this.lost();
  }

  back() {
    if (this.ended || this.socket) return;
    clearTimeout(this.retry);
    this.tries = 0;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    let socket;
    try {
      socket = new WebSocket(`${scheme}://${location.host}${this.socketPath}?last_seq=${this.seq}`);
    } catch {
      this.lost();
      return;
    }
    this.socket = socket;
    const patience = setTimeout(() => socket.close(), JobWire.ANSWER);
    socket.onmessage = (event) => {
      clearTimeout(patience);
      this.tries = 0;
      this.stopPolling();
      this.listen();
      this.take(JSON.parse(event.data));
    };
    socket.onclose = () => {
      clearTimeout(patience);
      if (this.socket === socket) this.lost();
    };
  }

  listen() {
    clearTimeout(this.listening);
    this.listening = setTimeout(() => {
      this.resync();
      this.listening = setTimeout(() => this.socket?.close(), JobWire.ANSWER);
    }, JobWire.SILENCE);
  }

  lost() {
    clearTimeout(this.listening);
    this.socket = null;
    if (this.ended) return;
    this.tries += 1;
    const longest = Math.min(JobWire.LONGEST_WAIT, 500 * 2 ** this.tries);
    this.retry = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
    if (!this.polling) this.poll();
  }

  async poll() {
    this.polling = true;
    try {
      const answer = await fetch(this.stateUrl, { headers: { Accept: "application/json" } });
      if (answer.status === 404 || answer.redirected) {
        location.reload();
        return;
      }
      if (answer.ok) this.take(await answer.json());
      this.onTrouble(!answer.ok);
    } catch {
      this.onTrouble(true);
    }
    if (!this.ended && this.polling) this.nextPoll = setTimeout(() => this.poll(), JobWire.POLL_EVERY);
  }

  stopPolling() {
    clearTimeout(this.nextPoll);
    this.polling = false;
    this.onTrouble(false);
  }

  resync() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "resync" }));
  }

  take(message) {
    if (this.ended) return;
    if (message.type === "snapshot") {
      if (message.seq < this.seq) return;
      this.seq = message.seq;
    } else if (message.seq !== undefined) {
      if (message.seq <= this.seq) return;
      if (message.seq > this.seq + 1) {
        this.resync();
        return;
      }
      this.seq = message.seq;
    }
    this.onMessage(message);
  }
}
window.JobWire = JobWire;
