/**
 * The card over an empty board: for the opener a link to send, for everybody else the way in.
 * Knows the game's address and a name; knows nothing of the wire.
 */
import { write } from "./dom.js";
import { recall, remember } from "./memory.js";
import { qrMatrix } from "./qr.js";
import { invitation } from "./words.js";

const QUIET_ZONE = 3; // modules of margin a scanner needs

/** @param {HTMLElement} root @param {string} url @param {AbortSignal} signal */
export function createInvitation(root, url, signal) {
  const field = root.querySelector("input");
  const [copy, share] = Array.from(root.querySelectorAll("button"));
  const code = root.querySelector("svg");
  if (!field || !copy || !share || !code) throw new Error("The invitation lacks a part.");
  field.value = url;
  share.hidden = typeof navigator.share !== "function";
  drawCode(code, url);

  async function copyLink() {
    field?.select();
    try {
      await navigator.clipboard.writeText(url);
    } catch {
      document.execCommand("copy"); // plain http has no clipboard of its own
    }
    if (copy) copy.textContent = "Copied";
    setTimeout(() => copy && (copy.textContent = "Copy link"), 2_000);
  }

  const options = { signal };
  copy.addEventListener("click", copyLink, options);
  share.addEventListener("click", () => navigator.share({ title: "Fourfold", text: "Play a game of four in a row with me.", url }).catch(() => {}), options);
  field.addEventListener("focus", () => field.select(), options);
}

/** @param {SVGSVGElement} svg @param {string} text */
function drawCode(svg, text) {
  const matrix = qrMatrix(text);
  if (!matrix) return; // too long an address; the link is there
  const size = matrix.length + 2 * QUIET_ZONE;
  const path = matrix.flatMap((line, y) => line.map((dark, x) => (dark ? `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z` : "")));
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.querySelector("path")?.setAttribute("d", path.join(""));
  svg.removeAttribute("hidden");
}

/**
 * @param {HTMLFormElement} form
 * @param {{ join: (name: string) => Promise<void>, onWatch: () => void }} handlers
 * @param {AbortSignal} signal
 */
export function createJoin(form, { join, onWatch }, signal) {
  const title = form.querySelector("h2");
  const name = form.querySelector("input");
  const [enter, watch] = Array.from(form.querySelectorAll("button"));
  if (!title || !name || !enter || !watch) throw new Error("The way in lacks a part.");

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    if (!enter || !name) return;
    enter.disabled = true;
    remember("name", name.value.trim());
    try {
      await join(name.value);
    } finally {
      enter.disabled = false;
    }
  }

  name.value = recall("name") ?? "";
  form.addEventListener("submit", submit, { signal });
  watch.addEventListener("click", onWatch, { signal });
  return {
    /** @param {string} host who invites */
    render(host) {
      write(title, invitation(host));
    },
  };
}
