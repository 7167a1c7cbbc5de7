/**
 * The script of a view's element. It is small because it travels with every change of the view; what draws comes with
 * the data, before or after it: whichever is second draws.
 */
import { hold, pageStore } from "./store.js";

export default function (component) {
  const store = pageStore();
  const cleanup = hold(store.views, component, component, (parentElement) => store.close?.(parentElement));
  store.draw?.(component);
  return cleanup;
}
