/**
 * A list of games that stays in place while it changes: rows are kept by game, so that neither
 * focus nor a pressed button is lost to a refresh. Knows rows; knows nothing of requests.
 */

import { make } from "./dom.js";

/** @typedef {import("./api.js").ListedGame} ListedGame */
/** @typedef {import("./api.js").GameList} GameList */

const JUST_BEGUN = 8; // versions
const FULL_SWING = 30;

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} empty shown when there is nothing
 * @param {{ onPlay: (game: string) => void }} handlers
 */
export function createGameList(root, empty, { onPlay }) {
  /** @type {Map<string, { element: HTMLElement, says: string }>} */
  const rows = new Map();

  /** @param {GameList} list @param {string | null} me */
  function render({ games, players }, me) {
    const listed = new Set(games.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (listed.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    games.forEach((game, place) => {
      const row = rowFor(game, players, me);
      if (root.children[place] !== row) root.insertBefore(row, root.children[place] ?? null);
    });
    empty.hidden = games.length > 0;
  }

  /** @param {ListedGame} game @param {Record<string, string>} players @param {string | null} me */
  function rowFor(game, players, me) {
    const facts = factsOf(game, players, me);
    const says = JSON.stringify(facts);
    const known = rows.get(game.id);
    if (known?.says === says) return known.element;
    const element = known?.element ?? document.createElement("li");
    const refocus = element.contains(document.activeElement);
    const way = facts.seat ? playButton(game.id, facts) : gameLink(game.id, facts);
    element.replaceChildren(discs(game), lines(facts), way);
    if (refocus) way.focus();
    rows.set(game.id, { element, says });
    return element;
  }

  /** @param {string} id @param {Facts} facts */
  function playButton(id, { action, who }) {
    const button = make("button", { type: "button", class: "button", "aria-label": `${action} against ${who}` }, action);
    button.addEventListener("click", () => onPlay(id));
    return button;
  }

  return { render };
}

/** @typedef {{ who: string, what: string, action: string, seat: boolean }} Facts */

/** @param {ListedGame} game @param {Record<string, string>} players @param {string | null} me @returns {Facts} */
function factsOf(game, players, me) {
  const name = (/** @type {string | null} */ id) => players[id ?? ""] ?? "Somebody";
  const mine = me !== null && [game.opener, game.player_one, game.player_two].includes(me);
  const action = mine ? "Go back" : "Watch";
  if (game.player_one !== null) {
    return { who: `${name(game.player_one)} – ${name(game.player_two)}`, what: stage(game.version), action, seat: false };
  }
  const what = { random: "chance decides who begins", red: "plays red and begins", yellow: "plays yellow, you begin" }[game.color];
  return mine ? { who: "Your game", what: "waiting for an opponent", action, seat: false } : { who: name(game.opener), what, action: "Play", seat: true };
}

/** @param {string} id @param {Facts} facts */
function gameLink(id, { action, who }) {
  return make("a", { class: "button quiet", href: `/games/${encodeURIComponent(id)}`, "aria-label": `${action}: ${who}` }, action);
}

/** @param {ListedGame} game */
function discs({ player_one, color }) {
  const colors = player_one !== null ? ["red", "yellow"] : [color === "random" ? "" : color];
  return make("span", { class: "disc-icons" }, ...colors.map((each) => make("i", { class: "disc-icon", "data-color": each })));
}

/** @param {Facts} facts */
function lines({ who, what }) {
  return make("span", { class: "lines" }, make("b", {}, who), make("span", {}, what));
}

/** How far a game has come, in a player's words. @param {number} version */
function stage(version) {
  if (version < JUST_BEGUN) return "just begun";
  return version < FULL_SWING ? "in full swing" : "getting crowded";
}
