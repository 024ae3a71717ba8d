/**
 * The view model: all that the game page shows, as one pure function of what it knows. Whoever
 * wants to know why the page looks as it does reads this file; the rest only draws it.
 */
import { COLUMNS, landingCell, nextPlayer, tokenOf } from "./fold.js";
import { currentGame, gameAt, isMyTurn, isSeated, movesOf, newestGame, shownVersion } from "./state.js";
import { plyOf } from "./viewing.js";
import { columnLabel, invitation, linkText, summary } from "./words.js";

/** @typedef {import("./state.js").PageState} PageState */
/** @typedef {import("./state.js").Color} Color */
/** @typedef {ReturnType<typeof viewOf>} View */
/** @typedef {{ color: Color | null, player: string | null }} Seat */

/** @param {PageState} state */
export function viewOf(state) {
  const game = currentGame(state);
  const settled = gameAt(state, Math.min(state.landed, newestGame(state).version)); // what the eye has seen so far
  const name = nameIn(state);
  const myTurn = isMyTurn(state);
  const seated = isSeated(state);
  const { title, detail, token } = summary(settled, state.me, name);
  const columns = columnsView(state, seated, myTurn);
  return {
    status: game.status,
    title,
    detail,
    color: colorOf(token),
    myTurn,
    calls: state.me !== null && nextPlayer(settled) === state.me,
    trouble: linkText(state.link),
    seats: seatsOf(settled).map((seat) => seatView(seat, settled, state, name)),
    columns,
    board: { ...boardView(state, myTurn), opensCells: !columns.offered },
    hand: myTurn ? { color: colorOf(tokenOf(game, state.me)), column: state.aim } : { color: null, column: null },
    history: historyView(state, seated),
    canResign: seated && game.status === "live",
    racing: state.racing,
    isOver: settled.status === "finished" || state.isReplay,
    ...cardsView(state, name),
  };
}

/** @param {PageState} state @returns {(player: string | null) => string} */
export function nameIn({ names }) {
  return (player) => names.get(player ?? "") ?? "Somebody";
}

/** @param {import("./fold.js").Token | null} token @returns {Color | null} */
export function colorOf(token) {
  return token && /** @type {Color} */ (token.toLowerCase());
}

/** @param {import("./fold.js").Game} game @returns {[Seat, Seat]} */
function seatsOf({ status, color, opener, playerOne, playerTwo }) {
  if (status !== "none" && playerOne === null) {
    if (color === "random") return [{ color: null, player: opener }, { color: null, player: null }];
    const red = color === "red";
    return [{ color: "red", player: red ? opener : null }, { color: "yellow", player: red ? null : opener }];
  }
  return [{ color: "red", player: playerOne }, { color: "yellow", player: playerTwo }];
}

/** @param {Seat} seat @param {import("./fold.js").Game} game @param {PageState} state @param {(player: string | null) => string} nameOf */
function seatView({ color, player }, game, { me, isReplay }, nameOf) {
  const role = isReplay ? (color === "red" ? "moves first" : "moves second") : (color ?? "either colour");
  return {
    color,
    name: player === null ? (game.status === "none" ? "…" : "Open seat") : nameOf(player),
    role: player !== null && player === me ? `${role} · you` : role,
    isNext: player !== null && player === nextPlayer(game),
  };
}

/** @param {PageState} state @param {boolean} seated @param {boolean} myTurn */
function columnsView(state, seated, myTurn) {
  const game = currentGame(state);
  const offered = seated && game.status === "live" && state.pinned === null;
  return { offered, locked: !myTurn, labels: Array.from(COLUMNS, (column) => columnLabel(game, column, myTurn)) };
}

/** @param {PageState} state @param {boolean} myTurn */
function boardView(state, myTurn) {
  const version = shownVersion(state);
  const { lastMove, winningCells } = gameAt(state, version);
  const game = currentGame(state);
  const cell = myTurn && state.aim ? landingCell(game, state.aim) : null;
  return {
    discs: movesOf(state, version),
    lastMove,
    winningCells,
    aim: myTurn ? state.aim : null,
    ghost: cell === null ? null : { cell, color: colorOf(tokenOf(game, state.me)) },
    isPast: state.pinned !== null,
  };
}

/** @param {PageState} state @param {boolean} seated */
function historyView(state, seated) {
  const moves = movesOf(state);
  const ply = plyOf(state);
  const isLive = currentGame(state).status === "live" && !state.isReplay;
  const pinned = state.pinned !== null;
  return {
    moves,
    ply: Math.min(ply, moves.length),
    version: shownVersion(state),
    pinned,
    where: pinned ? placeText(ply, moves.length, isLive) : isLive ? "Live" : "",
    total: pinned ? "" : moves.length === 1 ? "1 move" : `${moves.length || "No"} moves`,
    wayBack: isLive ? "Back to live" : "To the end",
    isLive,
    playing: state.playing || (isLive && !pinned),
    canPlay: moves.length > 0 && (pinned || state.playing || !(seated && isLive)),
  };
}

/** @param {number} ply @param {number} moves @param {boolean} isLive */
function placeText(ply, moves, isLive) {
  const behind = isLive && ply < moves ? ` · ${moves - ply} behind` : "";
  return `Move ${ply} of ${moves}${behind}`;
}

/** @param {PageState} state @param {(player: string | null) => string} nameOf */
function cardsView(state, nameOf) {
  const { status, opener } = currentGame(state);
  const isOpener = state.me !== null && opener === state.me;
  return {
    invites: status === "open" && isOpener,
    joins: status === "open" && !isOpener && !state.onlyWatching && state.link !== "connecting",
    joinTitle: invitation(nameOf(opener)),
    needsName: state.me === null,
  };
}
