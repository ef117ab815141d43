// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// Drawing a box on the picture, by mouse, finger or keys. Boxes are in the image's pixels.

import { HANDLE, placed } from "./painting.js";

const TAP = 6; // CSS pixels that a press may wander and still be a tap
const LEAST = 4; // pixels that a side has at least
const TAPPED_SHARE = 0.22; // of the image's smaller side: the box that a tap makes

export class BoxEditor {
  // `surface`: {canvas, size(): [width, height] | null, isFrozen(), hold(), release(),
  // changed(), done(box), suggestion(): box | null}. `hold` keeps the picture that is drawn on.
  #surface;
  #box = null;
  #armed = false;
  #adjusting = false;
  #drag = null; // {kind, from: [x, y], box, moved}

  constructor(surface) {
    this.#surface = surface;
    const { canvas } = surface;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", () => this.#broken());
    canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#changed();
  }

  get draft() {
    return this.#box && { box: this.#box, handles: this.#adjusting };
  }

  get isAdjusting() {
    return this.#adjusting;
  }

  get isArmed() {
    return this.#armed;
  }

  // A drag is now meant to draw, with fingers too, and keys have a box to begin with.
  arm({ withBox }) {
    this.#armed = true;
    if (withBox) this.#suggest();
    this.#changed();
  }

  cancel() {
    this.#box = null;
    this.#armed = this.#adjusting = false;
    this.#drag = null;
    this.#surface.release();
    this.#changed();
  }

  confirm() {
    if (!this.#box) return;
    const box = this.#box;
    this.#surface.done(box);
    this.cancel();
  }

  #suggest() {
    const size = this.#surface.size();
    if (!size) return;
    const side = 2 * TAPPED_SHARE * Math.min(...size);
    this.#adjust(this.#surface.suggestion() ?? [(size[0] - side) / 2, (size[1] - side) / 2, side, side]);
  }

  #adjust(box) {
    this.#surface.hold();
    this.#box = clipped(box, this.#surface.size());
    this.#adjusting = true;
    this.#changed();
  }

  #down(event) {
    const size = this.#surface.size();
    if (!size || !event.isPrimary || event.button !== 0) return;
    const at = this.#place(event);
    const kind = this.#adjusting ? this.#hit(event) : "new";
    // An unarmed finger scrolls the page; where it only taps, `up` follows all the same.
    this.#drag = { kind, from: at, box: this.#box, moved: false, start: [event.clientX, event.clientY] };
    if (event.pointerType !== "touch" || this.#isDrawing()) {
      this.#surface.canvas.setPointerCapture(event.pointerId);
      if (kind === "new") this.#surface.hold();
    }
  }

  #move(event) {
    if (!this.#drag || !event.isPrimary) return;
    const [left, top] = this.#drag.start;
    this.#drag.moved ||= Math.hypot(event.clientX - left, event.clientY - top) > TAP;
    if (!this.#drag.moved || (event.pointerType === "touch" && !this.#isDrawing())) return;
    const size = this.#surface.size();
    const [x, y] = this.#place(event);
    const [fromX, fromY] = this.#drag.from;
    if (this.#drag.kind === "new") {
      this.#adjusting = false;
      this.#box = spanned([fromX, fromY], [x, y], size);
    } else if (this.#drag.kind === "move") {
      const [bx, by, w, h] = this.#drag.box;
      this.#box = clipped([bx + x - fromX, by + y - fromY, w, h], size);
    } else {
      this.#box = spanned(this.#drag.kind.opposite, [x, y], size);
    }
    this.#changed();
  }

  #up(event) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    if (!drag.moved) {
      if (drag.kind === "new") this.#tapped(drag.from);
      return;
    }
    if (drag.kind !== "new" || !this.#box) return;
    // On a live picture a drag starts at once; a frozen one leaves time to adjust.
    if (this.#surface.isFrozen()) this.#adjust(this.#box);
    else this.confirm();
  }

  #tapped([x, y]) {
    const size = this.#surface.size();
    if (!size) return;
    const side = TAPPED_SHARE * Math.min(...size);
    this.#adjust([x - side / 2, y - side / 2, side, side]);
  }

  #broken() {
    this.#drag = null;
    if (!this.#adjusting) this.cancel();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey) return;
    if (!this.#adjusting) {
      if (event.key.toLowerCase() !== "n" && event.key !== "Enter") return;
      event.preventDefault();
      this.arm({ withBox: true });
      return;
    }
    const [x, y, w, h] = this.#box;
    const size = this.#surface.size();
    const step = event.altKey ? 1 : Math.max(1, Math.round(Math.min(...size) / 40));
    const [dx, dy] = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
    }[event.key] ?? [0, 0];
    if (dx || dy) {
      this.#box = event.shiftKey
        ? clipped([x, y, Math.max(LEAST, w + dx), Math.max(LEAST, h + dy)], size)
        : clipped([x + dx, y + dy, w, h], size);
      this.#changed();
    } else if (event.key === "Enter") {
      this.confirm();
    } else if (event.key === "Escape") {
      this.cancel();
    } else {
      return;
    }
    event.preventDefault();
  }

  #isDrawing() {
    return this.#armed || this.#adjusting || this.#surface.isFrozen();
  }

  #place(event) {
    const { canvas } = this.#surface;
    const [width, height] = this.#surface.size();
    const area = canvas.getBoundingClientRect();
    const place = placed(width, height, area.width, area.height);
    return [
      (event.clientX - area.left - place.x) / place.scale,
      (event.clientY - area.top - place.y) / place.scale,
    ];
  }

  // What a press hits while a box is adjusted: a corner, the inside, or nothing.
  #hit(event) {
    const [width, height] = this.#surface.size();
    const area = this.#surface.canvas.getBoundingClientRect();
    const { scale } = placed(width, height, area.width, area.height);
    const reach = (event.pointerType === "touch" ? 2.2 : 1.3) * HANDLE / scale;
    const [px, py] = this.#place(event);
    const [x, y, w, h] = this.#box;
    for (const [cx, cy, ox, oy] of [
      [x, y, x + w, y + h], [x + w, y, x, y + h], [x, y + h, x + w, y], [x + w, y + h, x, y],
    ]) {
      if (Math.abs(px - cx) < reach && Math.abs(py - cy) < reach) return { opposite: [ox, oy] };
    }
    return px > x && px < x + w && py > y && py < y + h ? "move" : "new";
  }

  #changed() {
    const { canvas } = this.#surface;
    canvas.style.touchAction = this.#isDrawing() ? "none" : "pan-y pinch-zoom";
    this.#surface.changed();
  }
}

// A box between two corners, kept inside the image.
function spanned([ax, ay], [bx, by], [width, height]) {
  const inX = (x) => Math.min(Math.max(x, 0), width);
  const inY = (y) => Math.min(Math.max(y, 0), height);
  const [left, right] = [inX(ax), inX(bx)].sort((one, other) => one - other);
  const [top, bottom] = [inY(ay), inY(by)].sort((one, other) => one - other);
  return clipped([left, top, Math.max(LEAST, right - left), Math.max(LEAST, bottom - top)], [width, height]);
}

function clipped([x, y, w, h], [width, height]) {
  const [wide, high] = [Math.min(w, width), Math.min(h, height)];
  return [Math.min(Math.max(x, 0), width - wide), Math.min(Math.max(y, 0), height - high), wide, high];
}
