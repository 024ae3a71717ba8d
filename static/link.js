/**
 * A link to hand over: to copy, to share with the system's own sheet, or to scan. Knows an
 * address; knows nothing of what it leads to.
 */
import { part } from "./dom.js";
import { qrMatrix } from "./qr.js";

const QUIET_ZONE = 3; // modules of margin a scanner needs
const COPIED_MS = 2_000;

/** @param {HTMLElement} root holding a field, a `.copy` button, a `.share` button and an `svg` @param {AbortSignal} signal */
export function createLink(root, signal) {
  const field = /** @type {HTMLInputElement} */ (part(root, "input"));
  const share = part(root, ".share");
  share.hidden = typeof navigator.share !== "function";
  share.addEventListener("click", () => navigator.share({ title: "Fourfold", url: field.value }).catch(() => {}), { signal });
  createCopying(field, part(root, ".copy"), signal);
  return {
    /** @param {string} url */
    render(url) {
      if (field.value === url) return;
      field.value = url;
      drawCode(part(root, "svg"), url);
    },
  };
}

/** @param {HTMLInputElement} field @param {HTMLElement} button @param {AbortSignal} signal */
export function createCopying(field, button, signal) {
  const label = button.textContent ?? "";

  async function copy() {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // plain http has no clipboard of its own
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), COPIED_MS);
  }

  button.addEventListener("click", copy, { signal });
  field.addEventListener("focus", () => field.select(), { signal });
}

/** @param {SVGSVGElement} svg @param {string} text */
function drawCode(svg, text) {
  const matrix = qrMatrix(text);
  svg.toggleAttribute("hidden", !matrix); // too long an address; the link is there
  if (!matrix) return;
  const size = matrix.length + 2 * QUIET_ZONE;
  const path = matrix.flatMap((line, y) => line.map((dark, x) => (dark ? `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z` : "")));
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  part(svg, "path").setAttribute("d", path.join(""));
}
