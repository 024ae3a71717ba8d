/**
 * Everything one can take away from a game: its link, the position one looks at, its moves as a
 * notation, its events as lines of JSON. Knows what it is given when it opens.
 */
import { part } from "./dom.js";
import { createCopying, createLink } from "./link.js";

/** @typedef {{ url: string, notation: string, events: readonly object[], name: string }} Takeaway */

/**
 * @param {HTMLDialogElement} dialog
 * @param {HTMLElement} button
 * @param {() => Takeaway} takeaway what there is to share now
 * @param {AbortSignal} signal
 */
export function createShare(dialog, button, takeaway, signal) {
  const link = createLink(part(dialog, ".link-out"), signal);
  const field = /** @type {HTMLInputElement} */ (part(dialog, "#notation"));
  createCopying(field, part(dialog, ".copy-notation"), signal);

  function open() {
    const { url, notation } = takeaway();
    link.render(url);
    field.value = notation;
    part(dialog, ".notated").hidden = notation === "";
    dialog.showModal();
  }

  function download() {
    const { events, name } = takeaway();
    const lines = events.map((event) => `${JSON.stringify(event)}\n`);
    const href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    const anchor = Object.assign(document.createElement("a"), { href, download: `fourfold-${name}.jsonl` });
    anchor.click();
    URL.revokeObjectURL(href);
  }

  button.addEventListener("click", open, { signal });
  part(dialog, ".download").addEventListener("click", download, { signal });
}
