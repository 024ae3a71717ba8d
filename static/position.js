/**
 * What a game's position says: whose turn it is, where a token lands, which line it made. Pure
 * questions to a game as it was folded; nothing here changes it.
 */

/** @typedef {import("./fold.js").Game} Game */
/** @typedef {import("./fold.js").Token} Token */

export const COLUMNS = "ABCDEFG";
export const ROWS = 6;
const DIRECTIONS = [[1, 0], [0, 1], [1, 1], [1, -1]];

/** Whose move it is, while the game is live. @param {Game} game @returns {string | null} */
export function nextPlayer(game) {
  return game.status === "live" ? sideToMove(game) : null;
}

/** Whose move it would be, also when the game is over. @param {Game} game @returns {string | null} */
export function sideToMove(game) {
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
  const stack = column.length === 1 ? game.columns[COLUMNS.indexOf(column)] : undefined;
  if (stack === undefined) throw new Error(`There is no column ${column}.`);
  return stack.length < ROWS ? `${column}${stack.length + 1}` : null;
}

/** How many tokens lie on the board. @param {Game} game */
export function tokenCount(game) {
  return game.columns.reduce((sum, stack) => sum + stack.length, 0);
}

/** Whether each side has made a move here: from then on the game counts, and can't be aborted. @param {Game} game */
export function eachSideHasMoved(game) {
  return tokenCount(game) >= game.replayed + 2;
}

/** Whether moves are still to come that were taken over from another game. @param {Game} game */
export function isReplaying(game) {
  return tokenCount(game) < game.replayed;
}

/** Whether another token can fall: a line or a full board has ended the game already. @param {Game} game */
export function canMove(game) {
  return game.status === "live" && !isWon(game) && !isFull(game);
}

/** Whether players can do something besides: all that came with the last event is there. @param {Game} game */
export function goesOn(game) {
  return canMove(game) && !isReplaying(game);
}

/** Whether the last move made a line. @param {Game} game */
export function isWon(game) {
  return linesOf(game).length > 0;
}

/** @param {Game} game */
export function isFull(game) {
  return tokenCount(game) === COLUMNS.length * ROWS;
}

/** The cells of the lines of four or more that the last move made, sorted. @param {Game} game */
export function linesOf({ columns, lastMove }) {
  if (lastMove === null) return [];
  const column = COLUMNS.indexOf(lastMove.charAt(0));
  const row = Number(lastMove.slice(1)) - 1;
  const token = columns[column]?.[row];
  const cells = new Set();
  for (const [right = 0, up = 0] of DIRECTIONS) {
    const line = [lastMove];
    for (const way of [-1, 1]) {
      for (let i = way; columns[column + i * right]?.[row + i * up] === token; i += way) {
        line.push(`${COLUMNS[column + i * right]}${row + i * up + 1}`);
      }
    }
    if (line.length >= 4) line.forEach((each) => cells.add(each));
  }
  return [...cells].sort();
}
