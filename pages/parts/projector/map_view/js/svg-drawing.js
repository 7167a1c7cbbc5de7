/**
 * A drawing as SVG, with the same strokes as one on a canvas (canvas-drawing.js).
 */
export class SvgDrawing {
  /** `measure(text, size, weight)` gives a text's width, which SVG itself cannot. */
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
    const steps = points.map(([x, y]) => `${hundredths(x)},${hundredths(y)}`).join(" ");
    this.parts.push(`<${closed ? "polygon" : "polyline"} points="${steps}"${strokeAndFill(style)}/>`);
  }
  circle(x, y, radius, style) {
    this.parts.push(`<circle cx="${hundredths(x)}" cy="${hundredths(y)}" r="${hundredths(radius)}"${strokeAndFill(style)}/>`);
  }
  box({ x, y, width, height }, fill, radius = 0) {
    const size = `width="${hundredths(width)}" height="${hundredths(height)}" rx="${radius}"`;
    this.parts.push(`<rect x="${hundredths(x)}" y="${hundredths(y)}" ${size}${strokeAndFill({ fill })}/>`);
  }
  text(x, y, text, { size = 14, weight = 400, fill, align = "left", vertical = false }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const turn = vertical ? ` transform="rotate(-90 ${hundredths(x)} ${hundredths(y)})"` : "";
    const letters = `font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" dominant-baseline="central"`;
    const place = `x="${hundredths(x)}" y="${hundredths(y)}"`;
    this.parts.push(`<text ${place} ${letters}${turn}${strokeAndFill({ fill })}>${escapeXml(text)}</text>`);
  }
  image({ x, y, width, height }, address) {
    this.parts.push(`<image x="${x}" y="${y}" width="${width}" height="${height}" href="${address}"/>`);
  }
  document(width, height, scale) {
    const size = `width="${width * scale}" height="${height * scale}" viewBox="0 0 ${width} ${height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${escapeXml(this.font)}">`;
    return `${open}\n${this.parts.join("\n")}\n</svg>\n`;
  }
}

/** To a hundredth of a pixel. */
export function hundredths(value) {
  return Math.round(value * 100) / 100;
}

function strokeAndFill({ fill = null, stroke = null, width = 1 }) {
  const line = stroke ? ` stroke="${stroke}" stroke-width="${width}"` : "";
  return ` fill="${fill ?? "none"}"${line}`;
}

/** Escapes for XML: the five reserved characters, and no control characters. */
export function escapeXml(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  // oxlint-disable-next-line no-control-regex
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  return allowed.replace(/[&<>"']/g, (sign) => names[sign]);
}
