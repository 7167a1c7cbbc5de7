/**
 * The overlay: everything drawn over the points of a panel, from its frame and axes to its markers, labels and title.
 */
import { TITLE_SPACE } from "./cameras.js";
import { css } from "./colours.js";
import { drawLabels, fitText, writeWithin } from "./labels.js";
import { drawEdges, drawHover, drawMarkers, drawTyped, markerBoxes, typedBoxes } from "./markers.js";
import { isSolid } from "./panels.js";

export function drawOverlay(drawing, panel, scene) {
  drawing.clip(panel, () => {
    drawFrame(drawing, panel, scene);
    drawAxes(drawing, panel, scene);
    const occupied = [...titleBox(drawing, panel), ...markerBoxes(panel, scene)];
    const typed = typedBoxes(drawing, panel, scene);
    if (typed) occupied.push(typed.words, typed.star);
    drawEdges(drawing, panel, scene);
    if (scene.look.labels) drawLabels(drawing, panel, scene.labels[panel.map], scene, occupied);
    drawMarkers(drawing, panel, scene);
    if (typed) drawTyped(drawing, typed, scene.theme);
    drawTitle(drawing, panel, scene);
    drawHover(drawing, panel, scene);
  });
}

/** The line between a panel and the one to its left or above it. */
export function drawBorder(drawing, panel, theme) {
  const style = { stroke: css(theme.text, 0.2) };
  if (panel.x > 0) drawing.path([[panel.x, panel.y], [panel.x, panel.y + panel.height]], style);
  if (panel.y > 0) drawing.path([[panel.x, panel.y], [panel.x + panel.width, panel.y]], style);
}

// The box around a 3D map, without which it looks flat.
function drawFrame(drawing, panel, { theme }) {
  if (!isSolid(panel) || !panel.bounds) return;
  const { low, high } = panel.bounds;
  const corner = (bits) => {
    const place = low.map((value, axis) => ((bits >> axis) & 1 ? high[axis] : value));
    const [x, y, w] = panel.project(...place, [0, 0, 0]);
    return w > 0.01 ? [panel.x + x, panel.y + y] : null;
  };
  for (let from = 0; from < 8; from++) {
    for (const axis of [1, 2, 4]) {
      const line = from & axis ? [] : [corner(from), corner(from | axis)];
      if (line[0] && line[1]) drawing.path(line, { stroke: css(theme.text, 0.13), width: 1 });
    }
  }
}

function titleBox(drawing, panel) {
  if (!panel.title) return [];
  const text = fitText(drawing, panel.title, 16, 700, panel.width - 28);
  return [{ x: panel.x + 8, y: panel.y + 4, width: drawing.widthOf(text, 16, 700) + 16, height: 24, text }];
}

function drawTitle(drawing, panel, { theme }) {
  for (const box of titleBox(drawing, panel)) {
    drawing.box(box, css(theme.background, 0.85), 4);
    drawing.text(box.x + 6, box.y + 12.5, box.text, { size: 16, weight: 700, fill: css(theme.text) });
  }
}

function drawAxes(drawing, panel, { theme }) {
  if (!panel.axes.length) return;
  const style = { size: 14, weight: 500, fill: css(theme.text, 0.75) };
  if (isSolid(panel)) drawTripod(drawing, panel, theme, style);
  else drawRulers(drawing, panel, theme, style);
}

function drawRulers(drawing, { x, y, width, height, axes }, theme, style) {
  const line = { stroke: css(theme.text, 0.3), width: 1 };
  drawing.path([[x + 24, y + TITLE_SPACE + 6], [x + 24, y + height - 24], [x + width - 8, y + height - 24]], line);
  drawing.text(x + width / 2, y + height - 12, axes[0], { ...style, align: "center" });
  drawing.text(x + 12, y + height / 2, axes[1] ?? "", { ...style, align: "center", vertical: true });
}

function drawTripod(drawing, panel, theme, style) {
  const { x, y, height, axes, camera } = panel;
  const { right, up } = camera.axes();
  const [ox, oy, reach] = [x + 112, y + height - 60, 34];
  axes.forEach((title, axis) => {
    const [ex, ey] = [ox + right[axis] * reach, oy - up[axis] * reach];
    drawing.path([[ox, oy], [ex, ey]], { stroke: css(theme.text, 0.6), width: 2 });
    const align = right[axis] < -0.3 ? "right" : right[axis] > 0.3 ? "left" : "center";
    const end = [ox + right[axis] * (reach + 6), oy - up[axis] * (reach + 12)];
    writeWithin(drawing, panel, end, title, { ...style, align });
  });
}
