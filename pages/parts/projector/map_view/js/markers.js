/**
 * Markers: the signs of the marked point, its true, false and missing neighbours, search results and a typed text; and
 * the key that explains them.
 */
import { css } from "./colours.js";
import { LABEL_ROOM, LABEL_SIZE, fitText } from "./labels.js";
import { isInside, placeOfRow } from "./panels.js";

/** The marked places, which labels must not hide. */
export function markerBoxes(panel, scene) {
  const { point, neighbours } = scene;
  const rows = [...neighbours.rows, ...(neighbours.false[panel.map] ?? []), ...(neighbours.torn[panel.map] ?? [])];
  if (point !== null) rows.push(point);
  const places = rows.map((row) => placeOfRow(panel, scene, row)).filter(Boolean);
  return places.map(([x, y]) => ({ x: x - 8, y: y - 8, width: 16, height: 16 }));
}

/** The lines from the marked point to its neighbours. */
export function drawEdges(drawing, panel, scene) {
  const start = scene.look.edges && scene.point !== null && placeOfRow(panel, scene, scene.point);
  if (!start) return;
  for (const row of scene.neighbours.rows) {
    const end = placeOfRow(panel, scene, row);
    if (end) drawing.path([start, end], { stroke: css(scene.theme.text, 0.4), width: 1.2 });
  }
}

export function drawMarkers(drawing, panel, scene) {
  const { theme, point, neighbours } = scene;
  const radius = Math.max(5, scene.size * 0.75 + 2);
  const each = (rows, draw) => {
    for (const row of rows ?? []) {
      const place = placeOfRow(panel, scene, row);
      if (place) draw(...place, row);
    }
  };
  each(neighbours.rows, (x, y, row) => {
    drawing.circle(x, y, radius, { fill: css(scene.colourOf(row)), stroke: css(theme.background), width: 1.5 });
    drawing.circle(x, y, radius + 1, { stroke: css(theme.text, 0.75), width: 1.2 });
  });
  each(neighbours.false[panel.map], (x, y) => drawCross(drawing, x, y, theme));
  each(neighbours.torn[panel.map], (x, y) => drawDiamond(drawing, x, y, theme));
  each(scene.rings, (x, y) => drawing.circle(x, y, radius + 2, { stroke: css(theme.accent), width: 2 }));
  each(point === null ? [] : [point], (x, y, row) => drawPoint(drawing, x, y, radius + 3, scene, row));
}

/** The ring of the row under the pointer. */
export function drawHover(drawing, panel, scene) {
  const place = scene.hover === null ? null : placeOfRow(panel, scene, scene.hover);
  if (!place) return;
  const radius = Math.max(6, scene.size * 0.75 + 3);
  drawing.circle(...place, radius, { stroke: css(scene.theme.background, 0.9), width: 5 });
  drawing.circle(...place, radius, { stroke: css(scene.theme.text), width: 2 });
}

/** The places of the typed text's star and words, or null if it is out of view. */
export function typedBoxes(drawing, panel, scene) {
  const place = scene.typed[panel.map];
  if (!place) return null;
  const [x, y] = panel.project(...place, [0, 0, 0]);
  if (!isInside(panel, x, y)) return null;
  const text = fitText(drawing, scene.typedText, LABEL_SIZE, 700, LABEL_ROOM);
  const width = drawing.widthOf(text, LABEL_SIZE, 700) + 14;
  const side = x + 18 + width < panel.width ? 16 : -16 - width;
  return {
    text,
    words: { x: panel.x + x + side, y: panel.y + y - 12, width, height: 24 },
    star: { x: panel.x + x - 14, y: panel.y + y - 14, width: 28, height: 28 },
  };
}

export function drawTyped(drawing, { text, words, star }, theme) {
  drawStar(drawing, star.x + 14, star.y + 14, theme);
  drawing.box(words, css(theme.background, 0.85), 5);
  drawing.text(words.x + 7, words.y + 12.5, text, { size: LABEL_SIZE, weight: 700, fill: css(theme.text) });
}

/** The key of the markers in use: [draw(drawing, x, y), words]. */
export function keyOf(scene) {
  const { theme, neighbours } = scene;
  const key = [];
  if (neighbours.rows.length) {
    const [first, ...others] = scene.points.maps; // its neighbours are marked on all maps
    const words = `Nearest in the original space${others.length ? `: ${first.title}` : ""}`;
    key.push([(drawing, x, y) => drawNeighbourSign(drawing, x, y, theme), words]);
  }
  if (anyRows(neighbours.false)) key.push([(drawing, x, y) => drawCross(drawing, x, y, theme), "False neighbour: near only here"]);
  if (anyRows(neighbours.torn)) key.push([(drawing, x, y) => drawDiamond(drawing, x, y, theme), "Missing neighbour: far away here"]);
  const isTyped = scene.typed.some(Boolean);
  if (scene.rings.length) {
    const words = isTyped ? "Nearest to your text" : "Search matches";
    key.push([(drawing, x, y) => drawing.circle(x, y, 6, { stroke: css(theme.accent), width: 2 }), words]);
  }
  if (isTyped) key.push([(drawing, x, y) => drawStar(drawing, x, y, theme, 9), "Your text"]);
  return key;
}

function anyRows(lists) {
  return lists.some((rows) => rows.length);
}

function drawNeighbourSign(drawing, x, y, theme) {
  drawing.circle(x, y, 5, { fill: css(theme.text, 0.35) });
  drawing.circle(x, y, 6, { stroke: css(theme.text, 0.75), width: 1.2 });
}

// A false neighbour.
function drawCross(drawing, x, y, theme) {
  for (const side of [-1, 1]) {
    const line = [[x - 7, y - 7 * side], [x + 7, y + 7 * side]];
    drawing.path(line, { stroke: css(theme.background), width: 5 });
    drawing.path(line, { stroke: css(theme.falseNeighbour), width: 2.5 });
  }
}

// A true neighbour missing nearby on the map.
function drawDiamond(drawing, x, y, theme) {
  const corners = [[x, y - 10], [x + 10, y], [x, y + 10], [x - 10, y]];
  drawing.path(corners, { closed: true, stroke: css(theme.background), width: 5 });
  drawing.path(corners, { closed: true, stroke: css(theme.tornNeighbour), width: 2.5 });
}

function drawPoint(drawing, x, y, radius, scene, row) {
  drawing.circle(x, y, radius - 2, { fill: css(scene.colourOf(row)) });
  drawing.circle(x, y, radius, { stroke: css(scene.theme.background), width: 5 });
  drawing.circle(x, y, radius + 1, { stroke: css(scene.theme.text), width: 2.5 });
}

function drawStar(drawing, x, y, theme, radius = 13) {
  const corners = Array.from({ length: 10 }, (_, i) => {
    const reach = i % 2 ? radius * 0.45 : radius;
    return [x + reach * Math.sin((i * Math.PI) / 5), y - reach * Math.cos((i * Math.PI) / 5)];
  });
  drawing.path(corners, { closed: true, fill: css(theme.accent), stroke: css(theme.background), width: 2 });
}
