/**
 * The record beside the board: the moves in order, and the log of events they are folded from.
 * Both only ever grow, as the log does. Knows events; knows nothing of whose page it is.
 */
import { nextPlayer } from "./fold.js";

/** @typedef {import("./fold.js").Game} Game */
/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {import("./words.js").NameOf} NameOf */

/**
 * @param {{ moves: HTMLElement, log: HTMLElement, count: HTMLElement }} places
 * @param {NameOf} nameOf
 */
export function createRecord({ moves, log, count }, nameOf) {
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

  /** @param {RecordedEvent} event @param {Game} after */
  function add(event, after) {
    if (event.type === "MoveMade") moves.append(moveItem(after));
    log.append(logItem(event));
    count.textContent = after.version === 1 ? "1 event" : `${after.version} events`;
    for (const list of [moves, log]) list.scrollTop = list.scrollHeight;
  }

  /** @param {Game} after */
  function moveItem(after) {
    const item = document.createElement("li");
    item.dataset.piece = nextPlayer(after) === after.playerOne ? "Y" : "R";
    const color = item.dataset.piece === "R" ? "red" : "yellow";
    item.append(textIn("span", after.lastMove ?? ""), hidden(`, ${color}`));
    return item;
  }

  /** @param {RecordedEvent} event */
  function logItem({ version, type, data, at }) {
    const item = document.createElement("li");
    const when = textIn("time", time.format(new Date(at)));
    when.setAttribute("datetime", at);
    const facts = Object.entries(data).map(([key, value]) => `${key} ${spoken(key, value)}`);
    item.append(textIn("span", String(version), "version"), textIn("b", type), when, textIn("code", facts.join(" · ")));
    return item;
  }

  /** @param {string} key @param {unknown} value */
  function spoken(key, value) {
    const isPlayer = ["player", "player_one", "player_two", "opener"].includes(key);
    return isPlayer && typeof value === "string" ? nameOf(value) : String(value);
  }

  return { add };
}

/** @param {string} tag @param {string} text @param {string} [className] */
function textIn(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

/** @param {string} text */
function hidden(text) {
  return textIn("span", text, "visually-hidden");
}
