/**
 * The sounds of the game, made on the spot: wood on wood, a bell for each light, two notes for
 * a guest. A browser that does not let the page speak before it was touched stays silent;
 * nothing waits for it.
 */

/** @type {AudioContext | null} */
let context = null;

const LOWEST_HERTZ = 150;
const BELLS_HERTZ = [523, 659, 784, 1047, 1319, 1568, 2093];

/** Make ready at the first touch, so that the first disc is heard as well. @param {AbortSignal} signal */
export function prepareSound(signal) {
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => void running(), { signal, once: true });
}

/** A disc lands: the higher the stack, the higher the knock. @param {number} row from 1 */
export function knock(row) {
  const hertz = LOWEST_HERTZ * 2 ** ((row - 1) / 5);
  tone({ hertz: hertz * 1.27, to: hertz / 1.6, delayS: 0, loudness: 0.22 });
  tone({ hertz, to: hertz / 2, delayS: 0.085, loudness: 0.1 });
}

/** One bell for each of the winning discs. @param {number} count @param {number} stepMs */
export function ring(count, stepMs) {
  BELLS_HERTZ.slice(0, count).forEach((hertz, i) => tone({ hertz, to: hertz, delayS: (i * stepMs) / 1000, loudness: 0.09, lastsS: 0.6 }));
}

/** Somebody took the other seat. */
export function chime() {
  tone({ hertz: 440, to: 440, delayS: 0, loudness: 0.1, lastsS: 0.35 });
  tone({ hertz: 660, to: 660, delayS: 0.12, loudness: 0.1, lastsS: 0.5 });
}

/** @param {{ hertz: number, to: number, delayS: number, loudness: number, lastsS?: number }} sound */
function tone({ hertz, to, delayS, loudness, lastsS = 0.12 }) {
  const audio = running();
  if (!audio) return;
  const start = audio.currentTime + delayS;
  const oscillator = new OscillatorNode(audio, { type: "triangle", frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(loudness, start);
  volume.gain.exponentialRampToValueAtTime(0.001, start + lastsS);
  oscillator.frequency.setValueAtTime(hertz, start);
  oscillator.frequency.exponentialRampToValueAtTime(to, start + lastsS);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + lastsS + 0.01);
}

/** @returns {AudioContext | null} null while there is no sound to be had: late is worse than never */
function running() {
  if (!navigator.userActivation?.hasBeenActive) return null;
  context ??= new AudioContext();
  if (context.state === "running") return context;
  context.resume().catch(() => {});
  return null;
}
