// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// Score and latency of the last minute.

import uPlot from "./uplot/uPlot.esm.js";

const SECONDS = 60;
const PERIOD = 250; // milliseconds between two drawings: lines need no more

// The value that one in fifty is above: a single pause must not flatten all the rest.
function usual(values) {
  const sorted = values.filter((one) => one !== null).sort((one, other) => one - other);
  return sorted[Math.floor(0.98 * (sorted.length - 1))] ?? 0;
}

export class TimePlot {
  #place;
  #options;
  #plot = null;
  #times = [];
  #values = [];
  #drawn = -PERIOD;
  #stale = false;

  // `range`: fixed limits of the values, or null for 0 up to what comes.
  constructor(place, { range, colour }) {
    this.#place = place;
    this.#options = { range, colour };
    this.#stale = true; // its axes are there from the beginning
    new ResizeObserver(() => this.#resize()).observe(place);
  }

  add(time, value) {
    const last = this.#times.at(-1);
    if (last !== undefined && time <= last) {
      if (time > last - 1) return; // the same frame again
      this.#times = []; // a clock that was set back, a recording that began anew
      this.#values = [];
    }
    // Lines do not lead over a pause.
    if (last !== undefined && time - last > 1.5) this.#push(last + 1e-3, null);
    this.#push(time, value);
    let old = 0;
    while (this.#times[old] < time - SECONDS) old++;
    this.#times.splice(0, old);
    this.#values.splice(0, old);
    this.#stale = true;
  }

  draw(now) {
    if (!this.#stale || now - this.#drawn < PERIOD) return;
    this.#drawn = now;
    this.#stale = false;
    const end = this.#times.at(-1) ?? 0;
    const data = [this.#times.map((time) => time - end), this.#values];
    if (this.#plot) this.#plot.setData(data);
    else this.#make(data);
  }

  // Takes on the page's colours anew.
  recolour() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#stale = true;
    this.#drawn = -PERIOD;
  }

  #push(time, value) {
    this.#times.push(time);
    this.#values.push(value);
  }

  // What a custom property of a colour comes to in the theme that is shown.
  #colour(name) {
    this.#place.style.color = `var(${name})`;
    const { color } = getComputedStyle(this.#place);
    this.#place.style.color = "";
    return color;
  }

  #size() {
    return { width: Math.max(160, this.#place.clientWidth), height: Math.max(70, this.#place.clientHeight) };
  }

  #resize() {
    this.#plot?.setSize(this.#size());
  }

  #make(data) {
    const [text, grid, line] = ["--quiet", "--grid", this.#options.colour].map((name) => this.#colour(name));
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const { range } = this.#options;
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: false },
        cursor: { show: false },
        padding: [6, 16, 0, 0],
        scales: {
          x: { time: false, range: [-SECONDS, 0] },
          y: { range: range ?? (() => [0, Math.max(10, 1.3 * usual(this.#values))]) },
        },
        series: [{}, { stroke: line, width: 2, fill: line.replace(")", " / 16%)").replaceAll(",", ""), points: { show: false } }],
        axes: [
          { ...axis, size: 26, gap: 6, splits: () => [-60, -40, -20, 0], values: (_, splits) => splits.map((s) => (s ? `${s} s` : "now")) },
          { ...axis, size: 34, gap: 4, ...(range ? { splits: () => [0, 0.5, 1] } : { space: 24 }) },
        ],
      },
      data,
      this.#place,
    );
  }
}
