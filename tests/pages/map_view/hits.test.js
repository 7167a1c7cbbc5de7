import assert from "node:assert/strict";
import { test } from "node:test";
import { FlatCamera, OrbitCamera, projector } from "#map/cameras.js";
import { rowAt } from "#map/hits.js";
import { points } from "./points.js";

const PANEL = { map: 0, x: 50, y: 20, width: 700, height: 500 };

test("the row at a place is the nearest of all within reach", () => {
  const places = Array.from({ length: 300 }, (_, row) => [Math.sin(row * 12.9), Math.cos(row * 78.2)]);
  const cloud = points(places);
  const panel = { ...PANEL, camera: new FlatCamera() };
  const project = projector(panel.camera, panel);
  const onStage = places.map(([x, y]) => project(x, y, 0, [0, 0, 0]));
  let hits = 0;
  for (let x = 60; x < 740; x += 37) {
    for (let y = 30; y < 510; y += 29) {
      const distances = onStage.map(([px, py]) => Math.hypot(px + panel.x - x, py + panel.y - y));
      const nearest = Math.min(...distances);
      const expected = nearest < 12 ? distances.indexOf(nearest) : null;
      assert.equal(rowAt(cloud, null, panel, x, y), expected);
      hits += expected !== null;
    }
  }
  assert.ok(hits > 20);
});

test("a row that is not shown is not hit", () => {
  const cloud = points([[0, 0], [0.01, 0]]);
  const panel = { ...PANEL, camera: new FlatCamera() };
  const [x, y] = projector(panel.camera, panel)(0, 0, 0, [0, 0, 0]);
  assert.equal(rowAt(cloud, null, panel, x + panel.x, y + panel.y), 0);
  assert.equal(rowAt(cloud, [cloud.order.slotOf[1]], panel, x + panel.x, y + panel.y), 1);
});

test("in 3D a row in front hides one behind it", () => {
  const camera = new OrbitCamera();
  const { back } = camera.axes();
  const cloud = points([back.map((value) => -0.5 * value), back.map((value) => 0.5 * value)], 3);
  assert.equal(rowAt(cloud, null, { ...PANEL, camera }, PANEL.x + 350, PANEL.y + 250), 1);
});
