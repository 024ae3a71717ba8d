/**
 * One websocket that comes back: it opens, notices when the other end is gone, waits with
 * jitter, and opens again. Knows nothing of games. Only one socket exists at a time, and
 * messages of a dropped one are ignored.
 */

/** @typedef {"connecting" | "open" | "waiting" | "stopped"} SocketState */
/**
 * @typedef {object} SocketHandlers
 * @property {(frame: any) => void} onFrame
 * @property {(state: SocketState, closeCode: number) => void} onState
 * @property {() => void} onQuiet ask the other end for any sign of life
 */

const OPEN_TIMEOUT_MS = 5_000;
const QUIET_MS = 12_000;
const ANSWER_MS = 5_000;
const HASTY_ANSWER_MS = 1_500; // after a wake-up there is reason to doubt
const STEADY_MS = 10_000; // a socket that lived this long ends a streak of failures
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
const CLOSED_BY_POLICY = [1008, 1009];
const TRY_LATER = 1013;

/**
 * @param {string} url
 * @param {SocketHandlers} handlers
 * @param {AbortSignal} signal ends it for good
 */
export function keepSocket(url, handlers, signal) {
  /** @type {WebSocket | null} */
  let socket = null;
  let listening = new AbortController();
  let failures = 0;
  let openedAt = 0;
  /** @type {SocketState} */
  let state = "waiting";
  let timer = 0; // the one thing being waited for: opening, silence, an answer, the next attempt

  function open() {
    drop();
    change("connecting");
    listening = new AbortController();
    socket = new WebSocket(url);
    const options = { signal: listening.signal };
    socket.addEventListener("message", receive, options);
    socket.addEventListener("close", (event) => lose(event.code), options);
    wait(OPEN_TIMEOUT_MS, () => lose(0));
  }

  /** @param {MessageEvent<string>} event */
  function receive(event) {
    if (state === "connecting") {
      openedAt = performance.now();
      change("open");
    }
    awaitSilence();
    handlers.onFrame(JSON.parse(event.data));
  }

  function awaitSilence() {
    // A hidden page is left alone: its timers are late, and nobody is looking.
    wait(QUIET_MS, () => (document.hidden ? awaitSilence() : probe(ANSWER_MS)));
  }

  /** @param {number} answerMs */
  function probe(answerMs) {
    wait(answerMs, () => lose(0));
    handlers.onQuiet();
  }

  /** @param {number} closeCode */
  function lose(closeCode) {
    const steady = state === "open" && performance.now() - openedAt > STEADY_MS;
    failures = steady ? 0 : failures + 1;
    drop();
    if (CLOSED_BY_POLICY.includes(closeCode)) return change("stopped", closeCode);
    change("waiting", closeCode);
    wait(backOff(failures, closeCode), open);
  }

  function drop() {
    clearTimeout(timer);
    listening.abort();
    socket?.close();
    socket = null;
  }

  /** @param {SocketState} next */
  function change(next, closeCode = 0) {
    if (next === state) return;
    state = next;
    handlers.onState(state, closeCode);
  }

  /** @param {number} ms @param {() => void} then */
  function wait(ms, then) {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  function wake() {
    if (state === "waiting") open();
    else if (state === "open") probe(HASTY_ANSWER_MS);
  }

  function sleep() {
    if (state === "stopped") return;
    drop(); // an open socket would keep the page out of the back/forward cache
    change("waiting");
  }

  const options = { signal };
  document.addEventListener("visibilitychange", () => document.hidden || wake(), options);
  addEventListener("online", wake, options);
  addEventListener("offline", () => state === "open" && probe(HASTY_ANSWER_MS), options);
  addEventListener("pagehide", sleep, options);
  addEventListener("pageshow", (event) => event.persisted && wake(), options);
  signal.addEventListener("abort", drop);
  if (!signal.aborted) open();

  return {
    /** @param {object} frame */
    send(frame) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    /** Leave this socket and open another at once: it carries the cookie of today. */
    restart: open,
  };
}

/** @param {number} failures @param {number} closeCode */
function backOff(failures, closeCode) {
  const first = closeCode === TRY_LATER ? 8 * FIRST_WAIT_MS : FIRST_WAIT_MS;
  const longest = Math.min(LONGEST_WAIT_MS, first * 2 ** Math.min(failures, 6));
  return longest * (0.5 + Math.random() / 2);
}
