/**
 * A drawing on a canvas, with the same strokes as one in SVG (svg-drawing.js): the overlay and the legend of a picture
 * are drawn by either.
 */
export class CanvasDrawing {
  /** Text is `scale` times as large as drawn in a picture. */
  constructor(context, font, scale = 1) {
    Object.assign(this, { context, font, scale });
  }
  clip(box, draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(box.x, box.y, box.width, box.height);
    this.context.clip();
    draw();
    this.context.restore();
  }
  path(points, { closed = false, fill = null, stroke = null, width = 1 }) {
    const { context } = this;
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    if (closed) context.closePath();
    this.finish(fill, stroke, width);
  }
  circle(x, y, radius, { fill = null, stroke = null, width = 1 }) {
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.finish(fill, stroke, width);
  }
  box({ x, y, width, height }, fill, radius = 0) {
    this.context.beginPath();
    this.context.roundRect(x, y, width, height, radius);
    this.finish(fill, null, 1);
  }
  finish(fill, stroke, width) {
    const { context } = this;
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = width;
      context.stroke();
    }
  }
  text(x, y, text, { size = 14, weight = 400, fill, align = "left", vertical = false }) {
    const { context } = this;
    context.save();
    context.translate(x, y);
    if (vertical) context.rotate(-Math.PI / 2);
    context.font = `${weight} ${size * this.scale}px ${this.font}`;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillStyle = fill;
    context.fillText(text, 0, 0);
    context.restore();
  }
  widthOf(text, size, weight) {
    this.context.font = `${weight} ${size * this.scale}px ${this.font}`;
    return this.context.measureText(text).width;
  }
}
