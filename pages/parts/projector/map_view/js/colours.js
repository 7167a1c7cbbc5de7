/**
 * Colours as [red, green, blue], 0 to 255, read from CSS and written to it.
 */
let pixel = null;

/** [red, green, blue] of any CSS colour; grey if it is invalid. */
export function rgb(colour) {
  pixel ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = "#888";
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  return [...pixel.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

export function css([red, green, blue], alpha = 1) {
  return `rgba(${Math.round(red)},${Math.round(green)},${Math.round(blue)},${alpha})`;
}

/** Interpolates between two colours. */
export function blend(one, other, share) {
  return one.map((value, index) => value + (other[index] - value) * share);
}
