// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// Draws one picture with all that belongs on it. Boxes are x, y, w, h in the image's own pixels.

import { stateColour } from "./colours.js";

const INK = "#0c0e12";
const FONT = "600 14px system-ui, sans-serif";
export const HANDLE = 11; // half a handle's side, in CSS pixels

// Where an image of some size lies on a canvas: {scale, x, y}, in CSS pixels.
export function placed(width, height, canvasWidth, canvasHeight) {
  const scale = Math.min(canvasWidth / width, canvasHeight / height);
  return {
    scale,
    x: (canvasWidth - width * scale) / 2,
    y: (canvasHeight - height * scale) / 2,
  };
}

export function paint(canvas, { picture, targets, attention, opacity, draft, several }) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const context = canvas.getContext("2d", { alpha: false });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#05070a";
  context.fillRect(0, 0, width, height);
  if (!picture) return;
  const place = placed(picture.width, picture.height, width, height);
  const area = [place.x, place.y, picture.width * place.scale, picture.height * place.scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(picture.image, ...area);
  if (attention && opacity > 0) {
    context.fillStyle = `rgba(5, 7, 10, ${0.45 * opacity})`;
    context.fillRect(...area);
    context.globalAlpha = opacity;
    context.drawImage(attention, ...area);
    context.globalAlpha = 1;
  }
  for (const target of targets) drawTarget(context, place, target, several, area);
  if (draft) drawDraft(context, place, draft, area);
}

function onCanvas(place, [x, y, w, h]) {
  return [place.x + x * place.scale, place.y + y * place.scale, w * place.scale, h * place.scale];
}

function drawTarget(context, place, target, several, area) {
  const [x, y, w, h] = onCanvas(place, target.box);
  const colour = stateColour(target.state);
  context.setLineDash(target.state === "LOST" ? [9, 6] : []);
  for (const [line, ink] of [[6, INK], [3, colour]]) {
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.strokeRect(x, y, w, h);
  }
  context.setLineDash([]);
  const words = [];
  if (several || !isMadeUp(target.id)) words.push(shortId(target.id, 14));
  if (target.state !== "TRACKING") words.push(target.state);
  if (target.score !== null) words.push(target.score.toFixed(2));
  drawTag(context, words.join(" "), x, y, w, colour, area);
}

function drawTag(context, text, x, y, w, colour, [left, top, width]) {
  if (!text) return;
  context.font = FONT;
  const wide = context.measureText(text).width + 14;
  const tagX = Math.max(left, Math.min(x - 1.5, left + width - wide));
  const tagY = y - 24 >= top ? y - 24 : y + 2;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(tagX, tagY, wide, 22, 4);
  context.fill();
  context.fillStyle = INK;
  context.textBaseline = "middle";
  context.fillText(text, tagX + 7, tagY + 11.5);
}

function drawDraft(context, place, { box, handles }, area) {
  const [x, y, w, h] = onCanvas(place, box);
  context.fillStyle = "rgba(5, 7, 10, 0.5)";
  context.beginPath();
  context.rect(...area);
  context.rect(x, y, w, h);
  context.fill("evenodd");
  for (const [line, ink, dash] of [[4, INK, []], [2, "#ffffff", []], [2, "#2f81f7", [7, 7]]]) {
    context.setLineDash(dash);
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.strokeRect(x, y, w, h);
  }
  context.setLineDash([]);
  if (!handles) return;
  for (const [hx, hy] of [[x, y], [x + w, y], [x, y + h], [x + w, y + h]]) {
    context.beginPath();
    context.arc(hx, hy, HANDLE - 3, 0, 2 * Math.PI);
    context.fillStyle = "#ffffff";
    context.fill();
    context.lineWidth = 3;
    context.strokeStyle = "#1f6feb";
    context.stroke();
  }
}

// Ids that the tracker makes up are long, and say nothing: their beginning tells them apart. Those
// that people give are told by their beginning and their end.
export function shortId(id, most = 24) {
  if (isMadeUp(id)) return id.slice(0, 4);
  const letters = [...id];
  if (letters.length <= most) return id;
  const half = Math.floor(most / 2);
  return `${letters.slice(0, half).join("")}…${letters.slice(1 - half).join("")}`;
}

function isMadeUp(id) {
  return /^[0-9a-f]{32}$/.test(id);
}
