/**
 * The disc in the hand: it hovers above the board on my turn, follows the pointer, and is drawn
 * towards the slots. Knows a place above the columns; decides nothing.
 */
import { COLUMNS } from "./fold.js";

const PULL = 0.7; // of the way from the pointer to the middle of its column

/** @param {HTMLElement} hand @param {HTMLElement} columns the buttons it hovers above @param {AbortSignal} signal */
export function createHand(hand, columns, signal) {
  let offset = 0; // of the pointer from the middle of its column, in columns

  /** @param {PointerEvent} event */
  function follow({ clientX, pointerType }) {
    if (pointerType === "touch") return;
    const { left, width } = columns.getBoundingClientRect();
    offset = ((((clientX - left) / width) * COLUMNS.length) % 1) - 0.5;
    hand.style.setProperty("--offset", String(offset * (1 - PULL)));
  }

  columns.addEventListener("pointermove", follow, { signal });
  return {
    /** @param {{ color: string | null, column: string | null }} view */
    render({ color, column }) {
      hand.toggleAttribute("data-held", column !== null);
      if (color) hand.dataset.color = color;
      if (column) hand.style.setProperty("--column", String(COLUMNS.indexOf(column)));
    },
  };
}
