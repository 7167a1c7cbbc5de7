// One view of maps. What draws it comes with the points (shelf.js), before or after this: whoever is second, draws.
export default function (component) {
  const shelf = (globalThis[Symbol.for("embedscope.points")] ??= { parcels: new Map(), views: new Map() });
  shelf.views.set(component.parentElement, component);
  shelf.draw?.(component);
  return () => {
    if (shelf.views.get(component.parentElement) !== component) return; // a later call has taken its place
    shelf.views.delete(component.parentElement);
    shelf.close?.(component.parentElement);
  };
}
