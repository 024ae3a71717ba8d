/** Tabs after the pattern of the ARIA guide: one tab stop, arrows between them; the choice is remembered. */
import { keepInSight } from "./dom.js";
import { recall, remember } from "./memory.js";

/** @param {HTMLElement} root a tablist; each tab names its panel by `aria-controls` @param {AbortSignal} signal */
export function createTabs(root, signal) {
  const tabs = Array.from(root.querySelectorAll("button"));
  const idOf = (/** @type {HTMLElement} */ tab) => tab.getAttribute("aria-controls") ?? "";

  /** @param {HTMLElement} chosen */
  function choose(chosen) {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(idOf(tab));
      panel?.toggleAttribute("hidden", !isChosen);
      const current = isChosen && panel?.querySelector("[aria-current], [aria-expanded=true]");
      if (current) keepInSight(current.parentElement ?? current);
    }
    remember("tab", idOf(chosen));
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.stopPropagation(); // it steps through no game
    const next = tabs[(tabs.indexOf(/** @type {HTMLButtonElement} */ (event.target)) + way + tabs.length) % tabs.length];
    next?.focus();
    next?.click();
  }

  for (const tab of tabs) tab.addEventListener("click", () => choose(tab), { signal });
  root.addEventListener("keydown", onKey, { signal });
  const remembered = tabs.find((tab) => idOf(tab) === recall("tab")) ?? tabs[0];
  if (remembered) choose(remembered);
}
