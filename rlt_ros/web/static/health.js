// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// What /diagnostics says: an entry for each name, the worst first.

const RANK = { ERROR: 0, STALE: 1, WARN: 2, OK: 3 };

export class Health {
  #place;
  #entries = new Map();

  constructor(place) {
    this.#place = place;
  }

  add(entries) {
    for (const entry of entries) this.#entries.set(entry.name, entry);
    const list = this.#place.querySelector("ul");
    const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.name));
    const sorted = [...this.#entries.values()].sort(
      (one, other) => RANK[one.level] - RANK[other.level] || one.name.localeCompare(other.name),
    );
    list.replaceChildren(...sorted.map((entry) => item(entry, open.has(entry.name))));
    this.#place.querySelector("p").hidden = true;
  }
}

function item({ name, level, message, values }, open) {
  const details = element("details", "");
  details.dataset.name = name;
  details.open = open;
  const summary = element("summary", "");
  const badge = element("span", level);
  badge.className = "level";
  badge.dataset.level = level;
  summary.append(badge, element("strong", name), element("span", message));
  const table = element("dl", "");
  for (const [key, value] of values) table.append(element("dt", key), element("dd", value));
  details.append(summary, table);
  const entry = element("li", "");
  entry.append(details);
  return entry;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
