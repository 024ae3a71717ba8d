/**
 * The log beside the board: each event with who, when and what, the fold that it leads to, and
 * the commands of this page that were refused, which are no events. Knows rows; a click on one
 * asks for its position.
 */
import { isInSight, keepInSight, make } from "./dom.js";

/** @typedef {import("./explain.js").EventRow} EventRow */
/** @typedef {import("./explain.js").RefusalRow} RefusalRow */
/** @typedef {import("./explain.js").Change} Change */
/**
 * @typedef {object} InspectorView
 * @property {readonly EventRow[]} events
 * @property {readonly RefusalRow[]} refusals
 * @property {number} version the one shown on the board
 * @property {boolean} follows whether that is the newest, whichever it is
 * @property {string} raw the event of that version
 * @property {readonly Change[]} changes that it made
 */

const FLASH_MS = 1_200;

/** @param {HTMLElement} list @param {(version: number, walking: boolean) => void} onVersion @param {AbortSignal} signal */
export function createInspector(list, onVersion, signal) {
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
  /** @type {Map<string, { item: HTMLElement, says: string }>} */
  const rows = new Map();
  const detail = make("div", { class: "detail-of-event" });

  /** @param {InspectorView} view */
  function render(view) {
    for (const row of view.events) keep(`v${row.version}`, row, () => eventItem(row));
    view.refusals.forEach((row, i) => keep(`r${i}`, row, () => refusalItem(row)));
    arrange(view);
    expand(view);
  }

  /** The disc of this event has landed. @param {number} version */
  function flash(version) {
    const item = rows.get(`v${version}`)?.item;
    item?.toggleAttribute("data-fresh", true);
    setTimeout(() => item?.removeAttribute("data-fresh"), FLASH_MS);
  }

  /** @param {string} key @param {object} row @param {() => HTMLElement} draw */
  function keep(key, row, draw) {
    const says = JSON.stringify(row);
    const known = rows.get(key);
    if (known?.says === says) return;
    const item = draw();
    known?.item.replaceWith(item);
    rows.set(key, { item, says });
  }

  /** Refusals stand behind the version that they met. @param {InspectorView} view */
  function arrange({ events, refusals }) {
    const order = [...events.map(({ version }) => ({ at: version, key: `v${version}` })), ...refusals.map(({ after }, i) => ({ at: after + 0.5, key: `r${i}` }))];
    order.sort((one, other) => one.at - other.at).forEach(({ key }, place) => {
      const item = rows.get(key)?.item;
      if (item && list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
  }

  /** @param {InspectorView} view */
  function expand({ version, follows, raw, changes }) {
    const reads = follows && detail.isConnected && !isInSight(detail); // something else: leave it in place
    for (const [key, { item }] of rows) {
      const button = item.querySelector("button");
      const isShown = key === `v${version}`;
      button?.setAttribute("aria-expanded", String(isShown));
      if (button) button.tabIndex = isShown ? 0 : -1;
    }
    const item = rows.get(`v${version}`)?.item;
    if (!item) return;
    detail.replaceChildren(...explanation(version, raw, changes));
    item.append(detail);
    if (reads) return;
    const refusal = item.nextElementSibling?.matches(".refusal") ? item.nextElementSibling : null;
    keepInSight(refusal ?? item);
  }

  /** @param {EventRow} row */
  function eventItem({ version, type, facts, actor, color, at, since }) {
    const when = make("time", at ? { datetime: at, title: time.format(new Date(at)) } : {}, since || (at && time.format(new Date(at))));
    const who = make("span", { class: "actor", "data-color": color }, make("i", { class: "disc-icon", "aria-hidden": "true" }), actor, make("code", {}, facts));
    const button = make("button", { type: "button", "data-version": String(version) }, make("span", { class: "version" }, String(version)), make("b", {}, type), when, who);
    button.addEventListener("click", () => onVersion(version, false), { signal });
    return make("li", {}, button);
  }

  /** @param {RefusalRow} row */
  function refusalItem({ command, reason }) {
    return make("li", { class: "refusal" }, make("b", {}, "refused"), make("code", {}, command), make("span", {}, reason));
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = Array.from(list.querySelectorAll("button"));
    const next = way && buttons[buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target)) + way];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    onVersion(Number(next.dataset.version), true);
  }

  list.addEventListener("keydown", onKey, { signal });
  return { render, flash };
}

/** @param {number} version @param {string} raw @param {readonly Change[]} changes */
function explanation(version, raw, changes) {
  const title = make("p", {}, make("code", {}, `evolve(game at ${version - 1}, event)`), ` gives the game at ${version}:`);
  const lines = changes.map(({ field, from, to }) => make("div", {}, make("dt", {}, field), make("dd", {}, make("s", {}, from), " → ", make("b", {}, to))));
  return [make("pre", {}, raw), title, make("dl", {}, ...lines)];
}
