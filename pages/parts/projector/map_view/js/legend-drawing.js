/**
 * The legend as part of a picture: the key of the markers and the colours, in lines as wide as the picture.
 */
import { css, rgb } from "./colours.js";
import { fitText } from "./labels.js";
import { paletteOf } from "./palette.js";
import { drawShape, shapeOfCode } from "./shapes.js";

const MOST_NAMES = 24;
const ENTRY_HEIGHT = 26;
const MARGIN = 8;

/** The entries with their places, as {list: [{x, y, draw(x, y)}], height}. */
export function legendEntries(drawing, legend, key, theme, width) {
  const style = { size: 15, fill: css(theme.text) };
  const entries = key.map(([draw, words]) => entry(drawing, draw, words, style));
  if (legend.kind === "gradient") entries.push(gradientEntry(drawing, legend, style));
  else entries.push(...categoryEntries(drawing, legend, style));
  return inLines(entries, width);
}

function categoryEntries(drawing, legend, style) {
  const entries = legend.names.slice(0, MOST_NAMES).map((name, code) => {
    const dot = (to, x, y) => drawShape(to, shapeOfCode(legend, code), x, y, 6, { fill: css(rgb(legend.colours[code])) });
    return entry(drawing, dot, fitText(drawing, name || "(none)", 15, 400, 260), style);
  });
  const more = legend.names.length - MOST_NAMES;
  if (more > 0) entries.push(entry(drawing, () => {}, `and ${more.toLocaleString("en")} more`, style));
  return entries;
}

function entry(drawing, draw, words, style) {
  return {
    width: 28 + drawing.widthOf(words, style.size, 400) + 18,
    draw: (x, y) => {
      draw(drawing, x + 12, y + ENTRY_HEIGHT / 2);
      drawing.text(x + 26, y + ENTRY_HEIGHT / 2, words, style);
    },
  };
}

function gradientEntry(drawing, legend, style) {
  const colours = paletteOf(legend);
  const words = [legend.title, legend.ticks[0], legend.ticks[2]];
  const [title, low, high] = words.map((word) => drawing.widthOf(word, style.size, 400) + 12);
  return {
    width: title + low + 254 + high,
    draw: (x, y) => {
      const middle = y + ENTRY_HEIGHT / 2;
      drawing.text(x + 8, middle, words[0], { ...style, weight: 700 });
      drawing.text(x + title + 12, middle, words[1], style);
      for (let step = 0; step < 60; step++) {
        const box = { x: x + title + low + 12 + step * 4, y: middle - 7, width: 4.5, height: 14 };
        drawing.box(box, css(colours[Math.round((step / 59) * 254)]));
      }
      drawing.text(x + title + low + 262, middle, words[2], style);
    },
  };
}

function inLines(entries, width) {
  const list = [];
  let [x, y] = [MARGIN, MARGIN];
  for (const { width: own, draw } of entries) {
    if (x > MARGIN && x + own > width) [x, y] = [MARGIN, y + ENTRY_HEIGHT];
    list.push({ x, y, draw });
    x += own;
  }
  return { list, height: list.length ? y + ENTRY_HEIGHT + 10 : 0 };
}
