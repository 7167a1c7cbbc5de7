/**
 * What the map elements of this page currently hold: packets of points and colours in the data elements, and the views.
 *
 * Streamlit calls an element's component only when its data changes, however often the page reruns. So a packet lives
 * as long as its element: one per data element, however many maps come and go.
 * The store is on the page itself, because the two components are two scripts that may load in either order.
 */
const KEY = Symbol.for("embedscope.map");

/** The page's store: packets and views by their elements, and what the data component's script does with a view. */
export function pageStore() {
  return (globalThis[KEY] ??= { packets: new Map(), views: new Map(), draw: null, close: null });
}

/**
 * Holds a value for a component's element, and gives the cleanup that Streamlit calls when the element goes.
 *
 * A call overtaken by a later one while its script still loads is cleaned up after the later one has started: then the
 * later value must stay.
 */
export function hold(entries, { parentElement }, value, release = () => {}) {
  const entry = { value };
  entries.set(parentElement, entry);
  return () => {
    if (entries.get(parentElement) !== entry) return;
    entries.delete(parentElement);
    release(parentElement);
  };
}

/** The packet of this id that any data element holds, or null. */
export function packetOf(id) {
  for (const { value } of pageStore().packets.values()) if (value.id === id) return value;
  return null;
}
