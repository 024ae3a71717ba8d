/**
 * A QR code for a short address (ISO/IEC 18004): byte mode, error correction L, versions 1 to
 * 5, where all data is one block. Knows numbers only. One fixed mask instead of the best of
 * eight: scanners read any, and an address is no long run of equal bits.
 */

const DATA_BYTES = [19, 34, 55, 80, 108];
const CHECK_BYTES = [7, 10, 15, 20, 26];
const FIELD_POLYNOMIAL = 0x11d;
const FORMAT_BITS = 0b111011111000100; // level L, mask 0: table C.1 of the standard
const mask = (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 2 === 0;

/** @param {string} text @returns {boolean[][] | null} rows of dark modules; null when it does not fit */
export function qrMatrix(text) {
  const bytes = Array.from(new TextEncoder().encode(text));
  const index = DATA_BYTES.findIndex((capacity) => bytes.length + 2 <= capacity);
  if (index === -1) return null;
  const data = padded(bytes, DATA_BYTES[index] ?? 0);
  const stream = [...data, ...checkBytes(data, CHECK_BYTES[index] ?? 0)];
  const size = 21 + 4 * index;
  const fixed = functionPatterns(size);
  return withData(fixed, stream);
}

/** Mode, length, bytes, terminator, padding. @param {number[]} bytes @param {number} capacity */
function padded(bytes, capacity) {
  // The four bits of the mode shift everything by half a byte.
  const shifted = [0x4, bytes.length >> 4, bytes.length & 15, ...bytes.flatMap((byte) => [byte >> 4, byte & 15]), 0];
  const data = [];
  for (let i = 0; i < shifted.length; i += 2) data.push(((shifted[i] ?? 0) << 4) | (shifted[i + 1] ?? 0));
  for (let i = 0; data.length < capacity; i += 1) data.push(i % 2 === 0 ? 0xec : 0x11);
  return data;
}

/** Reed–Solomon: the remainder of the data by the generator polynomial. @param {number[]} data @param {number} count */
function checkBytes(data, count) {
  let generator = [1];
  for (let i = 0, root = 1; i < count; i += 1, root = times(root, 2)) {
    const next = [...generator, 0];
    generator.forEach((factor, j) => (next[j + 1] = (next[j + 1] ?? 0) ^ times(factor, root)));
    generator = next;
  }
  const rest = [...data, ...Array(count).fill(0)];
  for (let i = 0; i < data.length; i += 1) {
    const lead = rest[i];
    generator.forEach((factor, j) => (rest[i + j] ^= times(factor, lead)));
  }
  return rest.slice(data.length);
}

/** Multiply in GF(256). @param {number} a @param {number} b */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product >> 7 ? FIELD_POLYNOMIAL : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** Finders, timing, alignment and format; undefined where data goes. @param {number} size */
function functionPatterns(size) {
  /** @type {(boolean | undefined)[][]} */
  const grid = Array.from({ length: size }, () => Array(size).fill(undefined));
  const set = (/** @type {number} */ x, /** @type {number} */ y, /** @type {boolean} */ dark) => {
    const row = grid[y];
    if (row && x >= 0 && x < size) row[x] = dark;
  };
  for (let i = 0; i < size; i += 1) {
    set(i, 6, i % 2 === 0);
    set(6, i, i % 2 === 0);
  }
  const centers = [[3, 3, 4], [size - 4, 3, 4], [3, size - 4, 4], ...(size > 21 ? [[size - 7, size - 7, 2]] : [])];
  for (const [cx = 0, cy = 0, reach = 0] of centers) {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
    }
  }
  for (let i = 0; i < 15; i += 1) {
    const dark = ((FORMAT_BITS >> i) & 1) === 1;
    set(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, dark);
    set(i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i, 8, dark);
  }
  set(8, size - 8, true);
  return grid;
}

/** Two columns at a time, up and down in turn, from the lower right. @param {(boolean | undefined)[][]} fixed @param {number[]} stream */
function withData(fixed, stream) {
  const size = fixed.length;
  const grid = fixed.map((row) => row.map((dark) => dark === true));
  let bit = 0;
  for (let pair = 0, right = size - 1; right > 0; pair += 1, right -= right === 8 ? 3 : 2) {
    for (let step = 0; step < size; step += 1) {
      const y = pair % 2 === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y]?.[x] !== undefined) continue;
        const dark = (((stream[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
        const row = grid[y];
        if (row) row[x] = dark !== mask(x, y);
        bit += 1;
      }
    }
  }
  return grid;
}
