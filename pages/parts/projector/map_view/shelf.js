// The shelf is the page's own: parcels that have come, and the views that draw them.
const KEPT_PARCELS = 10;
const viewers = new Map();

function drawView(component) {
  const shelf = theShelf();
  const { data, parentElement } = component;
  const points = shelf.parcels.get(data.points);
  const colour = shelf.parcels.get(data.colour);
  if (!points || !colour) return; // the missing one draws when it comes
  let viewer = viewers.get(parentElement);
  if (!viewer) viewers.set(parentElement, (viewer = new Viewer(parentElement.querySelector(".viewer"))));
  viewer.update(component, points, colour);
}

function closeView(parentElement) {
  viewers.get(parentElement)?.close();
  viewers.delete(parentElement);
}

function theShelf() {
  return (globalThis[Symbol.for("embedscope.points")] ??= { parcels: new Map(), views: new Map() });
}

function keepParcel(bytes) {
  const { parcels } = theShelf();
  const header = parcelHeader(bytes);
  const parcel = parcels.get(header.id) ?? openParcel(header, bytes);
  parcels.delete(header.id); // and to the end: the first in the map is the longest unused
  parcels.set(header.id, parcel);
  for (const id of [...parcels.keys()].slice(0, -KEPT_PARCELS)) parcels.delete(id);
}

export default function ({ data }) {
  const shelf = theShelf();
  shelf.draw ??= drawView;
  shelf.close ??= closeView;
  keepParcel(data);
  for (const view of shelf.views.values()) shelf.draw(view);
}
