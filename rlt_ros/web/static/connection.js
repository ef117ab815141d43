// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// The socket: commands out, texts and pictures in, and the panel's clock.

const RETRY = [500, 1000, 2000, 4000]; // milliseconds
const CLOCK_PERIOD = 5000;
const decoder = new TextDecoder();

export class Connection extends EventTarget {
  // Events: "state" (detail: {state, text}), and one for each type of text, with it as detail;
  // "picture" (detail: header with stream, stamp, width, height, and blob).
  #socket = null;
  #attempt = 0;
  #watch = null;
  #requests = new Map();
  #number = 0;
  #offset = null; // seconds to add to this browser's time
  #bestTrip = Infinity;

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/socket`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#attempt = 0;
      this.#tell("open", "Connected");
      if (this.#watch) this.#send(this.#watch);
      this.#bestTrip = Infinity;
      this.#askClock();
    };
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = (event) => this.#closed(event);
    this.#socket = socket;
  }

  // Says what is to be sent from now on: names of trackers.
  watch(trackers, pictures, attention) {
    const watch = { op: "watch", trackers, pictures, attention };
    if (JSON.stringify(watch) === JSON.stringify(this.#watch)) return;
    this.#watch = watch;
    this.#send(watch);
  }

  // Tells that a picture has been decoded, so that the next may come.
  got(stream) {
    this.#send({ op: "got", stream });
  }

  // Sends a command that is answered; resolves to {ok, target, message}.
  ask(command) {
    const request = this.#number++ % 2 ** 31;
    return new Promise((resolve) => {
      if (!this.#send({ ...command, request })) {
        resolve({ ok: false, target: "", message: "there is no connection to the panel" });
        return;
      }
      this.#requests.set(request, resolve);
    });
  }

  // The time on the clock of stamps in seconds; null before that is known.
  now() {
    return this.#offset === null ? null : Date.now() / 1000 + this.#offset;
  }

  #send(command) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  #take(data) {
    if (typeof data !== "string") {
      const length = new DataView(data).getUint32(0);
      const header = JSON.parse(decoder.decode(new Uint8Array(data, 4, length)));
      header.blob = new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" });
      this.dispatchEvent(new CustomEvent("picture", { detail: header }));
      return;
    }
    const text = JSON.parse(data);
    if (text.type === "answer") {
      this.#requests.get(text.request)?.(text);
      this.#requests.delete(text.request);
    } else if (text.type === "clock") {
      this.#setClock(text);
    } else {
      this.dispatchEvent(new CustomEvent(text.type, { detail: text }));
    }
  }

  #askClock() {
    if (this.#send({ op: "clock", sent: Date.now() / 1000 })) {
      setTimeout(() => this.#askClock(), this.#bestTrip === Infinity ? 300 : CLOCK_PERIOD);
    }
  }

  #setClock({ sent, now }) {
    const here = Date.now() / 1000;
    const trip = here - sent;
    // The answer that was quickest tells best; an old one counts for less and less.
    this.#bestTrip *= 1.2;
    if (trip <= this.#bestTrip || this.#offset === null) {
      this.#bestTrip = trip;
      this.#offset = now - (sent + here) / 2;
    }
  }

  #closed(event) {
    for (const resolve of this.#requests.values()) {
      resolve({ ok: false, target: "", message: "the connection to the panel broke off" });
    }
    this.#requests.clear();
    const wait = RETRY[Math.min(this.#attempt++, RETRY.length - 1)];
    const why = event.reason ? `${event.reason}. Trying again …` : "No connection to the panel. Trying again …";
    this.#tell("lost", why);
    setTimeout(() => this.open(), event.reason ? RETRY.at(-1) : wait);
  }

  #tell(state, text) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, text } }));
  }
}
