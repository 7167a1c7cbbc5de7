import assert from "node:assert/strict";
import { test } from "node:test";
import { CELLS, countCells, density } from "#map/density.js";

test("the cloud is densest where most points are, and empty where none is", () => {
  const places = [];
  for (let i = 0; i < 90; i++) places.push(0.5, -0.5, 0);
  for (let i = 0; i < 10; i++) places.push(-0.5, 0.5, 0);
  const cloud = density(countCells(Float32Array.from(places)));
  const at = (x, y) => cloud[Math.floor(((y + 1) / 2) * CELLS) * CELLS + Math.floor(((x + 1) / 2) * CELLS)];
  assert.equal(at(0.5, -0.5), 255);
  // both directions are smoothed with 1 2 1: a quarter stays in the cell
  assert.equal(at(-0.5, 0.5), Math.floor((255 * Math.log1p(10 / 4)) / Math.log1p(90 / 4)));
  assert.equal(at(0, 0), 0);
});

test("points at the rim and nowhere are no error", () => {
  const cloud = density(countCells(Float32Array.from([1, 1, 0, -1, -1, 0, 2 ** 33, 2 ** 33, 0])));
  assert.equal(cloud.length, CELLS * CELLS);
  assert.equal(cloud[CELLS * CELLS - 1], 255);
});
