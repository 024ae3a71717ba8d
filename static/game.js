/**
 * The game page put together: what happens in the game and what the player means change one
 * state, and the page shows it.
 */
import { accompany } from "./effects.js";
import { placeIn, showPlace } from "./address.js";
import { joinGame, rememberPlayer, RequestError, stateAt } from "./api.js";
import { connectTo } from "./connection.js";
import { byId } from "./dom.js";
import { raceText } from "./explain.js";
import { landingCell, stateOf } from "./fold.js";
import { notationOf } from "./notation.js";
import { createLiveRegion, createNotice, showUncaughtErrors } from "./notices.js";
import { createPage } from "./page.js";
import { soundSwitch } from "./preferences.js";
import { notationIn, replay } from "./replay.js";
import { prepareSound } from "./sound.js";
import * as states from "./state.js";
import { nameIn } from "./view.js";
import { at, placeOf, playToggled, stepped } from "./viewing.js";
import { announcement, refusalText } from "./words.js";

/** @typedef {import("./state.js").PageState} PageState */

const STEP_MS = 700; // between two moves when the viewer steps by itself

const { signal } = new AbortController(); // as long as the page
const notation = notationIn(location.pathname);
const gameId = notation ?? location.pathname.split("/")[2] ?? "";

let state = { ...states.initialState, isReplay: notation !== null };
let awaited = 0; // the version whose landing is being waited for
let playTimer = 0;

const notice = createNotice(byId("notice"), signal);
showUncaughtErrors(notice.show, signal);
const liveRegion = createLiveRegion(byId("live-region"));
const sound = soundSwitch(byId("sound"), signal);
const page = createPage(
  {
    onPick,
    onAim: (aim) => change({ ...state, aim }),
    onGo: (place, walking) => go(at(state, place), walking),
    onStep: (way) => go(stepped(state, way), true),
    onPlay: () => go(playToggled(state), true),
    onCell,
    onRace: () => change({ ...state, racing: !state.racing }),
    onResign: () => send({ type: "resign" }),
    onJoin: join,
    onWatch,
    takeaway: () => ({ url: location.href, notation: notationOf(states.movesOf(state)), events: state.log, name: gameId }),
    evidence: () => ({ log: state.log, shown: stateOf(states.currentGame(state)), askServer: notation === null ? askServer : null }),
  },
  signal,
);
prepareSound(signal);
addEventListener("popstate", () => change(at(state, placeIn(location.hash))), { signal });

const connected = new AbortController();
const connection = connect();

function connect() {
  /** @type {import("./connection.js").ConnectionHandlers} */
  const handlers = {
    version: () => states.currentGame(state).version,
    onWelcome(player) {
      rememberPlayer(player);
      change({ ...states.named(state, player ? { [player.id]: player.name } : {}), me: player?.id ?? null });
    },
    onEvents: receive,
    onRejected: refuse,
    onUnknownGame: leave,
    onRefusedWatch: notice.show,
    onLogRestored: () => location.reload(),
    onState: (link) => change(link === "stopped" ? states.withoutOptimistic({ ...state, link }) : { ...state, link }),
  };
  try {
    if (notation !== null) return replay(notation, handlers);
    if (!/^[\w-]{1,64}$/.test(gameId)) leave(); // the server would not even read such an id
  } catch (error) {
    leave(error instanceof Error ? error.message : `${error}`);
  }
  return connectTo(gameId, handlers, connected.signal);
}

/** There is no such game. @param {string} [why] */
function leave(why) {
  connected.abort();
  page.showMissing(why);
}

/** @param {readonly import("./fold.js").RecordedEvent[]} events @param {Record<string, string>} players @param {boolean} live */
function receive(events, players, live) {
  const known = states.currentGame(state).version;
  const next = states.received(states.named(state, players), events);
  if (known === 0 && !live) enter(next);
  else change(next);
  if (states.currentGame(next).version < (events.at(-1)?.version ?? 0)) connection.resume();
  if (live) announceAfter(known);
}

/** The first sight of the game: whoever watches sees it fall in, whoever plays has it at once. @param {PageState} next */
function enter(next) {
  const place = placeIn(location.hash);
  awaited = states.currentGame(next).version;
  change(at(states.landedAt(next, awaited), place), place !== null || states.isSeated(next));
}

/** @param {import("./connection.js").Refusal} refusal */
function refuse(refusal) {
  const known = states.currentGame(state).version;
  change(states.refused(state, refusal));
  notice.show(states.lostRace(state, refusal) ? raceText(refusal) : refusalText(refusal));
  announceAfter(known);
}

/** @param {number} version */
function announceAfter(version) {
  liveRegion.announce(announcement(state.log.slice(version), states.currentGame(state), state.me, nameIn(state)));
}

/** Take over a new state and draw it. @param {PageState} next @param {boolean} [still] */
function change(next, still = false) {
  state = next;
  const landingMs = page.renderDiscs(state, still);
  const { version } = states.newestGame(state);
  if (version !== awaited) {
    awaited = version;
    if (landingMs === 0) return land(version);
    setTimeout(() => land(version), landingMs);
  }
  page.render(state);
}

/** What waits for the disc: the words, the sound, the flash in the log. @param {number} version */
function land(version) {
  const before = state.landed;
  state = states.landedAt(state, version);
  page.render(state);
  for (let each = before + 1; each <= state.landed; each += 1) {
    const event = states.eventAt(state, each);
    if (event) accompany(event, states.gameAt(state, each), sound.isOn());
    if (event?.data.result === "TIED" && state.pinned === null) page.openTray();
    page.flash(each);
  }
}

/** Look elsewhere in the game. @param {PageState} next @param {boolean} walking */
function go(next, walking) {
  clearTimeout(playTimer);
  change(next);
  showPlace(placeOf(state), walking);
  if (state.playing) playTimer = setTimeout(() => state.playing && go(stepped(state, 1), true), STEP_MS);
}

/** The move that put a disc there. @param {string} cell */
function onCell(cell) {
  const move = states.movesOf(state).find((each) => each.cell === cell);
  if (move) go(at(state, { ply: move.ply }), false);
}

/** @param {string} column */
function onPick(column) {
  const game = states.currentGame(state);
  if (state.me === null || game.status !== "live") return;
  if (state.link !== "live") return notice.show("Not connected: the move was not made.");
  if (!states.isMyTurn(state)) return notice.show("It is not your turn yet.");
  if (landingCell(game, column) === null) return notice.show(`Column ${column} is full. Choose another one.`);
  const commands = send({ type: "make_move", column }, state.racing ? 2 : 1);
  if (commands.length === 0) return;
  notice.dismiss();
  change(states.moved(state, column, commands));
}

/** @param {{ type: string, column?: string }} intent @param {number} [times] @returns {readonly string[]} */
function send(intent, times) {
  const commands = connection.send(intent, times);
  if (commands.length === 0) notice.show("The connection is busy or lost. Try again in a moment.");
  return commands;
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

function onWatch() {
  change({ ...state, onlyWatching: true });
  page.focusTitle();
}

/** @param {number} version */
function askServer(version) {
  return stateAt(gameId, version);
}
