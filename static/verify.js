/**
 * A whole log, checked rule by rule by whoever reads it. Written apart from the fold on purpose:
 * two witnesses who were not in the same room. Knows events; knows no page.
 */
import { COLUMNS, fold, initialGame, ROWS, stateOf } from "./fold.js";

/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {{ rule: string, holds: boolean }} Check */

const TIMES = ["player_one_ms", "player_two_ms", "at"];
const DIRECTIONS = [[0, 1], [1, 0], [1, 1], [1, -1]];

/**
 * @param {readonly RecordedEvent[]} log
 * @param {ReturnType<typeof stateOf>} shown the state that the page shows
 * @returns {Check[]}
 */
export function verify(log, shown) {
  const story = retold(log);
  const ended = log.filter(({ type }) => type === "GameFinished");
  const epilogue = log.slice(log.findIndex(({ type }) => type === "GameFinished") + 1 || log.length);
  return [
    { rule: `Versions run from 1 to ${log.length}, none missing, none twice`, holds: log.every(({ version }, i) => version === i + 1) },
    { rule: "Time never runs backward", holds: log.every(({ at }, i) => at >= (log[i - 1]?.at ?? "")) },
    { rule: "It opened and started once, and nothing but a rematch came after the end", holds: count(log, "GameOpened") === 1 && count(log, "GameStarted") <= 1 && epilogue.every(({ type }) => type.startsWith("Rematch")) },
    { rule: "Red began, and the players took turns", holds: story.tookTurns },
    { rule: "Every disc had room in its column", holds: story.hadRoom },
    { rule: endingRule(ended[0]), holds: story.wentOnAfterFour === false && isRightEnding(ended[0]?.data, story) },
    { rule: "Folded again from nothing, it gives the board on this page", holds: same(foldedState(log), shown) },
  ];
}

/** Whether two folds tell the same of what both tell; a clock that runs is read at another moment. @param {Record<string, any>} told @param {Record<string, any>} shown */
export function agree(told, shown) {
  const untimed = (/** @type {unknown} */ value) => JSON.stringify(value, (key, each) => (TIMES.includes(key) ? undefined : each));
  const both = Object.keys(shown).filter((field) => field in told);
  return both.length > 0 && both.every((field) => untimed(told[field]) === untimed(shown[field]));
}

/** @param {readonly (readonly string[])[]} stacks columns, bottom first @param {string} player */
export function hasFour(stacks, player) {
  const owns = (/** @type {number} */ column, /** @type {number} */ row) => stacks[column]?.[row] === player;
  return stacks.some((stack, column) =>
    stack.some((_, row) => DIRECTIONS.some(([right = 0, up = 0]) => [0, 1, 2, 3].every((i) => owns(column + i * right, row + i * up)))),
  );
}

/** The moves played again on a plain grid. @param {readonly RecordedEvent[]} log */
function retold(log) {
  /** @type {string[][]} */
  const stacks = Array.from(COLUMNS, () => []);
  const { player_one = null, player_two = null } = log.find(({ type }) => type === "GameStarted")?.data ?? {};
  const moves = log.filter(({ type }) => type === "MoveMade").map(({ data }) => data);
  let winner = null;
  let wentOnAfterFour = false;
  for (const { player, column } of moves) {
    wentOnAfterFour ||= winner !== null;
    stacks[COLUMNS.indexOf(column)]?.push(player);
    if (hasFour(stacks, player)) winner ??= player;
  }
  return {
    player_one,
    winner,
    wentOnAfterFour,
    isFull: moves.length === COLUMNS.length * ROWS,
    tookTurns: moves.every(({ player }, i) => player === (i % 2 === 0 ? player_one : player_two)),
    hadRoom: moves.every(({ column }) => COLUMNS.includes(column)) && stacks.every(({ length }) => length <= ROWS),
  };
}

/** @param {Record<string, any> | undefined} ending @param {ReturnType<typeof retold>} story */
function isRightEnding(ending, { winner, isFull, player_one }) {
  if (winner !== null) {
    const result = winner === player_one ? "PLAYER_ONE_WON" : "PLAYER_TWO_WON";
    return ending?.reason === "FOUR_IN_A_ROW" && ending.result === result;
  }
  if (isFull) return ending?.reason === "BOARD_FULL" && ending.result === "TIED";
  return ending?.reason !== "FOUR_IN_A_ROW" && ending?.reason !== "BOARD_FULL";
}

/** @param {RecordedEvent | undefined} ended */
function endingRule(ended) {
  if (!ended) return "It goes on, for nobody has four in a row and there is room";
  return ended.data.reason === "FOUR_IN_A_ROW" ? "It ended with the first four in a row" : "Nobody had four in a row before it ended";
}

/** @param {readonly RecordedEvent[]} log */
function foldedState(log) {
  try {
    return stateOf(fold(log));
  } catch {
    return stateOf(initialGame); // an impossible event: certainly not what the page shows
  }
}

/** @param {readonly RecordedEvent[]} log @param {string} type */
function count(log, type) {
  return log.filter((event) => event.type === type).length;
}

/** @param {unknown} one @param {unknown} other */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
