/**
 * The selection: one point, a set of selected rows, and the rows that alone are drawn. It changes at once when the
 * person does something, and the server hears of it after; what the server says of an older gesture undoes no newer one.
 */
import { packRows, sameRows, unpackRows } from "./rows.js";

export class Selection {
  /** `onChange(isolatedChanged)` is called when the person has changed it. */
  constructor(onChange) {
    Object.assign(this, { point: null, selected: null, isolated: null, serial: 0, onChange });
  }

  /** What the person did: any of point (a row or null), selected and isolated (masks or null). */
  change(part) {
    const { isolated } = this;
    if (!this.replace(part)) return;
    this.serial += 1;
    this.onChange(!sameRows(isolated, this.isolated));
  }

  /** What the server has marked, which knows of the gesture `acknowledged`. */
  adopt(marks, acknowledged, count) {
    this.serial = Math.max(this.serial, acknowledged);
    const { isolated } = this;
    const selected = unpackRows(marks.selected, count);
    const isChanged = this.replace({
      point: marks.point,
      selected: selected.some(Boolean) ? selected : null,
      isolated: marks.isolated && unpackRows(marks.isolated, count),
    });
    return { isChanged, isolatedChanged: !sameRows(isolated, this.isolated) };
  }

  replace(part) {
    const next = { point: this.point, selected: this.selected, isolated: this.isolated, ...part };
    const isSame =
      next.point === this.point && sameRows(next.selected, this.selected) && sameRows(next.isolated, this.isolated);
    Object.assign(this, next);
    return !isSame;
  }

  /** Selects exactly these rows, or nothing where they are selected already. */
  toggle(rows) {
    this.change({ selected: sameRows(rows, this.selected) || !rows.some(Boolean) ? null : rows });
  }

  isolate() {
    if (this.selected) this.change({ isolated: this.selected });
  }

  /** Selects the others, among those that are drawn. */
  invert() {
    const { selected, isolated } = this;
    if (!selected) return;
    const others = selected.map((isSelected, row) => (isSelected ? 0 : isolated ? isolated[row] : 1));
    this.change({ selected: others.some(Boolean) ? others : null });
  }

  /** Shows all rows again where some are isolated, and else selects nothing. */
  clear() {
    this.change(this.isolated ? { isolated: null } : { selected: null, point: null });
  }

  /** The Escape key: selects nothing, and shows all rows where nothing was selected. */
  escape() {
    if (this.point !== null || this.selected) this.change({ point: null, selected: null });
    else this.change({ isolated: null });
  }

  /** For the server; `rows` names the corpus that the rows are of. */
  message(rows) {
    return {
      serial: this.serial,
      rows,
      point: this.point,
      selected: this.selected ? packRows(this.selected) : { rows: [] },
      isolated: this.isolated && packRows(this.isolated),
    };
  }
}
