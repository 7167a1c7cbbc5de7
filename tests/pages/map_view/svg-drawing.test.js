import assert from "node:assert/strict";
import { test } from "node:test";
import { SvgDrawing, escapeXml } from "#map/svg-drawing.js";

test("a text is written as text, without what XML cannot hold", () => {
  assert.equal(escapeXml(`a < b && "c" > 'd'`), "a &lt; b &amp;&amp; &quot;c&quot; &gt; &#39;d&#39;");
  assert.equal(escapeXml("a\u0000b\u0007c\td\ne\uffff"), "abc\td\ne");
});

test("each stroke is an element, with places to a hundredth of a pixel", () => {
  const drawing = new SvgDrawing("serif", () => 10);
  drawing.circle(1 / 3, 2, 4, { fill: "red" });
  drawing.path([[0, 0], [1.005, 2]], { stroke: "blue", width: 2 });
  drawing.clip({ x: 1, y: 2, width: 3, height: 4 }, () => drawing.box({ x: 0, y: 0, width: 5, height: 6 }, "green", 2));
  const text = drawing.document(20, 10, 2);
  assert.match(text, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="40" height="20" viewBox="0 0 20 10"/);
  assert.ok(text.includes('<circle cx="0.33" cy="2" r="4" fill="red"/>'));
  assert.match(text, /<polyline points="0,0 1(\.01)?,2" fill="none" stroke="blue" stroke-width="2"\/>/);
  assert.match(text, /<g clip-path="url\(#panel0\)">\n<rect x="0" y="0" width="5" height="6" rx="2" fill="green"\/>\n<\/g>/);
});
