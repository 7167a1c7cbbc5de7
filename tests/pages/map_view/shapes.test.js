import assert from "node:assert/strict";
import { test } from "node:test";
import { clipPath, drawShape, shapeOfCode } from "#map/shapes.js";
import { SvgDrawing } from "#map/svg-drawing.js";

function drawn(shape) {
  const drawing = new SvgDrawing("serif", () => 10);
  drawShape(drawing, shape, 10, 20, 5, { fill: "red" });
  return drawing.parts.join();
}

test("a point is a circle, a square, a triangle or a diamond about its place, in pictures as on the screen", () => {
  assert.equal(drawn(0), '<circle cx="10" cy="20" r="5" fill="red"/>');
  assert.equal(drawn(1), '<polygon points="5.7,15.7 14.3,15.7 14.3,24.3 5.7,24.3" fill="red"/>');
  assert.equal(drawn(2), '<polygon points="10,15.2 14.68,23.3 5.32,23.3" fill="red"/>');
  assert.equal(drawn(3), '<polygon points="10,15 15,20 10,25 5,20" fill="red"/>');
  assert.equal(clipPath(3), "polygon(50% 0%, 100% 50%, 50% 100%, 0% 50%)");
  assert.equal(clipPath(0), "circle(50%)");
});

test("a row has its category's shape; one without a category, and each row of a gradient, is a circle", () => {
  const legend = { kind: "categories", names: ["a", "b"], shapes: [0, 2] };
  assert.deepEqual([0, 1, 255].map((code) => shapeOfCode(legend, code)), [0, 2, 0]);
  assert.equal(shapeOfCode({ kind: "gradient" }, 1), 0);
  assert.equal(shapeOfCode({ shapes: [9] }, 0), 0);
});
