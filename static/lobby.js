/**
 * The landing page: open a game, take an open seat, watch a live one. The lists are a read
 * model that follows the log by milliseconds, so a seat may be gone when it is asked for.
 */
import { joinGame, listGames, openGame, rememberedPlayer, rememberPlayer } from "./api.js";
import { createBoard } from "./board.js";
import { byId, takesKeys } from "./dom.js";
import { createGameList } from "./games.js";
import { recall, remember } from "./memory.js";
import { eventsOf } from "./notation.js";
import { createNotice, showUncaughtErrors } from "./notices.js";
import { themeSwitch } from "./preferences.js";
import { currentGame, initialState, movesOf, received } from "./state.js";

const REFRESH_MS = 3_000;
const SHOWN_GAME = "566435425762355414416";

const { signal } = new AbortController(); // as long as the page
const form = /** @type {HTMLFormElement} */ (byId("open"));
const nameField = /** @type {HTMLInputElement} */ (byId("name"));
const notationField = /** @type {HTMLInputElement} */ (byId("notation"));
const notice = createNotice(byId("notice"), signal);
const open = createGameList(byId("open-games"), byId("open-empty"), { onPlay: play });
const live = createGameList(byId("live-games"), byId("live-empty"), { onPlay: play });

/** Go to the game that `request` leads to, or say why not. @param {() => Promise<string>} request */
async function enter(request) {
  form.inert = true;
  try {
    remember("name", nameField.value.trim());
    location.assign(`/games/${encodeURIComponent(await request())}`);
  } catch (error) {
    notice.show(error instanceof TypeError ? "The server could not be reached. Try again in a moment." : `${error instanceof Error ? error.message : error}`);
  } finally {
    form.inert = false;
  }
}

/** @param {SubmitEvent} event */
function openFromForm(event) {
  event.preventDefault();
  const wishes = new FormData(form);
  const color = String(wishes.get("color"));
  enter(() => openGame({ color, public: wishes.has("public") }, nameField.value));
}

/** @param {string} game */
function play(game) {
  return enter(async () => {
    await joinGame(game, nameField.value).catch((error) => {
      if (error.code !== "game_full") throw error; // then at least watch
    });
    return game;
  });
}

function showName() {
  const player = rememberedPlayer();
  byId("nameless").hidden = player !== null;
  byId("named").hidden = player === null;
  byId("known-as").textContent = player?.name ?? "";
}

/** A new name is a new player; the seats of the old one stay where they are. */
function rename() {
  rememberPlayer(null);
  showName();
  nameField.focus();
}

async function refresh() {
  if (document.hidden) return;
  try {
    const [seats, games] = await Promise.all([listGames("open", signal), listGames("live", signal)]);
    const me = rememberedPlayer()?.id ?? null;
    open.render(seats, me);
    live.render(games, me);
  } catch {
    // The lists simply stay as they were; the next round tries again.
  }
}

/** A game long won, told by the same fold as every other. */
function showPiece() {
  const board = createBoard(byId("showpiece"));
  const view = { discs: [], lastMove: null, winningCells: [], aim: null, ghost: null, isPast: false, opensCells: false };
  const won = received(initialState, eventsOf(SHOWN_GAME));
  board.render(view);
  board.render({ ...view, discs: movesOf(won), winningCells: currentGame(won).winningCells });
}

/** @param {string} text */
function openReplay(text) {
  const notation = text.replace(/\s/g, "");
  try {
    eventsOf(notation);
    location.assign(`/replay/${notation}`);
  } catch (error) {
    notice.show(error instanceof Error ? error.message : `${error}`);
  }
}

/** A notation pasted anywhere but into a field is meant to be opened. @param {ClipboardEvent} event */
function onPaste(event) {
  const text = event.clipboardData?.getData("text") ?? "";
  if (!takesKeys(event.target) && /^[1-7\s]{4,}$/.test(text)) openReplay(text);
}

showUncaughtErrors(notice.show, signal);
themeSwitch(byId("theme"), signal);
nameField.value = recall("name") ?? "";
showName();
showPiece();
form.addEventListener("submit", openFromForm, { signal });
byId("replay").addEventListener("submit", (event) => (event.preventDefault(), openReplay(notationField.value)), { signal });
document.addEventListener("paste", onPaste, { signal });
byId("rename").addEventListener("click", rename, { signal });
document.addEventListener("visibilitychange", refresh, { signal });
addEventListener("pageshow", () => (showName(), refresh()), { signal });
setInterval(refresh, REFRESH_MS);
