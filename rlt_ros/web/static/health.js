// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// What /diagnostics says: an entry for each name, the worst first. Entries change where they are, for
// a key must not lose the one that it is at, nor one that is open close.

const RANK = { ERROR: 0, STALE: 1, WARN: 2, OK: 3 };
const QUIET = 10000; // milliseconds after which what was said last need not be so any more
const FORGOTTEN = 600000; // milliseconds after which it is spoken of no more

export class Health {
  #place;
  #entries = new Map(); // by name: {element, level, came}

  constructor(place) {
    this.#place = place;
    setInterval(() => this.#age(), 1000);
  }

  add(entries) {
    this.#place.querySelector("p").hidden = true;
    for (const { name, level, message, values } of entries) {
      if (!this.#entries.has(name)) this.#entries.set(name, { element: newElement(name) });
      const entry = this.#entries.get(name);
      entry.came = performance.now();
      show(entry, level, message);
      entry.element.querySelector("dl").replaceChildren(
        ...values.flatMap(([key, value]) => [made("dt", key), made("dd", value)]),
      );
    }
    this.#sort();
  }

  #age() {
    const now = performance.now();
    for (const [name, entry] of this.#entries) {
      const age = now - entry.came;
      if (age > FORGOTTEN) this.#entries.delete(name);
      else if (age > QUIET) show(entry, "STALE", `said nothing for ${Math.round(age / 1000)} s`);
    }
    this.#sort();
  }

  #sort() {
    const wanted = [...this.#entries].sort(
      ([name, one], [another, other]) => RANK[one.level] - RANK[other.level] || name.localeCompare(another),
    ).map(([, entry]) => entry.element);
    const list = this.#place.querySelector("ul");
    const asItIs = wanted.length === list.children.length;
    if (asItIs && wanted.every((element, index) => element === list.children[index])) return;
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...wanted);
    focused?.focus({ preventScroll: true });
  }
}

function newElement(name) {
  const [entry, details, summary, badge] = ["li", "details", "summary", "span"].map((tag) => made(tag, ""));
  badge.className = "level";
  summary.append(badge, made("strong", name), made("span", ""));
  details.append(summary, made("dl", ""));
  entry.append(details);
  return entry;
}

function show(entry, level, message) {
  entry.level = level;
  const [badge, , words] = entry.element.querySelector("summary").children;
  badge.dataset.level = level;
  for (const [element, text] of [[badge, level], [words, message]]) {
    if (element.textContent !== text) element.textContent = text;
  }
}

function made(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
