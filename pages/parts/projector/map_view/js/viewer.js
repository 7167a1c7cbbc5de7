/**
 * The viewer: one to four panels on one stage. It reacts to the user at once, and notifies the server after.
 */
import { CameraSync } from "./camera-sync.js";
import { FlatCamera, OrbitCamera, projector } from "./cameras.js";
import { Frames } from "./frames.js";
import { Gestures } from "./gestures.js";
import { rowAt, rowsInside } from "./hits.js";
import { Legend } from "./legend.js";
import { keyOf } from "./markers.js";
import { OverlayCanvas } from "./overlay-canvas.js";
import { bestAngle, boundsOf, isInside, layOutPanels, placeOfRow, shapeOf } from "./panels.js";
import { nextSize } from "./point-style.js";
import { PointRenderer } from "./renderer.js";
import { nextRow, sameRows } from "./rows.js";
import { Scene } from "./scene.js";
import { Selection } from "./selection.js";
import { themeOf } from "./theme.js";
import { Toolbar } from "./toolbar.js";
import { Tooltip } from "./tooltip.js";

export class Viewer {
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector(".stage");
    this.size = { width: 0, height: 0 };
    this.panels = [];
    this.selection = new Selection((isolatedChanged) => this.selectionChanged(isolatedChanged));
    this.scene = new Scene(this.selection);
    this.renderer = new PointRenderer(root.querySelector(".points"));
    this.overlay = new OverlayCanvas(root.querySelector(".overlay"));
    this.frames = new Frames(this);
    this.cameraSync = new CameraSync((state) => this.send("camera", state));
    this.tooltip = new Tooltip(root.querySelector(".tooltip"));
    this.legend = new Legend(root.querySelector(".legend"), root.querySelector(".keys"), {
      onSelect: (code) => this.selectCategory(code),
      onPoint: (code) => this.highlightCategory(code),
    });
    this.toolbar = new Toolbar(root, this);
    this.gestures = new Gestures(this.stage, this);
    Object.assign(this, { pointer: null, pointerMoved: false, outline: null, content: "", category: null, askedSize: null, angle: null });
    this.watch();
    root.placeOf = (row, map = 0) => this.clientPlace(row, map);
  }

  watch() {
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.escape());
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.stage);
    const { canvas } = this.renderer;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.restore());
  }

  close() {
    this.resizing.disconnect();
    this.cameraSync.close();
    this.frames.close();
    this.renderer.close();
  }

  get points() {
    return this.scene.points;
  }

  get colour() {
    return this.scene.colour;
  }

  // ---- updates from the server ----------------------------------------------------------------------------------

  /** Draws what the server sends; `send(name, state)` sends it the selection and the cameras. */
  update(view, send, points, colour) {
    const { scene } = this;
    const isNew = points.id !== this.points?.id;
    const isSameCorpus = this.points?.count === points.count && this.points.rows === points.rows;
    this.send = send;
    scene.view = view;
    scene.theme = themeOf(this.root);
    this.root.style.height = view.height;
    this.takeSize(view.look);
    if (!this.renderer.gl) return this.giveUp();
    if (isNew) this.takePoints(points, isSameCorpus ? this.points : null);
    if (isNew || colour.id !== this.colour.id) this.renderer.setCodes(colour.codes);
    scene.colour = colour;
    const isNews = view.acknowledged >= this.selection.serial || (isNew && !isSameCorpus);
    const isMarked = isNews && this.adoptMarks(view);
    this.restoreCameras(view.camera);
    const content = JSON.stringify({ ...view, acknowledged: 0, marks: 0, camera: 0, theme: scene.theme });
    if (isNew || isMarked || content !== this.content) this.takeView(content);
  }

  takePoints(points, previous) {
    this.scene.points = points;
    this.scene.hover = null;
    this.tooltip.row = null;
    this.renderer.setPoints(points, previous);
    this.panels = points.maps.map((map, index) => ({
      map: index,
      title: map.title,
      axes: map.axes,
      shape: shapeOf(boundsOf(points, null, map)),
      bounds: null,
      camera: map.dimensions === 2 ? new FlatCamera() : new OrbitCamera(),
      project: null,
      drawn: 0,
      isStale: true,
      isMoved: false, // until the user moves it, it fits all points into view
    }));
    this.root.dataset.ready = "false";
    layOutPanels(this.panels, this.size);
    this.turnMaps();
    this.frames.startGlide(previous !== null);
  }

  // Maps whose axes have no meaning are turned, all alike, to fill their panels; t-SNE does not spin as it moves.
  turnMaps() {
    const { points, panels } = this;
    const { layout } = this.scene.view ?? {};
    if (!points || !this.size.width) return;
    const isFree = points.maps.every(({ dimensions, axes }) => dimensions === 2 && !axes.length);
    if (!isFree) this.angle = null;
    else if (this.angle?.layout !== layout || this.angle.rows !== points.rows || this.angle.of !== panels.length) {
      this.angle = { layout, rows: points.rows, of: panels.length, turn: bestAngle(points, panels) };
    }
    for (const panel of panels) if (this.angle && !panel.isMoved) panel.camera.angle = this.angle.turn;
  }

  adoptMarks({ marks, acknowledged }) {
    const { isChanged, isolatedChanged } = this.selection.adopt(marks, acknowledged, this.points.count);
    if (isolatedChanged) for (const panel of this.panels) panel.isMoved = false;
    return isChanged;
  }

  // The size asked for with the toolbar holds until the server knows it.
  takeSize(look) {
    if (this.askedSize === look.size) this.askedSize = null;
    else if (this.askedSize !== null) look.size = this.askedSize;
  }

  restoreCameras(state) {
    this.cameraSync.restore(state, this.points, this.panels, (panel, isRestored) => {
      if (isRestored) panel.isMoved = true;
      this.redraw(panel);
    });
  }

  // Unchanged parts are not redrawn: a rerun of the page leaves the picture alone.
  takeView(content) {
    this.content = content;
    this.scene.takeView();
    this.renderer.setPalette(this.scene.palette, this.scene.shapes);
    this.refresh();
  }

  // The graphics card has lost its data.
  restore() {
    this.renderer.prepare();
    if (!this.points) return;
    this.renderer.setPoints(this.points, null);
    this.renderer.setCodes(this.colour.codes);
    this.renderer.setPalette(this.scene.palette, this.scene.shapes);
    this.refresh();
  }

  giveUp() {
    this.root.querySelector(".toolbar").hidden = true;
    this.say("The map needs WebGL2, which this browser does not support. Try another browser.");
  }

  say(words) {
    const message = this.root.querySelector(".message");
    message.textContent = words;
    message.hidden = !words;
  }

  // ---- actions of the user --------------------------------------------------------------------------------------

  selectionChanged(isolatedChanged) {
    this.send("marks", this.selection.message(this.points.rows));
    this.refresh();
    if (isolatedChanged) this.fit(this.panels);
  }

  selectInside(panel, line) {
    this.selection.change({ selected: rowsInside(this.points, this.scene.shownSlots, panel, line) });
  }

  escape() {
    if (!this.toolbar.isFullscreen) this.selection.escape(); // there it leaves full screen
  }

  selectCategory(code) {
    this.category = code;
    this.selection.toggle(this.scene.rowsOfCategory(code));
  }

  /** The category that is exactly what is selected, by its entry in the legend; null if none is. */
  selectedCategory() {
    const { category, scene, selection } = this;
    return category !== null && sameRows(scene.rowsOfCategory(category), selection.selected) ? category : null;
  }

  /** Draws the points larger or smaller by a factor, in steps of half a pixel. */
  resizePoints(factor) {
    const { scene } = this;
    const { look } = scene.view;
    look.size = nextSize(scene.of(this.panels[0]).size, factor);
    this.askedSize = look.size;
    this.refresh();
    this.send("size", look.size);
  }

  /** Goes to the next row that is lit, or drawn, with its text in the tooltip; `by` is 1 or -1. */
  step(by) {
    const { scene, panels } = this;
    const row = nextRow(this.points.count, scene.hover ?? this.selection.point, by, (at) => this.isReachable(at));
    if (row === null) return;
    scene.hover = row;
    for (const panel of panels) this.moveIntoView(panel, row);
    this.tooltip.show(panels[0], scene.of(panels[0]), row, this.size);
    this.frames.scheduleOverlay();
  }

  isReachable(row) {
    const { scene, panels } = this;
    return (!scene.highlight || scene.highlight[row]) && Boolean(placeOfRow(panels[0], scene.of(panels[0]), row));
  }

  moveIntoView(panel, row) {
    const place = placeOfRow(panel, this.scene.of(panel), row);
    const [x, y] = place ? [place[0] - panel.x, place[1] - panel.y] : [0, 0];
    if (isInside(panel, x, y)) return;
    panel.camera.move(panel, panel.width / 2 - x, panel.height / 2 - y);
    this.moved(panel);
  }

  /** Marks the point that was stepped to, or that is under the pointer. */
  markHovered() {
    if (this.scene.hover !== null) this.selection.change({ point: this.scene.hover });
  }

  highlightCategory(code) {
    this.scene.category = code;
    this.refresh();
  }

  hoverAt(place) {
    this.pointer = place;
    this.pointerMoved = true;
    this.frames.schedule();
  }

  drawOutline(outline) {
    this.outline = outline;
    this.frames.scheduleOverlay();
  }

  moved(panel) {
    panel.isMoved = true;
    this.redraw(panel);
    this.cameraSync.schedule(this.points, this.panels);
  }

  /** Fits all points of these panels into view, at the user's request. */
  fit(panels) {
    for (const panel of panels) {
      this.moved(panel);
      this.fitBounds(panel);
    }
  }

  fitBounds(panel) {
    panel.bounds = boundsOf(this.points, this.scene.shownSlots, this.points.maps[panel.map], panel.camera.angle);
    panel.camera.fit(panel, panel.bounds);
    panel.isMoved = false;
    this.redraw(panel);
  }

  // ---- positions ------------------------------------------------------------------------------------------------

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    this.size = { width, height };
    layOutPanels(this.panels, this.size);
    this.turnMaps();
    this.resizeCanvases();
    if (this.points) this.refresh();
  }

  resizeCanvases() {
    const { width, height } = this.size;
    const ratio = Math.min(2, devicePixelRatio || 1);
    if (this.renderer.gl) this.renderer.resize(width, height, ratio);
    this.overlay.resize(width, height, ratio);
  }

  panelAt(x, y) {
    return this.panels.find((panel) => isInside(panel, x - panel.x, y - panel.y)) ?? null;
  }

  rowAt(panel, x, y) {
    return rowAt(this.points, this.scene.shownSlots, panel, x, y);
  }

  // The place of a row in the window, for tests.
  clientPlace(row, map) {
    const panel = this.panels[map];
    const place = panel && placeOfRow(panel, this.scene.of(panel), row);
    const box = this.stage.getBoundingClientRect();
    return place && [box.left + place[0], box.top + place[1]];
  }

  // ---- drawing --------------------------------------------------------------------------------------------------

  refresh() {
    const { scene, renderer } = this;
    if (!this.points || !this.size.width || this.frames.closed) return;
    this.say(this.points.count ? "" : "There are no points to draw yet.");
    scene.refresh();
    const selectedCategory = this.selectedCategory();
    scene.lit = scene.category ?? selectedCategory;
    renderer.setList(renderer.shown, scene.shownSlots);
    renderer.setList(renderer.highlight, scene.highlightSlots);
    for (const panel of this.panels) {
      if (panel.isMoved) this.redraw(panel);
      else this.fitBounds(panel);
    }
    this.legend.draw(scene.view.legend, selectedCategory, scene.theme);
    this.legend.drawKey(keyOf(scene.of(this.panels[0])), scene.theme);
    this.toolbar.describe(this.points, this.selection);
  }

  redraw(panel) {
    panel.drawn = 0;
    panel.isStale = true;
    panel.project = projector(panel.camera, panel);
    this.frames.scheduleOverlay();
  }

  /** Draws all points at another scale at once, for a picture: `take(canvas)` copies them. */
  paintWhole(scale, take) {
    const { renderer, scene } = this;
    renderer.resize(this.size.width, this.size.height, scale);
    for (const panel of this.panels) {
      panel.drawn = 0;
      while (renderer.paint(panel, scene.of(panel), Infinity));
    }
    take(renderer.canvas);
    this.resizeCanvases();
    for (const panel of this.panels) this.redraw(panel);
  }

  // ---- called by frames.js --------------------------------------------------------------------------------------

  isReady() {
    return this.points && this.size.width && !this.renderer.gl?.isContextLost();
  }

  beforePaint() {
    if (!this.pointerMoved) return;
    this.pointerMoved = false;
    const { scene } = this;
    const panel = this.pointer && this.panelAt(...this.pointer);
    const row = panel ? this.rowAt(panel, ...this.pointer) : null;
    this.tooltip.show(panel, row === null ? null : scene.of(panel), row, this.size);
    if (row === scene.hover) return;
    scene.hover = row;
    this.stage.classList.toggle("over", row !== null);
    this.frames.scheduleOverlay();
  }

  paintOverlay() {
    this.overlay.draw(this.panels, this.scene, this.outline);
  }

  onGlide() {
    for (const panel of this.panels) this.redraw(panel);
  }

  onPainted(milliseconds, isComplete) {
    this.root.dataset.frameMs = milliseconds.toFixed(1);
    if (isComplete) this.root.dataset.ready = "true";
  }
}
