import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, packetOf, pageStore } from "#map/store.js";

const element = () => ({ parentElement: {} });
const packet = (id) => ({ id });

test("colours that came once are there after any number of maps, and only the last map is", () => {
  const { packets } = pageStore();
  const [points, colour] = [element(), element()];
  hold(packets, colour, packet("colour"));
  for (let frame = 0; frame < 100; frame++) hold(packets, { ...points }, packet(`map ${frame}`));
  assert.equal(packetOf("colour").id, "colour");
  assert.equal(packetOf("map 99").id, "map 99");
  assert.equal(packetOf("map 98"), null);
  assert.equal(packets.size, 2);
  packets.clear();
});

test("a packet goes with its element", () => {
  const { packets } = pageStore();
  const cleanup = hold(packets, element(), packet("map"));
  cleanup();
  assert.equal(packetOf("map"), null);
  assert.equal(packets.size, 0);
});

test("the cleanup of a call that was overtaken leaves the later one alone", () => {
  const views = new Map();
  const released = [];
  const view = element();
  const release = (parentElement) => released.push(parentElement);
  const first = hold(views, view, "first", release);
  const second = hold(views, { ...view }, "second", release);
  first();
  assert.equal(views.get(view.parentElement).value, "second");
  assert.deepEqual(released, []);
  second();
  assert.equal(views.size, 0);
  assert.deepEqual(released, [view.parentElement]);
});

test("two maps of one page may name the same packet, and one may go", () => {
  const { packets } = pageStore();
  const shared = packet("shared");
  const first = hold(packets, element(), shared);
  const second = hold(packets, element(), shared);
  first();
  assert.equal(packetOf("shared"), shared);
  second();
  assert.equal(packetOf("shared"), null);
});
