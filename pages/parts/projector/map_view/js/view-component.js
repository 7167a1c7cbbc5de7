/**
 * The script of a view's element. It is small because it is sent with every change of the view; the drawing script
 * comes with the data, before or after it: whichever arrives second draws.
 */
import { hold, pageStore } from "./store.js";

export default function (component) {
  const store = pageStore();
  const cleanup = hold(store.views, component, component, (parentElement) => store.close?.(parentElement));
  store.draw?.(component);
  return cleanup;
}
