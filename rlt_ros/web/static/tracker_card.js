// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// One tracker: its picture, what it says, and the ways to steer it.

import { BoxEditor } from "./box_editor.js";
import { heatMap, stateColour, stateName } from "./colours.js";
import { Matcher } from "./matching.js";
import { paint, shortId } from "./painting.js";
import { TimePlot } from "./plots.js";

const HOLD = [150, 700]; // milliseconds that a picture waits for its result: least and most
const FRESH = 2500; // milliseconds after which a status is old
const SHOWN_OVER = 2000; // milliseconds over which shown pictures are counted
const ATTENTION_AGE = 1; // seconds that an attention map may be older than the picture
const ATTENTION_OLD = 0.15; // seconds from which its age is told

const FINGER = matchMedia("(pointer: coarse)").matches;
const IDLE_HINT = FINGER
  ? "Tap the target and adjust the box, or press New target and drag a box around it."
  : "Drag a box around the target to start at once. Click it, or freeze first, to adjust the box.";
const DRAFT_HINT = FINGER
  ? "Drag the box or its corners until it fits."
  : "Drag box or corners; arrow keys move, Shift and arrows resize, Enter starts, Escape cancels.";
const ARMED_HINT = FINGER ? "Drag a box around the target, or tap it." : "Drag a box around the target, or click it.";

export class TrackerCard {
  #connection;
  #elements;
  #matcher = new Matcher();
  #editor;
  #info;
  #status = null;
  #statusCame = -Infinity;
  #statuses = new Map(); // states by stamp
  #picture = null; // that is shown
  #late = false;
  #targets = []; // on the picture that is shown
  #ids = []; // of the targets that there are now
  #frozen = false; // by the button
  #held = false; // while a box is drawn
  #attention = null; // {stamp, image}
  #opacity = 0;
  #silent = "";
  #enabled = true;
  #shownTimes = [];
  #dirty = true;
  #nextTarget = 1;
  #sent = null; // the last box that was sent, for another try
  #hintText = "";

  constructor(element, info, connection, { changed, askName }) {
    this.element = element;
    this.name = info.name;
    this.#connection = connection;
    const find = (selector) => element.querySelector(selector);
    this.#elements = {
      badge: find(".badge"), canvas: find(".video"), stage: find(".stage"), late: find(".late"),
      notice: find(".notice"), hint: find(".hint"), draftBar: find(".draft-bar"),
      newTarget: find(".new-target"), as: find(".as"), freeze: find(".freeze"),
      slider: find(".attention input"), strength: find(".attention output"),
      message: find(".message"), tools: find(".tools"), missing: find(".missing"),
    };
    element.setAttribute("aria-label", `Tracker ${info.name}`);
    find("h2").textContent = info.name;
    this.#elements.canvas.setAttribute(
      "aria-label", `Live picture of ${info.name}. Press N to place a box with the keys.`,
    );
    find(".actions").setAttribute("aria-label", `Commands to ${info.name}`);
    this.#plots = [
      [new TimePlot(find(".score-plot div"), { range: [0, 1], colour: "--score" }), "score", find(".score-plot")],
      [new TimePlot(find(".latency-plot div"), { range: null, colour: "--latency" }), "latency", find(".latency-plot")],
    ];
    this.#editor = new BoxEditor({
      canvas: this.#elements.canvas,
      size: () => this.#picture && [this.#picture.width, this.#picture.height],
      isFrozen: () => this.#frozen,
      hold: () => { this.#held = true; },
      release: () => { this.#held = false; },
      changed: () => this.#draftChanged(),
      done: (box) => this.#start(box, this.#picture.stamp),
      suggestion: () => this.#targets.length === 1 ? this.#targets[0].box : null,
    });
    this.#wire(find, changed, askName);
    new ResizeObserver(() => { this.#fit(); this.#dirty = true; }).observe(this.#elements.stage);
    this.#draftChanged();
    this.update(info);
  }

  #plots;

  get wantsAttention() {
    return this.#opacity > 0;
  }

  get showsAttention() {
    return this.#fittingAttention() !== null;
  }

  // ---- what comes in --------------------------------------------------------------------------

  // What the panel knows of tracker and camera, once a second.
  update(info) {
    this.#info = info;
    this.element.classList.toggle("gone", !info.present);
    if (!info.present) this.#tellSilent("Tracker gone", info.trackerSilent);
    else if (info.trackerSilent) this.#tellSilent("Tracker silent", info.trackerSilent);
    else this.#tellSilent(info.cameraSilent ? "Camera silent" : "", info.cameraSilent);
    for (const button of this.element.querySelectorAll("[data-action]")) {
      const service = { save: "save_target", load: "load_target" }[button.dataset.action] ?? button.dataset.action;
      button.disabled = !info.services.includes(service);
      button.hidden = button.disabled;
    }
    const missing = ["enable", "reset", "save_target", "load_target"].filter((one) => !info.services.includes(one));
    this.#elements.missing.hidden = missing.length === 0;
    this.#setText(
      this.#elements.missing,
      missing.length === 4
        ? "This tracker has no services: a new box takes the place of its target."
        : `This tracker has no ${missing.map((one) => `~/${one}`).join(", ")}.`,
    );
    this.#elements.slider.disabled = !info.attention;
    this.#showTargets();
    this.#showState(this.#status?.state ?? "NONE");
  }

  // Nothing comes from the panel itself any more.
  disconnected(why) {
    this.#tellSilent("Not connected", why);
    this.#showState(this.#status?.state ?? "NONE");
  }

  #tellSilent(title, why) {
    const { notice } = this.#elements;
    this.#setText(notice.firstChild, title);
    this.#setText(notice.lastChild, why);
    notice.hidden = !title;
    this.element.classList.toggle("silent", Boolean(title));
    this.#silent = title;
  }

  setStatus(status) {
    const isOfNewFrame = status.tracked !== this.#status?.tracked && status.stamp !== "0";
    this.#status = status;
    this.#statusCame = performance.now();
    this.#showEnabled(status.enabled);
    if (status.state === "IDLE" && status.enabled) this.#ids = [];
    if (status.stamp !== "0") {
      this.#statuses.set(status.stamp, status.state);
      while (this.#statuses.size > 90) this.#statuses.delete(this.#statuses.keys().next().value);
    }
    this.#showState(status.state);
    const { message } = this.#elements;
    this.#setText(message, status.message);
    message.hidden = !status.message;
    // Where there is a service, that answers.
    const hears = this.#info.services.includes("init");
    if (this.#sent && !hears && status.message.includes("init box refused")) this.#refused(status.message);
    const time = Number(status.stamp) / 1e9;
    if (isOfNewFrame && status.state !== "IDLE" && status.state !== "INITIALIZING") {
      for (const [plot, field] of this.#plots) {
        plot.add(time, field === "latency" ? status.latency * 1000 : status.score);
      }
    }
    this.#dirty = true;
  }

  setDetections({ stamp, targets }) {
    this.#matcher.addResult(stamp, targets);
    this.#ids = targets.map((one) => one.id);
    this.#dirty = true;
  }

  addPicture(picture) {
    this.#matcher.add(picture, performance.now());
  }

  setAttention(attention) {
    this.#attention?.image.close?.();
    this.#attention = { stamp: attention.stamp, image: heatMap(attention.image) };
    this.#dirty = true;
  }

  recolour() {
    for (const [plot] of this.#plots) plot.recolour();
  }

  // ---- drawing, once per frame of the screen ---------------------------------------------------

  tick(now) {
    const live = !this.#frozen && !this.#held;
    const expected = this.#expectsResults(now);
    const next = live && this.#matcher.next(now, expected, this.#hold());
    if (next) this.#show(next, now);
    if (live === false && now % 1000 < 20) this.#matcher.clear();
    if (this.#late && this.#matcher.resultFor(this.#picture.stamp)) {
      this.#late = false; // it has come after all, while its picture is still shown
      this.#dirty = true;
    }
    for (const [plot] of this.#plots) plot.draw(now);
    if (this.#dirty) this.#paint();
  }

  #expectsResults(now) {
    const fresh = now - this.#statusCame < FRESH && this.#info.present;
    return fresh && ["TRACKING", "UNCERTAIN", "LOST"].includes(this.#status?.state) && this.#enabled;
  }

  #hold() {
    const latency = 1000 * (this.#status?.latency ?? 0);
    return Math.min(HOLD[1], Math.max(HOLD[0], 3 * latency));
  }

  #show({ picture, late }, now) {
    const before = this.#picture;
    if (before) before.image.close();
    this.#picture = picture;
    this.#late = late;
    this.#dirty = true;
    if (!before || before.width !== picture.width || before.height !== picture.height) this.#fit();
    this.#shownTimes.push(now);
    while (this.#shownTimes[0] < now - SHOWN_OVER) this.#shownTimes.shift();
    const clock = this.#connection.now();
    if (clock !== null && picture.stamp !== "0") {
      const delay = clock - Number(picture.stamp) / 1e9;
      this.lastDelay = delay;
      // Stamps of a recording are not of now.
      if (Math.abs(delay) < 30) this.#number("delay", `${Math.max(0, Math.round(delay * 1000))} ms`, 300);
      else this.#number("delay", "–");
    }
  }

  #paint() {
    this.#dirty = false;
    const picture = this.#picture;
    const found = picture ? this.#matcher.resultFor(picture.stamp) ?? [] : [];
    this.#targets = found.map((one) => ({ ...one, state: this.#stateOf(one, picture.stamp) }));
    const attention = this.#fittingAttention();
    paint(this.#elements.canvas, {
      picture,
      targets: this.#editor.draft?.handles ? [] : this.#targets,
      attention: attention?.image,
      opacity: this.#opacity,
      draft: this.#editor.draft,
      several: this.#targets.length > 1,
    });
    const chips = [];
    if (picture?.stamp === "0") chips.push("images bear no stamp: no box can be matched");
    else if (this.#late) chips.push("late: no result for this picture yet");
    if (attention?.age > ATTENTION_OLD) chips.push(`attention ${attention.age.toFixed(1)} s old`);
    if (this.#frozen || this.#held) chips.push("frozen");
    this.#setText(this.#elements.late, chips.join(" · "));
    this.#elements.late.hidden = chips.length === 0;
    this.#showNumbers();
    this.#showTargets();
    this.element.dataset.shownStamp = picture?.stamp ?? "";
    this.element.dataset.boxes = JSON.stringify(this.#targets.map((one) => one.box.map(Math.round)));
  }

  #stateOf(target, stamp) {
    if (target.score === null) return "LOST";
    const state = this.#statuses.get(stamp) ?? this.#status?.state;
    return state === "UNCERTAIN" && (!this.#status.target || target.id === this.#status.target) ? state : "TRACKING";
  }

  #fittingAttention() {
    if (!this.#attention || !this.#picture || !this.#opacity) return null;
    const age = (Number(this.#picture.stamp) - Number(this.#attention.stamp)) / 1e9;
    return Math.abs(age) <= ATTENTION_AGE ? { image: this.#attention.image, age } : null;
  }

  // Gives the stage the picture's shape, as far as the page has room for it.
  #fit() {
    const { stage } = this.#elements;
    const shape = this.#picture ? this.#picture.height / this.#picture.width : 3 / 4;
    const most = Math.max(240, window.innerHeight * (window.innerWidth < 700 ? 0.55 : 0.74));
    const height = `${Math.round(Math.min(stage.clientWidth * shape, most))}px`;
    if (stage.style.height !== height) stage.style.height = height;
  }

  // ---- words and numbers ----------------------------------------------------------------------

  #showState(state) {
    const { badge } = this.#elements;
    // What a tracker said last is not what it does now, if nothing comes any more.
    const shown = !this.#info.present ? "GONE" : this.#silent ? "SILENT" : this.#enabled ? state : "DISABLED";
    badge.dataset.state = shown;
    this.#setText(badge, stateName(shown));
    badge.style.setProperty("--state", stateColour(shown));
  }

  // As the tracker itself says it: another viewer may have disabled it, or it may have started anew.
  #showEnabled(enabled) {
    this.#enabled = enabled;
    this.#setText(this.element.querySelector('[data-action="enable"]'), enabled ? "Disable" : "Enable");
  }

  #showNumbers() {
    const status = this.#status;
    if (!status) return;
    const known = status.state !== "IDLE" && status.state !== "INITIALIZING";
    this.#number("score", known ? status.score.toFixed(2) : "–");
    this.#number("latency", known ? `${Math.round(status.latency * 1000)} ms` : "–", 300);
    this.#number("shown", `${(this.#shownTimes.length / (SHOWN_OVER / 1000)).toFixed(0)} fps`, 500);
    this.#number("tracked", `${status.tracked}`);
    const share = status.received ? (100 * status.dropped) / status.received : 0;
    this.#number("dropped", `${status.dropped} · ${share.toFixed(share < 10 ? 1 : 0)} %`);
    this.#number("updates", `${status.updates}`);
    for (const [, field, figure] of this.#plots) {
      const now = field === "latency" ? `${Math.round(status.latency * 1000)} ms` : status.score.toFixed(2);
      const title = field === "latency" ? "Latency" : "Score";
      const label = `${title} over the last minute${known ? `, now ${now}` : ""}`;
      if (performance.now() - (figure.labelled ?? -Infinity) > 1000) {
        figure.labelled = performance.now();
        figure.setAttribute("aria-label", label);
      }
    }
  }

  #numberShown = {};

  // Shows a number; with `period`, no more often than that, so that it can be read.
  #number(name, text, period = 0) {
    const now = performance.now();
    if (period && now - (this.#numberShown[name] ?? -Infinity) < period) return;
    this.#numberShown[name] = now;
    const element = this.element.querySelector(`[data-number="${name}"]`);
    this.#setText(element, text);
    element.classList.toggle("unknown", text === "–");
  }

  #setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  #hint(text) {
    this.#hintText = text;
    this.#draftChanged();
  }

  // ---- steering -------------------------------------------------------------------------------

  #wire(find, changed, askName) {
    const { newTarget, freeze, slider, strength } = this.#elements;
    newTarget.addEventListener("click", (event) => {
      if (this.#editor.isArmed || this.#editor.isAdjusting) {
        this.#editor.cancel();
        return;
      }
      this.#hintText = "";
      // A click of the keyboard has no place: then keys are what there is to draw with.
      this.#editor.arm({ withBox: event.detail === 0 });
      this.#elements.canvas.focus({ preventScroll: event.detail !== 0 });
    });
    find(".confirm").addEventListener("click", () => this.#editor.confirm());
    find(".cancel").addEventListener("click", () => this.#editor.cancel());
    freeze.addEventListener("click", () => this.#freeze(!this.#frozen));
    this.#elements.canvas.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) this.#freeze(!this.#frozen);
    });
    slider.addEventListener("input", () => {
      this.#opacity = slider.value / 100;
      strength.textContent = this.#opacity ? `${slider.value} %` : "off";
      this.#dirty = true;
      changed();
    });
    this.#elements.as.querySelector("select").addEventListener("change", () => this.#nameCommands());
    for (const button of this.element.querySelectorAll("[data-action]")) {
      button.addEventListener("click", () => this.#command(button.dataset.action, askName));
    }
  }

  #freeze(frozen) {
    this.#frozen = frozen && this.#picture !== null;
    this.#elements.freeze.setAttribute("aria-pressed", String(this.#frozen));
    this.#setText(this.#elements.freeze, this.#frozen ? "Go on" : "Freeze");
    if (!this.#frozen) this.#editor.cancel();
    this.#draftChanged();
  }

  #draftChanged() {
    this.#dirty = true;
    if (!this.#editor) return;
    const { draftBar, hint, newTarget, tools } = this.#elements;
    draftBar.hidden = !this.#editor.isAdjusting;
    tools.hidden = this.#editor.isAdjusting;
    const busy = this.#editor.isArmed || this.#editor.isAdjusting;
    newTarget.setAttribute("aria-pressed", String(busy));
    const text = this.#editor.isAdjusting ? DRAFT_HINT : this.#editor.isArmed ? ARMED_HINT : this.#hintText || IDLE_HINT;
    this.#setText(hint, text);
    hint.querySelector("button")?.remove();
  }

  async #start(box, stamp) {
    const select = this.#elements.as.querySelector("select");
    const isNew = !this.#elements.as.hidden && select.value === "+";
    const target = isNew ? this.#newName() : this.#chosen;
    this.#sent = { box, target };
    if (this.#frozen) this.#freeze(false);
    this.#hint("Box sent …");
    const answer = await this.#connection.ask({ op: "start", tracker: this.name, box, stamp, target });
    if (answer.ok) {
      this.#hint(answer.message);
      setTimeout(() => { this.#sent = null; }, 3000); // a refusal would have come by then
    } else if (this.#sent) {
      this.#refused(answer.message);
    }
  }

  // A box whose frame the tracker has no more may still fit the next one.
  #refused(message) {
    const { box, target } = this.#sent;
    this.#sent = null;
    this.#hint(message);
    if (!message.includes("stamp")) return; // it would be refused on any other frame, too
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Use this box on the next frame";
    button.addEventListener("click", async () => {
      this.#hint("Box sent …");
      const answer = await this.#connection.ask({ op: "start", tracker: this.name, box, stamp: "0", target });
      this.#hint(answer.message);
    });
    this.#elements.hint.append(" ", button);
  }

  #newName() {
    const taken = new Set(this.#ids);
    while (taken.has(`target-${this.#nextTarget}`)) this.#nextTarget++;
    return `target-${this.#nextTarget++}`;
  }

  // Which target the next box is for; there is nothing to choose before the first.
  #showTargets() {
    const { as } = this.#elements;
    as.hidden = !this.#info.several || this.#ids.length === 0;
    this.#listTargets(as.querySelector("select"));
    this.#nameCommands();
  }

  #listTargets(select) {
    const more = ["+", "one more"];
    const instead = this.#ids.map((id) => [id, `instead of ${shortId(id)}`]);
    // Of a single target boxes need not say the name.
    const options = this.#ids.length > 1 ? [more, ...instead] : [["", instead[0]?.[1] ?? ""], more];
    if (select.dataset.options === JSON.stringify(options) || document.activeElement === select) return;
    select.dataset.options = JSON.stringify(options);
    const chosen = select.value;
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    select.value = options.some(([value]) => value === chosen) ? chosen : options[0][0];
  }

  // The target that is chosen in the menu, "" for none.
  get #chosen() {
    const { as } = this.#elements;
    return as.hidden ? "" : as.querySelector("select").value.replace(/^\+$/, "");
  }

  // With a target chosen, commands are about that one.
  #nameCommands() {
    const of = this.#chosen ? ` ${shortId(this.#chosen)}` : "";
    const one = this.#info.services.includes("reset_target") ? of : "";
    const all = this.#ids.length > 1 && !one ? " all" : "";
    this.#setText(this.element.querySelector('[data-action="reset"]'), `Reset${one || all}`);
    this.#setText(this.element.querySelector('[data-action="save"]'), `Save${of} …`);
  }

  async #command(action, askName) {
    let name = "";
    if (action === "save" || action === "load") {
      name = await askName(action === "save" ? "Save the target" : "Load a target", action === "save" ? "Save" : "Load");
      if (!name) return;
    }
    const target = this.#chosen;
    const one = target && this.#info.services.includes("reset_target");
    const asked = { enable: this.#enabled ? "disable" : "enable", reset: one ? "reset_target" : "reset" }[action] ?? action;
    const doing = { save: "Saving …", load: "Loading …" }[asked];
    if (doing) this.#hint(doing);
    const answer = await this.#connection.ask({ op: "ask", tracker: this.name, action: asked, name, target });
    const done = {
      enable: "Enabled.", disable: "Disabled.", reset: "All targets are forgotten.",
      reset_target: `Target ${shortId(target)} is forgotten.`, save: "Saved.", load: "Loaded.",
    };
    const said = answer.ok && asked === "save" && answer.message ? `Saved: ${answer.message}` : answer.message;
    this.#hint(said || (answer.ok ? done[asked] : "It did not work."));
  }
}
