/**
 * How discs move: they fall as things fall, rise when time runs backward, and drop out when the
 * tray opens. Each animation starts from where the page already is, so that nothing ever waits
 * for one; where less motion is asked for, or nobody looks, there is none.
 */
import { ROWS } from "./fold.js";

/** Milliseconds between the lights of two winning discs, and between their bells. */
export const LIGHT_MS = 140;

const HAND = 0.9; // cells from the middle of the top row up to the disc in the hand
const HIGHEST = ROWS - 1 + HAND;
const FULL_FALL_MS = 380;
const BOUNCE = 0.13; // the share of its speed that a disc keeps when it lands
const RISE_MS = 220;
const TRAY_MS = 2_800;

// The exact curves of a free fall and of a throw upwards, as Bézier curves.
const FALLING = "cubic-bezier(0.3333, 0, 0.6667, 0.3333)";
const SLOWING = "cubic-bezier(0.3333, 0.6667, 0.6667, 1)";

/** Whether things simply are where they belong. */
export function isStill() {
  return document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** @param {string} cell @returns {number} how long a disc falls until it first touches the ground */
export function fallMs(cell) {
  return FULL_FALL_MS * Math.sqrt(cellsToFall(cell) / HIGHEST);
}

/** Fall from the hand, and bounce once. @param {HTMLElement} disc @param {string} cell @param {number} delay */
export function fall(disc, cell, delay) {
  const height = cellsToFall(cell);
  const falling = fallMs(cell);
  const duration = falling * (1 + 2 * BOUNCE);
  const landed = falling / duration;
  const up = (/** @type {number} */ cells) => `0 calc(var(--cell) * ${-cells})`;
  const frames = [
    { translate: up(height), easing: FALLING },
    { translate: "0 0", offset: landed, easing: SLOWING },
    { translate: up(height * BOUNCE ** 2), offset: (1 + landed) / 2, easing: FALLING },
    { translate: "0 0" },
  ];
  disc.animate(frames, { duration, delay, fill: "backwards" });
}

/** Rise out of the board, and be gone. @param {HTMLElement} disc @param {string} cell @param {number} delay */
export function rise(disc, cell, delay) {
  const out = { translate: `0 calc(var(--cell) * ${-cellsToFall(cell)})`, opacity: 0 };
  const frames = [{ translate: "0 0", opacity: 1, easing: FALLING }, { ...out, opacity: 1, offset: 0.85 }, out];
  disc.animate(frames, { duration: RISE_MS, delay, fill: "forwards" }).addEventListener("finish", () => disc.remove());
}

/** Fall out below, stay away for a moment, and come back as a picture of how it was. @param {HTMLElement} disc @param {string} cell */
export function fallOut(disc, cell) {
  const row = Number(cell.slice(1));
  const from = 0.12 + 0.03 * row; // the lowest first, once the last disc has been seen
  const gone = { translate: "0 calc(var(--cell) * 9)", opacity: 1 };
  return disc.animate(
    [
      { translate: "0 0", offset: 0 },
      { translate: "0 0", offset: from, easing: FALLING },
      { ...gone, offset: from + 0.25 },
      { ...gone, opacity: 0, offset: from + 0.26 },
      { translate: "0 0", opacity: 0, offset: 0.8 },
      { translate: "0 0", opacity: 1 },
    ],
    { duration: TRAY_MS },
  );
}

/** @param {string} cell @returns {number} how far above its place a disc is let go */
function cellsToFall(cell) {
  return ROWS - Number(cell.slice(1)) + HAND;
}
