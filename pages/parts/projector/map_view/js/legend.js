/**
 * The legend: the meaning of the colours, under the maps; and the key of the markers in use, in their corner.
 */
import { CanvasDrawing } from "./canvas-drawing.js";
import { css, rgb } from "./colours.js";

const FIRST_CATEGORIES = 12;

export class Legend {
  /**
   * `onSelect(code)` is called when a category is clicked, and `onPoint(code)` when the pointer or the focus is on it,
   * or with null when it leaves.
   */
  constructor(colours, keys, { onSelect, onPoint }) {
    Object.assign(this, { colours, keys, onSelect, onPoint, isOpen: false });
  }

  draw(legend) {
    const content = JSON.stringify([legend, this.isOpen]);
    if (content === this.content) return;
    this.content = content;
    this.colours.replaceChildren(...(legend.kind === "gradient" ? [gradient(legend)] : this.categories(legend)));
    this.colours.classList.toggle("open", this.isOpen);
  }

  /** `key` is as in markers.js: [draw(drawing, x, y), words] for each. */
  drawKey(key, theme) {
    const content = JSON.stringify([key.map(([, words]) => words), theme]);
    if (content === this.keyContent) return;
    this.keyContent = content;
    this.keys.replaceChildren(...key.map(([draw, words]) => keyEntry(draw, words)));
    this.keys.hidden = !key.length;
  }

  categories(legend) {
    const count = this.isOpen ? legend.names.length : Math.min(FIRST_CATEGORIES, legend.names.length);
    const entries = legend.names.slice(0, count).map((name, code) => this.category(name, legend.colours[code], code));
    if (legend.names.length > FIRST_CATEGORIES) entries.push(this.toggle(legend));
    return entries;
  }

  category(name, colour, code) {
    const entry = element("button", "category", name || "(none)");
    entry.type = "button";
    entry.title = `${name || "(none)"}: click to select`;
    entry.prepend(element("span", "dot"));
    entry.firstChild.style.background = css(rgb(colour));
    entry.onclick = () => this.onSelect(code);
    entry.onpointerenter = entry.onfocus = () => this.onPoint(code);
    entry.onpointerleave = entry.onblur = () => this.onPoint(null);
    return entry;
  }

  toggle(legend) {
    const more = (legend.names.length - FIRST_CATEGORIES).toLocaleString("en");
    const button = element("button", "more", this.isOpen ? "show fewer" : `and ${more} more`);
    button.type = "button";
    button.onclick = () => {
      this.isOpen = !this.isOpen;
      this.draw(legend);
    };
    return button;
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
