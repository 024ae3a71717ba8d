/**
 * What the page has to say unasked: refusals and errors, the state of the connection, and the
 * news for those who listen. Knows sentences, not where they come from.
 */
import { make, part, write } from "./dom.js";

const SHORTEST_MS = 8_000;

/** A message that can be dismissed and goes by itself. @param {HTMLElement} root @param {AbortSignal} signal */
export function createNotice(root, signal) {
  const text = part(root, "p");
  const button = part(root, "button");
  let timer = 0;

  function dismiss() {
    clearTimeout(timer);
    root.removeAttribute("data-shown");
    button.hidden = true;
    text.textContent = "";
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
      write(root, message);
      root.toggleAttribute("data-shown", message !== "");
    },
  };
}

/** What screen readers say, once for each message. @param {HTMLElement} region an element with `aria-live` */
export function createLiveRegion(region) {
  return {
    /** @param {string} message */
    announce(message) {
      if (message) region.replaceChildren(make("p", {}, message)); // a new node is news even when the words are the same
    },
  };
}

/** The outermost edge: whatever nobody caught is at least shown. @param {(message: string) => void} show @param {AbortSignal} signal */
export function showUncaughtErrors(show, signal) {
  addEventListener("error", (event) => show(`Something went wrong: ${event.message}`), { signal });
  addEventListener("unhandledrejection", (event) => show(`Something went wrong: ${event.reason?.message ?? event.reason}`), { signal });
}
