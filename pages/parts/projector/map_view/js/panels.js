/**
 * Panels: the parts of the stage, one per map, and the places of points on them. `shown` are slots, or null for all.
 */
import { OrbitCamera, projector } from "./cameras.js";
import { NOWHERE } from "./packets.js";

/** Sets each panel's place on a stage of this size. */
export function layOutPanels(panels, { width, height }) {
  const columns = bestColumns(panels, width, height);
  const lines = Math.ceil(panels.length / columns);
  panels.forEach((panel, index) => {
    const [left, right] = [index % columns, (index % columns) + 1].map((at) => Math.round((width * at) / columns));
    const line = Math.floor(index / columns);
    const [top, bottom] = [line, line + 1].map((at) => Math.round((height * at) / lines));
    Object.assign(panel, { x: left, y: top, width: right - left, height: bottom - top });
  });
}

// The number of columns that draws the maps largest, by their shapes.
function bestColumns(panels, width, height) {
  const scale = (columns) => {
    const [across, down] = [width / columns, height / Math.ceil(panels.length / columns)];
    return Math.min(...panels.map(({ shape: [wide, high] = [1, 1] }) => Math.min(across / wide, down / high)));
  };
  const choices = panels.map((_, index) => index + 1);
  return choices.reduce((best, columns) => (scale(columns) > scale(best) ? columns : best), 1);
}

/** The width and height of bounds, of which the larger is 1; equal for those of a 3D map, which turns. */
export function shapeOf({ low, high }) {
  const [wide, tall, deep] = low.map((value, axis) => high[axis] - value);
  const most = Math.max(wide, tall);
  return deep || !most ? [1, 1] : [wide / most, tall / most];
}

export function isSolid(panel) {
  return panel.camera instanceof OrbitCamera;
}

/** Whether a place, from the panel's corner, is on it. */
export function isInside(panel, x, y) {
  return x >= 0 && x <= panel.width && y >= 0 && y <= panel.height;
}

export function eachSlot(points, shown, act) {
  if (shown) for (const slot of shown) act(slot);
  else for (let slot = 0; slot < points.count; slot++) act(slot);
}

/** Visits every slot in the panel's view: its place from the panel's corner, and its depth. */
export function eachPlace(points, shown, panel, act) {
  const { places } = points.maps[panel.map];
  const project = projector(panel.camera, panel);
  const out = [0, 0, 0];
  eachSlot(points, shown, (slot) => {
    const i = 3 * slot;
    project(places[i], places[i + 1], places[i + 2], out);
    if (out[2] > 0 && isInside(panel, out[0], out[1])) act(slot, out[0], out[1], out[2]);
  });
}

/** The place of a row on the stage, or null if it is not drawn. */
export function placeOfRow(panel, { points, isolated }, row) {
  if (row >= points.count || (isolated && !isolated[row])) return null;
  const { places } = points.maps[panel.map];
  const i = 3 * points.order.slotOf[row];
  if (places[i] === NOWHERE) return null;
  const [x, y, w] = panel.project(places[i], places[i + 1], places[i + 2], [0, 0, 0]);
  return w > 0 ? [panel.x + x, panel.y + y] : null;
}

/** The box of all shown places of a map turned by an angle, and the distance of the farthest from its middle. */
export function boundsOf(points, shown, { places }, angle = 0) {
  const [low, high] = [Infinity, -Infinity].map((value) => [value, value, value]);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const place = [0, 0, 0]; // one for all, as there may be a million
  const turn = (i) => {
    place[0] = places[i] * cos - places[i + 1] * sin;
    place[1] = places[i] * sin + places[i + 1] * cos;
    place[2] = places[i + 2];
  };
  eachSlot(points, shown, (slot) => {
    if (places[3 * slot] === NOWHERE) return;
    turn(3 * slot);
    for (let axis = 0; axis < 3; axis++) {
      if (place[axis] < low[axis]) low[axis] = place[axis];
      if (place[axis] > high[axis]) high[axis] = place[axis];
    }
  });
  if (low[0] > high[0]) return { low: [-1, -1, -1], high: [1, 1, 1], radius: 1 };
  const [x, y, z] = low.map((value, axis) => (value + high[axis]) / 2);
  let farthest = 0;
  eachSlot(points, shown, (slot) => {
    if (places[3 * slot] === NOWHERE) return;
    turn(3 * slot);
    farthest = Math.max(farthest, (place[0] - x) ** 2 + (place[1] - y) ** 2 + (place[2] - z) ** 2);
  });
  return { low, high, radius: Math.sqrt(farthest) };
}

const STEPS = 36; // of half a turn
const MEASURED = 5000; // points, which are in random order
const WORTH_TURNING = 1.05;

/** The angle by which flat maps, all by the same, are turned to be drawn largest on their panels. */
export function bestAngle(points, panels) {
  const few = { count: Math.min(points.count, MEASURED) };
  const scale = (angle) => Math.min(...panels.map((panel) => scaleOf(boundsOf(few, null, points.maps[panel.map], angle), panel)));
  const angles = Array.from({ length: STEPS }, (_, step) => (step * Math.PI) / STEPS - Math.PI / 2);
  const scales = angles.map(scale);
  const best = Math.max(...scales);
  return best > WORTH_TURNING * scale(0) ? angles[scales.indexOf(best)] : 0;
}

function scaleOf({ low, high }, { width, height }) {
  return Math.min(width / Math.max(high[0] - low[0], 1e-9), height / Math.max(high[1] - low[1], 1e-9));
}
