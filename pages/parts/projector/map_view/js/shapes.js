/**
 * The shapes of points: categories beyond a dozen differ in shape as well as hue. shaders.js draws the same ones.
 */

// Their corners, up to 1 from the middle in each direction; a circle has none.
const CORNERS = [
  null,
  [[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]],
  [[0, -0.96], [0.935, 0.66], [-0.935, 0.66]],
  [[0, -1], [1, 0], [0, 1], [-1, 0]],
];

/** Draws a point of a shape, as large as a circle of that radius. */
export function drawShape(drawing, shape, x, y, radius, style) {
  const corners = CORNERS[shape];
  if (corners) drawing.path(corners.map(([dx, dy]) => [x + dx * radius, y + dy * radius]), { ...style, closed: true });
  else drawing.circle(x, y, radius, style);
}

/** The shape as a CSS clip path. */
export function clipPath(shape) {
  const corners = CORNERS[shape];
  if (!corners) return "circle(50%)";
  return `polygon(${corners.map((corner) => corner.map((at) => `${50 + 50 * at}%`).join(" ")).join(", ")})`;
}

/** The shape of a row by its byte: its category's; a circle for all else. */
export function shapeOfCode({ shapes = [] }, code) {
  return CORNERS[shapes[code]] ? shapes[code] : 0;
}
