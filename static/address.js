/**
 * Where in a game the viewer is, as the fragment of the page's address: `#7` after move 7, `#v9`
 * at version 9 of the log, nothing for the newest. Going there by a click is a step that the
 * browser's back button undoes; a walk of single steps is one such step.
 */

/** @typedef {{ ply: number } | { version: number } | null} Place null: wherever the game is now */

/** @param {string} fragment @returns {Place} */
export function placeIn(fragment) {
  const [, v, digits] = /^#(v?)(\d{1,4})$/.exec(fragment) ?? [];
  if (digits === undefined) return null;
  return v ? { version: Number(digits) } : { ply: Number(digits) };
}

/** @param {Place} place */
export function fragmentOf(place) {
  if (place === null) return "";
  return "ply" in place ? `#${place.ply}` : `#v${place.version}`;
}

/**
 * Write where the viewer went into the address.
 * @param {Place} place
 * @param {boolean} walking one of many small steps, which belong together
 */
export function showPlace(place, walking) {
  const fragment = fragmentOf(place);
  if (fragment === location.hash) return;
  const went = walking && history.state?.walking && place !== null ? "replaceState" : "pushState";
  history[went]({ walking }, "", location.pathname + location.search + fragment);
}
