/**
 * The seven column buttons and the keys that stand for them: what a player means, by mouse,
 * touch or keyboard. Knows intents only; whether a move is allowed is asked elsewhere.
 */
import { COLUMNS } from "./fold.js";
import { hasModifier, make, takesKeys } from "./dom.js";

/**
 * @typedef {object} ColumnHandlers
 * @property {(column: string) => void} onPick
 * @property {(column: string | null) => void} onAim the column under the pointer or the focus
 */
/** @typedef {{ offered: boolean, locked: boolean, labels: readonly string[] }} ColumnsView */

const MIDDLE = 3;

/**
 * @param {HTMLElement} root
 * @param {ColumnHandlers} handlers
 * @param {AbortSignal} signal
 */
export function createColumns(root, { onPick, onAim }, signal) {
  const buttons = Array.from(COLUMNS, (column) => make("button", { type: "button", class: "column", "data-column": column }));
  rove(MIDDLE);

  /** One tab stop for the whole board: the column last used. @param {number} stop */
  function rove(stop) {
    buttons.forEach((button, i) => (button.tabIndex = i === stop ? 0 : -1));
  }

  /** @param {string} key @returns {number | undefined} */
  function target(key) {
    const current = buttons.findIndex((button) => button.tabIndex === 0);
    if (key === "ArrowLeft") return Math.max(current - 1, 0);
    if (key === "ArrowRight") return Math.min(current + 1, buttons.length - 1);
    if (key === "Home") return 0;
    return key === "End" ? buttons.length - 1 : undefined;
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const stop = hasModifier(event) ? undefined : target(event.key);
    if (stop === undefined) return;
    event.preventDefault();
    buttons[stop]?.focus();
  }

  /** @param {KeyboardEvent} event */
  function dropByName(event) {
    if (root.hidden || hasModifier(event) || event.repeat || takesKeys(event.target)) return;
    const index = columnIndex(event.key);
    if (index === -1) return arrowFromAnywhere(event);
    buttons[index]?.focus({ preventScroll: true });
    pick(index);
  }

  /** The arrows work before anybody has found the board with Tab. @param {KeyboardEvent} event */
  function arrowFromAnywhere(event) {
    if (event.target !== document.body || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    buttons.find((button) => button.tabIndex === 0)?.focus({ preventScroll: true });
  }

  /** @param {number} index */
  function pick(index) {
    const column = COLUMNS[index];
    if (column) onPick(column);
  }

  const options = { signal };
  buttons.forEach((button, i) => {
    const column = COLUMNS[i] ?? null;
    button.addEventListener("click", () => pick(i), options);
    button.addEventListener("pointerenter", () => onAim(column), options);
    button.addEventListener("pointerleave", () => onAim(null), options);
    button.addEventListener("focus", () => (rove(i), onAim(column)), options);
    button.addEventListener("blur", () => onAim(null), options);
  });
  root.addEventListener("keydown", walk, options);
  document.addEventListener("keydown", dropByName, options);

  return {
    /** @param {ColumnsView} view */
    render({ offered, locked, labels }) {
      if (offered && !root.hasChildNodes()) root.append(...buttons); // who only watches has none
      if (root.hidden === offered) root.hidden = !offered;
      buttons.forEach((button, i) => {
        button.setAttribute("aria-label", labels[i] ?? "");
        // Not `disabled`: the focus must survive the opponent's turn.
        button.setAttribute("aria-disabled", String(locked));
      });
    },
    hasFocus: () => root.contains(document.activeElement),
  };
}

/** @param {string} key `1`–`7` or `A`–`G` @returns {number} -1 for any other key */
function columnIndex(key) {
  if (key.length !== 1) return -1;
  const digit = "1234567".indexOf(key);
  return digit === -1 ? COLUMNS.indexOf(key.toUpperCase()) : digit;
}
