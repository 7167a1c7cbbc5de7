/**
 * The theme: Streamlit's current colours and font from CSS, our own markers in tones that contrast with
 * them, whether the maps are presented to a room, and how much larger than usual text is on the screen.
 */
import { rgb } from "./colours.js";

export function themeOf(element) {
  const style = getComputedStyle(element);
  const named = (name, other) => rgb(style.getPropertyValue(name).trim() || other);
  const background = named("--st-background-color", "#fff");
  const isDark = background[0] + background[1] + background[2] < 384;
  return {
    background,
    text: named("--st-text-color", "#1b1f24"),
    accent: named("--st-primary-color", "#0b6ba8"),
    falseNeighbour: isDark ? [255, 107, 94] : [200, 30, 45],
    tornNeighbour: isDark ? [255, 196, 77] : [150, 90, 0],
    font: style.fontFamily || "sans-serif",
    isPresented: style.getPropertyValue("--toolbar").trim() === "none",
    textScale: Number(style.getPropertyValue("--text-scale")) || 1,
  };
}
