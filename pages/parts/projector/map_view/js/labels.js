/**
 * Labels: texts that never overlap. Earlier labels have priority; one without room is skipped until a zoom makes some.
 */
import { TITLE_SPACE } from "./cameras.js";
import { css } from "./colours.js";
import { isInside } from "./panels.js";

export const LABEL_SIZE = 15;
export const LABEL_ROOM = 240;
const EDGE = 8; // pixels between a text and the edge of its panel
const HALF_CHARACTER = /[\ud800-\udbff]$/; // the first half of a surrogate pair, such as an emoji
const MUTED = 0.45; // opacity
const SHIFTS = [0, -18, 18, -36, 36];

/**
 * Draws the labels that fit beside the boxes that are `occupied`, and adds their own boxes to these. If a colour is lit,
 * the labels of other colours come later and are muted.
 */
export function drawLabels(drawing, panel, labels, { theme, litColour }, occupied) {
  const out = [0, 0, 0];
  const isMuted = (label) => litColour !== null && label.colour !== litColour;
  for (const label of labels.toSorted((one, other) => isMuted(one) - isMuted(other))) {
    const [x, y] = panel.project(...label.place, out);
    if (!isInside(panel, x, y)) continue;
    const text = fitText(drawing, label.text, LABEL_SIZE, 700, Math.min(LABEL_ROOM, panel.width * 0.6));
    const width = drawing.widthOf(text, LABEL_SIZE, 700) + 18;
    const box = freeBox(panel, panel.x + x - width / 2, panel.y + y - 12, width, 24, occupied);
    if (!box) continue;
    occupied.push(box);
    drawing.box(box, css(theme.background, 0.8), 5);
    drawing.box({ x: box.x + 3, y: box.y + 5, width: 3.5, height: 14 }, label.colour, 1.5);
    const fill = css(theme.text, isMuted(label) ? MUTED : 1);
    drawing.text(box.x + 11, box.y + 12.5, text, { size: LABEL_SIZE, weight: 700, fill });
  }
}

function freeBox(panel, x, y, width, height, occupied) {
  const left = Math.max(panel.x + 4, Math.min(panel.x + panel.width - width - 4, x));
  for (const shift of SHIFTS) {
    const top = Math.max(panel.y + TITLE_SPACE, Math.min(panel.y + panel.height - height - 4, y + shift));
    const box = { x: left, y: top, width, height };
    if (!occupied.some((other) => overlap(box, other))) return box;
  }
  return null;
}

function overlap(one, other) {
  const across = one.x < other.x + other.width + 4 && other.x < one.x + one.width + 4;
  return across && one.y < other.y + other.height + 2 && other.y < one.y + one.height + 2;
}

/** Write a text beside a place, as far as it then lies within the panel; one that is too wide is shortened. */
export function writeWithin(drawing, panel, [x, y], text, { align, ...style }) {
  const words = fitText(drawing, text, style.size, style.weight, panel.width - 2 * EDGE);
  const width = drawing.widthOf(words, style.size, style.weight);
  const left = x - width * { left: 0, center: 0.5, right: 1 }[align];
  const rightmost = panel.x + panel.width - EDGE - width;
  drawing.text(Math.max(panel.x + EDGE, Math.min(left, rightmost)), y, words, style);
}

/** The text, shortened with an ellipsis if it is too wide. */
export function fitText(drawing, text, size, weight, room) {
  if (drawing.widthOf(text, size, weight) <= room) return text;
  let length = text.length;
  while (length > 1 && drawing.widthOf(`${text.slice(0, length)}…`, size, weight) > room) length--;
  return `${text.slice(0, length).replace(HALF_CHARACTER, "").trimEnd()}…`;
}
