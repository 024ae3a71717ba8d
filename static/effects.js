/**
 * What is heard and felt when something happens in the game: the knock of a disc, the bells of
 * a win, the two notes of a guest who joins. Knows events; knows neither page nor connection.
 */
import { isStill, LIGHT_MS } from "./motion.js";
import { chime, knock, ring } from "./sound.js";

/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {import("./fold.js").Game} Game */

const TAP_MS = 12;
const WON_TAPS_MS = [40, 100, 40, 100, 40, 100, 90];

/** @param {RecordedEvent} event @param {Game} after @param {boolean} isLoud */
export function accompany({ type }, { lastMove, winningCells }, isLoud) {
  if (type === "MoveMade") {
    vibrate(TAP_MS);
    if (isLoud) knock(Number(lastMove?.slice(1)));
  } else if (type === "GameFinished" && winningCells.length > 0) {
    vibrate(WON_TAPS_MS);
    if (isLoud) ring(winningCells.length, LIGHT_MS);
  } else if (type === "GameStarted" && isLoud) chime();
}

/** @param {number | number[]} pattern milliseconds on and off */
function vibrate(pattern) {
  if (navigator.userActivation?.hasBeenActive && !isStill()) navigator.vibrate?.(pattern);
}
