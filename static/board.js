/**
 * The board as it is seen: discs that fall and rise, the marks on them, and the ghost of the
 * next one. Knows cells and colours; knows neither players nor the connection, and decides
 * nothing.
 */
import { COLUMNS, ROWS } from "./fold.js";
import { make, part } from "./dom.js";
import { fall, fallMs, fallOut, isStill, LIGHT_MS, rise } from "./motion.js";
import { createReadableBoard } from "./readable.js";

/** @typedef {import("./state.js").Color} Color */
/** @typedef {{ cell: string, color: Color }} Disc */
/**
 * @typedef {object} BoardView
 * @property {readonly Disc[]} discs in the order of the moves
 * @property {string | null} lastMove
 * @property {readonly string[]} winningCells
 * @property {string | null} aim the column that would be dropped in
 * @property {{ cell: string, color: Color | null } | null} ghost
 * @property {boolean} isPast whether this is an earlier position
 * @property {boolean} opensCells whether a click on a disc asks for its move
 */

const RHYTHM_MS = 90; // between two landings, when several discs fall
const FALL_IN_MS = 1_400; // within which a whole game falls in

/** @param {HTMLElement} root an element with `.discs` and `.marks` in it @param {(cell: string) => void} [onCell] */
export function createBoard(root, onCell = () => {}) {
  const discs = part(root, ".discs");
  const marks = part(root, ".marks");
  const readable = createReadableBoard(root);
  /** @type {Map<string, HTMLElement>} */
  const placed = new Map();
  let restsAt = 0; // when the last disc that falls has landed
  discs.addEventListener("click", ({ target }) => target instanceof HTMLElement && onCell(target.dataset.cell ?? ""));

  /**
   * @param {BoardView} view
   * @param {boolean} [still] whether discs appear where they belong, without a fall
   * @returns {number} milliseconds until the last disc has landed
   */
  function render(view, still = false) {
    const atOnce = still || isStill();
    const wanted = new Map(view.discs.map(({ cell, color }) => [cell, color]));
    takeOut([...placed].filter(([cell, disc]) => wanted.get(cell) !== disc.dataset.color), atOnce);
    const landing = drop(view.discs.filter(({ cell }) => !placed.has(cell)), atOnce);
    for (const [cell, disc] of placed) disc.toggleAttribute("data-winning", view.winningCells.includes(cell));
    root.toggleAttribute("data-won", view.winningCells.length > 0);
    root.toggleAttribute("data-past", view.isPast);
    root.toggleAttribute("data-opens-cells", view.opensCells);
    root.dataset.aim = view.aim ?? "";
    renderMarks(view, landing);
    readable.render(wanted);
    return landing;
  }

  /** @param {[string, HTMLElement][]} leaving @param {boolean} atOnce */
  function takeOut(leaving, atOnce) {
    const step = stepMs(leaving.length) / 2;
    leaving.reverse().forEach(([cell, disc], i) => {
      placed.delete(cell);
      if (atOnce) return disc.remove();
      disc.className = "rising";
      rise(disc, cell, i * step);
    });
  }

  /** @param {readonly Disc[]} arriving @param {boolean} atOnce @returns {number} */
  function drop(arriving, atOnce) {
    const step = stepMs(arriving.length);
    let landing = Math.max(0, restsAt - performance.now()); // of those that are still falling
    for (const { cell, color } of arriving) {
      const disc = place("disc", cell, color);
      placed.set(cell, disc);
      discs.append(disc);
      if (atOnce) continue;
      const falling = fallMs(cell);
      landing = Math.max(falling, landing + step); // an even rhythm, whatever the heights
      fall(disc, cell, landing - falling);
    }
    restsAt = performance.now() + landing;
    return landing;
  }

  /** @param {BoardView} view @param {number} landing */
  function renderMarks(view, landing) {
    const wanted = marksOf(view);
    const kept = new Map(Array.from(marks.children, (mark) => [keyOf(mark), mark]));
    for (const [key, mark] of kept) if (!wanted.some((each) => keyOf(each) === key)) mark.remove();
    wanted.forEach((mark, i) => {
      if (kept.has(keyOf(mark))) return;
      mark.style.setProperty("--after", `${landing + i * LIGHT_MS}ms`);
      marks.append(mark);
    });
    if (landing > 0) root.style.setProperty("--landing", `${landing}ms`);
  }

  /** The tray under the board opens, everything falls out, and is back a moment later. */
  function openTray() {
    if (isStill()) return;
    root.toggleAttribute("data-tray-open", true);
    const falls = Array.from(placed, ([cell, disc]) => fallOut(disc, cell).finished);
    Promise.allSettled(falls).then(() => root.removeAttribute("data-tray-open"));
  }

  return { render, openTray };
}

/** @param {number} count @returns {number} milliseconds between two discs, so that all are there in time */
function stepMs(count) {
  return Math.min(RHYTHM_MS, FALL_IN_MS / count);
}

/** @param {BoardView} view */
function marksOf({ ghost, lastMove, winningCells }) {
  const marks = winningCells.map((cell) => place("mark winning", cell, null));
  if (lastMove && winningCells.length === 0) marks.push(place("mark last", lastMove, null));
  if (ghost) marks.push(place("ghost", ghost.cell, ghost.color));
  return marks;
}

/** @param {Element} mark */
function keyOf(mark) {
  return `${mark.className} ${/** @type {HTMLElement} */ (mark).dataset.cell}`;
}

/** @param {string} className @param {string} cell @param {Color | null} color */
function place(className, cell, color) {
  const element = make("div", { class: className, "data-cell": cell, ...(color && { "data-color": color }) });
  element.style.setProperty("--column", String(COLUMNS.indexOf(cell.charAt(0))));
  element.style.setProperty("--row", String(ROWS - Number(cell.slice(1))));
  return element;
}
