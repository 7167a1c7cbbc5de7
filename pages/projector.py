from pages.shared.navigation import require_frame

require_frame()

from collections.abc import Sequence

import streamlit as st

from core import examples
from core.maps import Projection
from core.progress import silent
from pages.parts.projector import (
    appearance,
    axes,
    charts,
    colours,
    disagreement,
    downloads,
    finder,
    iterations,
    map_view,
    methods,
    neighbours,
    panel,
    selection,
    sources,
    trust,
    view_file,
)
from pages.shared import corpora, present, state
from pages.shared.frame import show_errors
from pages.shared.ui import output, progress

HEIGHT = 560  # in pixels, or what the window has left below the answer, where that is more
TALL = f"max({HEIGHT}px, {present.LEFT_BELOW})"
STYLE = f"""
.st-key-{state.Projector.SIDE} {{ height: {TALL} !important }}
/* In a narrow side column the ways of finding stand on one line */
.st-key-{state.Projector.FIND_BY} button {{ padding-inline: .2rem !important }}
"""

with st.container(horizontal=True, vertical_alignment="bottom"):
    space = corpora.choose_space()
    view_file.restore_selection(space)
    specs = sources.models_to_map(space)
    wanted = methods.choose(space)
    axis_ends = axes.choose(space, wanted.dimensions) if wanted.method == "axes" else []
texts = space.corpus
output.show_skips(texts)

map_column, side = st.columns([7, 3], gap="medium")
with side, st.container(horizontal=True, vertical_alignment="bottom"):
    has_vectors = wanted.method != "given" or space.vectors is not None
    colour_name = colours.choose(texts, len(specs), has_vectors=has_vectors)
    looks = appearance.choose(space)
with map_column, progress.line(state.Projector.LAY_OUT, height=HEIGHT) as on_progress:
    mapped = (
        sources.sources_of(space, specs, on_progress) if wanted.method != "given" or space.vectors is not None else []
    )
    directions = [axes.vectors_of(axis_ends, space, source, on_progress) for source in mapped]
    drawn = charts.lay_out(space, mapped, wanted, axes.titles(axis_ends), directions, on_progress)
    colour, column = colours.colour_of(texts, colour_name, drawn, looks.neighbours.k, on_progress)

with side:
    st.html(f"<style>{STYLE}</style>")
with side, st.container(height=HEIGHT, border=False, key=state.Projector.SIDE):
    with progress.line(state.Projector.SEARCH) as on_progress:
        what = finder.ask(space, mapped, on_progress)
    marked = selection.current(texts)
    near = neighbours.under_each(mapped, marked.point, looks.neighbours)
    near_typed = neighbours.under_each_typed(mapped, what.vectors, looks.neighbours)
    wrong = charts.find_misplaced(drawn, marked.point, on_progress)
    if marked.point is not None:
        panel.show_point(texts, marked.point, near, drawn)
        panel.show_misplaced(drawn, wrong)
    panel.show_found(texts, what, near_typed, drawn)
    if len(marked.selected):
        panel.show_selected(texts, marked.selected)
    trust_slot = st.container()


def draw(drawn: Sequence[charts.Chart]) -> None:
    """Draw the maps, below which t-SNE is stopped and resumed."""
    map_view.show(
        charts.pack(texts, drawn, looks.hover, looks.hover_texts),
        colour,
        key=state.Projector.MAP,
        marks=marked,
        labels=colours.labels(texts, column, drawn, wanted=looks.labels),
        neighbours=near[0].rows[0] if near else (),
        false=[of_map.false for of_map in wrong],
        torn=[of_map.torn for of_map in wrong],
        matches=what.rows if what.rows is not None else (near_typed[0].rows[0] if near_typed else None),
        typed=charts.place_typed(drawn, what.vectors, wanted.components),
        typed_text=what.text,
        look=looks.points,
        camera=selection.camera(),
        moving=wanted.method if wanted.method == "tsne" else "",
        height=TALL,
    )
    iterations.controls([chart.projection for chart in drawn])


def draw_next() -> Sequence[Projection]:
    """Let t-SNE run on for a moment, and draw the maps."""
    advanced = charts.lay_out(space, mapped, wanted, axes.titles(axis_ends), directions, silent)
    draw(advanced)
    return [chart.projection for chart in advanced]


with map_column:
    if iterations.is_moving([chart.projection for chart in drawn]):
        iterations.move(draw_next, selection.watch(texts))
    else:
        draw(drawn)
    charts.explain(drawn)
    downloads.provenance(drawn)
with trust_slot, show_errors():
    trust.answer(drawn)
    trust.show(drawn)
if len(mapped) > 1:
    with progress.line(state.Projector.DISAGREE) as on_progress:
        disagreement.show(texts, drawn, looks.neighbours.k, on_progress)
downloads.downloads(space, drawn, looks.neighbours)
if specs and wanted.method in ("umap", "pca", "tsne"):
    output.code(examples.project(specs[0], texts.texts, wanted.method, wanted.dimensions))
selection.write_address(texts)
if (opened := corpora.collection()) is not None:
    corpora.offer_missing(opened, ("vectors", "map"))
