/**
 * The canvas above the points, with each panel's overlay and the line of a lasso or box.
 */
import { CanvasDrawing } from "./canvas-drawing.js";
import { css } from "./colours.js";
import { drawBorder, drawOverlay } from "./overlay.js";

export class OverlayCanvas {
  constructor(canvas) {
    this.canvas = canvas;
    this.drawing = new CanvasDrawing(canvas.getContext("2d"), "sans-serif");
    this.ratio = 1;
  }

  resize(width, height, ratio) {
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.ratio = ratio;
  }

  /** Redraws all panels; while points glide, there is no overlay. `outline` is {panel, line} or null. */
  draw(panels, scene, outline) {
    const { context } = this.drawing;
    Object.assign(this.drawing, { font: scene.theme.font, scale: scene.theme.textScale });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.scale(this.ratio, this.ratio);
    for (const panel of panels) {
      if (scene.progress === 1) drawOverlay(this.drawing, panel, scene.of(panel));
      drawBorder(this.drawing, panel, scene.theme);
    }
    if (outline) this.drawOutline(outline, scene.theme);
  }

  drawOutline({ panel, line }, theme) {
    const style = { closed: true, fill: css(theme.accent, 0.14), stroke: css(theme.accent), width: 1.5 };
    this.drawing.clip(panel, () => this.drawing.path(line, style));
  }
}
