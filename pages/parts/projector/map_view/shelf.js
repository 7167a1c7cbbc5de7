// The shelf is the page's own: the parcels that lie in its elements now, and the views that draw them. Streamlit gives
// an element its parcel when it changes and never again, so each lies here for as long as its element holds it; a view
// holds what it has drawn. Nothing else is kept, however many maps come and go.
const viewers = new Map();

function drawView(component) {
  const { data, parentElement } = component;
  const viewer = viewers.get(parentElement);
  const points = parcelOf(data.points) ?? drawnBy(viewer, "points", data.points);
  const colour = parcelOf(data.colour) ?? drawnBy(viewer, "colour", data.colour);
  if (!points || !colour) return; // the missing one draws when it comes
  viewerOf(parentElement).update(component, points, colour);
}

function drawnBy(viewer, kind, id) {
  return viewer?.[kind]?.id === id ? viewer[kind] : null;
}

function viewerOf(parentElement) {
  if (!viewers.has(parentElement)) viewers.set(parentElement, new Viewer(parentElement.querySelector(".viewer")));
  return viewers.get(parentElement);
}

function closeView(parentElement) {
  viewers.get(parentElement)?.close();
  viewers.delete(parentElement);
}

function theShelf() {
  return (globalThis[Symbol.for("embedscope.points")] ??= { parcels: new Map(), views: new Map() });
}

function parcelOf(id) {
  for (const { parcel } of theShelf().parcels.values()) if (parcel.id === id) return parcel;
  return null;
}

export default function (component) {
  const { data: bytes, parentElement } = component;
  const shelf = theShelf();
  shelf.draw ??= drawView;
  shelf.close ??= closeView;
  const header = parcelHeader(bytes);
  shelf.parcels.set(parentElement, { component, parcel: parcelOf(header.id) ?? openParcel(header, bytes) });
  for (const view of shelf.views.values()) shelf.draw(view);
  return () => {
    if (shelf.parcels.get(parentElement)?.component === component) shelf.parcels.delete(parentElement);
  };
}
