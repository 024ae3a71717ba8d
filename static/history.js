/**
 * Stepping through a game: the move list, the scrubber, the buttons and the keys. Knows plies
 * and versions; what is on the board at each of them is asked elsewhere.
 */
import { hasModifier, isInSight, keepInSight, make, part, takesKeys, write } from "./dom.js";

/** @typedef {import("./address.js").Place} Place */
/** @typedef {import("./view.js").View["history"]} HistoryView */
/**
 * @typedef {object} HistoryHandlers
 * @property {(place: Place, walking: boolean) => void} onGo `walking`: one of many small steps
 * @property {(way: 1 | -1) => void} onStep
 * @property {() => void} onPlay
 */

/**
 * @param {{ controls: HTMLElement, list: HTMLElement, columns: HTMLElement }} places
 * @param {HistoryHandlers} handlers
 * @param {AbortSignal} signal
 */
export function createHistory({ controls, list, columns }, { onGo, onStep, onPlay }, signal) {
  const scrubber = /** @type {HTMLInputElement} */ (part(controls, "input"));
  const [back, play, forward] = [part(controls, ".back"), part(controls, ".play"), part(controls, ".forward")];
  const [where, total, home] = [part(controls, ".where"), part(controls, ".total"), part(controls, ".home")];
  let columnsOffered = false;
  let canPlay = false;
  let shown = -1;

  /** @param {HistoryView} view @param {boolean} offersColumns */
  function render(view, offersColumns) {
    columnsOffered = offersColumns;
    canPlay = view.canPlay;
    const { moves, ply, pinned, playing } = view;
    scrubber.max = String(moves.length);
    scrubber.value = String(ply);
    scrubber.style.setProperty("--done", `${(100 * ply) / Math.max(moves.length, 1)}%`);
    scrubber.setAttribute("aria-valuetext", moves.length === 0 ? "no moves yet" : `move ${ply} of ${moves.length}`);
    controls.toggleAttribute("data-pinned", pinned);
    controls.toggleAttribute("data-live", view.isLive && !pinned);
    write(where, view.where);
    write(total, view.total);
    write(home, view.wayBack);
    home.toggleAttribute("inert", !pinned);
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.toggleAttribute("data-playing", playing);
    disable(play, !canPlay);
    disable(back, ply === 0);
    disable(forward, !pinned);
    disable(scrubber, moves.length === 0);
    renderMoves(view);
  }

  /** @param {HistoryView} view */
  function renderMoves({ moves, ply, version, pinned }) {
    const before = list.querySelector("[aria-current]");
    const reads = !pinned && before !== null && !isInSight(before); // another part of the list: leave it in place
    for (const move of moves.slice(list.children.length)) list.append(moveItem(move));
    const buttons = Array.from(list.querySelectorAll("button"));
    const current = buttons[ply - 1];
    const hadFocus = list.contains(document.activeElement);
    const stop = current ?? buttons[0];
    for (const button of buttons) {
      button.tabIndex = button === stop ? 0 : -1;
      if (button !== current) button.removeAttribute("aria-current");
    }
    if (shown === version) return;
    shown = version;
    current?.setAttribute("aria-current", "step");
    if (hadFocus) stop?.focus({ preventScroll: true });
    if (current && !reads) keepInSight(current);
  }

  /** @param {HistoryView["moves"][number]} move */
  function moveItem({ ply, cell, color }) {
    const button = make("button", { type: "button", "data-color": color, "aria-label": `Move ${ply}: ${color}, ${cell}` }, cell);
    button.addEventListener("click", () => onGo({ ply }, false), { signal });
    return make("li", {}, button);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (hasModifier(event) || takesKeys(event.target) || event.target === scrubber) return;
    if (event.key === "," || event.key === ".") return onStep(event.key === "," ? -1 : 1);
    if (event.key === "Escape" && controls.hasAttribute("data-pinned")) return onGo(null, false);
    const target = /** @type {Node} */ (event.target);
    // While a move can be made, the arrows choose a column, unless the focus says otherwise.
    if (columnsOffered && (target === document.body || columns.contains(target))) return;
    if (walk(event.key)) event.preventDefault();
  }

  /** @param {string} key @returns {boolean} whether it was one of ours */
  function walk(key) {
    if (key === "ArrowLeft") onStep(-1);
    else if (key === "ArrowRight") onStep(1);
    else if (key === "Home") onGo({ ply: 0 }, true);
    else if (key === "End") onGo(null, true);
    else return false;
    return true;
  }

  const options = { signal };
  back.addEventListener("click", () => onStep(-1), options);
  forward.addEventListener("click", () => onStep(1), options);
  play.addEventListener("click", () => canPlay && onPlay(), options);
  home.addEventListener("click", () => onGo(null, false), options);
  scrubber.addEventListener("input", () => onGo({ ply: scrubber.valueAsNumber }, true), options);
  document.addEventListener("keydown", onKey, options);
  return { render, focus: () => part(list, "[tabindex='0']").focus({ preventScroll: true }) };
}

/** Not `disabled`, which would drop the focus of whoever just pressed it. @param {HTMLElement} control @param {boolean} off */
function disable(control, off) {
  control.setAttribute("aria-disabled", String(off));
}
