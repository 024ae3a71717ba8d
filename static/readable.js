/**
 * The board as it is read: a table that screen readers walk cell by cell, with the column's
 * letter and the row's number. Nobody sees it.
 */
import { COLUMNS, ROWS } from "./fold.js";
import { make, write } from "./dom.js";

/** @param {HTMLElement} root the board it stands for */
export function createReadableBoard(root) {
  /** @type {Map<string, HTMLElement>} */
  const slots = new Map();
  const head = make("tr", {}, heading("Row", "col"), ...Array.from(COLUMNS, (column) => heading(column, "col")));
  const lines = Array.from({ length: ROWS }, (_, i) => line(ROWS - i));
  const table = make("table", {}, make("caption", {}, "Board, top row first"), make("thead", {}, head), make("tbody", {}, ...lines));
  root.append(make("div", { class: "visually-hidden" }, table)); // a table ignores the size that hides it

  /** @param {number} row */
  function line(row) {
    const element = make("tr", {}, heading(String(row), "row"));
    for (const column of COLUMNS) {
      const slot = make("td", {}, "empty");
      slots.set(`${column}${row}`, slot);
      element.append(slot);
    }
    return element;
  }

  return {
    /** @param {ReadonlyMap<string, string>} colors of the cells that hold a disc */
    render(colors) {
      for (const [cell, slot] of slots) write(slot, colors.get(cell) ?? "empty");
    },
  };
}

/** @param {string} text @param {"col" | "row"} scope */
function heading(text, scope) {
  return make("th", { scope }, text);
}
