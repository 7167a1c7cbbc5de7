/**
 * The selection: one point, a set of selected rows, and the isolated rows, the only ones drawn. It changes at once when
 * the user acts, and the server learns of it after; the server's answer to an older gesture never undoes a newer one.
 */
import { packRows, sameRows, unpackRows } from "./rows.js";

export class Selection {
  /** `onChange(isolatedChanged)` is called when the user has changed it. */
  constructor(onChange) {
    Object.assign(this, { point: null, selected: null, isolated: null, serial: 0, onChange });
  }

  /** Applies a gesture: any of point (a row or null), selected and isolated (masks or null). */
  change(part) {
    const { isolated } = this;
    if (!this.replace(part)) return;
    this.serial += 1;
    this.onChange(!sameRows(isolated, this.isolated));
  }

  /** Applies the server's marks, which include the gesture `acknowledged`. */
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

  /** Selects exactly these rows, or nothing if they are already selected. */
  toggle(rows) {
    this.change({ selected: sameRows(rows, this.selected) || !rows.some(Boolean) ? null : rows });
  }

  isolate() {
    if (this.selected) this.change({ isolated: this.selected });
  }

  /** Inverts the selection among the rows drawn. */
  invert() {
    const { selected, isolated } = this;
    if (!selected) return;
    const others = selected.map((isSelected, row) => (isSelected ? 0 : isolated ? isolated[row] : 1));
    this.change({ selected: others.some(Boolean) ? others : null });
  }

  /** Shows all rows again if some are isolated, else clears the selection. */
  clear() {
    this.change(this.isolated ? { isolated: null } : { selected: null, point: null });
  }

  /** The Escape key: clears the selection, or shows all rows if nothing was selected. */
  escape() {
    if (this.point !== null || this.selected) this.change({ point: null, selected: null });
    else this.change({ isolated: null });
  }

  /** The state for the server; `rows` identifies the corpus of the rows. */
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
