/**
 * The script of an element that carries a packet of points or of colours. It holds the viewers, one for each view.
 */
import { openPacket, packetHeader } from "./packets.js";
import { hold, packetOf, pageStore } from "./store.js";
import { Viewer } from "./viewer.js";

const viewers = new Map();

/** Draws a view if the data it names are here: in a data element, or still in its own viewer. */
function drawView({ data, parentElement, setStateValue }) {
  const viewer = viewers.get(parentElement);
  const points = packetOf(data.points) ?? (viewer?.points?.id === data.points ? viewer.points : null);
  const colour = packetOf(data.colour) ?? (viewer?.colour?.id === data.colour ? viewer.colour : null);
  if (points && colour) viewerOf(parentElement).update(data, setStateValue, points, colour);
}

function viewerOf(parentElement) {
  if (!viewers.has(parentElement)) viewers.set(parentElement, new Viewer(parentElement.querySelector(".viewer")));
  return viewers.get(parentElement);
}

function closeView(parentElement) {
  viewers.get(parentElement)?.close();
  viewers.delete(parentElement);
}

export default function (component) {
  const store = pageStore();
  store.draw ??= drawView;
  store.close ??= closeView;
  const header = packetHeader(component.data);
  const packet = packetOf(header.id) ?? openPacket(header, component.data);
  const cleanup = hold(store.packets, component, packet);
  for (const { value: view } of store.views.values()) store.draw(view);
  return cleanup;
}
