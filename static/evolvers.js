/**
 * What each event makes of a game, and whether it can follow at all: the page's share of the
 * rules, held against the server's by the same golden logs. Each evolver returns what changes.
 */
import { afterCredit, afterMove, clockRuns, isClock } from "./clocks.js";
import { canMove, COLUMNS, eachSideHasMoved, goesOn, isFull, isReplaying, isWon } from "./position.js";
import { landingCell, linesOf, nextPlayer, ROWS, tokenOf } from "./position.js";

/** @typedef {import("./fold.js").Game} Game */
/** @typedef {(game: Game, data: Record<string, any>, at: string) => Partial<Game>} Evolver */

const COLORS = ["random", "red", "yellow"];
const WON = ["PLAYER_ONE_WON", "PLAYER_TWO_WON"];

/** @type {Record<string, Evolver>} */
export const evolvers = {
  GameOpened(game, { opener, color, clock = null, previous = null, origin = null }) {
    possible(game.status === "none", "a game opens once");
    possible(COLORS.includes(color), `nobody can ask for the colour ${color}`);
    possible(clock === null || isClock(clock), "a clock gives a whole number of seconds");
    possible(origin === null || isPosition(origin), "an origin is a version of a game");
    const ms = clock && clock.initial_s * 1000;
    return { status: "open", opener, color, clock, playerOneMs: ms, playerTwoMs: ms, previous, origin };
  },
  GameStarted(game, { player_one, player_two, replayed }) {
    possible(game.status === "open", "only an open game starts");
    possible(player_one !== player_two, "nobody plays against themselves");
    const first = game.color === "random" ? [player_one, player_two] : [game.color === "red" ? player_one : player_two];
    possible(first.includes(game.opener), "the opener plays the colour asked for");
    const canBeReplayed = game.origin !== null && replayed >= 1 && replayed < COLUMNS.length * ROWS;
    possible(replayed === undefined || canBeReplayed, "moves are taken over from an origin, and leave room for more");
    return { status: "live", playerOne: player_one, playerTwo: player_two, replayed: replayed ?? 0 };
  },
  MoveMade(game, { player, column, ...times }, at) {
    possible(canMove(game), "tokens fall only in a game that goes on");
    possible(player === nextPlayer(game), "the players take turns");
    const cell = landingCell(game, column);
    if (cell === null) throw impossible(`column ${column} is full`);
    const clocks = afterMove(game, { player, ...times }, at);
    if (clocks === null) throw impossible("no move here takes such a time");
    const token = player === game.playerOne ? "R" : "Y";
    const columns = game.columns.map((stack, i) => (COLUMNS[i] === column ? stack + token : stack));
    const drawOfferedBy = game.drawOfferedBy === player ? player : null; // a move declines what the other offered
    const decides = isReplaying(game) && !canMove({ ...game, columns, lastMove: cell });
    possible(!decides, "what is played on is not decided yet");
    return { columns, lastMove: cell, drawOfferedBy, drawsDeclined: [], ...clocks };
  },
  DrawOffered(game, { player }) {
    possible(goesOn(game) && tokenOf(game, player) !== null, "a player of a game that goes on offers a draw");
    possible(game.drawOfferedBy === null, "one offer is answered before the next");
    possible(!game.drawsDeclined.includes(player), "what was declined is not offered again in the same position");
    return { drawOfferedBy: player };
  },
  DrawDeclined(game, { player }) {
    possible(goesOn(game) && tokenOf(game, player) !== null, "a player of a game that goes on declines a draw");
    const offerer = game.drawOfferedBy;
    if (offerer === null || offerer === player) throw impossible("there is no draw to decline");
    return { drawOfferedBy: null, drawsDeclined: [...game.drawsDeclined, offerer] };
  },
  TimeCredited(game, data) {
    const clocks = goesOn(game) ? afterCredit(game, data) : null;
    if (clocks === null) throw impossible("time is given back only while a clock runs");
    return clocks;
  },
  GameFinished(game, { result, reason }, at) {
    possible(game.status === "open" || game.status === "live", "a game ends once");
    const fits = game.status === "open" ? canEndUnjoined(result, reason) : canEndSo(game, result, reason);
    possible(fits, `${result} by ${reason} is no end of this position`);
    const ended = { status: /** @type {const} */ ("finished"), result, reason, endedAt: at, drawOfferedBy: null };
    const flag = reason === "TIMEOUT" ? (result === "PLAYER_ONE_WON" ? { playerTwoMs: 0 } : { playerOneMs: 0 }) : {};
    return { ...ended, winningCells: linesOf(game), ...flag };
  },
  RematchOffered(game, { player }) {
    possible(hasEndedFor(game, player), "a player of a game that is over offers a rematch");
    possible(game.rematchOfferedBy === null && game.next === null, "one offer is answered before the next");
    possible(!game.rematchesDeclined.includes(player), "what was declined is not offered again");
    return { rematchOfferedBy: player };
  },
  RematchDeclined(game, { player }) {
    const offerer = game.rematchOfferedBy;
    possible(hasEndedFor(game, player), "a player of a game that is over declines a rematch");
    if (offerer === null || offerer === player) throw impossible("there is no rematch to decline");
    return { rematchOfferedBy: null, rematchesDeclined: [...game.rematchesDeclined, offerer] };
  },
  RematchAccepted(game, { game: next }) {
    possible(game.rematchOfferedBy !== null && typeof next === "string", "a rematch is offered, then agreed to");
    return { rematchOfferedBy: null, next };
  },
};

/** @param {Record<string, unknown>} origin */
function isPosition({ game, version }) {
  return typeof game === "string" && Number.isInteger(version);
}

/** @param {Game} game @param {string} player */
function hasEndedFor(game, player) {
  return game.status === "finished" && (player === game.playerOne || player === game.playerTwo);
}

/** How an open game can end: without an opponent nobody wins or loses. @param {string} result @param {string} reason */
function canEndUnjoined(result, reason) {
  return result === "ABORTED" && (reason === "ABORTED" || reason === "EXPIRED");
}

/** @param {Game} game @param {string} result @param {string} reason */
function canEndSo(game, result, reason) {
  const lastMoverWon = nextPlayer(game) === game.playerOne ? "PLAYER_TWO_WON" : "PLAYER_ONE_WON";
  if (isReplaying(game)) return false;
  if (isWon(game)) return reason === "FOUR_IN_A_ROW" && result === lastMoverWon;
  if (isFull(game)) return reason === "BOARD_FULL" && result === "TIED";
  switch (reason) {
    case "RESIGNATION":
      return WON.includes(result);
    case "AGREEMENT":
      return result === "TIED" && game.drawOfferedBy !== null;
    case "TIMEOUT":
      return clockRuns(game) && result === lastMoverWon;
    case "ABANDONMENT":
      return WON.includes(result) || result === "TIED";
    case "ABORTED":
      return result === "ABORTED" && !eachSideHasMoved(game);
    case "EXPIRED":
      return result === "ABORTED" && !clockRuns(game);
    default:
      return false;
  }
}

/** @param {boolean} truth @param {string} rule */
function possible(truth, rule) {
  if (!truth) throw impossible(rule);
}

/** @param {string} rule */
function impossible(rule) {
  return new Error(`This log cannot be right: ${rule}.`);
}
