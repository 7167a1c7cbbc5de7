/**
 * The whole arrangement as a picture, at twice its size on the screen: PNG, or SVG with every point an element.
 */
import { CanvasDrawing } from "./canvas-drawing.js";
import { blend, css } from "./colours.js";
import { legendEntries } from "./legend-drawing.js";
import { keyOf } from "./markers.js";
import { drawBorder, drawOverlay } from "./overlay.js";
import { eachPlace, isSolid } from "./panels.js";
import { FADED_SHARE, HIGHLIGHT_GROWTH, fadedOpacity } from "./point-style.js";
import { drawShape } from "./shapes.js";
import { SvgDrawing, hundredths } from "./svg-drawing.js";

const SCALE = 2;
const MOST_ELEMENTS = 20_000;

export async function savePng(viewer) {
  const { width, height } = viewer.size;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const drawing = new CanvasDrawing(context, viewer.scene.theme.font);
  const entries = entriesOf(viewer, drawing);
  canvas.width = width * SCALE;
  canvas.height = (height + entries.height) * SCALE;
  context.scale(SCALE, SCALE);
  drawBackground(drawing, viewer, entries);
  viewer.paintWhole(SCALE, (points) => context.drawImage(points, 0, 0, width, height));
  drawAbove(drawing, viewer, entries);
  download(await new Promise((done) => canvas.toBlob(done, "image/png")), "map.png");
}

export function saveSvg(viewer) {
  const { width, height } = viewer.size;
  const { scene, panels } = viewer;
  const measure = new CanvasDrawing(document.createElement("canvas").getContext("2d"), scene.theme.font);
  const drawing = new SvgDrawing(scene.theme.font, (...text) => measure.widthOf(...text));
  const entries = entriesOf(viewer, drawing);
  drawBackground(drawing, viewer, entries);
  if (scene.shownCount() <= MOST_ELEMENTS) {
    for (const panel of panels) drawing.clip(panel, () => drawPoints(drawing, panel, scene));
  } else {
    const box = { x: 0, y: 0, width, height };
    viewer.paintWhole(SCALE, (points) => drawing.image(box, points.toDataURL("image/png")));
  }
  drawAbove(drawing, viewer, entries);
  const text = drawing.document(width, height + entries.height, SCALE);
  download(new Blob([text], { type: "image/svg+xml" }), "map.svg");
}

function entriesOf({ scene, panels, size }, drawing) {
  return legendEntries(drawing, scene.view.legend, keyOf(scene.of(panels[0])), scene.theme, size.width);
}

function drawBackground(drawing, { scene, size }, entries) {
  const box = { x: 0, y: 0, width: size.width, height: size.height + entries.height };
  drawing.box(box, css(scene.theme.background));
}

function drawAbove(drawing, { scene, panels, size }, entries) {
  for (const panel of panels) {
    drawOverlay(drawing, panel, { ...scene.of(panel), hover: null });
    drawBorder(drawing, panel, scene.theme);
  }
  for (const { x, y, draw } of entries.list) draw(x, size.height + y);
}

// The farthest first, and the highlight on top, as in the renderer.
function drawPoints(drawing, panel, scene) {
  const seen = scene.of(panel);
  const { rowOf } = scene.points.order;
  const found = [];
  eachPlace(scene.points, scene.shownSlots, panel, (slot, x, y, depth) => {
    const row = rowOf[slot];
    const near = isSolid(panel) ? panel.camera.distance / depth : 1;
    found.push({ row, x: panel.x + x, y: panel.y + y, near, isLit: scene.highlight?.[row] ?? 0 });
  });
  found.sort((one, other) => one.isLit - other.isLit || one.near - other.near);
  for (const { row, x, y, near, isLit } of found) {
    const isFaded = seen.isFaded && !isLit;
    const own = seen.colourOf(row);
    const colour = isFaded ? blend(own, scene.theme.background, FADED_SHARE) : own;
    const opacity = isLit ? seen.highlightOpacity : isFaded ? fadedOpacity(seen.opacity) : seen.opacity;
    const radius = (seen.size * near * (isLit ? HIGHLIGHT_GROWTH : 1)) / 2;
    drawShape(drawing, seen.shapeOf(row), x, y, radius, { fill: css(colour, hundredths(opacity)) });
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
