import assert from "node:assert/strict";
import { test } from "node:test";
import { bySlot, slotOrder } from "#map/slots.js";

test("every row has one slot, and each leads back to the other", () => {
  for (const count of [0, 1, 2, 7, 1000]) {
    const { rowOf, slotOf } = slotOrder(count);
    assert.equal(new Set(rowOf).size, count);
    assert.ok(rowOf.every((row, slot) => slotOf[row] === slot));
  }
});

test("the same count is shuffled the same way again", () => {
  const first = [...slotOrder(50).rowOf];
  slotOrder(60);
  assert.deepEqual([...slotOrder(50).rowOf], first);
});

test("the first slots are a fair sample of all rows", () => {
  const sample = slotOrder(10_000).rowOf.slice(0, 1000);
  const mean = sample.reduce((sum, row) => sum + row, 0) / 1000;
  assert.ok(Math.abs(mean - 5000) < 4 * (10_000 / Math.sqrt(12 * 1000))); // four standard errors
});

test("bytes are put in the order of the slots", () => {
  const bytes = Uint8Array.from([10, 11, 12, 13, 14]);
  const { rowOf } = slotOrder(5);
  assert.deepEqual([...bySlot(bytes)], [...rowOf].map((row) => 10 + row));
});
