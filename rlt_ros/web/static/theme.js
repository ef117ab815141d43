// Copyright 2026 rlt_ros authors
// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system says.

const NAMES = { auto: ["◐", "as the system says"], light: ["☀", "light"], dark: ["☾", "dark"] };
const KEY = "rlt-panel-theme";

export function themeButton(button, changed) {
  const order = Object.keys(NAMES);
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    const [sign, name] = NAMES[theme];
    button.textContent = sign;
    button.title = `Theme: ${name}`;
    button.setAttribute("aria-label", button.title);
    changed();
  };
  const stored = localStorage.getItem(KEY);
  show(order.includes(stored) ? stored : "auto");
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(document.documentElement.dataset.theme) + 1) % order.length];
    localStorage.setItem(KEY, next);
    show(next);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
