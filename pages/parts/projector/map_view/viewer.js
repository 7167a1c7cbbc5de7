// The viewer: one to four panels on one canvas. It acts at once on what the person does, and tells the server after.
const CAMERA_REST_MS = 800;
const GLIDE_MS = 250;
const FRAME_MS = 40; // a frame draws as many points as this allows; what is left comes with the next
const FIRST_BUDGET = 120_000;
const LEAST_BUDGET = 20_000;

class Viewer {
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector(".stage");
    this.bubble = root.querySelector(".bubble");
    this.overlay = root.querySelector(".overlay");
    this.pen = new CanvasPen(this.overlay.getContext("2d"), "sans-serif");
    this.painter = new Painter(root.querySelector(".points"));
    this.legend = new Legend(root.querySelector(".legend"), root.querySelector(".keys"), this);
    this.toolbar = new Toolbar(root, this);
    this.gestures = new Gestures(this.stage, this);
    this.panels = [];
    this.size = { width: 0, height: 0 };
    this.serial = 0;
    this.marks = { point: null, selected: null, isolated: null };
    Object.assign(this, { hover: null, drawnOutline: null, lit: null, category: null, shownSlots: null });
    Object.assign(this, { progress: 1, budget: FIRST_BUDGET, toldCameras: [] });
    this.watch();
    root.placeOf = (row, map = 0) => this.clientPlace(row, map);
  }

  watch() {
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.escape());
    this.resizing = new ResizeObserver(() => this.resized());
    this.resizing.observe(this.stage);
    const { canvas } = this.painter;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.restore());
  }

  close() {
    this.closed = true;
    this.resizing.disconnect();
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frameId);
    this.painter.close();
  }

  // ---- what the server says -------------------------------------------------------------------------------------

  update(component, points, colour) {
    const { data: view } = component;
    const fresh = points.id !== this.points?.id;
    const sameRows = this.points?.count === points.count && this.points.rows === points.rows;
    this.tell = component.setStateValue;
    this.view = view;
    this.theme = themeOf(this.root);
    this.root.style.height = `${view.height}px`;
    this.pen.font = this.theme.font;
    if (!this.painter.gl) return this.giveUp();
    if (fresh) this.takePoints(points, sameRows ? this.points : null);
    if (fresh || colour.id !== this.colour.id) this.painter.setCodes(colour.codes);
    this.colour = colour;
    const news = view.heard >= this.serial || (fresh && !sameRows);
    const changed = (news && this.adoptMarks(view.marks, view.heard)) || fresh;
    this.adoptCamera(view.camera);
    const told = JSON.stringify({ ...view, heard: 0, marks: 0, camera: 0, theme: this.theme });
    if (changed || told !== this.toldView) this.takeView(told);
  }

  // All but marks and camera. What is as before is not drawn again: a rerun of the page leaves the picture alone.
  takeView(told) {
    const { view } = this;
    this.toldView = told;
    this.palette = paletteOf(view.legend);
    this.painter.setPalette(this.palette);
    this.matches = view.matches && unpackRows(view.matches, this.points.count);
    this.takeLabels();
    this.refresh();
  }

  takePoints(points, previous) {
    this.points = points;
    this.painter.setPoints(points, previous);
    this.hover = null;
    this.panels = points.maps.map((map, index) => ({
      map: index,
      title: map.title,
      axes: map.axes,
      bounds: null,
      camera: map.dimensions === 2 ? new FlatCamera() : new OrbitCamera(),
      drawn: 0,
      free: false, // until the person moves it, it fits all points into view
    }));
    this.root.dataset.ready = "false";
    layOutPanels(this.panels, this.size);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.glideFrom = previous && !still ? performance.now() : null;
    this.progress = this.glideFrom === null ? 1 : 0;
    if (this.glideFrom === null) this.painter.arrive();
  }

  takeLabels() {
    const { labels, typed } = this.view;
    const normal = (place, { centre, reach }) =>
      [0, 1, 2].map((axis) => ((place[axis] ?? 0) - (centre[axis] ?? 0)) / reach);
    this.labels = this.points.maps.map((map, index) => {
      const own = labels.filter((label) => label.map === index);
      return own.map(({ text, place, colour }) => ({ text, place: normal(place, map), colour: css(rgb(colour)) }));
    });
    this.typed = this.points.maps.map((map, index) => typed.places[index] && normal(typed.places[index], map));
  }

  adoptMarks(marks, heard) {
    const { count } = this.points;
    this.serial = Math.max(this.serial, heard);
    const before = this.marks;
    const selected = unpackRows(marks.selected, count);
    const isolated = marks.isolated && unpackRows(marks.isolated, count);
    this.marks = { point: marks.point, selected: selected.some(Boolean) ? selected : null, isolated };
    if (!sameRows(before.isolated, isolated)) for (const panel of this.panels) panel.free = false;
    return !sameMarks(before, this.marks);
  }

  // A camera is for certain points; one that was told by this view, or taken before, is no news.
  adoptCamera(camera) {
    const told = JSON.stringify(camera);
    if (!camera || camera.points !== this.points.id || told === this.knownCamera) return;
    this.knownCamera = told;
    if (this.toldCameras.includes(told)) return;
    this.panels.forEach((panel, index) => {
      if (adoptCamera(panel.camera, camera.maps?.[index])) panel.free = true;
      this.stale(panel);
    });
  }

  restore() {
    this.painter.prepare();
    this.painter.setPoints(this.points, null);
    this.painter.setCodes(this.colour.codes);
    this.painter.setPalette(this.palette);
    this.refresh();
  }

  giveUp() {
    this.root.querySelector(".toolbar").hidden = true;
    this.say("This browser has no WebGL2, which the map needs. Try another browser.");
  }

  say(words) {
    const message = this.root.querySelector(".message");
    message.textContent = words;
    message.hidden = !words;
  }

  // ---- what the person does -------------------------------------------------------------------------------------

  mark(change) {
    const marks = { ...this.marks, ...change };
    if (sameMarks(marks, this.marks)) return;
    const refit = !sameRows(marks.isolated, this.marks.isolated);
    this.marks = marks;
    this.serial += 1;
    this.tell("marks", {
      serial: this.serial,
      rows: this.points.rows,
      point: marks.point,
      selected: marks.selected ? packRows(marks.selected) : { rows: [] },
      isolated: marks.isolated && packRows(marks.isolated),
    });
    this.refresh();
    if (refit) this.fit(this.panels);
  }

  selectInside(panel, line) {
    this.mark({ selected: rowsInside(this.points, this.shownSlots, panel, line) });
  }

  rowsOf(code) {
    const { rowOf } = this.points.order;
    const rows = new Uint8Array(this.points.count);
    this.colour.codes.forEach((own, slot) => {
      if (own === code) rows[rowOf[slot]] = 1;
    });
    return rows;
  }

  selectCategory(code) {
    const rows = this.rowsOf(code);
    this.mark({ selected: sameRows(rows, this.marks.selected) || !rows.some(Boolean) ? null : rows });
  }

  lightCategory(code) {
    this.category = code;
    this.refresh();
  }

  isolate() {
    if (this.marks.selected) this.mark({ isolated: this.marks.selected });
  }

  invert() {
    const { selected, isolated } = this.marks;
    if (!selected) return;
    const other = selected.map((one, row) => (one ? 0 : isolated ? isolated[row] : 1));
    this.mark({ selected: other.some(Boolean) ? other : null });
  }

  clearMarks() {
    this.mark(this.marks.isolated ? { isolated: null } : { selected: null, point: null });
  }

  escape() {
    const { point, selected } = this.marks;
    if (point !== null || selected) this.mark({ point: null, selected: null });
    else this.mark({ isolated: null });
  }

  hoverAt(place) {
    this.pointer = place;
    this.pointerMoved = true;
    this.schedule();
  }

  outline(outline) {
    this.drawnOutline = outline;
    this.overlayStale = true;
    this.schedule();
  }

  moved(panel) {
    panel.free = true;
    this.stale(panel);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.tellCamera(), CAMERA_REST_MS);
  }

  tellCamera() {
    const camera = { points: this.points.id, maps: this.panels.map((panel) => panel.camera.told()) };
    this.toldCameras = [...this.toldCameras.slice(-8), JSON.stringify(camera)];
    this.tell("camera", camera);
  }

  fit(panels) {
    for (const panel of panels) {
      this.moved(panel);
      this.fitNow(panel);
    }
  }

  fitNow(panel) {
    panel.bounds = boundsOf(this.points, this.shownSlots, this.points.maps[panel.map].places);
    panel.camera.fit(panel, panel.bounds);
    panel.free = false;
    this.stale(panel);
  }

  // ---- where things are -----------------------------------------------------------------------------------------

  resized() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    this.size = { width, height };
    layOutPanels(this.panels, this.size);
    this.sizeCanvases();
    if (this.points) this.refresh();
  }

  sizeCanvases() {
    const { width, height } = this.size;
    const ratio = Math.min(2, devicePixelRatio || 1);
    if (this.painter.gl) this.painter.resize(width, height, ratio);
    this.overlay.width = Math.round(width * ratio);
    this.overlay.height = Math.round(height * ratio);
    this.overlayRatio = ratio;
  }

  panelAt(x, y) {
    return this.panels.find((panel) => inside(panel, x - panel.x, y - panel.y)) ?? null;
  }

  clientPlace(row, map) {
    const panel = this.panels[map];
    const place = panel && placeOfRow(panel, this.scene(panel), row);
    const box = this.stage.getBoundingClientRect();
    return place && [box.left + place[0], box.top + place[1]];
  }

  // ---- drawing --------------------------------------------------------------------------------------------------

  refresh() {
    if (!this.points || !this.size.width || this.closed) return;
    this.say(this.points.count ? "" : "There are no points to draw yet.");
    this.shownSlots = this.slotsOf(this.marks.isolated);
    this.painter.setList(this.painter.shown, this.shownSlots);
    this.lit = this.litRows();
    this.rings = this.matches && countRows(this.matches) <= MOST_RINGS ? listRows(this.matches) : [];
    this.painter.setList(this.painter.lit, this.slotsOf(this.lit) ?? new Uint32Array(0));
    for (const panel of this.panels) {
      if (panel.free) this.stale(panel);
      else this.fitNow(panel);
    }
    this.refreshLegend();
    this.toolbar.describe(this.points, this.marks);
  }

  refreshLegend() {
    this.legend.draw(this.view.legend);
    this.legend.drawKey(keyOf(this.scene(this.panels[0])), this.theme);
  }

  slotsOf(rows) {
    if (!rows) return null;
    const { slotOf } = this.points.order;
    const { isolated } = this.marks;
    const found = [];
    for (let row = 0; row < rows.length; row++) if (rows[row] && (!isolated || isolated[row])) found.push(slotOf[row]);
    return Uint32Array.from(found).sort();
  }

  litRows() {
    if (this.category !== null) return this.rowsOf(this.category);
    return this.marks.selected ?? this.matches ?? null;
  }

  neighbours() {
    const { neighbours } = this.view;
    const known = this.marks.point !== null && neighbours.of === this.marks.point;
    return known ? neighbours : { rows: [], false: [], torn: [] };
  }

  shownCount() {
    return this.shownSlots?.length ?? this.points.count;
  }

  scene(panel) {
    const { look } = this.view;
    const neighbours = this.neighbours();
    const crowd = Math.max(1, this.shownCount());
    const opacity = look.opacity || opacityFor(crowd, panel);
    return {
      points: this.points,
      marks: this.marks,
      neighbours,
      labels: this.labels,
      typed: this.typed,
      typedText: this.view.typed.text,
      theme: this.theme,
      look,
      hover: this.hover,
      rings: this.rings,
      colourOf: (row) => this.palette[this.colour.codes[this.points.order.slotOf[row]]],
      ground: this.theme.ground,
      ink: this.theme.text,
      size: look.size || sizeFor(crowd, panel),
      opacity,
      litOpacity: Math.max(opacity, opacityFor(Math.max(1, this.painter.lit.count), panel)),
      faded: Boolean(this.lit) || neighbours.rows.length > 0,
      progress: this.progress,
    };
  }

  stale(panel) {
    panel.drawn = 0;
    panel.stale = true;
    panel.place = projector(panel.camera, panel);
    this.overlayStale = true;
    this.schedule();
  }

  schedule() {
    if (!this.closed) this.frameId ||= requestAnimationFrame((now) => this.frame(now));
  }

  frame(now) {
    this.frameId = 0;
    if (!this.points || !this.size.width || this.painter.gl?.isContextLost()) return;
    if (this.progress < 1) this.glide(now);
    if (this.pointerMoved) this.findHover();
    this.paintPoints();
    if (this.overlayStale) this.paintOverlay();
    if (this.progress < 1 || this.panels.some((panel) => panel.stale)) this.schedule();
  }

  glide(now) {
    const share = Math.min(1, (now - this.glideFrom) / GLIDE_MS);
    this.progress = share * share * (3 - 2 * share);
    if (share >= 1) {
      this.progress = 1;
      this.painter.arrive();
    }
    for (const panel of this.panels) this.stale(panel);
  }

  paintPoints() {
    const waiting = this.panels.filter((panel) => panel.stale);
    if (!waiting.length) return;
    const start = performance.now();
    const each = Math.ceil(this.budget / waiting.length);
    let painted = 0;
    for (const panel of waiting) {
      painted += this.painter.paint(panel, this.scene(panel), each);
      panel.stale = panel.drawn < this.painter.total();
    }
    this.painter.finish();
    const took = performance.now() - start;
    this.root.dataset.frameMs = took.toFixed(1);
    if (painted > LEAST_BUDGET / 2) this.budgetFor(painted / took);
    if (!waiting.some((panel) => panel.stale)) this.root.dataset.ready = "true";
  }

  budgetFor(pointsPerMs) {
    this.budget = Math.max(LEAST_BUDGET, (this.budget + pointsPerMs * FRAME_MS) / 2);
  }

  paintOverlay() {
    this.overlayStale = false;
    const { context } = this.pen;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.overlay.width, this.overlay.height);
    context.scale(this.overlayRatio, this.overlayRatio);
    for (const panel of this.panels) {
      if (this.progress === 1) drawOverlay(this.pen, panel, this.scene(panel));
      drawBorder(this.pen, panel, this.theme);
    }
    if (this.drawnOutline) {
      const style = { closed: true, fill: css(this.theme.accent, 0.14), stroke: css(this.theme.accent), width: 1.5 };
      this.pen.clip(this.drawnOutline.panel, () => this.pen.path(this.drawnOutline.line, style));
    }
  }

  findHover() {
    this.pointerMoved = false;
    const panel = this.pointer && this.panelAt(...this.pointer);
    const row = panel ? rowAt(this.points, this.shownSlots, panel, ...this.pointer) : null;
    this.showBubble(panel, row);
    if (row === this.hover) return;
    this.hover = row;
    this.overlayStale = true;
    this.stage.classList.toggle("over", row !== null);
  }

  showBubble(panel, row) {
    this.bubble.hidden = row === null;
    if (row === null) return;
    if (row !== this.hover) {
      this.bubble.textContent = this.points.texts?.(row) ?? `Row ${(row + 1).toLocaleString("en")}`;
    }
    const [x, y] = placeOfRow(panel, this.scene(panel), row);
    const { offsetWidth: width, offsetHeight: height } = this.bubble;
    const left = x + 16 + width < this.size.width ? x + 16 : Math.max(4, x - 16 - width);
    const top = Math.max(4, Math.min(this.size.height - height - 4, y - height / 2));
    this.bubble.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  // All points at another scale at once, for a picture.
  paintedWhole(scale, take) {
    this.painter.resize(this.size.width, this.size.height, scale);
    for (const panel of this.panels) {
      panel.drawn = 0;
      while (this.painter.paint(panel, this.scene(panel), Infinity));
    }
    take(this.painter.canvas);
    this.sizeCanvases();
    for (const panel of this.panels) this.stale(panel);
  }
}
