/**
 * The two seats: who plays which colour, which one is you, whose turn it is, and the two-step
 * way to leave a game. Knows the game's players; decides nothing.
 */
import { write } from "./dom.js";
import { nextPlayer } from "./fold.js";

/** @typedef {import("./fold.js").Game} Game */
/** @typedef {{ token: "RED" | "YELLOW" | null, player: string | null }} Seat */

/** @param {HTMLElement} root holding two `.seat`s */
export function createSeats(root) {
  const places = Array.from(root.querySelectorAll(".seat"));

  /** @param {Game} game @param {string | null} me @param {import("./words.js").NameOf} nameOf */
  function render(game, me, nameOf) {
    const next = nextPlayer(game);
    seatsOf(game).forEach(({ token, player }, i) => {
      const place = places[i];
      if (!(place instanceof HTMLElement)) return;
      place.dataset.token = token ?? "";
      place.toggleAttribute("data-turn", player !== null && player === next);
      const color = token?.toLowerCase() ?? "either colour";
      label(place, ".seat-name", player === null ? (game.status === "none" ? "…" : "Open seat") : nameOf(player));
      label(place, ".seat-role", player !== null && player === me ? `${color} · you` : color);
    });
  }

  return { render };
}

/** @param {Game} game @returns {[Seat, Seat]} */
function seatsOf({ status, color, opener, playerOne, playerTwo }) {
  if (status !== "none" && playerOne === null) {
    if (color === "random") return [{ token: null, player: opener }, { token: null, player: null }];
    const red = color === "red";
    return [{ token: "RED", player: red ? opener : null }, { token: "YELLOW", player: red ? null : opener }];
  }
  return [{ token: "RED", player: playerOne }, { token: "YELLOW", player: playerTwo }];
}

/** @param {Element} place @param {string} selector @param {string} text */
function label(place, selector, text) {
  const element = place.querySelector(selector);
  if (element) write(element, text);
}

/**
 * Resign in two steps: the second button stands where no hurried second click lands.
 * @param {HTMLElement} root @param {() => void} onResign @param {AbortSignal} signal
 */
export function createResign(root, onResign, signal) {
  const [ask, keep, confirm] = Array.from(root.querySelectorAll("button"));
  if (!ask || !confirm || !keep) throw new Error("Resigning takes three buttons.");

  const step = (/** @type {boolean} */ asking, /** @type {boolean} */ moveFocus) => {
    ask.hidden = asking;
    confirm.hidden = keep.hidden = !asking;
    if (moveFocus) (asking ? keep : ask).focus();
  };

  const options = { signal };
  ask.addEventListener("click", () => step(true, true), options);
  keep.addEventListener("click", () => step(false, true), options);
  confirm.addEventListener("click", () => (step(false, true), onResign()), options);
  root.addEventListener("keydown", (event) => event.key === "Escape" && !keep.hidden && step(false, true), options);
  return {
    /** @param {boolean} offered */
    render(offered) {
      if (!offered) step(false, false);
      root.hidden = !offered;
    },
  };
}
