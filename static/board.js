/**
 * The board as it is seen and read: discs that fall, the ghost of the next one, the marks, and
 * a table of the same for screen readers. Knows columns and cells; knows neither players nor
 * the connection, and decides nothing.
 */
import { COLUMNS, ROWS } from "./fold.js";

/** @typedef {"R" | "Y"} Piece */
/**
 * @typedef {object} BoardView
 * @property {readonly string[]} columns seven stacks, bottom first
 * @property {string | null} lastMove
 * @property {readonly string[]} winningCells
 * @property {{ cell: string, piece: Piece } | null} ghost
 */

const FALL_MS_FOR_FULL_HEIGHT = 380;
const BOUNCE_MS = 100;
const MOST_DISCS_TO_DROP = 2; // more than that is a catch-up, and simply appears
const PIECE_NAMES = /** @type {const} */ ({ R: "red", Y: "yellow" });

/** @param {HTMLElement} root an element with `.discs` and `.marks` in it */
export function createBoard(root) {
  const discs = part(root, ".discs");
  const marks = part(root, ".marks");
  const table = readableTable();
  root.append(table.element);
  /** @type {Map<string, HTMLElement>} */
  const placed = new Map();
  let first = true;

  /** @param {BoardView} view */
  function render(view) {
    const cells = cellsOf(view.columns);
    for (const [cell, disc] of placed) {
      if (cells.get(cell) === disc.dataset.piece) continue;
      disc.remove();
      placed.delete(cell);
    }
    const fresh = [...cells].filter(([cell]) => !placed.has(cell));
    const falling = !first && fresh.length <= MOST_DISCS_TO_DROP;
    for (const [cell, piece] of fresh) {
      const disc = place("disc", cell, piece);
      placed.set(cell, disc);
      discs.append(disc);
      if (falling) drop(disc, cell);
    }
    first = false;
    for (const [cell, disc] of placed) disc.toggleAttribute("data-winning", view.winningCells.includes(cell));
    root.toggleAttribute("data-won", view.winningCells.length > 0);
    marks.replaceChildren(...marksOf(view));
    table.render(cells);
  }

  return { render };
}

/** Fall like a thing with weight, from above the board; bounce once. @param {HTMLElement} disc @param {string} cell */
function drop(disc, cell) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const height = ROWS + 1 - Number(cell.slice(1));
  const fallMs = FALL_MS_FOR_FULL_HEIGHT * Math.sqrt(height / ROWS);
  const duration = fallMs + BOUNCE_MS;
  const landed = fallMs / duration;
  disc.animate(
    [
      { translate: `0 calc(var(--cell) * ${-height})`, easing: "cubic-bezier(0.4, 0, 0.9, 0.7)" },
      { translate: "0 0", offset: landed, easing: "cubic-bezier(0.2, 0.6, 0.5, 1)" },
      { translate: "0 calc(var(--cell) * -0.08)", offset: (1 + landed) / 2, easing: "cubic-bezier(0.5, 0, 0.8, 0.4)" },
      { translate: "0 0" },
    ],
    { duration },
  );
}

/** @param {readonly string[]} columns @returns {Map<string, Piece>} */
function cellsOf(columns) {
  const cells = new Map();
  columns.forEach((stack, i) => Array.from(stack).forEach((piece, row) => cells.set(`${COLUMNS[i]}${row + 1}`, piece)));
  return cells;
}

/** @param {BoardView} view */
function marksOf({ ghost, lastMove, winningCells }) {
  const marks = winningCells.map((cell) => place("mark", cell, "winning"));
  if (lastMove && winningCells.length === 0) marks.push(place("mark", lastMove, "last"));
  if (ghost) marks.push(place("disc ghost", ghost.cell, ghost.piece));
  return marks;
}

/** @param {string} className @param {string} cell @param {string} piece */
function place(className, cell, piece) {
  const element = document.createElement("div");
  element.className = className;
  element.dataset.piece = piece;
  element.dataset.cell = cell;
  element.style.setProperty("--column", String(COLUMNS.indexOf(cell.charAt(0))));
  element.style.setProperty("--row", String(ROWS - Number(cell.slice(1))));
  return element;
}

function readableTable() {
  const element = document.createElement("div"); // a table ignores the size that hides it
  element.className = "visually-hidden";
  const table = element.appendChild(document.createElement("table"));
  table.createCaption().textContent = "Board, top row first";
  const head = table.createTHead().insertRow();
  head.append(heading("Row", "col"), ...Array.from(COLUMNS, (column) => heading(column, "col")));
  const body = table.createTBody();
  /** @type {Map<string, HTMLElement>} */
  const slots = new Map();
  for (let row = ROWS; row >= 1; row -= 1) {
    const line = body.insertRow();
    line.append(heading(String(row), "row"));
    for (const column of COLUMNS) slots.set(`${column}${row}`, line.insertCell());
  }

  /** @param {Map<string, Piece>} cells */
  function render(cells) {
    for (const [cell, slot] of slots) {
      const piece = cells.get(cell);
      slot.textContent = piece ? PIECE_NAMES[piece] : "empty";
    }
  }

  render(new Map());
  return { element, render };
}

/** @param {string} text @param {"col" | "row"} scope */
function heading(text, scope) {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.textContent = text;
  return cell;
}

/** @param {HTMLElement} root @param {string} selector @returns {HTMLElement} */
function part(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The board lacks ${selector}.`);
  return found;
}
