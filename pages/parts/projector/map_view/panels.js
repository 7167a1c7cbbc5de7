// Panels: where they stand on the stage, and where points stand on them. `shown` are slots, or null for all.
const POINT_REACH = 12;

function layOutPanels(panels, { width, height }) {
  const columns = bestColumns(panels.length, width, height);
  const lines = Math.ceil(panels.length / columns);
  panels.forEach((panel, index) => {
    const [left, right] = [index % columns, (index % columns) + 1].map((at) => Math.round((width * at) / columns));
    const line = Math.floor(index / columns);
    const [top, bottom] = [line, line + 1].map((at) => Math.round((height * at) / lines));
    Object.assign(panel, { x: left, y: top, width: right - left, height: bottom - top });
  });
}

// As many columns as make the panels' smaller side largest.
function bestColumns(count, width, height) {
  let [best, side] = [1, 0];
  for (let columns = 1; columns <= count; columns++) {
    const smaller = Math.min(width / columns, height / Math.ceil(count / columns));
    if (smaller > side) [best, side] = [columns, smaller];
  }
  return best;
}

function inside(panel, x, y) {
  return x >= 0 && x <= panel.width && y >= 0 && y <= panel.height;
}

function eachSlot(points, shown, act) {
  if (shown) for (const slot of shown) act(slot);
  else for (let slot = 0; slot < points.count; slot++) act(slot);
}

// Every slot in the panel's view: its place, and its depth.
function eachPlace(points, shown, panel, act) {
  const { places } = points.maps[panel.map];
  const place = projector(panel.camera, panel);
  const out = [0, 0, 0];
  eachSlot(points, shown, (slot) => {
    const i = 3 * slot;
    place(places[i], places[i + 1], places[i + 2], out);
    if (out[2] > 0 && inside(panel, out[0], out[1])) act(slot, out[0], out[1], out[2]);
  });
}

// The row at a place of the stage: the nearest within reach; in 3D one in front before one behind.
function rowAt(points, shown, panel, x, y) {
  const behind = panel.camera instanceof OrbitCamera ? 60 / panel.camera.distance : 0;
  const [px, py] = [x - panel.x, y - panel.y];
  let best = Infinity;
  let found = null;
  eachPlace(points, shown, panel, (slot, sx, sy, depth) => {
    const away = (sx - px) ** 2 + (sy - py) ** 2;
    const score = away + behind * depth;
    if (away < POINT_REACH ** 2 && score < best) [best, found] = [score, slot];
  });
  return found === null ? null : points.order.rowOf[found];
}

// The rows inside a closed line on the stage, as a mask; null where there are none.
function rowsInside(points, shown, panel, line) {
  const hit = insideLine(panel, line);
  const rows = new Uint8Array(points.count);
  let any = false;
  eachPlace(points, shown, panel, (slot, x, y) => {
    if (hit(x, y)) any = rows[points.order.rowOf[slot]] = 1;
  });
  return any ? rows : null;
}

// Whether a place is inside: looked up in a picture of the line, so that a million places take no longer.
function insideLine(panel, line) {
  const [width, height] = [Math.ceil(panel.width), Math.ceil(panel.height)];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(-panel.x, -panel.y);
  new CanvasPen(context, "").path(line, { closed: true, fill: "#000" });
  const { data } = context.getImageData(0, 0, width, height);
  const pixel = (value, size) => Math.min(size - 1, Math.floor(value));
  return (x, y) => data[4 * (pixel(y, height) * width + pixel(x, width)) + 3] > 127;
}

// The box of all shown places, and how far the farthest is from its middle.
function boundsOf(points, shown, places) {
  const [low, high] = [new Array(3).fill(Infinity), new Array(3).fill(-Infinity)];
  eachSlot(points, shown, (slot) => {
    if (places[3 * slot] === NOWHERE) return;
    for (let axis = 0; axis < 3; axis++) {
      const value = places[3 * slot + axis];
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
  });
  if (low[0] > high[0]) return { low: [-1, -1, -1], high: [1, 1, 1], radius: 1 };
  const [x, y, z] = low.map((value, axis) => (value + high[axis]) / 2);
  let farthest = 0;
  eachSlot(points, shown, (slot) => {
    const i = 3 * slot;
    if (places[i] === NOWHERE) return;
    farthest = Math.max(farthest, (places[i] - x) ** 2 + (places[i + 1] - y) ** 2 + (places[i + 2] - z) ** 2);
  });
  return { low, high, radius: Math.sqrt(farthest) };
}

// Points shrink and turn clear where they crowd, and grow again as one looks closer.
function sizeFor(crowd, panel) {
  const room = Math.min(1.2, Math.max(0.75, Math.sqrt(panel.width * panel.height) / 700));
  const size = Math.min(9, 9 * room * (600 / crowd) ** 0.26);
  return Math.min(12, Math.max(1.5, size) * closeness(panel) ** 0.35);
}

function opacityFor(crowd, panel) {
  return Math.min(0.9, Math.max(0.16, (2500 / crowd) ** 0.28) * closeness(panel) ** 0.4);
}

function closeness({ camera }) {
  return Math.max(1, camera.zoom ?? 2 / camera.distance);
}
