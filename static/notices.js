/**
 * What the page has to say unasked: refusals and errors, the state of the connection, and the
 * news for those who listen. Knows sentences, not where they come from.
 */

const SHORTEST_MS = 8_000;

/** A message that can be dismissed and goes by itself. @param {HTMLElement} root @param {AbortSignal} signal */
export function createNotice(root, signal) {
  const text = root.querySelector("p");
  const button = root.querySelector("button");
  if (!text || !button) throw new Error("The notice lacks its text or its button.");
  let timer = 0;

  function dismiss() {
    clearTimeout(timer);
    root.removeAttribute("data-shown");
    button?.setAttribute("hidden", "");
    if (text) text.textContent = "";
  }

  button.addEventListener("click", dismiss, { signal });
  return {
    /** @param {string} message */
    show(message) {
      clearTimeout(timer);
      text.textContent = message;
      button.hidden = false;
      root.dataset.shown = "";
      timer = setTimeout(dismiss, SHORTEST_MS);
    },
    dismiss,
  };
}

/** A line that is there as long as its cause. @param {HTMLElement} root */
export function createBanner(root) {
  return {
    /** @param {string} message empty hides it */
    show(message) {
      if (root.textContent !== message) root.textContent = message;
      root.toggleAttribute("data-shown", message !== "");
    },
  };
}

/** Say it once to screen readers. @param {HTMLElement} region an element with `aria-live` */
export function createHerald(region) {
  return {
    /** @param {string} message */
    say(message) {
      if (!message) return;
      const line = document.createElement("p");
      line.textContent = message;
      region.replaceChildren(line); // a new node is news even when the words are the same
    },
  };
}

/** The outermost edge: whatever nobody caught is at least told. @param {(message: string) => void} tell @param {AbortSignal} signal */
export function tellUncaughtErrors(tell, signal) {
  addEventListener("error", (event) => tell(`Something went wrong: ${event.message}`), { signal });
  addEventListener("unhandledrejection", (event) => tell(`Something went wrong: ${event.reason?.message ?? event.reason}`), { signal });
}
