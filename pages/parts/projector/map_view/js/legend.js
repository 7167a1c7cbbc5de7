/**
 * The legend: the meaning of the colours, under the maps; and the key of the markers in use, in their corner.
 */
import { CanvasDrawing } from "./canvas-drawing.js";
import { css, rgb } from "./colours.js";
import { clipPath, shapeOfCode } from "./shapes.js";

const FIRST_CATEGORIES = 12;

export class Legend {
  /**
   * `onSelect(code)` is called when a category is clicked, and `onPoint(code)` when the pointer or the focus is on it,
   * or with null when it leaves.
   */
  constructor(colours, keys, { onSelect, onPoint }) {
    Object.assign(this, { colours, keys, onSelect, onPoint, isOpen: false, legend: null, selected: null });
    this.finder = this.searchField();
    this.rest = element("span", "rest");
    new ResizeObserver(() => this.fit()).observe(colours);
    colours.addEventListener("keydown", (event) => this.moveFocus(event));
  }

  /**
   * Draws the legend, in which the entry of the category `selected`, if any, is pressed. Where it is presented to a
   * room, it has as many entries as there is room for, and nothing to press.
   */
  draw(legend, selected, { isPresented }) {
    const content = JSON.stringify([legend, isPresented]);
    if (content !== this.content) this.take(legend, isPresented, content);
    if (selected !== this.selected) this.press(selected);
  }

  take(legend, isPresented, content) {
    Object.assign(this, { legend, isPresented, content, selected: null });
    this.finder.value = "";
    const isLong = legend.kind === "categories" && legend.names.length > FIRST_CATEGORIES && !isPresented;
    this.finder.placeholder = this.finder.ariaLabel = isLong ? `Find in ${legend.names.length} categories` : "";
    this.entries = element("div", "entries");
    this.colours.replaceChildren(...(isLong ? [this.finder] : []), this.entries);
    this.drawEntries();
  }

  drawEntries() {
    const { legend } = this;
    this.entries.replaceChildren(...(legend.kind === "gradient" ? [gradient(legend)] : this.categories(legend)));
    this.colours.classList.toggle("open", this.isOpen);
    this.press(this.selected);
    this.fit();
  }

  fit() {
    if (!this.isPresented || this.legend.kind !== "categories") return;
    const entries = [...this.entries.querySelectorAll(".category")];
    let shown = entries.length;
    this.rest.remove();
    for (const entry of entries) entry.hidden = false;
    while (shown && this.colours.scrollHeight > this.colours.clientHeight) {
      entries[--shown].hidden = true;
      this.rest.textContent = `and ${(entries.length - shown).toLocaleString("en")} more`;
      this.entries.append(this.rest);
    }
  }

  press(code) {
    this.selected = code;
    for (const entry of this.entries.querySelectorAll(".category")) entry.ariaPressed = String(entry.code === code);
  }

  /** `key` is as in markers.js: [draw(drawing, x, y), words] for each. */
  drawKey(key, theme) {
    const content = JSON.stringify([key.map(([, words]) => words), theme]);
    if (content === this.keyContent) return;
    this.keyContent = content;
    this.keys.replaceChildren(...key.map(([draw, words]) => keyEntry(draw, words)));
    this.keys.hidden = !key.length;
  }

  // Those that contain what is typed, or else the first ones, or all.
  categories(legend) {
    const { names, colours } = legend;
    const typed = this.finder.value.trim().toLowerCase();
    const most = typed || this.isOpen || this.isPresented ? names.length : FIRST_CATEGORIES;
    const codes = [...names.keys()].filter((code) => names[code].toLowerCase().includes(typed)).slice(0, most);
    const entries = codes.map((code) => this.category(names[code], colours[code], code, shapeOfCode(legend, code)));
    if (typed && !entries.length) entries.push(element("span", "none", "No category contains this."));
    if (!typed && !this.isPresented && names.length > FIRST_CATEGORIES) entries.unshift(this.toggle(names.length));
    return entries;
  }

  category(name, colour, code, shape) {
    const entry = element("button", "category", name || "(none)");
    entry.type = "button";
    entry.title = `${name || "(none)"}: click to select`;
    entry.code = code;
    entry.prepend(element("span", "dot"));
    entry.firstChild.style.background = css(rgb(colour));
    entry.firstChild.style.clipPath = clipPath(shape);
    entry.onclick = () => this.onSelect(code);
    entry.onpointerenter = entry.onfocus = () => this.onPoint(code);
    entry.onpointerleave = entry.onblur = () => this.onPoint(null);
    return entry;
  }

  // First, so that it is in sight however many lines the entries take.
  toggle(count) {
    const button = element("button", "more", this.isOpen ? "show fewer" : `show all ${count.toLocaleString("en")}`);
    button.type = "button";
    button.onclick = () => {
      this.isOpen = !this.isOpen;
      this.drawEntries();
    };
    return button;
  }

  searchField() {
    const field = element("input", "");
    field.type = "search";
    field.oninput = () => this.drawEntries();
    return field;
  }

  // The arrow keys go from entry to entry.
  moveFocus(event) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const entries = [...this.colours.querySelectorAll("button")];
    const place = entries.indexOf(event.target);
    if (!by || place < 0) return;
    event.preventDefault();
    entries.at((place + by) % entries.length).focus();
  }
}

function gradient(legend) {
  const block = element("div", "gradient");
  const bar = element("span", "bar");
  bar.style.background = `linear-gradient(to right, ${legend.stops.map((stop) => css(rgb(stop))).join(",")})`;
  const ticks = element("span", "ticks");
  ticks.append(...legend.ticks.map((tick) => element("span", "", tick)));
  const scale = element("span", "scale");
  scale.append(bar, ticks);
  block.append(element("span", "title", legend.title), scale);
  return block;
}

function keyEntry(draw, words) {
  const entry = element("span", "key", words);
  const sign = document.createElement("canvas");
  const ratio = devicePixelRatio;
  sign.width = sign.height = 24 * ratio;
  const context = sign.getContext("2d");
  context.scale(ratio, ratio);
  draw(new CanvasDrawing(context, "sans-serif"), 12, 12);
  entry.prepend(sign);
  return entry;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
