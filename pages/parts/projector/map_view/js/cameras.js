/**
 * Cameras: project places in -1 to 1 onto a panel of width x height pixels.
 */
const MARGIN = 28;
/** Pixels above the points, for a panel's title. */
export const TITLE_SPACE = 26;
const LARGEST_ZOOM = 4000;
const NOT_TURNED = { angle: 0 }; // as states are that name no angle
const FIELD = 0.6; // the tangent of half the angle of view of a 3D map: little perspective, no distortion

// Pixels for one unit at zoom 1, which shows the whole of -1 to 1.
function unitPixels(panel) {
  return Math.max(20, Math.min(panel.width, panel.height - TITLE_SPACE) / 2 - MARGIN);
}

/** Looks straight down at a flat map, which is turned by an angle first: x, y and bounds are those of the turned map. */
export class FlatCamera {
  constructor() {
    Object.assign(this, { x: 0, y: 0, zoom: 1, angle: 0 });
  }
  scale(panel) {
    return unitPixels(panel) * this.zoom;
  }
  matrix(panel) {
    const sx = (2 * this.scale(panel)) / panel.width;
    const sy = (2 * this.scale(panel)) / panel.height;
    const [cos, sin] = [Math.cos(this.angle), Math.sin(this.angle)];
    const turned = [sx * cos, sy * sin, 0, 0, -sx * sin, sy * cos, 0, 0];
    return [...turned, 0, 0, 0, 0, -this.x * sx, -this.y * sy - TITLE_SPACE / panel.height, 0, 1];
  }
  move(panel, dx, dy) {
    this.x -= dx / this.scale(panel);
    this.y += dy / this.scale(panel);
  }
  turn(panel, dx, dy) {
    this.move(panel, dx, dy);
  }
  // The place under the pointer (px, py from the panel's middle) stays fixed.
  zoomBy(panel, factor, px, py) {
    const before = this.scale(panel);
    this.zoom = Math.min(LARGEST_ZOOM, Math.max(0.2, this.zoom * factor));
    const gain = 1 / before - 1 / this.scale(panel);
    this.x += px * gain;
    this.y -= (py - TITLE_SPACE / 2) * gain;
  }
  fit(panel, bounds) {
    this.x = (bounds.low[0] + bounds.high[0]) / 2;
    this.y = (bounds.low[1] + bounds.high[1]) / 2;
    const room = Math.max(40, panel.height - TITLE_SPACE - 2 * MARGIN);
    const across = Math.max(40, panel.width - 2 * MARGIN) / Math.max(1e-9, bounds.high[0] - bounds.low[0]);
    const down = room / Math.max(1e-9, bounds.high[1] - bounds.low[1]);
    this.zoom = Math.min(LARGEST_ZOOM / 20, Math.min(across, down) / unitPixels(panel));
  }
  state() {
    const { x, y, zoom, angle } = this;
    return angle ? { x, y, zoom, angle } : { x, y, zoom };
  }
}

/** Orbits a target; z is up. */
export class OrbitCamera {
  constructor() {
    Object.assign(this, { target: [0, 0, 0], around: 0.6, above: 0.4, distance: 3 });
  }
  axes() {
    const [ca, sa, cb, sb] = [Math.cos(this.around), Math.sin(this.around), Math.cos(this.above), Math.sin(this.above)];
    return { right: [-sa, ca, 0], up: [-ca * sb, -sa * sb, cb], back: [ca * cb, sa * cb, sb] };
  }
  matrix(panel) {
    const { right, up, back } = this.axes();
    const fy = 1 / FIELD;
    const fx = (fy * panel.height) / panel.width;
    const near = this.distance / 50;
    const far = this.distance + 6;
    const deep = (far + near) / (far - near);
    const rows = [right.map((v) => v * fx), up.map((v) => v * fy), back.map((v) => -v * deep), back.map((v) => -v)];
    const ends = rows.map((row) => -(row[0] * this.target[0] + row[1] * this.target[1] + row[2] * this.target[2]));
    ends[2] += this.distance * deep - (2 * far * near) / (far - near);
    ends[3] += this.distance;
    return [0, 1, 2].flatMap((axis) => rows.map((row) => row[axis])).concat(ends);
  }
  move(panel, dx, dy) {
    const unit = (2 * FIELD * this.distance) / panel.height;
    const { right, up } = this.axes();
    this.target = this.target.map((value, axis) => value - right[axis] * dx * unit + up[axis] * dy * unit);
  }
  turn(panel, dx, dy) {
    this.around -= dx * 0.008;
    this.above = Math.max(-1.55, Math.min(1.55, this.above + dy * 0.008));
  }
  zoomBy(panel, factor) {
    this.distance = Math.max(0.01, Math.min(20, this.distance / factor));
  }
  fit(panel, bounds) {
    this.target = bounds.low.map((value, axis) => (value + bounds.high[axis]) / 2);
    const reach = Math.hypot(1, FIELD) / FIELD;
    this.distance = Math.max(1e-3, bounds.radius) * reach * Math.max(1, panel.height / panel.width);
  }
  state() {
    return { target: this.target, around: this.around, above: this.above, distance: this.distance };
  }
}

/** Projects (x, y, z) onto a panel by a camera's matrix: pixels from the panel's corner, and the depth w, into `out`. */
export function projector(camera, panel) {
  const m = camera.matrix(panel);
  const halfWidth = panel.width / 2;
  const halfHeight = panel.height / 2;
  return (x, y, z, out) => {
    const w = m[3] * x + m[7] * y + m[11] * z + m[15];
    out[0] = halfWidth * (1 + (m[0] * x + m[4] * y + m[8] * z + m[12]) / w);
    out[1] = halfHeight * (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w);
    out[2] = w;
    return out;
  };
}

/** Applies a state from a link or the server, and returns whether it is valid for this camera. */
export function restoreCamera(camera, state) {
  const given = { ...NOT_TURNED, ...state };
  const names = Object.keys(camera);
  const fits = (name) => {
    const [value, like] = [[given[name]].flat(), [camera[name]].flat()];
    return value.length === like.length && value.every(Number.isFinite);
  };
  if (!state || !names.every(fits)) return false;
  for (const name of names) camera[name] = given[name];
  return true;
}
