/**
 * The sound of a disc that lands, made on the spot. A browser that does not let the page
 * speak before it was touched stays silent; nothing waits for it.
 */

/** @type {AudioContext | null} */
let context = null;

/** Two short knocks, as of wood on wood. */
export function knock() {
  if (!navigator.userActivation?.hasBeenActive) return;
  context ??= new AudioContext();
  if (context.state !== "running") {
    context.resume().catch(() => {});
    return; // late is worse than never
  }
  tone(context, 190, 0, 0.22);
  tone(context, 150, 0.09, 0.1);
}

/** @param {AudioContext} audio @param {number} hertz @param {number} delayS @param {number} loudness */
function tone(audio, hertz, delayS, loudness) {
  const start = audio.currentTime + delayS;
  const oscillator = new OscillatorNode(audio, { type: "triangle", frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(loudness, start);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.12);
  oscillator.frequency.exponentialRampToValueAtTime(hertz / 2, start + 0.12);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + 0.13);
}
