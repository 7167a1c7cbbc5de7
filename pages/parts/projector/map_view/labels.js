// Labels: texts that never cover each other. The first come first; one that finds no room is left out until a zoom
// makes some.
const LABEL_SIZE = 15;
const LABEL_ROOM = 240;
const LABEL_SHIFTS = [0, -18, 18, -36, 36];

function drawLabels(pen, panel, labels, place, theme, taken) {
  const out = [0, 0, 0];
  for (const label of labels) {
    const [x, y] = place(...label.place, out);
    if (!inside(panel, x, y)) continue;
    const text = fitted(pen, label.text, LABEL_SIZE, 700, Math.min(LABEL_ROOM, panel.width * 0.6));
    const width = pen.widthOf(text, LABEL_SIZE, 700) + 18;
    const box = freeBox(panel, panel.x + x - width / 2, panel.y + y - 12, width, 24, taken);
    if (!box) continue;
    taken.push(box);
    pen.box(box, css(theme.ground, 0.8), 5);
    pen.box({ x: box.x + 3, y: box.y + 5, width: 3.5, height: 14 }, label.colour, 1.5);
    pen.text(box.x + 11, box.y + 12.5, text, { size: LABEL_SIZE, weight: 700, fill: css(theme.text) });
  }
}

function freeBox(panel, x, y, width, height, taken) {
  const left = Math.max(panel.x + 4, Math.min(panel.x + panel.width - width - 4, x));
  for (const shift of LABEL_SHIFTS) {
    const top = Math.max(panel.y + TITLE_SPACE, Math.min(panel.y + panel.height - height - 4, y + shift));
    const box = { x: left, y: top, width, height };
    if (!taken.some((other) => overlap(box, other))) return box;
  }
  return null;
}

function overlap(one, other) {
  const across = one.x < other.x + other.width + 4 && other.x < one.x + one.width + 4;
  return across && one.y < other.y + other.height + 2 && other.y < one.y + one.height + 2;
}
