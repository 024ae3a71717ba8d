/**
 * A game told by a notation in the address, `/replay/4453…`: events of its own making, folded
 * like all others. There is no server behind it, and nobody to play for.
 */
import { eventsOf } from "./notation.js";

/** @param {string} path of the page's address @returns {string | null} null when it is no replay */
export function notationIn(path) {
  return /^\/replay\/([^/]*)$/.exec(path)?.[1] ?? null;
}

/**
 * The part of a connection, without one.
 * @param {string} notation
 * @param {Pick<import("./connection.js").ConnectionHandlers, "onEvents" | "onState">} handlers
 * @returns {ReturnType<typeof import("./connection.js").connectTo>}
 * @throws {Error} when the notation makes no sense
 */
export function replay(notation, { onEvents, onState }) {
  onEvents(eventsOf(decodeURIComponent(notation)), { R: "Red", Y: "Yellow" }, false);
  onState("live");
  return { send: () => [], resume() {}, restart() {} };
}
