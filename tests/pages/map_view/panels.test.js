import assert from "node:assert/strict";
import { test } from "node:test";
import { FlatCamera, projector } from "#map/cameras.js";
import { NOWHERE } from "#map/packets.js";
import { bestAngle, boundsOf, layOutPanels, placeOfRow, shapeOf } from "#map/panels.js";
import { points } from "./points.js";

const SIZES = [{ width: 1000, height: 600 }, { width: 400, height: 900 }, { width: 1501, height: 203 }];

function overlap(one, other) {
  const across = one.x < other.x + other.width && other.x < one.x + one.width;
  return across && one.y < other.y + other.height && other.y < one.y + one.height;
}

test("panels lie side by side without a gap, and none on another", () => {
  for (const size of SIZES) {
    for (let count = 1; count <= 4; count++) {
      const panels = Array.from({ length: count }, () => ({}));
      layOutPanels(panels, size);
      for (const { x, y, width, height } of panels) {
        assert.ok(x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height);
      }
      assert.ok(panels.every((one, i) => panels.slice(i + 1).every((other) => !overlap(one, other))));
      const area = panels.reduce((sum, { width, height }) => sum + width * height, 0);
      if (count !== 3) assert.equal(area, size.width * size.height); // three may leave a quarter free
    }
  }
});

test("two maps lie beside each other where it is wide, and above each other where it is high", () => {
  const panels = [{}, {}];
  layOutPanels(panels, { width: 1000, height: 600 });
  assert.deepEqual(panels.map(({ x, y }) => [x, y]), [[0, 0], [500, 0]]);
  layOutPanels(panels, { width: 600, height: 1000 });
  assert.deepEqual(panels.map(({ x, y }) => [x, y]), [[0, 0], [0, 500]]);
});

test("on a square stage wide maps lie above each other, and high ones beside each other", () => {
  const wide = shapeOf({ low: [-1, -0.3, 0], high: [1, 0.2, 0] });
  assert.deepEqual(wide, [1, 0.25]);
  for (const [shape, second] of [[wide, [0, 350]], [[0.25, 1], [350, 0]]]) {
    const panels = [{ shape }, { shape }];
    layOutPanels(panels, { width: 700, height: 700 });
    assert.deepEqual([panels[1].x, panels[1].y], second);
  }
  assert.deepEqual(shapeOf({ low: [-1, -0.3, -1], high: [1, 0.2, 1] }), [1, 1]); // it turns
});

test("maps that lie across high panels are turned upright, and drawn where their camera's bounds say", () => {
  const cloud = points(Array.from({ length: 50 }, (_, i) => [i / 25 - 1, (i / 25 - 1) * 0.5 + (i % 2) / 20]));
  const panel = { map: 0, width: 365, height: 640, camera: new FlatCamera() };
  panel.camera.fit(panel, boundsOf(cloud, null, cloud.maps[0]));
  const zoom = panel.camera.zoom;
  panel.camera.angle = bestAngle(cloud, [panel]);
  const bounds = boundsOf(cloud, null, cloud.maps[0], panel.camera.angle);
  panel.camera.fit(panel, bounds);
  assert.ok(panel.camera.zoom > 1.5 * zoom);
  const project = projector(panel.camera, panel);
  const { places } = cloud.maps[0];
  for (let i = 0; i < places.length; i += 3) {
    const [x, y] = project(places[i], places[i + 1], 0, [0, 0, 0]);
    assert.ok(x >= 27 && x <= 338 && y >= 53 && y <= 613);
  }
  assert.equal(bestAngle(cloud, [{ map: 0, width: 900, height: 450 }]), 0); // it is not worth turning
});

test("bounds hold the shown places, and no place that is nowhere", () => {
  const cloud = points([[0.5, -0.25], [NOWHERE, NOWHERE], [-1, 0.75], [9, 9]]);
  const shown = [0, 1, 2].map((row) => cloud.order.slotOf[row]);
  const { low, high, radius } = boundsOf(cloud, shown, cloud.maps[0]);
  assert.deepEqual([low, high], [[-1, -0.25, 0], [0.5, 0.75, 0]]);
  assert.ok(Math.abs(radius - Math.hypot(0.75, 0.5)) < 1e-6);
  assert.equal(boundsOf(cloud, [], cloud.maps[0]).radius, 1);
});

test("a row is where the camera puts it, or nowhere when others alone are drawn", () => {
  const cloud = points([[0, 0], [0.5, 0.5], [NOWHERE, 0]]);
  const panel = { map: 0, x: 100, y: 10, width: 400, height: 300, camera: new FlatCamera() };
  panel.project = projector(panel.camera, panel);
  const [x, y] = panel.project(0.5, 0.5, 0, [0, 0, 0]);
  assert.deepEqual(placeOfRow(panel, { points: cloud, isolated: null }, 1), [100 + x, 10 + y]);
  assert.equal(placeOfRow(panel, { points: cloud, isolated: Uint8Array.from([1, 0, 1]) }, 1), null);
  assert.equal(placeOfRow(panel, { points: cloud, isolated: null }, 2), null);
  assert.equal(placeOfRow(panel, { points: cloud, isolated: null }, 3), null);
});
