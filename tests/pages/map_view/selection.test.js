import assert from "node:assert/strict";
import { test } from "node:test";
import { listRows } from "#map/rows.js";
import { Selection } from "#map/selection.js";

function selection() {
  const changes = [];
  return Object.assign(new Selection((isolatedChanged) => changes.push(isolatedChanged)), { changes });
}

const mask = (...rows) => Uint8Array.from({ length: 6 }, (_, row) => (rows.includes(row) ? 1 : 0));
const marks = (part) => ({ point: null, selected: { rows: [] }, isolated: null, ...part });

test("a change is reported once, and what changes nothing is not", () => {
  const chosen = selection();
  chosen.change({ point: 3 });
  chosen.change({ point: 3 });
  assert.deepEqual(chosen.changes, [false]);
  assert.equal(chosen.serial, 1);
});

test("the others are selected among those that are drawn", () => {
  const chosen = selection();
  chosen.change({ selected: mask(1, 2, 3) });
  chosen.isolate();
  chosen.change({ selected: mask(1) });
  chosen.invert();
  assert.deepEqual(listRows(chosen.selected), [2, 3]);
  chosen.change({ selected: mask(1, 2, 3) });
  chosen.invert();
  assert.equal(chosen.selected, null);
});

test("a category that is selected already is let go", () => {
  const chosen = selection();
  chosen.toggle(mask(1, 4));
  assert.deepEqual(listRows(chosen.selected), [1, 4]);
  chosen.toggle(mask(1, 4));
  assert.equal(chosen.selected, null);
});

test("Escape lets the selection go first, and the isolated rows after", () => {
  const chosen = selection();
  chosen.change({ selected: mask(1, 2), point: 1 });
  chosen.isolate();
  chosen.escape();
  assert.deepEqual([chosen.point, chosen.selected, listRows(chosen.isolated)], [null, null, [1, 2]]);
  chosen.escape();
  assert.equal(chosen.isolated, null);
  assert.deepEqual(chosen.changes, [false, true, false, true]);
});

test("the button shows all rows first, and lets the selection go after", () => {
  const chosen = selection();
  chosen.change({ selected: mask(1, 2), point: 1 });
  chosen.isolate();
  chosen.clear();
  assert.deepEqual([chosen.point, listRows(chosen.selected), chosen.isolated], [1, [1, 2], null]);
  chosen.clear();
  assert.deepEqual([chosen.point, chosen.selected], [null, null]);
});

test("what the server marks is taken over without being reported back", () => {
  const chosen = selection();
  const { isChanged, isolatedChanged } = chosen.adopt(marks({ point: 2, isolated: { rows: [2, 5] } }), 7, 6);
  assert.deepEqual([isChanged, isolatedChanged], [true, true]);
  assert.deepEqual([chosen.point, chosen.selected, listRows(chosen.isolated)], [2, null, [2, 5]]);
  assert.deepEqual(chosen.changes, []);
  assert.equal(chosen.adopt(marks({ point: 2, isolated: { rows: [2, 5] } }), 7, 6).isChanged, false);
  chosen.change({ point: 1 });
  assert.equal(chosen.message("the corpus").serial, 8); // newer than all that the server knows of
});

test("the server hears which rows of which corpus are meant", () => {
  const chosen = selection();
  chosen.change({ point: 4, selected: mask(0, 4) });
  assert.deepEqual(chosen.message("the corpus"), {
    serial: 1,
    rows: "the corpus",
    point: 4,
    selected: { bits: Buffer.from([17]).toString("base64") },
    isolated: null,
  });
});
