// Parcels: bytes from the server, each with a header. Points are kept in a shuffled order of "slots", so that the first
// k of them are a fair sample, and no category lies on top of another because its rows come last.
const NOWHERE = 2 ** 33; // the place of a row without one: outside every view, and exact in single precision
const NOT_FINITE = 65535;

function parcelHeader(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  header.start = 4 + length;
  return header;
}

function openParcel(header, bytes) {
  const parts = [];
  let place = header.start;
  for (const size of header.sizes) {
    parts.push(bytes.slice(place, place + size)); // a copy: aligned, and free of the message it came in
    place += size + (-size & 3);
  }
  return header.kind === "points" ? openPoints(header, parts) : { id: header.id, codes: inSlots(parts[0]) };
}

function openPoints(header, parts) {
  const maps = header.maps.map((map, index) => ({ ...map, places: openPlaces(map, parts[index], header.count) }));
  const [lengths, texts] = parts.slice(header.maps.length);
  const { id, rows, count } = header;
  const points = { id, rows, count, maps, order: slots(count), texts: null };
  if (texts.length) openTexts(new Uint16Array(lengths.buffer), texts).then((opened) => (points.texts = opened));
  return points;
}

// Three numbers a slot, in -1 to 1.
function openPlaces(map, part, count) {
  const exact = part.length === 4 * count * map.dimensions;
  const values = exact ? new Float32Array(part.buffer) : new Uint16Array(part.buffer);
  const places = new Float32Array(3 * count);
  const { rowOf } = slots(count);
  for (let slot = 0; slot < count; slot++) {
    for (let axis = 0; axis < map.dimensions; axis++) {
      const value = values[rowOf[slot] * map.dimensions + axis];
      const lost = exact ? Number.isNaN(value) : value === NOT_FINITE;
      places[3 * slot + axis] = lost ? NOWHERE : exact ? value : (2 * value) / (NOT_FINITE - 1) - 1;
    }
  }
  return places;
}

async function openTexts(lengths, compressed) {
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const ends = new Uint32Array(lengths.length);
  for (let row = 0, end = 0; row < lengths.length; row++) ends[row] = end += lengths[row];
  const decoder = new TextDecoder();
  return (row) => decoder.decode(bytes.subarray(row ? ends[row - 1] : 0, ends[row]));
}

// A shuffle of n rows, always the same for the same n: rowOf[slot] and slotOf[row].
const shuffles = new Map();
function slots(count) {
  if (!shuffles.has(count)) {
    shuffles.clear();
    shuffles.set(count, shuffled(count));
  }
  return shuffles.get(count);
}

function shuffled(count) {
  const rowOf = new Uint32Array(count);
  const slotOf = new Uint32Array(count);
  let seed = 1;
  for (let slot = 0; slot < count; slot++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((seed / 4294967296) * (slot + 1));
    rowOf[slot] = rowOf[other];
    rowOf[other] = slot;
  }
  for (let slot = 0; slot < count; slot++) slotOf[rowOf[slot]] = slot;
  return { rowOf, slotOf };
}

function inSlots(byRow) {
  const { rowOf } = slots(byRow.length);
  const bySlot = new Uint8Array(byRow.length);
  for (let slot = 0; slot < byRow.length; slot++) bySlot[slot] = byRow[rowOf[slot]];
  return bySlot;
}
