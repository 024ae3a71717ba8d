/**
 * "Verify here": the log checked rule by rule in this browser, and held against what the server
 * folds on its own. Draws the answers; the rules are in `verify.js`.
 */
import { make } from "./dom.js";
import { agree, verify } from "./verify.js";

const TICK_MS = 110;

/**
 * @typedef {object} Evidence
 * @property {readonly import("./fold.js").RecordedEvent[]} log
 * @property {ReturnType<typeof import("./fold.js").stateOf>} shown
 * @property {((version: number) => Promise<Record<string, any>>) | null} askServer null where there is none
 */

/** @param {{ button: HTMLElement, list: HTMLElement }} places @param {() => Evidence} evidence @param {AbortSignal} signal */
export function createVerification({ button, list }, evidence, signal) {
  async function check() {
    const { log, shown, askServer } = evidence();
    if (log.length === 0) return; // nothing has come yet
    const checks = verify(log, shown);
    list.hidden = false;
    const items = checks.map(item);
    list.replaceChildren(...items);
    list.scrollIntoView({ block: "nearest" });
    if (!askServer) return;
    const answer = await askServer(shown.version).catch(() => null);
    if (!items[0]?.isConnected) return; // asked again meanwhile
    const rule = answer ? "The server, folding on its own, says the same" : "The server could not be asked";
    list.append(item({ rule, holds: answer !== null && agree(answer, shown) }, checks.length));
  }

  button.addEventListener("click", check, { signal });
  return {
    /** What was checked is not the whole log any more. */
    clear: () => (list.hidden = true),
  };
}

/** @param {import("./verify.js").Check} check @param {number} place */
function item({ rule, holds }, place) {
  const element = make("li", { class: holds ? "holds" : "fails" }, make("span", { class: "visually-hidden" }, holds ? "Holds: " : "Fails: "), rule);
  element.style.setProperty("--after", `${place * TICK_MS}ms`);
  return element;
}
