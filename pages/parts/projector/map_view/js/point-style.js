/**
 * The points' style: they shrink and become transparent where they crowd, and grow again when zoomed in.
 */

/** Highlighted points grow by this, and all others fade by this share of their colour. */
export const HIGHLIGHT_GROWTH = 1.25;
export const FADED_SHARE = 0.4;
const FADED_OPACITY = 0.5;
const LEAST_FADED = 0.27; // of a colour, over the background
const LARGEST = 20;

/** The diameter in pixels of `count` points in a panel. */
export function sizeFor(count, panel) {
  const room = Math.min(1.2, Math.max(0.75, Math.sqrt(panel.width * panel.height) / 700));
  const size = Math.min(16, 9 * room * (600 / count) ** 0.26);
  return Math.min(18, Math.max(1.5, size) * closeness(panel) ** 0.35);
}

/** The opacity of `count` points in a panel. */
export function opacityFor(count, panel) {
  return Math.min(0.9, Math.max(0.16, (2500 / count) ** 0.28) * closeness(panel) ** 0.4);
}

/** The opacity of points while others are highlighted: a quarter of their colour is left, or all of a fainter one. */
export function fadedOpacity(opacity) {
  return Math.min(opacity, Math.max(opacity * FADED_OPACITY, LEAST_FADED / (1 - FADED_SHARE)));
}

/** A size larger or smaller by a factor, at least half a pixel away, in steps of half a pixel within bounds. */
export function nextSize(size, factor) {
  const step = factor > 1 ? Math.max(size * factor, size + 0.5) : Math.min(size * factor, size - 0.5);
  return Math.min(LARGEST, Math.max(1, Math.round(step * 2) / 2));
}

function closeness({ camera }) {
  return Math.max(1, camera.zoom ?? 2 / camera.distance);
}
