/**
 * The game page put together: events in, intents out, and one `render` from what is known. The
 * fold is the only truth here; a move of mine that has no answer yet is one more event on top.
 */
import { joinGame, rememberPlayer, RequestError } from "./api.js";
import { createBoard } from "./board.js";
import { createColumns } from "./columns.js";
import { connectTo } from "./connection.js";
import { byId, write } from "./dom.js";
import { evolve, GapError, initialGame, landingCell, nextPlayer, tokenOf } from "./fold.js";
import { createHelp } from "./help.js";
import { createInvitation, createJoin } from "./invitation.js";
import { createBanner, createHerald, createNotice, tellUncaughtErrors } from "./notices.js";
import { soundSwitch, themeSwitch } from "./preferences.js";
import { createRecord } from "./record.js";
import { createResign, createSeats } from "./seats.js";
import { knock } from "./sound.js";
import { createTab } from "./tab.js";
import { announcement, columnLabel, linkText, refusalText, summary } from "./words.js";

/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */

const { signal } = new AbortController(); // as long as the page
const gameId = location.pathname.split("/")[2] ?? "";
const main = byId("main");

/** @type {import("./fold.js").Game} */
let game = initialGame;
/** @type {RecordedEvent | null} my move on its way, as the event it will become */
let hoped = null;
/** @type {string | null} */
let me = null;
/** @type {import("./connection.js").LinkState} */
let link = "connecting";
/** @type {string | null} */
let aim = null;
let onlyWatching = false;
/** @type {ReturnType<typeof createColumns> | null} only a player has columns */
let columns = null;
/** @type {Map<string, string>} */
const names = new Map();
const nameOf = (/** @type {string | null} */ player) => names.get(player ?? "") ?? "Somebody";

const notice = createNotice(byId("notice"), signal);
const banner = createBanner(byId("banner"));
const herald = createHerald(byId("herald"));
tellUncaughtErrors(notice.show, signal);
const board = createBoard(byId("board"));
const seats = createSeats(byId("seats"));
const record = createRecord({ moves: byId("moves"), log: byId("log"), count: byId("count") }, nameOf);
const resign = createResign(byId("resign"), () => send({ type: "resign" }), signal);
const tab = createTab(byId("icon"), signal);
const sound = soundSwitch(byId("sound"), signal);
const joinForm = createJoin(/** @type {HTMLFormElement} */ (byId("join")), { join, onWatch }, signal);
themeSwitch(byId("theme"), signal);
createHelp(/** @type {HTMLDialogElement} */ (byId("help")), byId("help-button"), signal);
createInvitation(byId("invite"), location.origin + location.pathname, signal);

const connected = new AbortController();
if (!/^[\w-]{1,64}$/.test(gameId)) showMissing(); // the server would not even read such an id
const connection = connectTo(
  gameId,
  {
    version: () => game.version,
    onWelcome(player) {
      me = player?.id ?? null;
      if (player) names.set(player.id, player.name);
      rememberPlayer(player);
      byId("join-nameless").hidden = player !== null;
      render();
    },
    onEvents(events, players, live) {
      for (const [id, name] of Object.entries(players)) names.set(id, name);
      apply(events, live);
    },
    onAccepted: render,
    onRejected(refusal) {
      hoped = null;
      notice.show(refusalText(refusal));
      apply(refusal.events, true);
    },
    onUnknownGame: showMissing,
    onRefusedWatch: notice.show,
    onLogRestored: () => location.reload(),
    onPresence(watchers) {
      byId("watchers").textContent = watchers > 0 ? `${watchers} watching` : "";
    },
    onState(state) {
      link = state;
      if (state === "stopped") hoped = null;
      render();
    },
  },
  connected.signal,
);

/** Fold what happened and tell it, once. @param {RecordedEvent[]} events @param {boolean} live */
function apply(events, live) {
  const news = events.filter(({ version }) => version > game.version);
  try {
    for (const event of news) {
      game = evolve(game, event);
      record.add(event, game);
    }
  } catch (error) {
    if (!(error instanceof GapError)) throw error;
    return connection.resume();
  } finally {
    if (hoped && game.version >= hoped.version) hoped = null;
    render();
  }
  if (!live) return;
  herald.say(announcement(news, game, me, nameOf));
  const theirs = news.some(({ type, data }) => type === "MoveMade" && data.player !== me);
  if (theirs && sound.isOn()) knock();
}

/** @param {string} column */
function pick(column) {
  if (me === null || game.status !== "live") return;
  if (link !== "live") return herald.say("Not connected; the move was not made.");
  if (hoped || nextPlayer(game) !== me) return notice.show("It is not your turn yet.");
  if (landingCell(game, column) === null) return notice.show(`Column ${column} is full. Choose another one.`);
  if (!send({ type: "make_move", column })) return;
  hoped = { version: game.version + 1, type: "MoveMade", data: { player: me, column }, at: "" };
  notice.dismiss();
  render();
}

/** @param {{ type: string, column?: string }} intent */
function send(intent) {
  const sent = connection.send(intent);
  if (!sent) notice.show("The connection is busy or lost. Try again in a moment.");
  return sent;
}

/** @param {string} name */
async function join(name) {
  try {
    await joinGame(gameId, name);
    connection.restart(); // to come back as the player
  } catch (error) {
    if (!(error instanceof RequestError)) return notice.show("The server could not be reached. Try again in a moment.");
    notice.show(error.code === "game_full" ? "Somebody else took the seat. You can watch." : error.message);
  }
}

function showMissing() {
  connected.abort();
  main.dataset.state = "missing";
  tab.render("No such game", false);
}

function onWatch() {
  onlyWatching = true;
  render();
  byId("title").focus();
}

function render() {
  const shown = hoped ? evolve(game, hoped) : game;
  const { title, detail, token } = summary(shown, me, nameOf);
  const seated = me !== null && tokenOf(game, me) !== null;
  const myTurn = link === "live" && !hoped && me !== null && nextPlayer(game) === me;
  main.dataset.state = game.status;
  write(byId("title"), title);
  write(byId("detail"), detail);
  byId("headline").dataset.token = token ?? "";
  main.toggleAttribute("data-my-turn", myTurn);
  banner.show(linkText(link));
  seats.render(shown, me, nameOf);
  renderColumns(seated && game.status === "live", myTurn);
  board.render({ ...shown, ghost: ghost(myTurn) });
  renderCards();
  resign.render(seated && game.status === "live");
  byId("again").hidden = game.status !== "finished";
  tab.render(title, me !== null && nextPlayer(game) === me);
}

/** @param {boolean} offered @param {boolean} myTurn */
function renderColumns(offered, myTurn) {
  if (offered) columns ??= createColumns(byId("columns"), { onPick: pick, onAim: takeAim }, signal);
  if (!columns) return;
  if (!offered) {
    if (columns.hasFocus()) byId("title").focus(); // where the result stands
    return columns.hide();
  }
  columns.render({ label: (column) => columnLabel(game, column, myTurn), locked: !myTurn });
}

/** @param {string | null} column */
function takeAim(column) {
  aim = column;
  render();
}

/** @param {boolean} myTurn @returns {import("./board.js").BoardView["ghost"]} */
function ghost(myTurn) {
  const cell = myTurn && aim ? landingCell(game, aim) : null;
  return cell === null ? null : { cell, piece: tokenOf(game, me) === "RED" ? "R" : "Y" };
}

function renderCards() {
  const opener = me !== null && game.opener === me;
  byId("invite").hidden = game.status !== "open" || !opener;
  byId("join").hidden = game.status !== "open" || opener || onlyWatching;
  joinForm.render(nameOf(game.opener));
}

