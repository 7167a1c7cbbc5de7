import assert from "node:assert/strict";
import { test } from "node:test";
import { FlatCamera, OrbitCamera, projector, restoreCamera } from "#map/cameras.js";

const PANELS = [{ width: 800, height: 600 }, { width: 300, height: 700 }, { width: 900, height: 200 }];
const dot = (one, other) => one.reduce((sum, value, axis) => sum + value * other[axis], 0);

function near(found, expected, tolerance = 1e-6) {
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < tolerance, `${found} is not ${expected}`));
}

test("a flat camera fits the bounds into every panel, below the title's space", () => {
  const bounds = { low: [-0.4, -0.9, 0], high: [0.7, 0.1, 0] };
  for (const panel of PANELS) {
    const camera = new FlatCamera();
    camera.fit(panel, bounds);
    const place = projector(camera, panel);
    const [left, bottom] = place(...bounds.low, [0, 0, 0]);
    const [right, top] = place(...bounds.high, [0, 0, 0]);
    assert.ok(left >= 27 && right <= panel.width - 27 && bottom <= panel.height - 27 && top >= 26 + 27);
    assert.ok(Math.min(left, top - 26, panel.width - right, panel.height - bottom) < 29); // and fills it one way
    assert.ok(Math.abs((right - left) / 1.1 - (bottom - top) / 1) < 1e-6); // undistorted
  }
});

test("a zoom leaves the place under the pointer where it is", () => {
  const [panel] = PANELS;
  const camera = new FlatCamera();
  const before = projector(camera, panel)(0.3, -0.2, 0, [0, 0, 0]);
  for (const factor of [2, 1.5, 0.4]) {
    camera.zoomBy(panel, factor, before[0] - panel.width / 2, before[1] - panel.height / 2);
    near(projector(camera, panel)(0.3, -0.2, 0, [0, 0, 0]), before);
  }
});

test("a drag takes the map with the pointer", () => {
  const [panel] = PANELS;
  const camera = new FlatCamera();
  camera.zoom = 3;
  const [x, y] = projector(camera, panel)(0.1, 0.2, 0, [0, 0, 0]);
  camera.move(panel, 40, -25);
  near(projector(camera, panel)(0.1, 0.2, 0, [0, 0, 0]).slice(0, 2), [x + 40, y - 25]);
});

test("a turning camera sees as a pinhole does", () => {
  for (const panel of PANELS) {
    const camera = Object.assign(new OrbitCamera(), { target: [0.1, -0.2, 0.3], around: 1.1, above: -0.5, distance: 2.5 });
    const back = [Math.cos(-0.5) * Math.cos(1.1), Math.cos(-0.5) * Math.sin(1.1), Math.sin(-0.5)];
    const right = [-Math.sin(1.1), Math.cos(1.1), 0];
    const up = [ // back x right
      back[1] * right[2] - back[2] * right[1],
      back[2] * right[0] - back[0] * right[2],
      back[0] * right[1] - back[1] * right[0],
    ];
    const eye = camera.target.map((value, axis) => value + 2.5 * back[axis]);
    for (const point of [[0, 0, 0], [0.9, -0.7, 0.2], [-1, 1, 1]]) {
      const away = eye.map((value, axis) => value - point[axis]);
      const depth = dot(away, back);
      const scale = panel.height / 2 / (0.6 * depth);
      const expected = [panel.width / 2 - dot(away, right) * scale, panel.height / 2 + dot(away, up) * scale, depth];
      near(projector(camera, panel)(...point, [0, 0, 0]), expected);
    }
  }
});

test("a turning camera fits a ball of points into every panel from every side", () => {
  const bounds = { low: [-0.5, -0.2, 0.1], high: [0.5, 0.6, 0.7], radius: 0.7 };
  const middle = [0, 0.2, 0.4];
  for (const panel of PANELS) {
    for (const around of [0, 1, 2, 4]) {
      const camera = Object.assign(new OrbitCamera(), { around, above: 0.7 });
      camera.fit(panel, bounds);
      const place = projector(camera, panel);
      for (let step = 0; step < 200; step++) {
        const [a, b] = [step * 2.4, Math.acos(1 - (2 * step) / 199)];
        const ball = [Math.sin(b) * Math.cos(a), Math.sin(b) * Math.sin(a), Math.cos(b)];
        const [x, y] = place(...ball.map((value, axis) => middle[axis] + 0.7 * value), [0, 0, 0]);
        assert.ok(x >= 0 && x <= panel.width && y >= 0 && y <= panel.height);
      }
    }
  }
});

test("a camera's state goes through a link, and nonsense in one is refused", () => {
  const camera = Object.assign(new OrbitCamera(), { target: [1, 2, 3], around: 0.1, above: 0.2, distance: 0.5 });
  const other = new OrbitCamera();
  assert.equal(restoreCamera(other, JSON.parse(JSON.stringify(camera.state()))), true);
  assert.deepEqual(other.state(), camera.state());
  for (const state of [undefined, null, {}, { x: 1, y: 2, zoom: 3 }, { ...camera.state(), target: [1, 2] }]) {
    assert.equal(restoreCamera(other, state), false);
  }
  assert.equal(restoreCamera(other, { ...camera.state(), distance: "2" }), false);
  assert.deepEqual(other.state(), camera.state());
});

test("a state of a turned map turns it, and one without an angle shows it as it was laid out", () => {
  const camera = new FlatCamera();
  assert.ok(restoreCamera(camera, { x: 0.5, y: 0, zoom: 2, angle: 1 }));
  assert.deepEqual(camera.state(), { x: 0.5, y: 0, zoom: 2, angle: 1 });
  assert.ok(restoreCamera(camera, { x: 0.5, y: 0, zoom: 2 }));
  assert.deepEqual(camera.state(), { x: 0.5, y: 0, zoom: 2 });
  assert.ok(!restoreCamera(camera, { x: 0.5, y: 0, zoom: 2, angle: "north" }));
});
