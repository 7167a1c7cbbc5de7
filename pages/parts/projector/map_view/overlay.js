// What lies over the points of a panel: titles, axes, neighbours and their truth, rings, labels, the typed text.
const MOST_RINGS = 30;

function drawOverlay(pen, panel, scene) {
  pen.clip(panel, () => {
    drawFrame(pen, panel, scene);
    drawAxes(pen, panel, scene);
    const taken = [...titleBox(pen, panel, scene), ...markBoxes(panel, scene)];
    const typed = typedBox(pen, panel, scene);
    if (typed) taken.push(typed.box, typed.star);
    drawEdges(pen, panel, scene);
    if (scene.look.labels) drawLabels(pen, panel, scene.labels[panel.map], panel.place, scene.theme, taken);
    drawFocus(pen, panel, scene);
    if (typed) drawTyped(pen, typed, scene.theme);
    drawTitle(pen, panel, scene);
    drawHover(pen, panel, scene);
  });
}

// The box around a solid map: without it a picture of one looks flat.
function drawFrame(pen, panel, { theme }) {
  if (!(panel.camera instanceof OrbitCamera) || !panel.bounds) return;
  const { low, high } = panel.bounds;
  const corner = (bits) => {
    const [x, y, w] = panel.place(...low.map((value, axis) => ((bits >> axis) & 1 ? high[axis] : value)), [0, 0, 0]);
    return w > 0.01 ? [panel.x + x, panel.y + y] : null;
  };
  for (let from = 0; from < 8; from++) {
    for (const axis of [1, 2, 4]) {
      const line = from & axis ? [] : [corner(from), corner(from | axis)];
      if (line[0] && line[1]) pen.path(line, { stroke: css(theme.text, 0.13), width: 1 });
    }
  }
}

// The marked places: a label must not hide what was asked for.
function markBoxes(panel, scene) {
  const { marks, neighbours } = scene;
  const rows = [...neighbours.rows, ...(neighbours.false[panel.map] ?? []), ...(neighbours.torn[panel.map] ?? [])];
  if (marks.point !== null) rows.push(marks.point);
  const places = rows.map((row) => placeOfRow(panel, scene, row)).filter(Boolean);
  return places.map(([x, y]) => ({ x: x - 8, y: y - 8, width: 16, height: 16 }));
}

function drawEdges(pen, panel, scene) {
  const own = scene.look.edges && scene.marks.point !== null && placeOfRow(panel, scene, scene.marks.point);
  if (!own) return;
  for (const row of scene.neighbours.rows) {
    const end = placeOfRow(panel, scene, row);
    if (end) pen.path([own, end], { stroke: css(scene.theme.text, 0.4), width: 1.2 });
  }
}

function drawFocus(pen, panel, scene) {
  const { theme, marks, neighbours } = scene;
  const radius = Math.max(5, scene.size * 0.75 + 2);
  const each = (rows, draw) => {
    for (const row of rows ?? []) {
      const place = placeOfRow(panel, scene, row);
      if (place) draw(...place, row);
    }
  };
  each(neighbours.rows, (x, y, row) => {
    pen.circle(x, y, radius, { fill: css(scene.colourOf(row)), stroke: css(theme.ground), width: 1.5 });
    pen.circle(x, y, radius + 1, { stroke: css(theme.text, 0.75), width: 1.2 });
  });
  each(neighbours.false[panel.map], (x, y) => drawFalse(pen, x, y, theme));
  each(neighbours.torn[panel.map], (x, y) => drawTorn(pen, x, y, theme));
  each(scene.rings, (x, y) => pen.circle(x, y, radius + 2, { stroke: css(theme.accent), width: 2 }));
  each(marks.point === null ? [] : [marks.point], (x, y, row) => drawRing(pen, x, y, radius + 3, scene, row));
}

function drawFalse(pen, x, y, theme) {
  for (const side of [-1, 1]) {
    const line = [[x - 7, y - 7 * side], [x + 7, y + 7 * side]];
    pen.path(line, { stroke: css(theme.ground), width: 5 });
    pen.path(line, { stroke: css(theme.warning), width: 2.5 });
  }
}

function drawTorn(pen, x, y, theme) {
  const corners = [[x, y - 10], [x + 10, y], [x, y + 10], [x - 10, y]];
  pen.path(corners, { closed: true, stroke: css(theme.ground), width: 5 });
  pen.path(corners, { closed: true, stroke: css(theme.torn), width: 2.5 });
}

function drawRing(pen, x, y, radius, scene, row) {
  pen.circle(x, y, radius - 2, { fill: css(scene.colourOf(row)) });
  pen.circle(x, y, radius, { stroke: css(scene.theme.ground), width: 5 });
  pen.circle(x, y, radius + 1, { stroke: css(scene.theme.text), width: 2.5 });
}

function drawHover(pen, panel, scene) {
  const place = scene.hover === null ? null : placeOfRow(panel, scene, scene.hover);
  if (!place) return;
  const radius = Math.max(6, scene.size * 0.75 + 3);
  pen.circle(...place, radius, { stroke: css(scene.theme.ground, 0.9), width: 5 });
  pen.circle(...place, radius, { stroke: css(scene.theme.text), width: 2 });
}

// Where the typed text's star and words stand, or null where it is out of view.
function typedBox(pen, panel, scene) {
  const place = scene.typed[panel.map];
  if (!place) return null;
  const [x, y] = panel.place(...place, [0, 0, 0]);
  if (!inside(panel, x, y)) return null;
  const text = fitted(pen, scene.typedText, LABEL_SIZE, 700, LABEL_ROOM);
  const width = pen.widthOf(text, LABEL_SIZE, 700) + 14;
  const side = x + 18 + width < panel.width ? 16 : -16 - width;
  return {
    text,
    box: { x: panel.x + x + side, y: panel.y + y - 12, width, height: 24 },
    star: { x: panel.x + x - 14, y: panel.y + y - 14, width: 28, height: 28 },
  };
}

function drawTyped(pen, { text, box, star }, theme) {
  drawStar(pen, star.x + 14, star.y + 14, theme);
  pen.box(box, css(theme.ground, 0.85), 5);
  pen.text(box.x + 7, box.y + 12.5, text, { size: LABEL_SIZE, weight: 700, fill: css(theme.text) });
}

function drawStar(pen, x, y, theme, radius = 13) {
  const corners = Array.from({ length: 10 }, (_, i) => {
    const reach = i % 2 ? radius * 0.45 : radius;
    return [x + reach * Math.sin((i * Math.PI) / 5), y - reach * Math.cos((i * Math.PI) / 5)];
  });
  pen.path(corners, { closed: true, fill: css(theme.accent), stroke: css(theme.ground), width: 2 });
}

function titleBox(pen, panel, scene) {
  if (!panel.title) return [];
  const text = fitted(pen, panel.title, 16, 700, panel.width - 28);
  return [{ x: panel.x + 8, y: panel.y + 4, width: pen.widthOf(text, 16, 700) + 16, height: 24, text }];
}

function drawTitle(pen, panel, scene) {
  for (const box of titleBox(pen, panel, scene)) {
    pen.box(box, css(scene.theme.ground, 0.85), 4);
    pen.text(box.x + 6, box.y + 12.5, box.text, { size: 16, weight: 700, fill: css(scene.theme.text) });
  }
}

function drawAxes(pen, panel, scene) {
  if (!panel.axes.length) return;
  const style = { size: 14, weight: 500, fill: css(scene.theme.text, 0.75) };
  const line = { stroke: css(scene.theme.text, 0.3), width: 1 };
  const { x, y, width, height } = panel;
  if (panel.camera instanceof FlatCamera) {
    pen.path([[x + 24, y + TITLE_SPACE + 6], [x + 24, y + height - 24], [x + width - 8, y + height - 24]], line);
    pen.text(x + width / 2, y + height - 12, panel.axes[0], { ...style, align: "center" });
    pen.text(x + 12, y + height / 2, panel.axes[1] ?? "", { ...style, align: "center", turned: true });
    return;
  }
  const { right, up } = panel.camera.axes();
  const [ox, oy, reach] = [x + 112, y + height - 60, 34];
  panel.axes.forEach((title, axis) => {
    const [ex, ey] = [ox + right[axis] * reach, oy - up[axis] * reach];
    pen.path([[ox, oy], [ex, ey]], { stroke: css(scene.theme.text, 0.6), width: 2 });
    const align = right[axis] < -0.3 ? "right" : right[axis] > 0.3 ? "left" : "center";
    pen.text(ox + right[axis] * (reach + 6), oy - up[axis] * (reach + 12), title, { ...style, align });
  });
}

// Where a row is on the canvas, or null where it is not drawn.
function placeOfRow(panel, scene, row) {
  const { isolated } = scene.marks;
  if (row >= scene.points.count || (isolated && !isolated[row])) return null;
  const { places } = scene.points.maps[panel.map];
  const i = 3 * scene.points.order.slotOf[row];
  if (places[i] === NOWHERE) return null;
  const [x, y, w] = panel.place(places[i], places[i + 1], places[i + 2], [0, 0, 0]);
  return w > 0 ? [panel.x + x, panel.y + y] : null;
}

// What the marks mean, only for those that are there: [draw(pen, x, y), words].
function keyOf(scene) {
  const { theme, neighbours } = scene;
  const any = (lists) => lists.some((rows) => rows.length);
  const key = [];
  if (neighbours.rows.length) {
    const ring = (pen, x, y) => {
      pen.circle(x, y, 5, { fill: css(theme.text, 0.35) });
      pen.circle(x, y, 6, { stroke: css(theme.text, 0.75), width: 1.2 });
    };
    const [first, ...others] = scene.points.maps; // whose neighbours are lit on all maps
    key.push([ring, `Nearest in the original space${others.length ? `: ${first.title}` : ""}`]);
  }
  if (any(neighbours.false)) key.push([(pen, x, y) => drawFalse(pen, x, y, theme), "Near here, far in truth"]);
  if (any(neighbours.torn)) key.push([(pen, x, y) => drawTorn(pen, x, y, theme), "Near in truth, far here"]);
  const isTyped = scene.typed.some(Boolean);
  if (scene.rings.length) {
    const found = isTyped ? "Nearest to your text" : "Found by the search";
    key.push([(pen, x, y) => pen.circle(x, y, 6, { stroke: css(theme.accent), width: 2 }), found]);
  }
  if (isTyped) key.push([(pen, x, y) => drawStar(pen, x, y, theme, 9), "Your text"]);
  return key;
}
