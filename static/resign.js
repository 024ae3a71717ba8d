/** The two-step way to give a game up. */

/**
 * The second button stands where no hurried second click lands.
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
