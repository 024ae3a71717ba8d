/**
 * Thinking time, as the server's `clocks` has it: what is left to each side, and for whom time
 * runs. Asks nobody what time it is; whoever shows a clock passes the server's time in.
 */
import { eachSideHasMoved, isReplaying, sideToMove } from "./position.js";

/** @typedef {import("./fold.js").Game} Game */

export const MAX_INITIAL_S = 3 * 60 * 60;
export const MAX_INCREMENT_S = 180;
export const MAX_LAG_CREDIT_MS = 500;

/** Whether time runs for the next player: in a game with a clock, once each side has moved. @param {Game} game */
export function clockRuns(game) {
  return game.clock !== null && game.status === "live" && eachSideHasMoved(game);
}

/**
 * What is left to a player at a moment of the server's time, in milliseconds and never below 0;
 * null without a clock. A game that is over shows what was left when it ended.
 * @param {Game} game @param {string} player @param {number} now milliseconds since 1970
 */
export function remainingMs(game, player, now) {
  const left = player === game.playerTwo ? game.playerTwoMs : game.playerOneMs;
  if (left === null || game.turnAt === null || !eachSideHasMoved(game) || player !== sideToMove(game)) return left;
  const until = game.endedAt === null ? now : Date.parse(game.endedAt);
  return Math.max(0, left - Math.max(0, until - Date.parse(game.turnAt)));
}

/** @param {unknown} clock */
export function isClock(clock) {
  if (typeof clock !== "object" || clock === null) return false;
  const { initial_s, increment_s } = /** @type {Record<string, unknown>} */ (clock);
  return isWithin(initial_s, 1, MAX_INITIAL_S) && isWithin(increment_s, 0, MAX_INCREMENT_S);
}

/**
 * What a move leaves on the clocks, or null when its times can't be.
 * @param {Game} game @param {{ player: string, took_ms?: unknown, credited_ms?: unknown }} move @param {string} at
 * @returns {Partial<Game> | null}
 */
export function afterMove(game, { player, took_ms, credited_ms }, at) {
  if (game.clock === null || isReplaying(game)) return took_ms === undefined && credited_ms === undefined ? {} : null;
  const one = player === game.playerOne;
  const left = (one ? game.playerOneMs : game.playerTwoMs) ?? 0;
  const runs = clockRuns(game);
  if (!isWithin(took_ms, 0, runs ? left - 1 : 0) || !isWithin(credited_ms, 0, runs ? MAX_LAG_CREDIT_MS : 0)) return null;
  const after = left - took_ms + game.clock.increment_s * 1000;
  return { ...(one ? { playerOneMs: after } : { playerTwoMs: after }), turnAt: at };
}

/**
 * What is left after time was given back, or null when it can't have been.
 * @param {Game} game @param {Record<string, any>} credited
 * @returns {Partial<Game> | null}
 */
export function afterCredit(game, { player_one_ms, player_two_ms, reason }) {
  const areAmounts = isWithin(player_one_ms, 0, Infinity) && isWithin(player_two_ms, 0, Infinity);
  if (!clockRuns(game) || !areAmounts || player_one_ms + player_two_ms === 0 || reason !== "OUTAGE") return null;
  const plus = (/** @type {number | null} */ left, /** @type {number} */ ms) => (left ?? 0) + ms;
  return { playerOneMs: plus(game.playerOneMs, player_one_ms), playerTwoMs: plus(game.playerTwoMs, player_two_ms) };
}

/** @param {unknown} number @param {number} least @param {number} most @returns {number is number} */
function isWithin(number, least, most) {
  return Number.isInteger(number) && Number(number) >= least && Number(number) <= most;
}
