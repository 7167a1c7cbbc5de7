import assert from "node:assert/strict";
import { test } from "node:test";
import { FlatCamera } from "#map/cameras.js";
import { FADED_SHARE, fadedOpacity, nextSize, opacityFor, sizeFor } from "#map/point-style.js";

const PANEL = { width: 730, height: 640, camera: new FlatCamera() };

test("few points are drawn large, and more of them smaller", () => {
  const sizes = [20, 100, 648, 10_000, 1_000_000].map((count) => sizeFor(count, PANEL));
  assert.ok(sizes[0] >= 14 && sizes[2] > 7 && sizes.at(-1) === 1.5);
  assert.deepEqual(sizes.toSorted((one, other) => other - one), sizes);
});

test("beside highlighted points the others keep a quarter of their colour, and never more than they had", () => {
  for (const count of [20, 648, 5000, 10_000, 1_000_000]) {
    const opacity = opacityFor(count, PANEL);
    const left = (1 - FADED_SHARE) * fadedOpacity(opacity);
    assert.ok(left >= Math.min(0.25, (1 - FADED_SHARE) * opacity) && fadedOpacity(opacity) <= opacity);
  }
});

test("points grow and shrink by half pixels within bounds", () => {
  assert.equal(nextSize(8.83, 1.25), 11);
  assert.equal(nextSize(8.83, 0.8), 7);
  assert.equal(nextSize(1.5, 1.25), 2);
  assert.deepEqual([nextSize(20, 1.25), nextSize(1, 0.8)], [20, 1]);
});
