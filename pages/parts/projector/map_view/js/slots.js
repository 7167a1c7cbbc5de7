/**
 * Slots: the shuffled order in which points are stored and drawn, so that the first k are a random sample, and no
 * category covers another because its rows come last.
 */
const latest = { count: -1, order: null };

/** The shuffle of n rows, always the same for the same n: rowOf[slot] and slotOf[row]. */
export function slotOrder(count) {
  if (latest.count !== count) Object.assign(latest, { count, order: shuffle(count) });
  return latest.order;
}

/** One byte per row, in the order of the slots. */
export function bySlot(byRow) {
  const { rowOf } = slotOrder(byRow.length);
  const slots = new Uint8Array(byRow.length);
  for (let slot = 0; slot < byRow.length; slot++) slots[slot] = byRow[rowOf[slot]];
  return slots;
}

// Fisher and Yates, inside out, with the linear congruential generator of Numerical Recipes.
function shuffle(count) {
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
