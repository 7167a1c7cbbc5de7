import assert from "node:assert/strict";
import { test } from "node:test";
import { CameraSync } from "#map/camera-sync.js";
import { FlatCamera } from "#map/cameras.js";

const POINTS = { id: "these points" };

function arrangement() {
  const sent = [];
  const panels = [{ camera: new FlatCamera() }, { camera: new FlatCamera() }];
  return { sent, panels, sync: new CameraSync((state) => sent.push(state)) };
}

function restore({ sync, panels }, state) {
  const heard = [];
  sync.restore(state, POINTS, panels, (_, isRestored) => heard.push(isRestored));
  return heard;
}

test("the state of a link moves the cameras it fits, once", () => {
  const here = arrangement();
  const state = { points: "these points", maps: [{ x: 0.5, y: 0.25, zoom: 3 }, { nothing: "of use" }] };
  assert.deepEqual(restore(here, state), [true, false]);
  assert.deepEqual(here.panels[0].camera.state(), state.maps[0]);
  here.panels[0].camera.zoom = 1;
  assert.deepEqual(restore(here, state), []);
  assert.equal(here.panels[0].camera.zoom, 1);
});

test("a state that was sent from here does not come back", () => {
  const here = arrangement();
  here.panels[0].camera.zoom = 5;
  here.sync.report(POINTS, here.panels);
  here.panels[0].camera.zoom = 6;
  assert.deepEqual(restore(here, JSON.parse(JSON.stringify(here.sent[0]))), []);
  assert.equal(here.panels[0].camera.zoom, 6);
});

test("the state of other points is none of ours", () => {
  const state = { points: "other points", maps: [{ x: 1, y: 1, zoom: 2 }] };
  assert.deepEqual(restore(arrangement(), state), []);
  assert.deepEqual(restore(arrangement(), null), []);
});
