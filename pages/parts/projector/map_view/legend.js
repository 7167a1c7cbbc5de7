// What the colours mean, under the maps; and the marks that are there, in their corner.
const FIRST_CATEGORIES = 12;

class Legend {
  constructor(colours, keys, viewer) {
    Object.assign(this, { colours, keys, viewer, open: false });
  }

  draw(legend) {
    const told = JSON.stringify([legend, this.open]);
    if (told === this.told) return;
    this.told = told;
    this.colours.replaceChildren(...(legend.kind === "gradient" ? [this.gradient(legend)] : this.categories(legend)));
    this.colours.classList.toggle("open", this.open);
  }

  drawKey(key, theme) {
    const told = JSON.stringify([key.map(([, words]) => words), theme]);
    if (told === this.toldKey) return;
    this.toldKey = told;
    this.keys.replaceChildren(...key.map(([draw, words]) => keyEntry(draw, words)));
    this.keys.hidden = !key.length;
  }

  categories(legend) {
    const shown = this.open ? legend.names.length : Math.min(FIRST_CATEGORIES, legend.names.length);
    const entries = legend.names.slice(0, shown).map((name, code) => this.category(name, legend.colours[code], code));
    const more = legend.names.length - FIRST_CATEGORIES;
    if (more > 0) entries.push(this.toggle(this.open ? "fewer" : `and ${more.toLocaleString("en")} more`));
    return entries;
  }

  category(name, colour, code) {
    const entry = made("button", "category", name || "(none)");
    entry.type = "button";
    entry.title = `${name || "(none)"}: click to select`;
    entry.prepend(made("span", "dot"));
    entry.firstChild.style.background = css(rgb(colour));
    entry.onclick = () => this.viewer.selectCategory(code);
    entry.onpointerenter = entry.onfocus = () => this.viewer.lightCategory(code);
    entry.onpointerleave = entry.onblur = () => this.viewer.lightCategory(null);
    return entry;
  }

  toggle(words) {
    const button = made("button", "more", words);
    button.type = "button";
    button.onclick = () => {
      this.open = !this.open;
      this.viewer.refreshLegend();
    };
    return button;
  }

  gradient(legend) {
    const block = made("div", "gradient");
    const bar = made("span", "bar");
    bar.style.background = `linear-gradient(to right, ${legend.stops.map((stop) => css(rgb(stop))).join(",")})`;
    const ticks = made("span", "ticks");
    ticks.append(...legend.ticks.map((tick) => made("span", "", tick)));
    const scale = made("span", "scale");
    scale.append(bar, ticks);
    block.append(made("span", "title", legend.title), scale);
    return block;
  }
}

function keyEntry(draw, words) {
  const entry = made("span", "key", words);
  const sign = document.createElement("canvas");
  const ratio = devicePixelRatio;
  sign.width = sign.height = 24 * ratio;
  const context = sign.getContext("2d");
  context.scale(ratio, ratio);
  draw(new CanvasPen(context, "sans-serif"), 12, 12);
  entry.prepend(sign);
  return entry;
}

function made(kind, name, text = "") {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = text;
  return element;
}
