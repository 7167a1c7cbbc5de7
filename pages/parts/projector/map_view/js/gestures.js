/**
 * Gestures: turns pointer, wheel and key events on the stage into calls of the viewer.
 */
import { TITLE_SPACE } from "./cameras.js";
import { isSolid } from "./panels.js";

const CLICK_REACH = 5;
const DOUBLE_CLICK_MS = 260;

export class Gestures {
  constructor(stage, viewer) {
    this.stage = stage;
    this.viewer = viewer;
    this.pointers = new Map();
    this.drag = null;
    const listen = (name, act, options) => stage.addEventListener(name, act, options);
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.moveTo(event));
    listen("pointerup", (event) => this.up(event));
    listen("pointercancel", (event) => this.cancel(event));
    listen("pointerleave", () => viewer.hoverAt(null));
    listen("wheel", (event) => this.wheel(event), { passive: false });
    listen("dblclick", (event) => this.doubleClick(event));
    listen("contextmenu", (event) => event.preventDefault());
    listen("keydown", (event) => this.key(event));
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    const [x, y] = this.place(event);
    const panel = this.viewer.panelAt(x, y);
    if (!panel || event.button > 2) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [x, y]);
    if (this.pointers.size === 2) {
      this.drag = { kind: "pinch", panel, spread: this.spread() };
      this.viewer.drawOutline(null);
    } else if (this.pointers.size === 1) {
      this.drag = { kind: this.kindOf(event, panel), panel, start: [x, y], last: [x, y], line: [[x, y]], far: false };
    }
    this.viewer.hoverAt(null);
  }

  kindOf(event, panel) {
    if (event.button > 0 || event.ctrlKey || event.metaKey) return "pan";
    if (event.shiftKey) return "lasso";
    const { tool } = this.viewer.toolbar;
    if (tool !== "pan") return tool;
    return isSolid(panel) ? "turn" : "pan";
  }

  moveTo(event) {
    const [x, y] = this.place(event);
    if (!this.drag) {
      if (event.pointerType !== "touch") this.viewer.hoverAt([x, y]);
      return;
    }
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, [x, y]);
    if (this.drag.kind === "pinch") this.pinch();
    else this.dragTo(x, y);
  }

  dragTo(x, y) {
    const { drag, viewer } = this;
    const { panel, start, last } = drag;
    drag.far ||= Math.hypot(x - start[0], y - start[1]) > CLICK_REACH;
    if (!drag.far) return;
    if (drag.kind === "pan") panel.camera.move(panel, x - last[0], y - last[1]);
    if (drag.kind === "turn") panel.camera.turn(panel, x - last[0], y - last[1]);
    if (drag.kind === "box") drag.line = [start, [x, start[1]], [x, y], [start[0], y]];
    if (drag.kind === "lasso" && Math.hypot(x - last[0], y - last[1]) > 2) drag.line.push([x, y]);
    else if (drag.kind === "lasso") return;
    drag.last = [x, y];
    if (drag.kind === "pan" || drag.kind === "turn") viewer.moved(panel);
    else viewer.drawOutline({ panel, line: drag.line });
  }

  spread() {
    const [one, other] = [...this.pointers.values()];
    const [x, y] = [0, 1].map((axis) => (one[axis] + other[axis]) / 2);
    return { x, y, size: Math.hypot(one[0] - other[0], one[1] - other[1]) };
  }

  pinch() {
    const { panel, spread } = this.drag;
    const now = this.spread();
    this.zoom(panel, now.size / Math.max(1, spread.size), now.x, now.y);
    panel.camera.move(panel, now.x - spread.x, now.y - spread.y);
    this.drag.spread = now;
    this.viewer.moved(panel);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    const { drag, viewer } = this;
    if (!drag || this.pointers.size) return;
    this.drag = null;
    viewer.drawOutline(null);
    if (drag.kind === "pinch" || event.button > 0) return;
    if (!drag.far) this.click(drag.panel, ...drag.start);
    else if (drag.kind === "lasso" || drag.kind === "box") viewer.selectInside(drag.panel, drag.line);
  }

  // A click beside all points waits in case it is the first half of a double click.
  click(panel, x, y) {
    const { selection } = this.viewer;
    const row = this.viewer.rowAt(panel, x, y);
    clearTimeout(this.clearing);
    if (row !== null) selection.change({ point: row });
    else this.clearing = setTimeout(() => selection.change({ point: null }), DOUBLE_CLICK_MS);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.drag = null;
    this.viewer.drawOutline(null);
  }

  doubleClick(event) {
    clearTimeout(this.clearing);
    const panel = this.viewer.panelAt(...this.place(event));
    if (panel) this.viewer.fit([panel]);
  }

  wheel(event) {
    const [x, y] = this.place(event);
    const panel = this.viewer.panelAt(x, y);
    if (!panel) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 18 : 1;
    const factor = Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * 0.0022);
    // Maps side by side are aligned: all are zoomed at the same place
    for (const each of this.viewer.panels) {
      this.zoom(each, factor, x - panel.x + each.x, y - panel.y + each.y);
      this.viewer.moved(each);
    }
  }

  zoom(panel, factor, x, y) {
    panel.camera.zoomBy(panel, factor, x - panel.x - panel.width / 2, y - panel.y - panel.height / 2);
  }

  key(event) {
    const steps = { ArrowLeft: [30, 0], ArrowRight: [-30, 0], ArrowUp: [0, 30], ArrowDown: [0, -30] };
    const factors = { "+": 1.25, "=": 1.25, "-": 0.8 };
    const { viewer } = this;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    for (const panel of viewer.panels) {
      if (steps[event.key]) panel.camera.turn(panel, ...steps[event.key]);
      if (factors[event.key]) panel.camera.zoomBy(panel, factors[event.key], 0, TITLE_SPACE / 2);
      if (steps[event.key] || factors[event.key]) viewer.moved(panel);
    }
    const act = this.acts()[event.key];
    act?.();
    if (act || steps[event.key] || factors[event.key]) event.preventDefault();
  }

  acts() {
    const { viewer } = this;
    return {
      0: () => viewer.fit(viewer.panels),
      "[": () => viewer.toolbar.button("smaller").click(),
      "]": () => viewer.toolbar.button("larger").click(),
      f: () => viewer.toolbar.toggleFullscreen(),
      n: () => viewer.step(1),
      p: () => viewer.step(-1),
      Enter: () => viewer.markHovered(),
    };
  }
}
