/**
 * Hits: the rows under the pointer, or inside a line drawn on a panel. `shown` are slots, or null for all.
 */
import { CanvasDrawing } from "./canvas-drawing.js";
import { eachPlace, isSolid } from "./panels.js";

const POINT_REACH = 12;

/** The row at a place of the stage: the nearest within reach, in 3D preferring points in front; or null. */
export function rowAt(points, shown, panel, x, y) {
  const behind = isSolid(panel) ? 60 / panel.camera.distance : 0;
  const [px, py] = [x - panel.x, y - panel.y];
  let best = Infinity;
  let nearest = null;
  eachPlace(points, shown, panel, (slot, sx, sy, depth) => {
    const away = (sx - px) ** 2 + (sy - py) ** 2;
    const score = away + behind * depth;
    if (away < POINT_REACH ** 2 && score < best) [best, nearest] = [score, slot];
  });
  return nearest === null ? null : points.order.rowOf[nearest];
}

/** The rows inside a closed line on the stage, as a mask; null if there are none. */
export function rowsInside(points, shown, panel, line) {
  const isHit = insideOf(panel, line);
  const rows = new Uint8Array(points.count);
  let any = false;
  eachPlace(points, shown, panel, (slot, x, y) => {
    if (isHit(x, y)) any = rows[points.order.rowOf[slot]] = 1;
  });
  return any ? rows : null;
}

// Whether a place is inside, looked up in a picture of the line, which is fast for a million places.
function insideOf(panel, line) {
  const [width, height] = [Math.ceil(panel.width), Math.ceil(panel.height)];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(-panel.x, -panel.y);
  new CanvasDrawing(context, "").path(line, { closed: true, fill: "#000" });
  const { data } = context.getImageData(0, 0, width, height);
  return (x, y) => data[4 * (pixel(y, height) * width + pixel(x, width)) + 3] > 127;
}

function pixel(value, size) {
  return Math.min(size - 1, Math.floor(value));
}
