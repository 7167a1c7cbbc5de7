// The whole arrangement as a picture, at twice its size on the screen: PNG, or SVG with every point a circle.
const PICTURE_SCALE = 2;
const MOST_CIRCLES = 20_000;
const MOST_NAMES = 24;
const ENTRY_HEIGHT = 26;

async function savePng(viewer) {
  const { width, height } = viewer.size;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const pen = new CanvasPen(context, viewer.theme.font);
  const entries = legendEntries(viewer, pen, width);
  canvas.width = width * PICTURE_SCALE;
  canvas.height = (height + entries.height) * PICTURE_SCALE;
  context.scale(PICTURE_SCALE, PICTURE_SCALE);
  pen.box({ x: 0, y: 0, width, height: height + entries.height }, css(viewer.theme.ground));
  viewer.paintedWhole(PICTURE_SCALE, (points) => context.drawImage(points, 0, 0, width, height));
  drawAllOver(pen, viewer, entries);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  download(blob, "map.png");
}

function saveSvg(viewer) {
  const { width, height } = viewer.size;
  const measure = new CanvasPen(document.createElement("canvas").getContext("2d"), viewer.theme.font);
  const pen = new SvgPen(viewer.theme.font, (...text) => measure.widthOf(...text));
  const entries = legendEntries(viewer, pen, width);
  pen.box({ x: 0, y: 0, width, height: height + entries.height }, css(viewer.theme.ground));
  if (viewer.shownCount() <= MOST_CIRCLES) {
    for (const panel of viewer.panels) pen.clip(panel, () => writeCircles(pen, panel, viewer.scene(panel), viewer));
  } else {
    const box = { x: 0, y: 0, width, height };
    viewer.paintedWhole(PICTURE_SCALE, (points) => pen.image(box, points.toDataURL("image/png")));
  }
  drawAllOver(pen, viewer, entries);
  const text = pen.document(width, height + entries.height, PICTURE_SCALE);
  download(new Blob([text], { type: "image/svg+xml" }), "map.svg");
}

function drawAllOver(pen, viewer, entries) {
  for (const panel of viewer.panels) {
    drawOverlay(pen, panel, { ...viewer.scene(panel), hover: null });
    drawBorder(pen, panel, viewer.theme);
  }
  for (const { x, y, draw } of entries.list) draw(x, viewer.size.height + y);
}

function drawBorder(pen, panel, theme) {
  if (panel.x > 0) pen.path([[panel.x, panel.y], [panel.x, panel.y + panel.height]], { stroke: css(theme.text, 0.2) });
  if (panel.y > 0) pen.path([[panel.x, panel.y], [panel.x + panel.width, panel.y]], { stroke: css(theme.text, 0.2) });
}

function writeCircles(pen, panel, scene, viewer) {
  const solid = panel.camera instanceof OrbitCamera;
  const { rowOf } = scene.points.order;
  const found = [];
  eachPlace(scene.points, viewer.shownSlots, panel, (slot, x, y, depth) => {
    const near = solid ? panel.camera.distance / depth : 1;
    const row = rowOf[slot];
    found.push({ row, x: panel.x + x, y: panel.y + y, near, lit: viewer.lit?.[row] ?? 0 });
  });
  found.sort((one, other) => one.lit - other.lit || one.near - other.near);
  for (const { row, x, y, near, lit } of found) {
    const faded = scene.faded && !lit;
    const colour = faded ? blend(scene.colourOf(row), scene.ground, FADED.share) : scene.colourOf(row);
    const opacity = lit ? scene.litOpacity : scene.opacity * (faded ? FADED.opacity : 1);
    pen.circle(x, y, (scene.size * near * (lit ? LIT_GROWTH : 1)) / 2, { fill: css(colour, short(opacity)) });
  }
}

// The legend's entries in lines as wide as the picture.
function legendEntries(viewer, pen, width) {
  const { theme, view } = viewer;
  const style = { size: 15, fill: css(theme.text) };
  const entries = keyOf(viewer.scene(viewer.panels[0])).map(([draw, words]) => entryOf(pen, draw, words, style));
  const { legend } = view;
  if (legend.kind === "gradient") {
    entries.push(gradientEntry(pen, legend, style));
  } else {
    legend.names.slice(0, MOST_NAMES).forEach((name, code) => {
      const dot = (to, x, y) => to.circle(x, y, 6, { fill: css(rgb(legend.colours[code])) });
      entries.push(entryOf(pen, dot, fitted(pen, name || "(none)", 15, 400, 260), style));
    });
    const more = legend.names.length - MOST_NAMES;
    if (more > 0) entries.push(entryOf(pen, () => {}, `and ${more.toLocaleString("en")} more`, style));
  }
  return laidOut(entries, width);
}

function entryOf(pen, draw, words, style) {
  return {
    width: 28 + pen.widthOf(words, style.size, 400) + 18,
    draw: (x, y) => {
      draw(pen, x + 12, y + ENTRY_HEIGHT / 2);
      pen.text(x + 26, y + ENTRY_HEIGHT / 2, words, style);
    },
  };
}

function gradientEntry(pen, legend, style) {
  const colours = paletteOf(legend);
  const words = [legend.title, legend.ticks[0], legend.ticks[2]];
  const [title, low, high] = words.map((word) => pen.widthOf(word, style.size, 400) + 12);
  return {
    width: title + low + 254 + high,
    draw: (x, y) => {
      const middle = y + ENTRY_HEIGHT / 2;
      pen.text(x + 8, middle, words[0], { ...style, weight: 700 });
      pen.text(x + title + 12, middle, words[1], style);
      for (let step = 0; step < 60; step++) {
        const box = { x: x + title + low + 12 + step * 4, y: middle - 7, width: 4.5, height: 14 };
        pen.box(box, css(colours[Math.round((step / 59) * 254)]));
      }
      pen.text(x + title + low + 262, middle, words[2], style);
    },
  };
}

function laidOut(entries, width) {
  const list = [];
  let [x, y] = [8, 8];
  for (const entry of entries) {
    if (x > 8 && x + entry.width > width) [x, y] = [8, y + ENTRY_HEIGHT];
    list.push({ x, y, draw: entry.draw });
    x += entry.width;
  }
  return { list, height: list.length ? y + ENTRY_HEIGHT + 10 : 0 };
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
