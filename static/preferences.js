/**
 * The switches in the header: light or dark, sound or silence. Each is remembered, and each
 * says its state in words to those who do not see the icon.
 */
import { recall, remember } from "./memory.js";

/** @param {HTMLElement} button @param {AbortSignal} signal */
export function themeSwitch(button, signal) {
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  const toggle = () => {
    const theme = dark() ? "light" : "dark";
    // Back at the system's own choice, follow the system again.
    const override = (theme === "dark") === systemDark.matches ? null : theme;
    if (override) root.dataset.theme = override;
    else delete root.dataset.theme;
    remember("theme", override);
    show();
  };
  button.addEventListener("click", toggle, { signal });
  systemDark.addEventListener("change", show, { signal });
  show();
}

/** @param {HTMLElement} button @param {AbortSignal} signal */
export function soundSwitch(button, signal) {
  let on = recall("sound") !== "off";
  const show = () => button.setAttribute("aria-pressed", String(on));
  const toggle = () => {
    on = !on;
    remember("sound", on ? null : "off");
    show();
  };
  button.addEventListener("click", toggle, { signal });
  show();
  return { isOn: () => on };
}
