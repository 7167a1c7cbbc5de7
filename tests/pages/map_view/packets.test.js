import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { NOWHERE, openPacket, packetHeader } from "#map/packets.js";

function pad(buffer, filler) {
  return Buffer.concat([buffer, Buffer.alloc(-buffer.length & 3, filler)]);
}

// As packing.py describes it: the header's length, the header, and the parts, each at a multiple of four bytes.
function packet(header, parts) {
  const sizes = parts.map((part) => part.length);
  const head = pad(Buffer.from(JSON.stringify({ id: "an id", ...header, sizes })), " ");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...parts.map((part) => pad(Buffer.from(part), 0))]);
}

function points(values, texts = []) {
  const encoded = texts.map((text) => Buffer.from(text));
  const lengths = Uint16Array.from(encoded, (text) => text.length);
  const maps = [{ title: "A", axes: [], dimensions: 2, centre: [0, 0], reach: 1 }];
  const parts = [new Uint8Array(values.buffer), new Uint8Array(lengths.buffer)];
  parts.push(texts.length ? gzipSync(Buffer.concat(encoded)) : new Uint8Array(0));
  return packet({ kind: "points", rows: "some rows", count: values.length / 2, maps }, parts);
}

// Bytes that begin at any place of a message, as Streamlit hands them over.
function opened(bytes) {
  const message = new Uint8Array(bytes.length + 3);
  message.set(bytes, 3);
  const inside = message.subarray(3);
  return openPacket(packetHeader(inside), inside);
}

function placeOf({ maps, order }, row) {
  return [...maps[0].places.subarray(3 * order.slotOf[row], 3 * order.slotOf[row] + 3)];
}

test("places in single precision arrive as they are, and a row without one is nowhere", () => {
  const found = opened(points(Float32Array.from([0.5, -1, 1, 0.25, Number.NaN, Number.NaN])));
  assert.equal(found.count, 3);
  assert.equal(found.rows, "some rows");
  assert.deepEqual([0, 1, 2].map((row) => placeOf(found, row)), [[0.5, -1, 0], [1, 0.25, 0], [NOWHERE, NOWHERE, 0]]);
});

test("places of sixteen bits go from -1 to 1", () => {
  const found = opened(points(Uint16Array.from([0, 65534, 32767, 65535])));
  assert.deepEqual([0, 1].map((row) => placeOf(found, row)), [[-1, 1, 0], [0, NOWHERE, 0]]);
});

test("texts in any script are found by their row", async () => {
  const texts = ["", "über", "日本語の文", "<b>&amp;"];
  const found = opened(points(new Float32Array(8), texts));
  while (!found.texts) await new Promise((done) => setTimeout(done, 1));
  assert.deepEqual([0, 1, 2, 3].map((row) => found.texts(row)), texts);
});

test("the density of a whole map arrives with some of its points", () => {
  const counts = Uint16Array.from([3, 0, 65535, 7]);
  const maps = [{ title: "A", axes: [], dimensions: 2, centre: [0, 0], reach: 1, counted: true }];
  const parts = [new Uint8Array(8), new Uint8Array(0), new Uint8Array(0), new Uint8Array(counts.buffer)];
  const found = opened(packet({ kind: "points", rows: "some rows", count: 1, maps }, parts));
  assert.deepEqual([...found.maps[0].counts], [...counts]);
  assert.equal(opened(points(new Float32Array(2))).maps[0].counts, null);
});

test("colours arrive in the order of the slots", () => {
  const { codes, id } = opened(packet({ kind: "colour", count: 5 }, [Uint8Array.from([0, 10, 20, 30, 40])]));
  const { order } = opened(points(new Float32Array(10)));
  assert.equal(id, "an id");
  assert.deepEqual([...codes], [...order.rowOf].map((row) => 10 * row));
});
