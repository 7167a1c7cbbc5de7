import assert from "node:assert/strict";
import { test } from "node:test";

import { Gestures } from "#map/gestures.js";

function panel(x) {
  const zoomed = [];
  return { x, y: 10, width: 100, height: 80, zoomed, camera: { zoomBy: (_, ...given) => zoomed.push(given) } };
}

test("the wheel zooms both of two maps, each at the place under the pointer", () => {
  const panels = [panel(0), panel(120)];
  const moved = [];
  const viewer = { panels, panelAt: (x) => panels[x < 110 ? 0 : 1], moved: (each) => moved.push(each) };
  const stage = { addEventListener() {}, getBoundingClientRect: () => ({ left: 0, top: 0 }) };
  new Gestures(stage, viewer).wheel({ clientX: 150, clientY: 30, deltaMode: 0, deltaY: -100, preventDefault() {} });
  assert.deepEqual(moved, panels);
  for (const { zoomed } of panels) {
    const [[factor, px, py]] = zoomed;
    assert.ok(factor > 1);
    assert.deepEqual([px, py], [-20, -20]);
  }
});
