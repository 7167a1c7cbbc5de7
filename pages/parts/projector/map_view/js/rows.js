/**
 * Sets of rows: a mask of one byte per row here, in packing.py's format for sending.
 */

/** A mask from a list of rows, or from base64 with one bit per row, the lowest bit first. */
export function unpackRows(packed, count) {
  const mask = new Uint8Array(count);
  if (packed.bits !== undefined) {
    const bytes = atob(packed.bits);
    for (let row = 0; row < count; row++) mask[row] = (bytes.charCodeAt(row >> 3) >> (row & 7)) & 1;
  } else {
    for (const row of packed.rows) mask[row] = 1;
  }
  return mask;
}

/** The shorter of the two forms that `unpackRows` reads. */
export function packRows(mask) {
  const count = countRows(mask);
  if (count * 48 <= mask.length) return { rows: listRows(mask, count) };
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  for (let row = 0; row < mask.length; row++) bytes[row >> 3] |= mask[row] << (row & 7);
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return { bits: btoa(text) };
}

export function countRows(mask) {
  let count = 0;
  for (let row = 0; row < mask.length; row++) count += mask[row];
  return count;
}

/** The rows of a mask in order, at most `most`. */
export function listRows(mask, most = Infinity) {
  const rows = [];
  for (let row = 0; row < mask.length && rows.length < most; row++) if (mask[row]) rows.push(row);
  return rows;
}

/** Whether two masks are equal; null (no mask) equals only null. */
export function sameRows(one, other) {
  if (!one || !other) return one === other;
  return one.length === other.length && one.every((value, row) => value === other[row]);
}

/** The nearest row after `from`, or before it with a `by` of -1, that passes the test; around the end; or null. */
export function nextRow(count, from, by, passes) {
  const start = from ?? (by > 0 ? -1 : count);
  for (let step = 1; step <= count; step++) {
    const row = (((start + by * step) % count) + count) % count;
    if (passes(row)) return row;
  }
  return null;
}
