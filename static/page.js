/**
 * The game page as it is drawn: every part of it is made here, and `render` shows a state in all
 * of them. What people do becomes an intent; what comes of it is decided elsewhere.
 */
import { createBoard } from "./board.js";
import { createColumns } from "./columns.js";
import { byId, part, write } from "./dom.js";
import { changesAt, eventRows, rawText, refusalRows } from "./explain.js";
import { createHand } from "./hand.js";
import { closeByBackdrop, createHelp } from "./help.js";
import { createHistory } from "./history.js";
import { createInspector } from "./inspector.js";
import { createJoin } from "./join.js";
import { createLink } from "./link.js";
import { createBanner } from "./notices.js";
import { themeSwitch } from "./preferences.js";
import { createResign } from "./resign.js";
import { createSeats } from "./seats.js";
import { createShare } from "./share.js";
import { shownVersion } from "./state.js";
import { createTab } from "./tab.js";
import { createTabs } from "./tabs.js";
import { createVerification } from "./verification.js";
import { viewOf } from "./view.js";

/** @typedef {import("./state.js").PageState} PageState */
/** @typedef {import("./address.js").Place} Place */
/**
 * @typedef {object} Intents
 * @property {(column: string) => void} onPick
 * @property {(column: string | null) => void} onAim
 * @property {(place: Place, walking: boolean) => void} onGo
 * @property {(way: 1 | -1) => void} onStep
 * @property {() => void} onPlay
 * @property {(cell: string) => void} onCell
 * @property {() => void} onRace
 * @property {() => void} onResign
 * @property {(name: string) => Promise<void>} onJoin
 * @property {() => void} onWatch
 * @property {() => import("./share.js").Takeaway} takeaway
 * @property {() => import("./verification.js").Evidence} evidence
 */

/** @param {Intents} intents @param {AbortSignal} signal */
export function createPage(intents, signal) {
  const main = byId("main");
  const title = byId("title");
  const race = byId("race");
  const board = createBoard(byId("board"), intents.onCell);
  const columns = createColumns(byId("columns"), intents, signal);
  const hand = createHand(part(byId("board"), ".hand"), byId("columns"), signal);
  const history = createHistory({ controls: byId("history"), list: byId("moves"), columns: byId("columns") }, intents, signal);
  const inspector = createInspector(byId("log"), (version, walking) => intents.onGo({ version }, walking), signal);
  const seats = createSeats(byId("seats"));
  const banner = createBanner(byId("banner"));
  const resign = createResign(byId("resign"), intents.onResign, signal);
  const invitation = createLink(byId("invite"), signal);
  const verification = createVerification({ button: byId("verify"), list: byId("checks") }, intents.evidence, signal);
  const joinForm = createJoin(/** @type {HTMLFormElement} */ (byId("join")), intents, signal);
  const tab = createTab(byId("icon"), signal);
  const [help, share] = /** @type {[HTMLDialogElement, HTMLDialogElement]} */ ([byId("help"), byId("share")]);
  /** @type {unknown[]} */
  let inspected = [];

  themeSwitch(byId("theme"), signal);
  createTabs(byId("tabs"), signal);
  createHelp(help, byId("help-button"), signal);
  createShare(share, byId("share-button"), intents.takeaway, signal);
  for (const dialog of [help, share]) closeByBackdrop(dialog, signal);
  race.addEventListener("click", intents.onRace, { signal });

  /** Everything but the discs. @param {PageState} state */
  function render(state) {
    const view = viewOf(state);
    main.dataset.state = view.status;
    main.toggleAttribute("data-my-turn", view.myTurn);
    write(title, view.title);
    write(byId("detail"), view.detail);
    byId("headline").dataset.color = view.color ?? "";
    banner.show(view.trouble);
    seats.render(view.seats);
    renderColumns(view);
    hand.render(view.hand);
    inspect(state);
    byId("invite").hidden = !view.invites;
    if (view.invites) invitation.render(location.origin + location.pathname);
    joinForm.render(view);
    resign.render(view.canResign);
    race.hidden = !view.canResign;
    race.setAttribute("aria-pressed", String(view.racing));
    byId("again").hidden = !view.isOver;
    tab.render(view.title, view.calls);
  }

  /** @param {import("./view.js").View} view */
  function renderColumns(view) {
    const losesFocus = !view.columns.offered && columns.hasFocus();
    columns.render(view.columns);
    history.render(view.history, view.columns.offered);
    if (losesFocus) view.history.pinned ? history.focus() : title.focus(); // where the result stands
  }

  /** The log, if anything in it has changed. @param {PageState} state */
  function inspect(state) {
    const version = Math.min(shownVersion(state), state.log.length); // my move in flight is no event yet
    const shown = [version, state.log, state.names, state.refusals];
    if (shown.every((each, i) => each === inspected[i])) return;
    if (state.log !== inspected[1]) verification.clear();
    inspected = shown;
    inspector.render({
      events: eventRows(state),
      refusals: refusalRows(state),
      version,
      follows: state.pinned === null,
      raw: rawText(state, version),
      changes: changesAt(state, version),
    });
  }

  /** @param {string} [why] */
  function showMissing(why) {
    main.dataset.state = "missing";
    if (why) write(byId("why-missing"), why);
    tab.render("No such game", false);
  }

  return {
    render,
    /** @param {PageState} state @param {boolean} still @returns {number} milliseconds until the last disc has landed */
    renderDiscs: (state, still) => board.render(viewOf(state).board, still),
    openTray: board.openTray,
    flash: inspector.flash,
    focusTitle: () => title.focus(),
    showMissing,
  };
}
