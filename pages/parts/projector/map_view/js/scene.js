/**
 * The scene: everything drawn, from the points, their colours, the server's view of them, and the selection.
 */
import { css, rgb } from "./colours.js";
import { paletteOf } from "./palette.js";
import { opacityFor, sizeFor } from "./point-style.js";
import { countRows, listRows, unpackRows } from "./rows.js";
import { shapeOfCode } from "./shapes.js";

const MOST_RINGS = 30;
const NO_NEIGHBOURS = { rows: [], false: [], torn: [] };

export class Scene {
  constructor(selection) {
    this.selection = selection;
    Object.assign(this, { points: null, colour: null, view: null, theme: null, palette: [], shapes: [], matches: null });
    Object.assign(this, { labels: [], typed: [], rings: [], hover: null, category: null, lit: null, progress: 1 });
    Object.assign(this, { highlight: null, highlightSlots: new Uint32Array(0), shownSlots: null });
  }

  /** Sets the server's view of the points: legend, labels, matches and a typed text. */
  takeView() {
    const { view, points } = this;
    const { labels, typed } = view;
    this.palette = paletteOf(view.legend);
    this.shapes = this.palette.map((_, code) => shapeOfCode(view.legend, code));
    this.matches = view.matches && unpackRows(view.matches, points.count);
    this.labels = points.maps.map((map, index) => {
      const own = labels.filter((label) => label.map === index);
      return own.map(({ text, place, colour }) => ({ text, place: unitPlace(place, map), colour: css(rgb(colour)) }));
    });
    this.typed = points.maps.map((map, index) => typed.places[index] && unitPlace(typed.places[index], map));
  }

  /** Follows the selection: which points are drawn, and which of them are highlighted. */
  refresh() {
    this.shownSlots = this.slotsOf(this.selection.isolated);
    this.highlight = this.highlightRows();
    this.highlightSlots = this.slotsOf(this.highlight) ?? new Uint32Array(0);
    this.rings = this.matches && countRows(this.matches) <= MOST_RINGS ? listRows(this.matches) : [];
  }

  rowsOfCategory(code) {
    const { rowOf } = this.points.order;
    const rows = new Uint8Array(this.points.count);
    this.colour.codes.forEach((own, slot) => {
      if (own === code) rows[rowOf[slot]] = 1;
    });
    return rows;
  }

  highlightRows() {
    if (this.category !== null) return this.rowsOfCategory(this.category);
    return this.selection.selected ?? this.matches ?? null;
  }

  // In order, so that the first k are a random sample here too.
  slotsOf(rows) {
    if (!rows) return null;
    const { slotOf } = this.points.order;
    const { isolated } = this.selection;
    const slots = [];
    for (let row = 0; row < rows.length; row++) if (rows[row] && (!isolated || isolated[row])) slots.push(slotOf[row]);
    return Uint32Array.from(slots).toSorted();
  }

  shownCount() {
    return this.shownSlots?.length ?? this.points.count;
  }

  // None while the server has not yet answered for the current marked point.
  neighbours() {
    const { neighbours } = this.view;
    const { point } = this.selection;
    return point !== null && neighbours.of === point ? neighbours : NO_NEIGHBOURS;
  }

  /** The scene of one panel. */
  of(panel) {
    const { points, palette, shapes, colour, view, highlight, highlightSlots } = this;
    const { point, isolated } = this.selection;
    const neighbours = this.neighbours();
    const count = Math.max(1, this.shownCount());
    const opacity = opacityFor(count, panel);
    return {
      points,
      point,
      isolated,
      neighbours,
      labels: this.labels,
      typed: this.typed,
      typedText: view.typed.text,
      theme: this.theme,
      look: view.look,
      hover: this.hover,
      rings: this.rings,
      litColour: this.lit === null ? null : css(palette[this.lit]),
      colourOf: (row) => palette[colour.codes[points.order.slotOf[row]]],
      shapeOf: (row) => shapes[colour.codes[points.order.slotOf[row]]],
      size: view.look.size || sizeFor(count, panel),
      opacity,
      highlightOpacity: Math.max(opacity, opacityFor(Math.max(1, highlightSlots.length), panel)),
      isFaded: Boolean(highlight) || neighbours.rows.length > 0,
      progress: this.progress,
    };
  }
}

// A place in the map's own coordinates, in -1 to 1.
function unitPlace(place, { centre, reach }) {
  return [0, 1, 2].map((axis) => ((place[axis] ?? 0) - (centre[axis] ?? 0)) / reach);
}
