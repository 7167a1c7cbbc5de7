import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Frames } from "#map/frames.js";

const waiting = [];

beforeEach(() => {
  waiting.length = 0;
  globalThis.requestAnimationFrame = (draw) => waiting.push(draw);
  globalThis.cancelAnimationFrame = () => {};
  globalThis.matchMedia = () => ({ matches: false });
});

// Panels of so many points, and a renderer that notes how many it was asked to draw.
function painter(count, panels = 1) {
  const notes = { pieces: [], overlays: 0, completed: 0, endedGlides: 0 };
  const made = {
    notes,
    panels: Array.from({ length: panels }, () => ({ drawn: 0, isStale: true })),
    scene: { progress: 1, of: () => ({}) },
    renderer: {
      total: () => count,
      paint: (panel, _scene, most) => {
        const piece = Math.min(most, count - panel.drawn);
        panel.drawn += piece;
        notes.pieces.push(piece);
        return piece;
      },
      finish: () => {},
      endGlide: () => notes.endedGlides++,
    },
    isReady: () => true,
    beforePaint: () => {},
    paintOverlay: () => notes.overlays++,
    onGlide: () => made.panels.forEach((panel) => Object.assign(panel, { drawn: 0, isStale: true })),
    onPainted: (_milliseconds, isComplete) => (notes.completed += isComplete),
  };
  return made;
}

function runFrames(now = performance.now()) {
  for (let frame = 0; waiting.length && frame < 10_000; frame++) waiting.shift()(now);
}

test("all points of all panels are drawn, in pieces, and then no frame more", () => {
  const here = painter(1_000_000, 2);
  const frames = new Frames(here);
  frames.schedule();
  frames.schedule();
  assert.equal(waiting.length, 1);
  runFrames();
  assert.deepEqual(here.panels.map((panel) => panel.drawn), [1_000_000, 1_000_000]);
  assert.equal(here.notes.pieces[0], 60_000); // half of what a first frame may take
  assert.equal(here.notes.completed, 1);
  assert.equal(waiting.length, 0);
});

test("the overlay is drawn once for each time that it is stale", () => {
  const here = painter(10);
  const frames = new Frames(here);
  frames.scheduleOverlay();
  runFrames();
  frames.schedule();
  runFrames();
  assert.equal(here.notes.overlays, 1);
});

test("points glide from their old places, and arrive", () => {
  const here = painter(10);
  const frames = new Frames(here);
  frames.startGlide(true);
  assert.equal(here.scene.progress, 0);
  frames.schedule();
  waiting.shift()(frames.glideFrom + 125);
  assert.ok(Math.abs(here.scene.progress - 0.5) < 1e-9);
  waiting.shift()(frames.glideFrom + 400);
  assert.equal(here.scene.progress, 1);
  assert.equal(here.notes.endedGlides, 1);
});

test("a picture is complete only when its points have arrived", () => {
  const here = painter(10);
  const frames = new Frames(here);
  frames.startGlide(true);
  frames.schedule();
  waiting.shift()(frames.glideFrom + 100);
  assert.deepEqual(here.notes.pieces, [10]);
  assert.equal(here.notes.completed, 0);
  runFrames(frames.glideFrom + 300);
  assert.equal(here.notes.completed, 1);
});

test("points are where they belong at once, where nothing is to move", () => {
  globalThis.matchMedia = () => ({ matches: true });
  const here = painter(10);
  new Frames(here).startGlide(true);
  assert.equal(here.scene.progress, 1);
});

test("a viewer that is closed draws no more", () => {
  const frames = new Frames(painter(10));
  frames.close();
  frames.schedule();
  assert.equal(waiting.length, 0);
});
