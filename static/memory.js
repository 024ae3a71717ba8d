/**
 * What this browser remembers between visits, where it may: storage can be full, forbidden or
 * broken, and the page then simply starts afresh.
 */

const PREFIX = "fourfold.";

/** @param {string} key @returns {any} null when there is nothing */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {unknown} value */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // The choice then lasts as long as the page.
  }
}
