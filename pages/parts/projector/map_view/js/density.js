/**
 * The density of a flat map's points, as the picture of a cloud.
 */
export const CELLS = 256; // on each side

/** How many points fall into each cell, line by line from the bottom. */
export function countCells(places) {
  const counts = new Float32Array(CELLS * CELLS);
  const cell = (value) => Math.min(CELLS - 1, Math.floor(((value + 1) / 2) * CELLS));
  for (let i = 0; i < places.length; i += 3) {
    if (places[i] <= 1) counts[cell(places[i + 1]) * CELLS + cell(places[i])] += 1;
  }
  return counts;
}

/** Counts, smoothed and on a logarithmic scale, 0 to 255. */
export function density(counts) {
  const smooth = blur(blur(Float32Array.from(counts), 1), CELLS);
  const most = Math.log1p(smooth.reduce((one, other) => Math.max(one, other), 0)) || 1;
  return Uint8Array.from(smooth, (count) => (255 * Math.log1p(count)) / most);
}

function blur(values, step) {
  return values.map((value, i) => (value * 2 + (values[i - step] ?? 0) + (values[i + step] ?? 0)) / 4);
}
