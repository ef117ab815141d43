// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// The colours of states, as in the pictures that the tracker itself draws, and of attention.

export const STATES = {
  NONE: ["Waiting", "#bec4cc"],
  GONE: ["Gone", "#bec4cc"],
  SILENT: ["Silent", "#ffc840"],
  DISABLED: ["Disabled", "#bec4cc"],
  IDLE: ["No target", "#bec4cc"],
  INITIALIZING: ["Learning", "#8ab8ff"],
  TRACKING: ["Tracking", "#40e08c"],
  UNCERTAIN: ["Uncertain", "#ffc840"],
  LOST: ["Lost", "#ff6040"],
};

export function stateName(state) {
  return STATES[state]?.[0] ?? state;
}

export function stateColour(state) {
  return STATES[state]?.[1] ?? "#bec4cc";
}

// Matplotlib's inferno, by ten of its colours.
const INFERNO = [
  [0, 0, 4], [27, 12, 65], [74, 12, 107], [120, 28, 109], [165, 44, 96],
  [207, 68, 70], [237, 105, 37], [251, 155, 6], [247, 209, 61], [252, 255, 164],
];

const heat = new Uint32Array(256); // RGBA, little-endian; more attention covers more
for (let value = 0; value < 256; value++) {
  const place = (value / 255) * (INFERNO.length - 1);
  const below = INFERNO[Math.floor(place)];
  const above = INFERNO[Math.ceil(place)];
  const [r, g, b] = below.map((one, index) => Math.round(one + (above[index] - one) * (place % 1)));
  const alpha = Math.round(235 * Math.sqrt(value / 255));
  heat[value] = (alpha << 24) | (b << 16) | (g << 8) | r;
}

// Turns a grey picture into one that glows where it is bright; returns a canvas.
export function heatMap(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height);
  const pixels = new Uint32Array(data.data.buffer);
  for (let index = 0; index < pixels.length; index++) pixels[index] = heat[pixels[index] & 255];
  context.putImageData(data, 0, 0);
  return canvas;
}
