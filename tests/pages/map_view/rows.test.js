import assert from "node:assert/strict";
import { test } from "node:test";
import { countRows, listRows, nextRow, packRows, sameRows, unpackRows } from "#map/rows.js";

const isEven = (row) => row % 2 === 0;

test("many rows travel as bits, the lowest first, and few as a list", () => {
  const mask = unpackRows({ rows: [0, 9] }, 16);
  assert.deepEqual(packRows(mask), { bits: Buffer.from([1, 2]).toString("base64") });
  assert.deepEqual(packRows(unpackRows({ rows: [7] }, 1000)), { rows: [7] });
});

test("any rows come back as they went", () => {
  for (const count of [1, 8, 9, 97, 20_000]) {
    for (const step of [1, 2, 3, 100]) {
      const mask = Uint8Array.from({ length: count }, (_, row) => (row % step ? 0 : 1));
      assert.ok(sameRows(unpackRows(JSON.parse(JSON.stringify(packRows(mask))), count), mask));
      assert.equal(countRows(mask), Math.ceil(count / step));
    }
  }
});

test("a list holds the first rows only, where so many are asked for", () => {
  assert.deepEqual(listRows(Uint8Array.from([0, 1, 1, 0, 1]), 2), [1, 2]);
});

test("no rows at all are another thing than a set without rows", () => {
  assert.equal(sameRows(null, new Uint8Array(2)), false);
  assert.equal(sameRows(null, null), true);
});

test("the next row is the nearest that passes, around the end, and none if none does", () => {
  assert.deepEqual([null, 0, 3, 8].map((from) => nextRow(10, from, 1, isEven)), [0, 2, 4, 0]);
  assert.deepEqual([null, 0, 3].map((from) => nextRow(10, from, -1, isEven)), [8, 8, 2]);
  assert.equal(nextRow(10, 4, 1, () => false), null);
  assert.equal(nextRow(10, 4, 1, (row) => row === 4), 4);
});
