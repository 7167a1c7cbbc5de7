/**
 * The tooltip: the text of the row under the pointer.
 */
import { placeOfRow } from "./panels.js";

export class Tooltip {
  constructor(element) {
    Object.assign(this, { element, row: null });
  }

  /** Shows the row's text beside its point, within the stage; nothing if `row` is null. */
  show(panel, scene, row, size) {
    const { element } = this;
    element.hidden = row === null;
    if (row !== null) {
      if (row !== this.row) element.textContent = scene.points.texts?.(row) ?? `Row ${(row + 1).toLocaleString("en")}`;
      this.moveTo(...placeOfRow(panel, scene, row), size);
    }
    this.row = row;
  }

  moveTo(x, y, size) {
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = x + 16 + width < size.width ? x + 16 : Math.max(4, x - 16 - width);
    const top = Math.max(4, Math.min(size.height - height - 4, y - height / 2));
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}
