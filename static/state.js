/**
 * What the game page knows, and every way in which that changes: pure functions from one state
 * to the next. The fold of the log is the only truth; an optimistic move is one more event on
 * top of it. Knows no document, no socket, no clock.
 */
import { evolve, initialGame, nextPlayer, tokenOf } from "./fold.js";

/** @typedef {import("./fold.js").Game} Game */
/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {import("./connection.js").Refusal} Refusal */
/** @typedef {"red" | "yellow"} Color */
/** @typedef {{ ply: number, version: number, cell: string, color: Color }} Move */
/** @typedef {{ event: RecordedEvent, commands: readonly string[] }} Optimistic my move in flight, and the ids of its commands */
/**
 * @typedef {object} PageState
 * @property {readonly RecordedEvent[]} log
 * @property {readonly Game[]} games the fold at every version: `games[v]` is the game after v events
 * @property {Optimistic | null} optimistic
 * @property {number} landed the version whose disc has come to rest; headline, sound and log follow it
 * @property {number | null} pinned the version that is looked at; null follows the newest
 * @property {boolean} playing whether the viewer steps forward by itself
 * @property {string | null} me
 * @property {ReadonlyMap<string, string>} names
 * @property {import("./connection.js").LinkState} link
 * @property {string | null} aim the column under the pointer or the focus
 * @property {boolean} onlyWatching
 * @property {readonly Refusal[]} refusals of commands that this page sent
 * @property {boolean} racing whether the next move is sent twice, to see one of the two refused
 * @property {readonly string[]} twins the commands that were sent so
 * @property {boolean} isReplay of a notation: there is no server behind it
 */

/** @type {PageState} */
export const initialState = Object.freeze({
  log: [],
  games: [initialGame],
  optimistic: null,
  landed: 0,
  pinned: null,
  playing: false,
  me: null,
  names: new Map(),
  link: "connecting",
  aim: null,
  onlyWatching: false,
  refusals: [],
  racing: false,
  twins: [],
  isReplay: false,
});

/** The game as the log has it. @param {PageState} state @returns {Game} */
export function currentGame({ games }) {
  return games.at(-1) ?? initialGame;
}

/** The game with my optimistic move on top. @param {PageState} state @returns {Game} */
export function newestGame(state) {
  const game = currentGame(state);
  return state.optimistic ? evolve(game, state.optimistic.event) : game;
}

/** @param {PageState} state @param {number} version @returns {Game} */
export function gameAt(state, version) {
  return state.games[version] ?? newestGame(state);
}

/** The version whose position is on the board. @param {PageState} state */
export function shownVersion(state) {
  return state.pinned ?? newestGame(state).version;
}

/** @param {PageState} state @param {number} version @returns {RecordedEvent | undefined} */
export function eventAt({ log, optimistic }, version) {
  return log[version - 1] ?? (optimistic?.event.version === version ? optimistic.event : undefined);
}

/** The moves up to a version, in order. @param {PageState} state @param {number} [upTo] @returns {Move[]} */
export function movesOf(state, upTo = currentGame(state).version) {
  /** @type {Move[]} */
  const moves = [];
  for (let version = 1; version <= upTo; version += 1) {
    if (eventAt(state, version)?.type !== "MoveMade") continue;
    const cell = gameAt(state, version).lastMove ?? "";
    moves.push({ ply: moves.length + 1, version, cell, color: moves.length % 2 === 0 ? "red" : "yellow" });
  }
  return moves;
}

/** @param {PageState} state */
export function isSeated(state) {
  return tokenOf(currentGame(state), state.me) !== null;
}

/** Whether a drop would be mine to make now. @param {PageState} state */
export function isMyTurn(state) {
  const { me, link, optimistic, pinned } = state;
  return me !== null && link === "live" && !optimistic && pinned === null && nextPlayer(currentGame(state)) === me;
}

/** @param {PageState} state @param {Readonly<Record<string, string>>} players names by player @returns {PageState} */
export function named(state, players) {
  const met = Object.entries(players);
  return met.length === 0 ? state : { ...state, names: new Map([...state.names, ...met]) };
}

/**
 * The events that are new, folded in. What comes after a gap is left out: the caller sees that
 * the version falls short, and asks for the rest.
 * @param {PageState} state
 * @param {readonly RecordedEvent[]} events
 * @returns {PageState}
 */
export function received(state, events) {
  const log = [...state.log];
  const games = [...state.games];
  for (const event of events) {
    if (event.version !== log.length + 1) continue;
    games.push(evolve(games.at(-1) ?? initialGame, event));
    log.push(event);
  }
  const news = log.slice(state.log.length);
  if (news.length === 0) return state;
  return { ...state, log, games, optimistic: news.some(endsTheTurn) ? null : onTopOf(log, state.optimistic) };
}

/** @param {RecordedEvent} event */
function endsTheTurn({ type }) {
  return type === "MoveMade" || type === "GameFinished";
}

/** What leaves the turn as it was may have been recorded first. @param {readonly RecordedEvent[]} log @param {Optimistic | null} optimistic */
function onTopOf(log, optimistic) {
  return optimistic && { ...optimistic, event: { ...optimistic.event, version: log.length + 1 } };
}

/** My move, shown before the server has answered. @param {PageState} state @param {string} column @param {readonly string[]} commands @returns {PageState} */
export function moved(state, column, commands) {
  const { version, clock } = currentGame(state);
  const times = clock && { took_ms: 0, credited_ms: 0 }; // the server will know better
  const event = { version: version + 1, type: "MoveMade", data: { player: state.me, column, ...times }, at: "" };
  return { ...state, optimistic: { event, commands }, racing: false, twins: commands.length > 1 ? commands : [] };
}

/** A refused command: its move is taken back, unless its twin may still win. @param {PageState} state @param {Refusal} refusal @returns {PageState} */
export function refused(state, refusal) {
  const left = state.optimistic?.commands.filter((id) => id !== refusal.command.id) ?? [];
  const optimistic = state.optimistic && left.length > 0 ? { ...state.optimistic, commands: left } : null;
  return withinReach(received({ ...state, optimistic, refusals: [...state.refusals, refusal] }, refusal.events));
}

/** Whether this refusal is what a race is for: its twin has made the move. @param {PageState} state @param {Refusal} refusal */
export function lostRace({ twins, log, me }, { command }) {
  return twins.includes(command.id) && log[command.expected_version]?.data.player === me;
}

/** @param {PageState} state @returns {PageState} */
export function withoutOptimistic(state) {
  return withinReach({ ...state, optimistic: null });
}

/** The disc of this version has come to rest. @param {PageState} state @param {number} version @returns {PageState} */
export function landedAt(state, version) {
  return withinReach({ ...state, landed: Math.max(state.landed, version) });
}

/** Nothing can have landed that is not there. @param {PageState} state @returns {PageState} */
function withinReach(state) {
  return { ...state, landed: Math.min(state.landed, newestGame(state).version) };
}
