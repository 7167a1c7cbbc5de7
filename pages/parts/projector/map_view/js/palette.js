/**
 * The palette: the 256 colours that a row's byte refers to.
 */
import { blend, rgb } from "./colours.js";

const GREY_CODE = 255;
const GREY = [138, 146, 156];

/** Colours of a legend: its categories' own, or 255 steps of its gradient; grey for rows without one. */
export function paletteOf(legend) {
  const palette = Array.from({ length: 256 }, () => GREY);
  if (legend.kind === "categories") {
    legend.colours.slice(0, GREY_CODE).forEach((colour, code) => (palette[code] = rgb(colour)));
    return palette;
  }
  const stops = legend.stops.map(rgb);
  for (let level = 0; level < GREY_CODE; level++) {
    const place = (level / (GREY_CODE - 1)) * (stops.length - 1);
    const stop = Math.min(Math.floor(place), stops.length - 2);
    palette[level] = stops.length > 1 ? blend(stops[stop], stops[stop + 1], place - stop) : stops[0];
  }
  return palette;
}
