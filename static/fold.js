/**
 * The fold: a game is what its events add up to. One pure `evolve` serves live play, watching
 * and history. Knows the shape of the events; knows no page, no socket, no clock. It never
 * refuses what players do: an event that cannot have happened means a broken log, and throws.
 */
import { clockRuns } from "./clocks.js";
import { evolvers } from "./evolvers.js";
import { COLUMNS, nextPlayer, ROWS } from "./position.js";

export { clockRuns, remainingMs } from "./clocks.js";
export { COLUMNS, eachSideHasMoved, landingCell, nextPlayer, ROWS, tokenOf } from "./position.js";

/** @typedef {"RED" | "YELLOW"} Token */
/** @typedef {"PLAYER_ONE_WON" | "PLAYER_TWO_WON" | "TIED" | "ABORTED"} GameResult */
/** @typedef {{ initial_s: number, increment_s: number }} Clock in seconds */
/** @typedef {{ version: number, type: string, data: Record<string, any>, at: string }} RecordedEvent */
/**
 * @typedef {object} Game
 * @property {number} version the place of its newest event; 0 before the first
 * @property {"none" | "open" | "live" | "finished"} status
 * @property {string | null} opener
 * @property {"random" | "red" | "yellow"} color what the opener asked for
 * @property {string | null} playerOne plays RED and moves first
 * @property {string | null} playerTwo plays YELLOW; null also in a game that ended before anybody joined
 * @property {readonly string[]} columns seven strings of "R" and "Y", bottom first
 * @property {string | null} lastMove a cell such as "D3"
 * @property {readonly string[]} winningCells
 * @property {Clock | null} clock what each side is given; null when everybody may think as long as they like
 * @property {number | null} playerOneMs what was left when the turn began; null without a clock
 * @property {number | null} playerTwoMs
 * @property {string | null} turnAt when the last move was recorded, in a game with a clock
 * @property {string | null} endedAt
 * @property {string | null} drawOfferedBy who waits for an answer to the offer of a draw
 * @property {readonly string[]} drawsDeclined whose offer was declined in this very position
 * @property {string | null} rematchOfferedBy who waits for an answer to the offer of a rematch
 * @property {readonly string[]} rematchesDeclined whose offer of a rematch was declined
 * @property {string | null} previous the game that this one is the rematch of
 * @property {{ game: string, version: number } | null} origin the position that this game was played on from
 * @property {number} replayed how many moves were taken over from there; nobody made them here
 * @property {string | null} next the rematch of this game
 * @property {GameResult | null} result
 * @property {string | null} reason
 */

/** @type {Game} */
export const initialGame = Object.freeze({
  version: 0,
  status: "none",
  opener: null,
  color: "random",
  playerOne: null,
  playerTwo: null,
  columns: Object.freeze(Array(COLUMNS.length).fill("")),
  lastMove: null,
  winningCells: Object.freeze([]),
  clock: null,
  playerOneMs: null,
  playerTwoMs: null,
  turnAt: null,
  endedAt: null,
  drawOfferedBy: null,
  drawsDeclined: Object.freeze([]),
  rematchOfferedBy: null,
  rematchesDeclined: Object.freeze([]),
  previous: null,
  origin: null,
  replayed: 0,
  next: null,
  result: null,
  reason: null,
});

/** Events are missing between what was folded and what came. */
export class GapError extends Error {
  /** @param {number} folded @param {number} came */
  constructor(folded, came) {
    super(`Version ${came} came after version ${folded}; what lies between is missing.`);
    this.name = "GapError";
    this.folded = folded;
    this.came = came;
  }
}

/**
 * Return the game one event later; an event that was seen before changes nothing.
 * @param {Game} game
 * @param {RecordedEvent} event
 * @returns {Game}
 */
export function evolve(game, { version, type, data, at }) {
  if (version <= game.version) return game; // resuming overlaps on purpose
  if (version > game.version + 1) throw new GapError(game.version, version);
  const evolver = Object.hasOwn(evolvers, type) ? evolvers[type] : undefined;
  if (!evolver) throw new Error(`This page does not know the event ${type}; a reload may help.`);
  return { ...game, ...evolver(game, data, at), version };
}

/** @param {Iterable<RecordedEvent>} events @param {Game} [from] @returns {Game} */
export function fold(events, from = initialGame) {
  let game = from;
  for (const event of events) game = evolve(game, event);
  return game;
}

/** The game as `GET /api/games/{id}` has it, without the id, and without the time of the clock. @param {Game} game */
export function stateOf(game) {
  const rows = Array.from({ length: ROWS }, (_, row) => ROWS - 1 - row);
  return {
    version: game.version,
    status: game.status,
    board: rows.map((row) => game.columns.map((stack) => stack[row] ?? ".").join("")),
    player_one: game.playerOne,
    player_two: game.playerTwo,
    next_player: nextPlayer(game),
    result: game.result,
    reason: game.reason,
    winning_cells: [...game.winningCells],
    clock: clockOf(game),
    draw_offered_by: game.drawOfferedBy,
    rematch_offered_by: game.rematchOfferedBy,
    previous: game.previous,
    origin: game.origin,
    next: game.next,
  };
}

/** @param {Game} game */
function clockOf(game) {
  if (game.clock === null) return null;
  const next = nextPlayer(game) === game.playerOne ? "player_one" : "player_two";
  return {
    initial_s: game.clock.initial_s,
    increment_s: game.clock.increment_s,
    player_one_ms: game.playerOneMs,
    player_two_ms: game.playerTwoMs,
    running: clockRuns(game) ? next : null,
  };
}
