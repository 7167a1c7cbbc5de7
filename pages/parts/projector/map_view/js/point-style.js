/**
 * The points' style: they shrink and become transparent where they crowd, and grow again when zoomed in.
 */

/** Highlighted points grow by this, and all others fade by this share and to this opacity. */
export const HIGHLIGHT_GROWTH = 1.25;
export const FADE = { share: 0.5, opacity: 0.36 };

/** The diameter in pixels of `count` points in a panel. */
export function sizeFor(count, panel) {
  const room = Math.min(1.2, Math.max(0.75, Math.sqrt(panel.width * panel.height) / 700));
  const size = Math.min(9, 9 * room * (600 / count) ** 0.26);
  return Math.min(12, Math.max(1.5, size) * closeness(panel) ** 0.35);
}

/** The opacity of `count` points in a panel. */
export function opacityFor(count, panel) {
  return Math.min(0.9, Math.max(0.16, (2500 / count) ** 0.28) * closeness(panel) ** 0.4);
}

function closeness({ camera }) {
  return Math.max(1, camera.zoom ?? 2 / camera.distance);
}
