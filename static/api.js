/**
 * The few HTTP requests of the page, and the player this browser plays as. The cookie is the
 * proof and stays out of reach; what is remembered here is only what to show and when to ask.
 */
import { recall, remember } from "./memory.js";

/** @typedef {{ id: string, name: string }} Player */
/**
 * @typedef {object} ListedGame
 * @property {string} id
 * @property {number} version
 * @property {string | null} opener
 * @property {string | null} player_one
 * @property {string | null} player_two
 * @property {"random" | "red" | "yellow"} color
 */
/** @typedef {{ games: ListedGame[], players: Record<string, string> }} GameList */

/** The server said no, and why. */
export class RequestError extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.code = code;
  }
}

/** The player of this browser, as far as it remembers. @returns {Player | null} */
export function rememberedPlayer() {
  const player = recall("player");
  return typeof player?.id === "string" && typeof player.name === "string" ? player : null;
}

/** @param {Player | null} player null when the cookie is gone */
export function rememberPlayer(player) {
  remember("player", player && { id: player.id, name: player.name });
}

/** @param {{ color: string, public: boolean }} wishes @param {string} name @returns {Promise<string>} the new game's id */
export async function openGame(wishes, name) {
  const { id } = await asPlayer(name, () => post("/api/games", wishes));
  return id;
}

/** @param {string} game @param {string} name */
export async function joinGame(game, name) {
  await asPlayer(name, () => post(`/api/games/${encodeURIComponent(game)}/join`));
}

/** The state of a game as the server folds it. @param {string} game @param {number} version @returns {Promise<Record<string, any>>} */
export async function stateAt(game, version) {
  return read(await fetch(`/api/games/${encodeURIComponent(game)}?version=${version}`));
}

/** @param {"open" | "live"} status @param {AbortSignal} signal @returns {Promise<GameList>} */
export async function listGames(status, signal) {
  const response = await fetch(`/api/games?status=${status}&limit=12`, { signal });
  return read(response);
}

/**
 * Do it as this browser's player. A browser without one becomes one first, and so does a
 * browser that lost its cookie.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} request
 * @returns {Promise<T>}
 */
async function asPlayer(name, request) {
  if (!rememberedPlayer()) await becomePlayer(name);
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof RequestError) || error.status !== 401) throw error;
    await becomePlayer(name);
    return request();
  }
}

/** @param {string} name blank lets the server choose */
async function becomePlayer(name) {
  const trimmed = name.trim();
  rememberPlayer(await post("/api/players", trimmed ? { name: trimmed } : {}));
}

/** @param {string} path @param {object} [body] */
async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return read(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** @param {Response} response @returns {Promise<any>} */
async function read(response) {
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const message = problem.detail ?? problem.title ?? `The server answered ${response.status}.`;
  throw new RequestError(response.status, problem.code ?? "", message);
}
