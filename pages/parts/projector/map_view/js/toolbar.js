/**
 * The toolbar: tools and actions as buttons, and how many points are selected.
 */
import { savePng, saveSvg } from "./image-export.js";
import { countRows } from "./rows.js";

const GROWTH = 1.25; // of the points, with a click

export class Toolbar {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    const { selection } = viewer;
    const actions = {
      fit: () => viewer.fit(viewer.panels),
      isolate: () => selection.isolate(),
      invert: () => selection.invert(),
      clear: () => selection.clear(),
      png: () => savePng(viewer),
      svg: () => saveSvg(viewer),
      smaller: () => viewer.resizePoints(1 / GROWTH),
      larger: () => viewer.resizePoints(GROWTH),
      fullscreen: () => this.toggleFullscreen(),
    };
    for (const button of this.buttons("data-tool")) button.onclick = () => this.choose(button.dataset.tool);
    for (const button of this.buttons("data-action")) button.onclick = actions[button.dataset.action];
    this.choose("pan");
    this.button("fullscreen").hidden = !document.fullscreenEnabled;
    root.addEventListener("fullscreenchange", () => this.describeFullscreen());
  }

  get isFullscreen() {
    return this.root.getRootNode().fullscreenElement === this.root;
  }

  /** The map alone on the screen, or back among the page; the Escape key leaves it too. */
  toggleFullscreen() {
    if (this.isFullscreen) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  describeFullscreen() {
    const button = this.button("fullscreen");
    button.ariaPressed = String(this.isFullscreen);
    button.querySelector("span").textContent = this.isFullscreen ? "Leave full screen" : "Full screen";
  }

  buttons(kind) {
    return this.root.querySelectorAll(`.toolbar [${kind}]`);
  }

  button(action) {
    return this.root.querySelector(`.toolbar [data-action="${action}"]`);
  }

  choose(tool) {
    this.tool = tool;
    this.viewer.stage.dataset.tool = tool;
    for (const button of this.buttons("data-tool")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  /** Shows what is selected: on screen, to a screen reader, and to tests. */
  describe(points, { point, selected, isolated }) {
    const all = withCommas(points.count);
    const selectedCount = selected ? countRows(selected) : 0;
    const isolatedCount = isolated ? countRows(isolated) : "";
    const shown = isolated ? `${withCommas(isolatedCount)} of ${all} shown` : `${all} points`;
    const { dataset } = this.root;
    Object.assign(dataset, { points: points.count, maps: points.maps.length });
    Object.assign(dataset, { selected: selectedCount, isolated: isolatedCount, point: point ?? "" });
    this.root.querySelector(".count").textContent = selectedCount ? `${withCommas(selectedCount)} of ${all} selected` : shown;
    const clear = this.button("clear");
    clear.querySelector("span").textContent = isolated ? "Show all" : "Clear";
    clear.title = clear.ariaLabel = isolated ? "Show all points again" : "Clear the selection (Escape)";
    clear.disabled = !isolated && !selectedCount && point === null;
    this.button("isolate").disabled = this.button("invert").disabled = !selectedCount;
    this.viewer.stage.ariaLabel = `Map of ${shown}: ${points.maps.map((map) => map.title).join("; ")}`;
  }
}

function withCommas(count) {
  return count.toLocaleString("en");
}
