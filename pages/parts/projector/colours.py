"""The meaning of the points' colours, and the labels on the map."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import map_files
from core.charts.style import CATEGORY_COLOURS, NEUTRAL
from core.corpus import Corpus
from core.map_files.columns import BLANK, OTHER, Column
from core.maps import Floats, Neighbours
from core.maps.agreement import per_text
from core.maps.faithfulness import point_errors
from core.maps.regions import Region, label_regions
from core.progress import Progress
from core.wording import shorten
from pages.parts.projector import map_view, neighbours
from pages.parts.projector.charts import Chart
from pages.shared import cache, state
from pages.shared.ui import inputs

NOTHING = "nothing"
ERROR = "error of the map"
AGREEMENT = "agreement of the models"
MOST_LABELLED = 30
SHAPES = (0, 0, 1, 2, 3, 3, 0, 1)  # of each half dozen of categories, so that those of one shape have hues far apart
HALF_DOZEN = 6
OF_COLOUR, REGIONS, NONE = LABELS = ("as coloured", "dense regions", "none")


def choose(texts: Corpus, charts_wanted: int, *, has_vectors: bool) -> str:
    """Choose what to colour by: a column, the map's error, the models' agreement, or nothing."""
    columns = [name for name, cells in texts.fields.items() if len(set(cells)) > 1 and name != "title"]
    measured = [ERROR] * has_vectors + [AGREEMENT] * (charts_wanted > 1)
    options = [*columns, *measured, NOTHING]
    preferred = next((name for name in ("subject", "label", "category", "topic") if name in columns), options[0])
    inputs.fall_back(state.Projector.COLOUR, options, preferred)
    return st.selectbox(
        "Colour by", options, index=options.index(preferred), key=state.Projector.COLOUR, bind="query-params"
    )


def colour_of(
    texts: Corpus, name: str, charts: Sequence[Chart], k: int, on_progress: Progress
) -> tuple[map_view.Categories | map_view.Gradient, Column | None]:
    """The colour of each text, and the column shown."""
    if name == ERROR and charts[0].source:
        true = neighbours.of(charts[0].source, on_progress, charts[0].metric)
        errors = cache.memory().recall(
            ("error", *charts[0].identity), lambda: point_errors(true, charts[0].coordinates)
        )
        return map_view.Gradient(
            errors, 0, 1, f"true neighbours missing nearby on {charts[0].title}'s map", format="percent"
        ), None
    if name == AGREEMENT and len(charts) > 1:
        shares = agreement(charts, k, on_progress)
        return map_view.Gradient(shares, 0, 1, f"share of {k} neighbours in common", format="percent"), None
    if name not in texts.fields:
        return map_view.Categories(np.zeros(len(texts), np.uint8), ("all texts",), (CATEGORY_COLOURS[0],)), None
    column = _column(texts, name)
    return _colour(column), column


def agreement(charts: Sequence[Chart], k: int, on_progress: Progress) -> Floats:
    """For each text, the share of its k neighbours that the models have in common: (n,) from 0 to 1."""
    models = neighbours_of_each(charts, k, on_progress)
    contents = [(chart.source.content, chart.source.metric) for chart in charts if chart.source]
    return cache.memory().recall(("agreement", k, *contents), lambda: per_text(models))


def neighbours_of_each(charts: Sequence[Chart], k: int, on_progress: Progress) -> list[Neighbours]:
    """The k true neighbours of each text under each model."""
    return [neighbours.of(chart.source, on_progress, k=k) for chart in charts if chart.source]


def labels(texts: Corpus, column: Column | None, charts: Sequence[Chart], *, wanted: str) -> list[map_view.Label]:
    """Labels on the maps: a column's categories at the middle of their points, or dense regions by their words."""
    if wanted in texts.fields:
        column = _column(texts, wanted)
    elif wanted == REGIONS:
        return [
            map_view.Label(place, ", ".join(region.words[:3]), region.centre, NEUTRAL)
            for place, chart in enumerate(charts)
            for region in _regions(texts, chart)
        ]
    if wanted == NONE or column is None or not 1 < len(column.categories) <= MOST_LABELLED:
        return []
    return _of_categories(column, charts)


def _column(texts: Corpus, name: str) -> Column:
    return cache.memory().recall(
        ("column", texts.fingerprint, name), lambda: map_files.column(name, texts.fields[name])
    )


def _regions(texts: Corpus, chart: Chart) -> tuple[Region, ...]:
    return cache.memory().recall(
        ("regions", texts.fingerprint, *chart.identity), lambda: label_regions(chart.coordinates, texts.texts)
    )


def _of_categories(column: Column, charts: Sequence[Chart]) -> list[map_view.Label]:
    colours = _colour(column)
    assert isinstance(colours, map_view.Categories)
    names = []
    for place, chart in enumerate(charts):
        for code, (name, colour) in enumerate(zip(colours.names, colours.colours, strict=True)):
            rows = np.equal(colours.codes, code)
            if name not in (OTHER, BLANK) and rows.any():
                middle = tuple(np.nanmedian(chart.coordinates[rows], axis=0).tolist())
                names.append(map_view.Label(place, shorten(name, 28), middle, colour))
    return names


def _colour(column: Column) -> map_view.Categories | map_view.Gradient:
    if column.codes is not None:
        return map_view.Categories(
            column.codes, column.categories, _colours(column.categories), _shapes(column.categories)
        )
    assert column.values is not None
    there = column.values[np.isfinite(column.values)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 1.0)
    return map_view.Gradient(
        column.values, low, high, column.name, format="date" if column.kind == "date" else "number"
    )


def _colours(categories: Sequence[str]) -> tuple[str, ...]:
    """Colours in alphabetical order, so that they do not depend on the categories' frequency; grey for the rest."""
    places = _places(categories)
    return tuple(
        CATEGORY_COLOURS[places[name] % len(CATEGORY_COLOURS)] if name in places else NEUTRAL for name in categories
    )


def _shapes(categories: Sequence[str]) -> tuple[int, ...]:
    """Shapes in the same order: circles for a dozen, then others too, as hues alone cannot tell more apart."""
    places = _places(categories)
    return tuple(SHAPES[places.get(name, 0) // HALF_DOZEN % len(SHAPES)] for name in categories)


def _places(categories: Sequence[str]) -> dict[str, int]:
    named = sorted(name for name in categories if name not in (OTHER, BLANK))
    return {name: place for place, name in enumerate(named)}
