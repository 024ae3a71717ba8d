/**
 * Looking at an earlier moment of a game: pure functions that pin the state to one version and
 * move it along. What happens in the game meanwhile never moves a pinned view.
 */
import { currentGame, movesOf, shownVersion } from "./state.js";

/** @typedef {import("./state.js").PageState} PageState */
/** @typedef {import("./address.js").Place} Place */

/** Look at a version; the newest one means following again. @param {PageState} state @param {number} version @returns {PageState} */
export function pinnedTo(state, version) {
  const newest = currentGame(state).version;
  return version >= newest ? following(state) : { ...state, pinned: Math.max(version, 0), playing: false };
}

/** Follow the game. @param {PageState} state @returns {PageState} */
export function following(state) {
  return { ...state, pinned: null, playing: false };
}

/** @param {PageState} state @param {number} ply 0: before the first move @returns {PageState} */
export function atPly(state, ply) {
  const moves = movesOf(state);
  if (ply >= moves.length) return following(state);
  return pinnedTo(state, ply <= 0 ? (moves[0]?.version ?? 1) - 1 : (moves[ply - 1]?.version ?? 0));
}

/** One move forward or backward. @param {PageState} state @param {1 | -1} way @returns {PageState} */
export function stepped(state, way) {
  const next = atPly(state, plyOf(state) + way);
  return { ...next, playing: state.playing && next.pinned !== null };
}

/** Stand still where the game is, go on from there, or see a finished game again. @param {PageState} state @returns {PageState} */
export function playToggled(state) {
  if (state.playing) return { ...state, playing: false };
  if (state.pinned !== null) return { ...state, playing: true };
  const ended = state.isReplay || currentGame(state).status === "finished";
  return ended ? { ...atPly(state, 0), playing: true } : { ...state, pinned: currentGame(state).version };
}

/** How many moves are on the board that is shown. @param {PageState} state */
export function plyOf(state) {
  return movesOf(state, shownVersion(state)).length;
}

/** @param {PageState} state @param {Place} place @returns {PageState} */
export function at(state, place) {
  if (place === null) return following(state);
  return "ply" in place ? atPly(state, place.ply) : pinnedTo(state, place.version);
}

/** @param {PageState} state @returns {Place} */
export function placeOf(state) {
  if (state.pinned === null) return null;
  const ply = plyOf(state);
  return atPly(state, ply).pinned === state.pinned ? { ply } : { version: state.pinned };
}
