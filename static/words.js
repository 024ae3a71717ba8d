/**
 * Every sentence the game page says about a game, as pure functions of the game. Knows no
 * page; names come in as they are and go out as text.
 */
import { nextPlayer, ROWS, tokenOf } from "./fold.js";

/** @typedef {import("./fold.js").Game} Game */
/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {(player: string | null) => string} NameOf */
/** @typedef {{ title: string, detail: string, token: import("./fold.js").Token | null }} Summary whose token it is about */

const LONGEST_NAME_IN_A_TITLE = 18;

/**
 * The headline above the board: whose turn or who won, and which colour is yours.
 * @param {Game} game @param {string | null} me @param {NameOf} nameOf
 * @returns {Summary}
 */
export function summary(game, me, nameOf) {
  switch (game.status) {
    case "none":
      return { title: "Setting up the board", detail: "One moment.", token: null };
    case "open":
      return { title: "One seat is open", detail: openDetail(game, me, nameOf), token: null };
    case "live":
      return { ...turn(game, me, nameOf), token: tokenOf(game, nextPlayer(game)) };
    case "finished":
      return { title: ending(game, me, nameOf), detail: reason(game), token: tokenOf(game, winner(game)) };
  }
}

/** @param {Game} game @param {string | null} me @param {NameOf} nameOf */
function turn(game, me, nameOf) {
  const next = nextPlayer(game);
  const mine = tokenOf(game, me);
  const role = mine ? `You play ${mine.toLowerCase()}.` : `You are watching. It is ${tokenOf(game, next)?.toLowerCase()} to move.`;
  return { title: next === me ? "Your turn" : `${shortened(nameOf(next))} to move`, detail: role };
}

/** @param {Game} game @param {string | null} me @param {NameOf} nameOf */
function openDetail(game, me, nameOf) {
  if (game.opener !== me) return `${shortened(nameOf(game.opener))} is looking for someone to play.`;
  if (game.color === "random") return "Chance decides who plays red and begins.";
  return game.color === "red" ? "You will play red, and begin." : "You will play yellow; red begins.";
}

/** @param {Game} game @param {string | null} me @param {NameOf} nameOf */
function ending(game, me, nameOf) {
  if (game.result === "TIED") return "A draw";
  if (game.result === "ABORTED") return "Game called off";
  return winner(game) === me ? "You won" : `${shortened(nameOf(winner(game)))} won`;
}

/** @param {Game} game */
function winner({ result, playerOne, playerTwo }) {
  if (result === "PLAYER_ONE_WON") return playerOne;
  return result === "PLAYER_TWO_WON" ? playerTwo : null;
}

/** @type {Record<string, string>} */
const REASONS = {
  BOARD_FULL: "The board is full.",
  RESIGNATION: "By resignation.",
  AGREEMENT: "Both players agreed.",
  TIMEOUT: "On time.",
  ABANDONMENT: "The opponent left.",
  ABORTED: "Called off before each side had moved.",
  EXPIRED: "Nobody went on with it.",
};

/** @param {Game} game */
function reason(game) {
  if (game.winningCells.length > 0) return `Four in a row: ${listed(game.winningCells)}.`;
  if (game.playerOne === null) return game.reason === "EXPIRED" ? "Nobody joined." : "Closed before anybody joined.";
  return REASONS[game.reason ?? ""] ?? "";
}

/** After these, a player's colour and role are what they were, and need not be told again. */
const LEAVES_THE_ROLES = ["MoveMade", "DrawOffered", "DrawDeclined", "TimeCredited", "RematchOffered", "RematchDeclined"];

/**
 * What live events say to those who listen instead of look.
 * @param {RecordedEvent[]} events @param {Game} after @param {string | null} me @param {NameOf} nameOf
 */
export function announcement(events, after, me, nameOf) {
  if (events.length === 0) return "";
  const happened = events.map((event) => sentence(event, me, nameOf));
  const { title, detail } = summary(after, me, nameOf);
  const plain = events.every(({ type }) => LEAVES_THE_ROLES.includes(type));
  return [...happened, `${title}.`, plain ? "" : detail].filter(Boolean).join(" ");
}

/** What happened, in a sentence. @param {RecordedEvent} event @param {string | null} me @param {NameOf} nameOf */
export function sentence({ type, data }, me, nameOf) {
  const who = data.player === me ? "You" : nameOf(data.player ?? null);
  switch (type) {
    case "GameStarted":
      return "The game begins.";
    case "MoveMade":
      return `${who} dropped in ${data.column}.`;
    case "DrawOffered":
      return `${who} offered a draw.`;
    case "DrawDeclined":
      return `${who} declined the draw.`;
    case "RematchOffered":
      return `${who} offered a rematch.`;
    case "RematchDeclined":
      return `${who} declined the rematch.`;
    case "RematchAccepted":
      return "Both play again.";
    case "TimeCredited":
      return "The server was away; the time that this took was given back.";
    default:
      return "";
  }
}

/** What is wrong with the connection. @param {import("./connection.js").LinkState} link */
export function linkText(link) {
  if (link === "lost") return "Connection lost. Reconnecting…";
  return link === "stopped" ? "The server closed this connection. Reload the page to go on." : "";
}

/** @param {string} host */
export function invitation(host) {
  return `${shortened(host)} invites you to play`;
}

/** @type {Record<string, string>} */
const REFUSALS = {
  wrong_expected_version: "The game had moved on before your move arrived, so it was taken back.",
  not_your_turn: "It is not your turn.",
  column_full: "That column is full.",
  game_not_started: "The game has not started yet.",
  game_finished: "The game is over.",
  not_a_player: "Only the two players can do that.",
  too_late_to_abort: "Each side has moved, so the game counts. You can resign or offer a draw.",
  time_is_up: "Your time was up before the move arrived.",
  not_gone: "Your opponent is there, or may still come back. There is nothing to claim.",
  no_rematch_offered: "There is no rematch to answer any more.",
  rematch_declined: "A rematch was declined. You can start a new game.",
  no_opponent: "Nobody had joined that game. You can start a new one.",
  game_not_finished: "The game goes on; that is for when it is over.",
  no_draw_offered: "There is no draw to answer any more.",
  draw_declined: "A draw was declined in this position. You can offer one after the next move.",
  not_authenticated: "The server does not recognise this browser any more. Reload the page.",
  too_many_requests: "That was too fast for the server. Wait a moment and try again.",
};

/** @param {{ code: string, message: string }} refusal */
export function refusalText({ code, message }) {
  return REFUSALS[code] ?? message;
}

/** @param {Game} game @param {string} column @param {boolean} myTurn */
export function columnLabel(game, column, myTurn) {
  const filled = game.columns["ABCDEFG".indexOf(column)]?.length ?? 0;
  const room = filled === ROWS ? "full" : `${filled} of ${ROWS} filled`;
  return `${myTurn ? "Drop in column" : "Column"} ${column}, ${room}`;
}

/** @param {readonly string[]} items */
function listed(items) {
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** @param {string} name */
function shortened(name) {
  const letters = Array.from(name);
  return letters.length > LONGEST_NAME_IN_A_TITLE ? `${letters.slice(0, LONGEST_NAME_IN_A_TITLE).join("")}…` : name;
}
