// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// Brings pictures and results of the same stamp together, so that no box is ever drawn on a picture
// that it does not belong to.

const KEPT = 90; // results and statuses without a picture

export class Matcher {
  #pictures = []; // {stamp, ...}, in the order in which they came; `came` in milliseconds
  #results = new Map(); // by stamp

  add(picture, now) {
    picture.came = now;
    this.#pictures.push(picture);
  }

  addResult(stamp, result) {
    this.#results.delete(stamp);
    this.#results.set(stamp, result);
    while (this.#results.size > KEPT) this.#results.delete(this.#results.keys().next().value);
  }

  resultFor(stamp) {
    return stamp === "0" ? undefined : this.#results.get(stamp);
  }

  // Returns what is to be shown next as {picture, late}, or null. While results are expected, a
  // picture waits for its own up to `hold` milliseconds. One that the tracker left out is left out
  // here as well once a newer one has its result.
  next(now, expected, hold) {
    let index = this.#pictures.length - 1;
    if (index < 0) return null;
    let late = false;
    if (expected) {
      index = this.#pictures.findLastIndex((one) => this.resultFor(one.stamp) !== undefined);
      if (index < 0) {
        index = this.#pictures.findLastIndex((one) => now - one.came > hold);
        late = true;
      }
      if (index < 0) return null;
    }
    const passed = this.#pictures.splice(0, index + 1);
    const picture = passed.pop();
    for (const one of passed) one.image?.close();
    return { picture, late };
  }

  clear() {
    for (const one of this.#pictures) one.image?.close();
    this.#pictures = [];
  }
}
