/**
 * The fold: a game is what its events add up to. One pure `evolve` serves live play, watching
 * and history. Knows the shape of the events; knows no page, no socket, no clock. It never
 * refuses what players do: an event that cannot have happened means a broken log, and throws.
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
 * @property {string | null} drawOfferedBy who waits for an answer to the offer of a draw
 * @property {readonly string[]} drawsDeclined whose offer was declined in this very position
 * @property {GameResult | null} result
 * @property {string | null} reason
 */

export const COLUMNS = "ABCDEFG";
export const ROWS = 6;
const COLORS = ["random", "red", "yellow"];
const WON = ["PLAYER_ONE_WON", "PLAYER_TWO_WON"];
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
  drawOfferedBy: null,
  drawsDeclined: Object.freeze([]),
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

/** Whether each side has made a move: from then on the game counts, and can't be aborted. @param {Game} game */
export function eachSideHasMoved(game) {
  return tokenCount(game) >= 2;
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
    draw_offered_by: game.drawOfferedBy,
  };
}

/** @type {Record<string, (game: Game, data: Record<string, any>) => Partial<Game>>} */
const evolvers = {
  GameOpened(game, { opener, color }) {
    possible(game.status === "none", "a game opens once");
    possible(COLORS.includes(color), `nobody can ask for the colour ${color}`);
    return { status: "open", opener, color };
  },
  GameStarted(game, { player_one, player_two }) {
    possible(game.status === "open", "only an open game starts");
    possible(player_one !== player_two, "nobody plays against themselves");
    const first = game.color === "random" ? [player_one, player_two] : [game.color === "red" ? player_one : player_two];
    possible(first.includes(game.opener), "the opener plays the colour asked for");
    return { status: "live", playerOne: player_one, playerTwo: player_two };
  },
  MoveMade(game, { player, column }) {
    possible(game.status === "live", "tokens fall only in a live game");
    possible(player === nextPlayer(game), "the players take turns");
    possible(!isWon(game), "four in a row end the game");
    const cell = landingCell(game, column);
    if (cell === null) throw impossible(`column ${column} is full`);
    const drawOfferedBy = game.drawOfferedBy === player ? player : null; // a move declines what the other offered
    const token = player === game.playerOne ? "R" : "Y";
    const columns = game.columns.map((stack, i) => (COLUMNS[i] === column ? stack + token : stack));
    return { columns, lastMove: cell, drawOfferedBy, drawsDeclined: [] };
  },
  GameFinished(game, { result, reason }) {
    possible(game.status === "open" || game.status === "live", "a game ends once");
    const fits = game.status === "open" ? isUnjoinedEnd(result, reason) : canEndSo(game, result, reason);
    possible(fits, `${result} by ${reason} is no end of this position`);
    return { status: "finished", result, reason, winningCells: linesOf(game), drawOfferedBy: null };
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
};

/** How an open game can end: without an opponent nobody wins or loses. @param {string} result @param {string} reason */
function isUnjoinedEnd(result, reason) {
  return result === "ABORTED" && (reason === "ABORTED" || reason === "EXPIRED");
}

/** @param {Game} game @param {string} result @param {string} reason */
function canEndSo(game, result, reason) {
  const winnerByLine = nextPlayer(game) === game.playerOne ? "PLAYER_TWO_WON" : "PLAYER_ONE_WON";
  if (isWon(game)) return reason === "FOUR_IN_A_ROW" && result === winnerByLine;
  if (isFull(game)) return reason === "BOARD_FULL" && result === "TIED";
  switch (reason) {
    case "RESIGNATION":
      return WON.includes(result);
    case "AGREEMENT":
      return result === "TIED" && game.drawOfferedBy !== null;
    case "ABANDONMENT":
      return WON.includes(result) || result === "TIED";
    case "ABORTED":
      return result === "ABORTED" && !eachSideHasMoved(game);
    case "EXPIRED":
      return result === "ABORTED";
    default:
      return false;
  }
}

/** Whether players can still do something: a line or a full board has ended the game already. @param {Game} game */
function goesOn(game) {
  return game.status === "live" && !isWon(game) && !isFull(game);
}

/** @param {Game} game */
function isWon(game) {
  return linesOf(game).length > 0;
}

/** @param {Game} game */
function isFull(game) {
  return tokenCount(game) === COLUMNS.length * ROWS;
}

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

/** The cells of the lines that the last move made, sorted. @param {Game} game */
function linesOf({ columns, lastMove }) {
  return lastMove === null ? [] : linesThrough(columns, lastMove);
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
