/** The form over an empty board: the way to the free seat, or to watching. */
import { part, write } from "./dom.js";
import { recall, remember } from "./memory.js";

/**
 * @param {HTMLFormElement} form
 * @param {{ onJoin: (name: string) => Promise<void>, onWatch: () => void }} handlers
 * @param {AbortSignal} signal
 */
export function createJoin(form, { onJoin, onWatch }, signal) {
  const name = /** @type {HTMLInputElement} */ (part(form, "input"));
  const enter = /** @type {HTMLButtonElement} */ (part(form, "[type=submit]"));

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    enter.disabled = true;
    remember("name", name.value.trim());
    try {
      await onJoin(name.value);
    } finally {
      enter.disabled = false;
    }
  }

  name.value = recall("name") ?? "";
  form.addEventListener("submit", submit, { signal });
  part(form, "[type=button]").addEventListener("click", onWatch, { signal });
  return {
    /** @param {{ joins: boolean, joinTitle: string, needsName: boolean }} view */
    render({ joins, joinTitle, needsName }) {
      form.hidden = !joins;
      write(part(form, "h2"), joinTitle);
      part(form, ".field").hidden = !needsName;
    },
  };
}
