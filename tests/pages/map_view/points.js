/**
 * Made-up points for tests: one map of places in -1 to 1, of two or three dimensions.
 */
import { slotOrder } from "#map/slots.js";

export function points(places, dimensions = 2) {
  const order = slotOrder(places.length);
  const values = new Float32Array(3 * places.length);
  places.forEach((place, row) => values.set(place, 3 * order.slotOf[row]));
  return { id: "made up", rows: "made up", count: places.length, maps: [{ places: values, dimensions }], order };
}
