/** The dialogs of a page: each closes by a click beside it; the help also opens by the `?` key. */
import { takesKeys } from "./dom.js";

/** @param {HTMLDialogElement} dialog @param {HTMLElement} button @param {AbortSignal} signal */
export function createHelp(dialog, button, signal) {
  const show = () => dialog.open || dialog.showModal();
  button.addEventListener("click", show, { signal });
  document.addEventListener("keydown", (event) => event.key === "?" && !takesKeys(event.target) && show(), { signal });
}

/** A click on the backdrop is a click on the dialog itself, beside everything in it. @param {HTMLDialogElement} dialog @param {AbortSignal} signal */
export function closeByBackdrop(dialog, signal) {
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(), { signal });
}
