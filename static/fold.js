/**
 * The fold: a game is what its events add up to. One pure `evolve` serves live play, watching
 * and history. Knows the shape of the events; knows no page, no socket, no clock. It never
 * judges a move: an event that cannot have happened means a broken log, and throws.
 */

/** @typedef {"RED" | "YELLOW"} Token */
/** @typedef {"PLAYER_ONE_WON" | "PLAYER_TWO_WON" | "TIED" | "ABORTED"} GameResult */
/** @typedef {{ version: number, type: string, data: Record<string, any>, at: string }} RecordedEvent */
/**
 * @typedef {object} Game
 * @property {number} version the place of its newest event; 0 before the first
 * @property {"none" | "open" | "live" | "finished"} status
 * @property {string | null} opener
 * @property {"random" | "red" | "yellow"} color what the opener asked for
 * @property {string | null} playerOne plays RED and moves first
 * @property {string | null} playerTwo plays YELLOW
 * @property {readonly string[]} columns seven strings of "R" and "Y", bottom first
 * @property {string | null} lastMove a cell such as "D3"
 * @property {readonly string[]} winningCells
 * @property {GameResult | null} result
 * @property {string | null} reason
 */

export const COLUMNS = "ABCDEFG";
export const ROWS = 6;
const DIRECTIONS = [[1, 0], [0, 1], [1, 1], [1, -1]];

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
export function evolve(game, { version, type, data }) {
  if (version <= game.version) return game; // resuming overlaps on purpose
  if (version > game.version + 1) throw new GapError(game.version, version);
  const evolver = Object.hasOwn(evolvers, type) ? evolvers[type] : undefined;
  if (!evolver) throw new Error(`This page does not know the event ${type}; a reload may help.`);
  return { ...game, ...evolver(game, data), version };
}

/** @param {Iterable<RecordedEvent>} events @param {Game} [from] @returns {Game} */
export function fold(events, from = initialGame) {
  let game = from;
  for (const event of events) game = evolve(game, event);
  return game;
}

/** Whose move it is, while the game is live. @param {Game} game @returns {string | null} */
export function nextPlayer(game) {
  if (game.status !== "live") return null;
  return tokenCount(game) % 2 === 0 ? game.playerOne : game.playerTwo;
}

/** @param {Game} game @param {string | null} player @returns {Token | null} */
export function tokenOf(game, player) {
  if (player === null || game.status === "open") return null;
  if (player === game.playerOne) return "RED";
  return player === game.playerTwo ? "YELLOW" : null;
}

/** The cell where a token dropped in `column` comes to rest; null when it is full. @param {Game} game @param {string} column */
export function landingCell(game, column) {
  const height = stackIn(game, column).length;
  return height < ROWS ? `${column}${height + 1}` : null;
}

/** The game as `GET /api/games/{id}` tells it, without the id. @param {Game} game */
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
  };
}

/** @type {Record<string, (game: Game, data: Record<string, any>) => Partial<Game>>} */
const evolvers = {
  GameOpened(game, { opener, color }) {
    possible(game.status === "none", "a game opens once");
    return { status: "open", opener, color };
  },
  GameStarted(game, { player_one, player_two }) {
    possible(game.status === "open", "only an open game starts");
    return { status: "live", playerOne: player_one, playerTwo: player_two };
  },
  MoveMade(game, { player, column }) {
    possible(game.status === "live", "tokens fall only in a live game");
    possible(player === nextPlayer(game), "the players take turns");
    const cell = landingCell(game, column);
    if (cell === null) throw impossible(`column ${column} is full`);
    const token = player === game.playerOne ? "R" : "Y";
    const columns = game.columns.map((stack, i) => (COLUMNS[i] === column ? stack + token : stack));
    return { columns, lastMove: cell };
  },
  GameFinished(game, { result, reason }) {
    const unjoined = game.status === "open" && result === "ABORTED" && reason === "EXPIRED";
    possible(game.status === "live" || unjoined, "a game ends once, and before its start only because nobody joined");
    const winningCells = game.lastMove ? linesThrough(game.columns, game.lastMove) : [];
    return { status: "finished", result, reason, winningCells };
  },
};

/** @param {Game} game */
function tokenCount(game) {
  return game.columns.reduce((sum, stack) => sum + stack.length, 0);
}

/** @param {Game} game @param {string} column @returns {string} */
function stackIn(game, column) {
  const stack = column.length === 1 ? game.columns[COLUMNS.indexOf(column)] : undefined;
  if (stack === undefined) throw impossible(`there is no column ${column}`);
  return stack;
}

/**
 * All cells of every line of four or more through `cell`, sorted.
 * @param {readonly string[]} columns
 * @param {string} cell
 */
function linesThrough(columns, cell) {
  const column = COLUMNS.indexOf(cell.charAt(0));
  const row = Number(cell.slice(1)) - 1;
  const token = columns[column]?.[row];
  const cells = new Set();
  for (const [right = 0, up = 0] of DIRECTIONS) {
    const line = [cell];
    for (const way of [-1, 1]) {
      for (let i = way; columns[column + i * right]?.[row + i * up] === token; i += way) {
        line.push(`${COLUMNS[column + i * right]}${row + i * up + 1}`);
      }
    }
    if (line.length >= 4) line.forEach((each) => cells.add(each));
  }
  return [...cells].sort();
}

/** @param {boolean} truth @param {string} rule */
function possible(truth, rule) {
  if (!truth) throw impossible(rule);
}

/** @param {string} rule */
function impossible(rule) {
  return new Error(`This log cannot be right: ${rule}.`);
}
