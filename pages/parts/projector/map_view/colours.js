// Colours: the theme's, as CSS says them now, and the 256 that a row's byte points into.
const GREY_CODE = 255;
const GREY = [138, 146, 156];
const tinyCanvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

// [red, green, blue] of any CSS colour.
function rgb(colour) {
  tinyCanvas.clearRect(0, 0, 1, 1);
  tinyCanvas.fillStyle = "#888";
  tinyCanvas.fillStyle = colour;
  tinyCanvas.fillRect(0, 0, 1, 1);
  return [...tinyCanvas.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

function css([red, green, blue], alpha = 1) {
  return `rgba(${Math.round(red)},${Math.round(green)},${Math.round(blue)},${alpha})`;
}

function blend(one, other, share) {
  return one.map((value, index) => value + (other[index] - value) * share);
}

function themeOf(element) {
  const style = getComputedStyle(element);
  const named = (name, other) => rgb(style.getPropertyValue(name).trim() || other);
  const ground = named("--st-background-color", "#fff");
  const dark = ground[0] + ground[1] + ground[2] < 384;
  return {
    dark,
    ground,
    text: named("--st-text-color", "#1b1f24"),
    accent: named("--st-primary-color", "#0b6ba8"),
    warning: dark ? [255, 107, 94] : [200, 30, 45],
    torn: dark ? [255, 196, 77] : [150, 90, 0],
    font: style.fontFamily || "sans-serif",
  };
}

function paletteOf(legend) {
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
