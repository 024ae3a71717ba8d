/**
 * One game over one websocket: watch, resume exactly where the fold ends, send commands and
 * learn their fate. Knows the wire's messages; knows neither the rules nor the page.
 */
import { keepSocket } from "./socket.js";

/** @typedef {import("./fold.js").RecordedEvent} RecordedEvent */
/** @typedef {{ id: string, name: string }} Player */
/** @typedef {"connecting" | "live" | "lost" | "stopped"} LinkState */
/** @typedef {{ type: string, id: string, game: string, expected_version: number, column?: string }} Command */
/** @typedef {{ command: Command, code: string, message: string, version: number, events: readonly RecordedEvent[] }} Refusal */
/**
 * @typedef {object} ConnectionHandlers
 * @property {() => number} version how far the fold has come
 * @property {(player: Player | null) => void} onWelcome null for a guest, who may only watch
 * @property {(events: readonly RecordedEvent[], names: Record<string, string>, live: boolean) => void} onEvents
 *   `live` is false for what a catch-up brings
 * @property {(refusal: Refusal) => void} onRejected
 * @property {() => void} onUnknownGame
 * @property {(message: string) => void} onRefusedWatch for any other reason
 * @property {() => void} onLogRestored the log was restored to a moment before what was seen, which is void now
 * @property {(state: LinkState) => void} onState
 */

const COMMAND_TIMEOUT_MS = 5_000;
const EVENT_AFTER_ACCEPTANCE_MS = 1_500;

/**
 * @param {string} game
 * @param {ConnectionHandlers} handlers
 * @param {AbortSignal} signal
 */
export function connectTo(game, handlers, signal) {
  let caughtUp = false;
  /** @type {Map<string, Command>} the commands in flight: one, or two that race; moves are never queued */
  const inFlight = new Map();
  /** @type {RecordedEvent | undefined} the last event that came, whatever it came with */
  let newest;
  let timer = 0;
  const socket = keepSocket(socketUrl(), { onFrame: receive, onState: report, onQuiet: resume }, signal);
  signal.addEventListener("abort", () => clearTimeout(timer));

  /**
   * Ask for everything after the fold; also the proof of life a browser cannot get from pings. The time tells the
   * server whether its log still holds the event at that version, or another one since a failover.
   */
  function resume() {
    const after = handlers.version();
    const at = newest?.version === after ? newest.at : undefined; // undefined is left out of the frame
    socket.send({ type: "watch", game, after, at });
  }

  /** @param {import("./socket.js").SocketState} state */
  function report(state) {
    if (state === "open") return; // live only after the catch-up
    caughtUp = false;
    clearTimeout(timer);
    if (state === "waiting") handlers.onState("lost");
    if (state === "stopped") handlers.onState("stopped");
  }

  /** @param {any} frame */
  function receive(frame) {
    switch (frame.type) {
      case "welcome":
        handlers.onWelcome(frame.player);
        return resume();
      case "events":
        if (frame.game === game) catchUp(frame.events, frame.players ?? {});
        return;
      case "accepted":
        return settle(frame);
      case "rejected":
        return frame.id === undefined ? refuseWatch(frame) : refuse(frame);
      case "error":
        if (inFlight.size === 0) return refuseWatch(frame);
        return [...inFlight.keys()].forEach((id) => refuse({ ...frame, id })); // it names none of them
      default:
        throw new Error(`This page does not know the message ${frame.type}; a reload may help.`);
    }
  }

  /** @param {readonly RecordedEvent[]} events @param {Record<string, string>} names */
  function catchUp(events, names) {
    const live = caughtUp;
    caughtUp = true;
    newest = events.at(-1) ?? newest;
    handlers.onEvents(events, names, live);
    if (live) return;
    handlers.onState("live");
    inFlight.forEach(transmit); // under the same id: appended once, however often it is sent
  }

  /** @param {{ id: string, version: number }} acceptance */
  function settle({ id, version }) {
    if (!answered(id) || inFlight.size > 0) return;
    if (version > handlers.version()) timer = setTimeout(resume, EVENT_AFTER_ACCEPTANCE_MS);
  }

  /** @param {any} frame */
  function refuse({ id, code, message, version = handlers.version(), events = [] }) {
    const command = answered(id);
    if (!command) return; // it was answered before
    newest = events.at(-1) ?? newest;
    handlers.onRejected({ command, code, message, version, events });
  }

  /** @param {string} id @returns {Command | undefined} none when it was answered before */
  function answered(id) {
    const command = inFlight.get(id);
    inFlight.delete(id);
    if (command && inFlight.size === 0) clearTimeout(timer);
    return command;
  }

  /** @param {any} frame */
  function refuseWatch({ code, message }) {
    if (code === "unknown_game") return handlers.onUnknownGame();
    if (code !== "wrong_expected_version") return handlers.onRefusedWatch(message);
    handlers.onLogRestored();
  }

  /** @param {Command} command */
  function transmit(command) {
    socket.send(command);
    clearTimeout(timer);
    timer = setTimeout(socket.restart, COMMAND_TIMEOUT_MS);
  }

  return {
    /**
     * Send a command for the version the player saw; its answer comes to the handlers.
     * @param {{ type: string, column?: string }} intent
     * @param {number} [times] more than once: as commands of their own, which race for that version
     * @returns {readonly string[]} the ids; none, and nothing is sent, while offline or while another is in flight
     */
    send(intent, times = 1) {
      if (!caughtUp || inFlight.size > 0) return [];
      const commands = Array.from({ length: times }, () => ({ ...intent, id: newId(), game, expected_version: handlers.version() }));
      for (const command of commands) inFlight.set(command.id, command);
      commands.forEach(transmit);
      return commands.map(({ id }) => id);
    },
    resume,
    /** Come back under the cookie of today. */
    restart: socket.restart,
  };
}

function socketUrl() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}

/** A random UUID, also on plain http in a local network, where `crypto.randomUUID` is missing. */
function newId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
