// Two pens with the same strokes: one draws on a canvas, one writes SVG. What lies over the points is drawn by either.
class CanvasPen {
  constructor(context, font) {
    this.context = context;
    this.font = font;
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
  text(x, y, text, { size = 14, weight = 400, fill, align = "left", turned = false }) {
    const { context } = this;
    context.save();
    context.translate(x, y);
    if (turned) context.rotate(-Math.PI / 2);
    context.font = `${weight} ${size}px ${this.font}`;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillStyle = fill;
    context.fillText(text, 0, 0);
    context.restore();
  }
  widthOf(text, size, weight) {
    this.context.font = `${weight} ${size}px ${this.font}`;
    return this.context.measureText(text).width;
  }
}

class SvgPen {
  constructor(font, measure) {
    this.font = font;
    this.widthOf = measure;
    this.parts = [];
    this.clips = 0;
  }
  clip(box, draw) {
    const id = `panel${this.clips++}`;
    const { x, y, width, height } = box;
    this.parts.push(`<clipPath id="${id}"><rect x="${x}" y="${y}" width="${width}" height="${height}"/></clipPath>`);
    this.parts.push(`<g clip-path="url(#${id})">`);
    draw();
    this.parts.push("</g>");
  }
  path(points, { closed = false, ...style }) {
    const steps = points.map(([x, y]) => `${short(x)},${short(y)}`).join(" ");
    this.parts.push(`<${closed ? "polygon" : "polyline"} points="${steps}"${painted(style)}/>`);
  }
  circle(x, y, radius, style) {
    this.parts.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${short(radius)}"${painted(style)}/>`);
  }
  box({ x, y, width, height }, fill, radius = 0) {
    const size = `width="${short(width)}" height="${short(height)}" rx="${radius}"`;
    this.parts.push(`<rect x="${short(x)}" y="${short(y)}" ${size}${painted({ fill })}/>`);
  }
  text(x, y, text, { size = 14, weight = 400, fill, align = "left", turned = false }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const turn = turned ? ` transform="rotate(-90 ${short(x)} ${short(y)})"` : "";
    const letters = `font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" dominant-baseline="central"`;
    const place = `x="${short(x)}" y="${short(y)}"`;
    this.parts.push(`<text ${place} ${letters}${turn}${painted({ fill })}>${escaped(text)}</text>`);
  }
  image({ x, y, width, height }, address) {
    this.parts.push(`<image x="${x}" y="${y}" width="${width}" height="${height}" href="${address}"/>`);
  }
  document(width, height, scale) {
    const size = `width="${width * scale}" height="${height * scale}" viewBox="0 0 ${width} ${height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${escaped(this.font)}">`;
    return `${open}\n${this.parts.join("\n")}\n</svg>\n`;
  }
}

function short(value) {
  return Math.round(value * 100) / 100;
}

function painted({ fill = null, stroke = null, width = 1 }) {
  const line = stroke ? ` stroke="${stroke}" stroke-width="${width}"` : "";
  return ` fill="${fill ?? "none"}"${line}`;
}

// As XML: the five signs it reserves, and none of the control signs it cannot hold.
function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  return allowed.replace(/[&<>"']/g, (sign) => names[sign]);
}

// The text, cut with an ellipsis where it is wider than there is room.
function fitted(pen, text, size, weight, room) {
  if (pen.widthOf(text, size, weight) <= room) return text;
  let length = text.length;
  while (length > 1 && pen.widthOf(`${text.slice(0, length)}…`, size, weight) > room) length--;
  return `${text.slice(0, length).trimEnd()}…`;
}
