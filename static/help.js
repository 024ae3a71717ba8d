/** The help: a dialog behind a button and behind the `?` key. Knows nothing of the game. */

/** @param {HTMLDialogElement} dialog @param {HTMLElement} button @param {AbortSignal} signal */
export function createHelp(dialog, button, signal) {
  const show = () => dialog.open || dialog.showModal();

  /** @param {KeyboardEvent} event */
  function askedByKey(event) {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select") !== null;
    if (event.key === "?" && !typing) show();
  }

  button.addEventListener("click", show, { signal });
  document.addEventListener("keydown", askedByKey, { signal });
  // A click on the backdrop is a click on the dialog itself, beside everything in it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(), { signal });
}
