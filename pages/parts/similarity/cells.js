// Tells which cell of the heatmap in the same frame was clicked: Streamlit reports selections only, which heatmaps lack.
export default function ({ parentElement, setTriggerValue }) {
  const host = parentElement.getRootNode().host ?? parentElement
  const frame = host.closest('[class*="st-key-cells_"]')
  if (!frame) return () => {}

  const tell = ({ points }) => {
    const cell = points.find((point) => point.data.type === "heatmap")
    if (cell) setTriggerValue("cell", [Math.round(cell.y), Math.round(cell.x)])
  }
  const listen = () => {
    const chart = frame.querySelector(".js-plotly-plot")
    if (!chart?.on) return
    if (!chart.tellCell) chart.on("plotly_click", (event) => chart.tellCell(event))
    chart.tellCell = tell
  }
  frame.addEventListener("pointerdown", listen, true)
  return () => frame.removeEventListener("pointerdown", listen, true)
}
