import pandas as pd
import streamlit as st

from core import snippets
from core.corpus import shortened
from core.figures.projector import text_map
from core.projection import METHODS, nearest_rows
from pages.shared import frame, inputs, output, progress, resources
from pages.shared.frame import require_frame

require_frame()

HEIGHT = 640
NEIGHBOURS = 10
MOST_CHOICES = 5000


def take_point() -> None:
    """Select the text whose point was clicked."""
    points = st.session_state["map"]["selection"]["points"]
    if points and "customdata" in points[0]:
        row = points[0]["customdata"]
        st.session_state["point"] = chosen.ids[int(row["0"] if isinstance(row, dict) else row)]


ready = inputs.ready_models()
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = inputs.chosen_corpus("map_corpus")
    model = st.segmented_control(
        "Model",
        [spec.name for spec in ready],
        default=ready[0].name,
        key="map_model",
        bind="query-params",
        required=True,
    )
    method = st.segmented_control(
        "Method", METHODS, default="umap", key="method", bind="query-params", required=True, format_func=str.upper
    )
    dimensions = st.segmented_control(
        "Dimensions",
        [2, 3],
        default=2,
        key="dimensions",
        bind="query-params",
        required=True,
        format_func=lambda n: f"{n}D",
    )
    columns = [name for name, values in chosen.fields.items() if 1 < len(set(values)) < len(chosen)]
    preferred = columns.index("subject") if "subject" in columns else 0
    colour = st.selectbox(
        "Colour by", columns or ["nothing"], index=preferred, key="colour", bind="query-params", width=180
    )
output.left_out(chosen)

spec = next((spec for spec in ready if spec.name == model), ready[0])
map_column, panel = st.columns([5, 2], gap="medium")
with map_column, progress.line("map", height=HEIGHT) as tell:
    embedded = resources.embed_texts(chosen.documents, spec, tell)
    projection = resources.project(chosen, embedded, method or "umap", dimensions or 2, tell)
    rows, cosines = resources.memory().recall(
        ("neighbours", chosen.fingerprint, spec.name, embedded.provenance.revision, embedded.provenance.precision),
        lambda: nearest_rows(embedded.vectors, NEIGHBOURS + 1),
    )

with panel:
    titles = dict(zip(chosen.ids, chosen.titles, strict=True))
    clicked = st.session_state.get("point")
    choices = dict.fromkeys([*chosen.ids[:MOST_CHOICES], *([clicked] if clicked in titles else [])])
    point = st.selectbox(
        "Find a text, or click a point",
        list(choices),
        index=None,
        format_func=lambda name: titles.get(name, name),
        key="point",
        bind="query-params",
        placeholder="Type a word of its title",
    )
selected = chosen.ids.index(point) if point in titles else None
neighbours = [int(row) for row in rows[selected][1:]] if selected is not None else []
with panel:
    if selected is not None:
        with st.container(border=True, gap="xsmall"):
            if "title" in chosen.fields:
                st.markdown(f"**{output.markdown_free(chosen.titles[selected])}**")
            st.text(shortened(chosen.texts[selected], 1500))
        st.markdown("**Nearest in the original space**")
        st.dataframe(
            pd.DataFrame({"Text": [chosen.titles[row] for row in neighbours], "Cosine": cosines[selected][1:]}),
            hide_index=True,
            key="neighbours",
            height=38 + 35 * min(NEIGHBOURS, len(neighbours)),
            column_config={"Cosine": st.column_config.NumberColumn(format="%.3f", width=70)},
            alt="The selected text's nearest neighbours by cosine of their embeddings",
        )
    elif projection.quality:
        quality = projection.quality
        st.markdown("**How far to trust this map**")
        st.metric(
            "Trustworthiness",
            f"{quality.trustworthiness:.2f}",
            help="1 means that no stranger was drawn near (Venna and Kaski 2001).",
        )
        st.metric("Neighbour recall", f"{quality.neighbour_recall:.0%}")
        st.caption(f"{quality.sentence} Click a point to see its true neighbours.")

categories = chosen.fields.get(colour or "", ("",) * len(chosen))
figure = text_map(
    projection,
    chosen.documents,
    categories,
    selected=selected,
    neighbours=neighbours,
    dark=frame.is_dark(),
    height=HEIGHT,
)
with map_column:
    st.plotly_chart(
        figure,
        key="map",
        on_select=take_point,
        selection_mode="points",
        config={"scrollZoom": True, "displaylogo": False},
        alt=f"Map of {len(chosen):,} texts by {method} of their {spec.name} embeddings, coloured by {colour}",
    )
    seconds = ", ".join(f"{step} {value:.2f} s" for step, value in projection.seconds.items())
    st.caption(f"{(method or '').upper()} of {len(chosen):,} texts · {seconds} · distances in {dimensions}D")
    output.provenance(embedded.provenance)

coordinates = pd.DataFrame(projection.coordinates, columns=list("xyz")[: projection.coordinates.shape[1]])
coordinates.insert(0, "id", chosen.ids)
coordinates["text"] = chosen.texts
output.download_table(coordinates, "map")
output.code(snippets.project(spec, chosen.texts, method or "umap", dimensions or 2))
