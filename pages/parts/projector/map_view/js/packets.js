/**
 * Packets: bytes from the server, each with a header, as written by packing.py.
 */
import { bySlot, slotOrder } from "./slots.js";

/** The coordinate of a row without a place: outside every view, exact in single precision. */
export const NOWHERE = 2 ** 33;
const NOT_FINITE = 65535;

/** Only the header: its length (uint32, little-endian) and then the JSON. */
export function packetHeader(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  header.start = 4 + length;
  return header;
}

/** Points, or colour codes, in the order of the slots. */
export function openPacket(header, bytes) {
  const parts = [];
  let place = header.start;
  for (const size of header.sizes) {
    parts.push(bytes.slice(place, place + size)); // a copy: aligned, and independent of the message
    place += size + (-size & 3);
  }
  return header.kind === "points" ? openPoints(header, parts) : { id: header.id, codes: bySlot(parts[0]) };
}

function openPoints(header, parts) {
  const maps = header.maps.map((map, index) => ({ ...map, places: openPlaces(map, parts[index], header.count) }));
  const [lengths, texts, ...counts] = parts.slice(header.maps.length);
  for (const map of maps) map.counts = map.counted ? new Uint16Array(counts.shift().buffer) : null;
  const { id, rows, count } = header;
  const points = { id, rows, count, maps, order: slotOrder(count), texts: null };
  if (texts.length) openTexts(new Uint16Array(lengths.buffer), texts).then((opened) => (points.texts = opened));
  return points;
}

// Three numbers a slot, in -1 to 1.
function openPlaces(map, part, count) {
  const exact = part.length === 4 * count * map.dimensions;
  const values = exact ? new Float32Array(part.buffer) : new Uint16Array(part.buffer);
  const places = new Float32Array(3 * count);
  const { rowOf } = slotOrder(count);
  for (let slot = 0; slot < count; slot++) {
    for (let axis = 0; axis < map.dimensions; axis++) {
      const value = values[rowOf[slot] * map.dimensions + axis];
      const isLost = exact ? Number.isNaN(value) : value === NOT_FINITE;
      places[3 * slot + axis] = isLost ? NOWHERE : exact ? value : (2 * value) / (NOT_FINITE - 1) - 1;
    }
  }
  return places;
}

// A function that returns a row's text.
async function openTexts(lengths, compressed) {
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const ends = new Uint32Array(lengths.length);
  for (let row = 0, end = 0; row < lengths.length; row++) ends[row] = end += lengths[row];
  const decoder = new TextDecoder();
  return (row) => decoder.decode(bytes.subarray(row ? ends[row - 1] : 0, ends[row]));
}
