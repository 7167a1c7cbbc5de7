import assert from "node:assert/strict";
import { test } from "node:test";
import { FlatCamera, projector } from "#map/cameras.js";
import { drawLabels, fitText, writeWithin } from "#map/labels.js";

// A drawing whose letters are 8 pixels wide, and which notes its boxes and texts.
function drawing() {
  const notes = { boxes: [], texts: [] };
  return {
    ...notes,
    widthOf: (text) => 8 * text.length,
    box: (box) => notes.boxes.push(box),
    text: (_x, _y, text) => notes.texts.push(text),
  };
}

const SCENE = { theme: { background: [255, 255, 255], text: [0, 0, 0] }, litColour: null };

function panel() {
  const made = { x: 0, y: 0, width: 800, height: 600, camera: new FlatCamera() };
  return Object.assign(made, { project: projector(made.camera, made) });
}

const labelAt = (text, ...place) => ({ text, place: [...place, 0], colour: "#000000" });

test("labels cover neither each other nor what is occupied, and the first come first", () => {
  const to = drawing();
  const marker = { x: 380, y: 300, width: 40, height: 24 };
  const occupied = [marker];
  const labels = Array.from({ length: 40 }, (_, i) => labelAt(`label ${i}`, Math.sin(i) / 3, Math.cos(i) / 3));
  drawLabels(to, panel(), labels, SCENE, occupied);
  assert.equal(to.texts[0], "label 0");
  assert.ok(to.texts.length > 10 && to.texts.length < 40);
  occupied.forEach((one, i) => {
    for (const other of occupied.slice(i + 1)) {
      const across = one.x < other.x + other.width && other.x < one.x + one.width;
      assert.ok(!across || one.y >= other.y + other.height || other.y >= one.y + one.height);
    }
  });
});

test("a label stays on its panel, and one whose place is out of view is left out", () => {
  const to = drawing();
  const occupied = [];
  drawLabels(to, panel(), [labelAt("at the corner", 1.4, -0.99), labelAt("far away", 5, 5)], SCENE, occupied);
  assert.deepEqual(to.texts, ["at the corner"]);
  const [{ x, width, y, height }] = occupied;
  assert.ok(x >= 0 && x + width <= 800 && y >= 0 && y + height <= 600);
});

test("a text is cut to its room with an ellipsis, and never in the middle of a character", () => {
  const to = drawing();
  assert.equal(fitText(to, "short", 15, 400, 100), "short");
  assert.equal(fitText(to, "rather long words", 15, 400, 8 * 8), "rather…");
  for (let room = 16; room < 80; room += 8) {
    const cut = fitText(to, "🐝🐝🐝🐝🐝🐝", 15, 400, room);
    assert.ok(to.widthOf(cut) <= room);
    assert.ok(cut.isWellFormed ? cut.isWellFormed() : !/[\ud800-\udbff](?![\udc00-\udfff])/.test(cut));
  }
});

test("labels of another colour than the lit one come last and are muted", () => {
  const to = drawing();
  const fills = [];
  to.text = (_x, _y, text, { fill }) => fills.push([text, fill]);
  const others = { ...labelAt("others", 0, 0), colour: "#ff0000" };
  const scene = { ...SCENE, litColour: "#000000" };
  drawLabels(to, panel(), [others, labelAt("lit", 0, 0.5)], scene, []);
  assert.deepEqual(fills, [["lit", "rgba(0,0,0,1)"], ["others", "rgba(0,0,0,0.45)"]]);
});

test("a text beside a place lies within its panel, and is shortened if it is wider", () => {
  const written = [];
  const to = { widthOf: (text) => 8 * text.length, text: (x, y, text) => written.push([x, text]) };
  const narrow = { x: 100, y: 0, width: 200, height: 600 };
  const style = { size: 14, weight: 500 };
  writeWithin(to, narrow, [200, 5], "in between", { ...style, align: "center" });
  writeWithin(to, narrow, [120, 5], "from the left", { ...style, align: "right" });
  writeWithin(to, narrow, [290, 5], "to the right", { ...style, align: "left" });
  writeWithin(to, narrow, [200, 5], "a title that is wider than the panel", { ...style, align: "center" });
  assert.deepEqual(written.slice(0, 3), [[160, "in between"], [108, "from the left"], [300 - 8 - 96, "to the right"]]);
  const [left, words] = written[3];
  assert.ok(words.endsWith("…"));
  assert.ok(left >= 108 && left + 8 * words.length <= 292);
});
