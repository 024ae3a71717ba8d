/**
 * The log, explained: who did what at each version, and what it changed. Pure functions from
 * events and folds to words; the inspector draws them.
 */
import { COLUMNS, stateOf } from "./fold.js";
import { eventAt, gameAt } from "./state.js";
import { colorOf, nameIn } from "./view.js";

/** @typedef {import("./state.js").PageState} PageState */
/** @typedef {import("./fold.js").Game} Game */
/** @typedef {import("./connection.js").Refusal} Refusal */
/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {(player: string | null) => string} NameOf */
/** @typedef {{ version: number, type: string, facts: string, actor: string, color: string, at: string, since: string }} EventRow */
/** @typedef {{ after: number, command: string, reason: string }} RefusalRow */
/** @typedef {{ field: string, from: string, to: string }} Change */

const PLAYER_FIELDS = ["player", "player_one", "player_two", "opener", "next_player", "draw_offered_by", "rematch_offered_by"];
const MINUTE_S = 60;

/** @param {PageState} state @returns {EventRow[]} */
export function eventRows(state) {
  const nameOf = nameIn(state);
  return state.log.map((event, i) => {
    const before = gameAt(state, event.version - 1);
    const actor = actorOf(event, before);
    const color = colorOf(tokenIn(gameAt(state, event.version), actor)) ?? "";
    const { version, type, at } = event;
    return { version, type, at, color, facts: factsOf(event, nameOf), actor: actor ? nameOf(actor) : "the rules", since: sinceText(state.log[i - 1]?.at, at) };
  });
}

/** @param {PageState} state @returns {RefusalRow[]} */
export function refusalRows({ refusals }) {
  return refusals.map(({ command, code, version }) => {
    const { type, column, expected_version: expected } = command;
    const moved = version > expected ? ` The game was at version ${version}.` : "";
    return { after: version, command: `${type}${column ? ` ${column}` : ""}, expected_version ${expected}`, reason: `${code}: nothing was stored.${moved}` };
  });
}

/** @param {Refusal} refusal of one of two commands that raced */
export function raceText({ command }) {
  return `Two commands expected version ${command.expected_version}. One was stored; the other found that version taken, and changed nothing.`;
}

/** What one event changed in the game, field by field. @param {PageState} state @param {number} version @returns {Change[]} */
export function changesAt(state, version) {
  const nameOf = nameIn(state);
  const [before, after] = [flat(gameAt(state, version - 1)), flat(gameAt(state, version))];
  const spoken = (/** @type {string} */ field, /** @type {unknown} */ value) => spokenValue(field, value, nameOf);
  const changed = Object.keys(after).filter((field) => String(after[field] ?? "") !== String(before[field] ?? ""));
  return changed.map((field) => ({ field, from: spoken(field, before[field]), to: spoken(field, after[field]) }));
}

/** The event as it came. @param {PageState} state @param {number} version */
export function rawText(state, version) {
  return JSON.stringify(eventAt(state, version) ?? null);
}

/** The state as the API tells it, the board cell by cell. @param {Game} game @returns {Record<string, unknown>} */
function flat(game) {
  const { board, ...rest } = stateOf(game);
  const cells = board.flatMap((line, i) => Array.from(line, (token, j) => [`board ${COLUMNS[j]}${board.length - i}`, token]));
  const fields = Object.entries(rest).flatMap(([field, value]) => {
    const parts = value && !Array.isArray(value) && typeof value === "object" ? Object.entries(value) : [];
    return parts.length > 0 ? parts.map(([part, each]) => [`${field}.${part}`, each]) : [[field, value]];
  });
  return Object.fromEntries([...fields, ...cells]);
}

/** Whose act an event is; null when the rules followed from an act. @param {RecordedEvent} event @param {Game} before */
function actorOf({ type, data }, before) {
  if (type === "GameStarted") return before.opener === data.player_one ? data.player_two : data.player_one;
  return data.player ?? data.opener ?? null;
}

/** @param {Game} game @param {string | null} player */
function tokenIn({ playerOne, playerTwo }, player) {
  if (player === null) return null;
  return player === playerOne ? "RED" : player === playerTwo ? "YELLOW" : null;
}

/** @param {RecordedEvent} event @param {NameOf} nameOf */
function factsOf({ data }, nameOf) {
  const facts = Object.entries(data).filter(([field]) => field !== "player" && field !== "opener");
  return facts.map(([field, value]) => `${field} ${spokenValue(field, value, nameOf)}`).join(" · ");
}

/** @param {string} field @param {unknown} value @param {NameOf} nameOf */
function spokenValue(field, value, nameOf) {
  if (value === null || value === undefined || String(value) === "") return "–";
  if (PLAYER_FIELDS.includes(field) && typeof value === "string") return nameOf(value);
  if (field.startsWith("board ")) return { R: "red", Y: "yellow" }[String(value)] ?? "empty";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {string | undefined} before @param {string} at */
function sinceText(before, at) {
  if (!before || !at) return "";
  const seconds = (Date.parse(at) - Date.parse(before)) / 1000;
  if (seconds < MINUTE_S) return `+${seconds.toFixed(1)} s`;
  return seconds < MINUTE_S * MINUTE_S ? `+${Math.round(seconds / MINUTE_S)} min` : `+${Math.round(seconds / MINUTE_S / MINUTE_S)} h`;
}
