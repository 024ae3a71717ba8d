/**
 * A game as its columns in order, 1–7: `4453…`, the notation that solvers and clubs share. Such
 * a game becomes events again, so that the same fold shows it.
 */
import { COLUMNS, evolve, initialGame, ROWS } from "./fold.js";
import { hasFour } from "./verify.js";

/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */

/** @param {readonly { cell: string }[]} moves */
export function notationOf(moves) {
  return moves.map(({ cell }) => COLUMNS.indexOf(cell.charAt(0)) + 1).join("");
}

/**
 * The events of a notated game; blanks in it are passed over.
 * @param {string} notation
 * @returns {RecordedEvent[]}
 * @throws {Error} saying at which move it stops making sense
 */
export function eventsOf(notation) {
  const digits = notation.replace(/\s/g, "");
  if (!/^[1-7]+$/.test(digits)) throw new Error("A game in notation is a row of columns from 1 to 7, such as 4453.");
  /** @type {RecordedEvent[]} */
  const events = [];
  let game = initialGame;
  const next = (/** @type {string} */ type, /** @type {Record<string, string>} */ data) => ({ version: game.version + 1, type, data, at: "" });
  const add = (/** @type {RecordedEvent} */ event) => {
    game = evolve(game, event);
    events.push(event);
  };
  add(next("GameOpened", { opener: "R", color: "red" }));
  add(next("GameStarted", { player_one: "R", player_two: "Y" }));
  Array.from(digits, Number).forEach((digit, i) => {
    if (game.status === "finished") throw new Error(`The game is over before move ${i + 1}.`);
    if (game.columns[digit - 1]?.length === ROWS) throw new Error(`Column ${digit} is full at move ${i + 1}.`);
    const player = "RY".charAt(i % 2);
    add(next("MoveMade", { player, column: COLUMNS.charAt(digit - 1) }));
    const won = hasFour(game.columns.map((stack) => Array.from(stack)), player);
    if (won) add(next("GameFinished", { result: `PLAYER_${i % 2 === 0 ? "ONE" : "TWO"}_WON`, reason: "FOUR_IN_A_ROW" }));
    else if (i + 1 === COLUMNS.length * ROWS) add(next("GameFinished", { result: "TIED", reason: "BOARD_FULL" }));
  });
  return events;
}
