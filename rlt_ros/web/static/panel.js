// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// The page: cards of trackers, and what goes to which.

import { Connection } from "./connection.js";
import { Health } from "./health.js";
import { themeButton } from "./theme.js";
import { TrackerCard } from "./tracker_card.js";

const page = (id) => document.getElementById(id);
const connection = new Connection();
const health = new Health(page("health"));
const cards = new Map(); // by names of trackers
const cameras = new Map(); // by names of trackers: topics of their images
const hidden = new Set(); // trackers that the user has put away, or that there was no room for
const MOST_SHOWN = 8; // cards that come by themselves; the user may choose more

connection.addEventListener("state", ({ detail }) => {
  page("connection").dataset.state = detail.state;
  page("connection").textContent = detail.text;
  document.body.classList.toggle("unconnected", detail.state !== "open");
  page("closed").hidden = detail.state === "open" || cards.size > 0;
  page("closed").querySelector("p").textContent = detail.text;
  if (detail.state === "open") return;
  page("empty").hidden = true;
  for (const card of cards.values()) card.disconnected(detail.text);
});

connection.addEventListener("graph", ({ detail }) => {
  const names = detail.trackers.map((one) => one.name);
  for (const name of cards.keys()) if (!names.includes(name)) remove(name);
  for (const info of detail.trackers) {
    cameras.set(info.name, info.images);
    if (cards.has(info.name)) cards.get(info.name).update(info);
    else if (cards.size >= MOST_SHOWN) hidden.add(info.name);
    else if (!hidden.has(info.name)) add(info);
  }
  page("empty").hidden = names.length > 0;
  const others = detail.viewers > 1 ? ` · ${detail.viewers} viewers` : "";
  page("connection").textContent = `Connected${others}`;
  choose(detail.trackers);
  watch();
});

connection.addEventListener("status", ({ detail }) => cards.get(detail.tracker)?.setStatus(detail));
connection.addEventListener("detections", ({ detail }) => cards.get(detail.tracker)?.setDetections(detail));
connection.addEventListener("health", ({ detail }) => health.add(detail.entries));

connection.addEventListener("picture", async ({ detail }) => {
  const { stream, blob, ...picture } = detail;
  const [kind, name] = [stream.slice(0, stream.indexOf(":")), stream.slice(stream.indexOf(":") + 1)];
  try {
    if (kind === "attention") {
      cards.get(name)?.setAttention({ ...picture, image: await createImageBitmap(blob) });
      return;
    }
    for (const [tracker, card] of cards) {
      // Each card closes its own when it is done with it.
      if (cameras.get(tracker) === name) card.addPicture({ ...picture, image: await createImageBitmap(blob) });
    }
  } finally {
    connection.got(stream);
  }
});

function add(info) {
  const element = page("tracker").content.firstElementChild.cloneNode(true);
  const card = new TrackerCard(element, info, connection, { changed: watch, askName });
  const next = [...cards.keys()].filter((name) => name > info.name).sort()[0];
  page("trackers").insertBefore(element, cards.get(next)?.element ?? null);
  cards.set(info.name, card);
  counted();
}

function remove(name) {
  cards.get(name).element.remove();
  cards.delete(name);
  counted();
}

function counted() {
  page("trackers").dataset.count = cards.size;
}

function watch() {
  const names = [...cards.keys()];
  const seen = document.hidden ? [] : names;
  connection.watch(names, seen, seen.filter((name) => cards.get(name).wantsAttention));
}

// With more than one tracker, a button for each shows it or puts it away.
function choose(infos) {
  const chooser = page("chooser");
  chooser.hidden = infos.length < 2;
  const wanted = JSON.stringify(infos.map((one) => [one.name, hidden.has(one.name)]));
  if (chooser.dataset.shown === wanted) return;
  chooser.dataset.shown = wanted;
  const focused = document.activeElement?.dataset.name;
  chooser.replaceChildren(...infos.map((info) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.name = info.name;
    button.textContent = info.name;
    button.setAttribute("aria-pressed", String(!hidden.has(info.name)));
    button.addEventListener("click", () => {
      if (hidden.delete(info.name)) add(info);
      else {
        hidden.add(info.name);
        remove(info.name);
      }
      choose(infos);
      watch();
    });
    return button;
  }));
  if (focused) chooser.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
}

const knownNames = new Set();

function askName(title, verb) {
  const dialog = page("name-dialog");
  const form = dialog.querySelector("form");
  page("name-title").textContent = title;
  form.querySelector("[type=submit]").textContent = verb;
  page("known-names").replaceChildren(...[...knownNames].map((name) => new Option(name)));
  form.querySelector(".cancel").onclick = () => dialog.close("");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const name = dialog.returnValue === "ok" ? form.elements.name.value.trim() : "";
      if (name) knownNames.add(name);
      resolve(name);
    }, { once: true });
  });
}

document.addEventListener("visibilitychange", watch);
themeButton(page("theme"), () => {
  for (const card of cards.values()) card.recolour();
});

function tick(now) {
  for (const card of cards.values()) card.tick(now);
  requestAnimationFrame(tick);
}
requestAnimationFrame(tick);
connection.open();

// For measuring the delay and for tests: what is shown right now.
window.rltPanel = { cards };
