// The toolbar: tools and acts as buttons, and how many points are chosen.
class Toolbar {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    const acts = {
      fit: () => viewer.fit(viewer.panels),
      isolate: () => viewer.isolate(),
      invert: () => viewer.invert(),
      clear: () => viewer.clearMarks(),
      png: () => savePng(viewer),
      svg: () => saveSvg(viewer),
    };
    for (const button of this.buttons("data-tool")) button.onclick = () => this.take(button.dataset.tool);
    for (const button of this.buttons("data-act")) button.onclick = acts[button.dataset.act];
    this.take("pan");
  }

  buttons(kind) {
    return this.root.querySelectorAll(`.toolbar [${kind}]`);
  }

  act(name) {
    return this.root.querySelector(`.toolbar [data-act="${name}"]`);
  }

  take(tool) {
    this.tool = tool;
    this.viewer.stage.dataset.tool = tool;
    for (const button of this.buttons("data-tool")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  // Tells what is marked: to the eye, to a screen reader, and to tests.
  describe(points, { point, selected, isolated }) {
    const number = (value) => value.toLocaleString("en");
    const all = number(points.count);
    const chosen = selected ? countRows(selected) : 0;
    const left = isolated ? countRows(isolated) : "";
    const shown = isolated ? `${number(left)} of ${all} shown` : `${all} points`;
    const { dataset } = this.root;
    Object.assign(dataset, { points: points.count, maps: points.maps.length });
    Object.assign(dataset, { selected: chosen, isolated: left, point: point ?? "" });
    this.root.querySelector(".count").textContent = chosen ? `${number(chosen)} of ${all} selected` : shown;
    const clear = this.act("clear");
    clear.querySelector("span").textContent = isolated ? "Show all" : "Clear";
    clear.title = clear.ariaLabel = isolated ? "Show all points again" : "Clear the selection (Escape)";
    clear.disabled = !isolated && !chosen && point === null;
    this.act("isolate").disabled = this.act("invert").disabled = !chosen;
    this.viewer.stage.ariaLabel = `Map of ${shown}: ${points.maps.map((map) => map.title).join("; ")}`;
  }
}
