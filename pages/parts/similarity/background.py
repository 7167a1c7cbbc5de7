"""What a score means: each model's scores of random pairs of the corpus as a chart, with the marked pair."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core import corpus
from core.charts.similarity import densities, percent
from core.charts.style import model_colours
from core.corpus import Corpus
from core.errors import InputError
from core.models import ModelSpec
from core.progress import Progress
from core.similarity import SCORES, Background, Similarity
from core.wording import decimal
from pages.parts.similarity.sources import Compared
from pages.shared import random_pairs, state
from pages.shared.frame import show_errors
from pages.shared.random_pairs import MOST_ROWS
from pages.shared.ui import chart, output


def measure(
    texts: Corpus, compared: Compared, specs: Sequence[ModelSpec], on_progress: Progress
) -> dict[str, Background]:
    """The background of each model that has one; a corpus is sent to an API only at the user's request.

    What keeps the models from one, such as too few texts, is one line for all.
    """
    backgrounds, reasons = {}, dict[str, None]()
    for spec in specs:
        if spec.provider == "openai" and not st.session_state.get(
            state.Similarity.SENT_FOR_BACKGROUND(spec.id, texts.fingerprint)
        ):
            st.button(
                f"Send {min(len(texts), MOST_ROWS):,} texts of the corpus to {output.markdown_free(spec.name)} to "
                "measure its background",
                key=state.Similarity.SEND_FOR_BACKGROUND(spec.name),
                on_click=_allow,
                args=(texts, spec),
            )
            continue
        with show_errors():
            try:
                backgrounds[spec.name] = random_pairs.measure(texts, _queries(texts, compared), spec, on_progress)
            except InputError as error:
                reasons[str(error)] = None
    for reason in reasons:
        st.info(output.markdown_free(reason), icon=":material/info:")
    return backgrounds


def section(
    backgrounds: Mapping[str, Background], texts: Corpus, compared: Compared, scores: Mapping[str, float]
) -> None:
    """The distributions with the marked pair's scores, a chart for each function; and sentences that interpret them."""
    colours = model_colours(backgrounds)
    for similarity in dict.fromkeys(each.similarity for each in backgrounds.values()):
        alike = {name: each for name, each in backgrounds.items() if each.similarity == similarity}
        marked = {name: score for name, score in scores.items() if name in alike}
        left, words = st.columns([5, 3], gap="medium", vertical_alignment="center")
        with left:
            chart.draw(
                densities(alike, marked, colours=colours),
                key=state.Similarity.BACKGROUNDS(similarity),
                alt=f"Distribution of {SCORES[similarity]}s of random pairs by each model",
                is_presented=False,
            )
        with words:
            if marked:
                st.markdown(_sentence(alike, similarity, marked))
            st.caption(_basis(alike, texts, compared))


def _sentence(backgrounds: Mapping[str, Background], similarity: Similarity, marked: Mapping[str, float]) -> str:
    """How high the framed pair scores under each model, among random pairs."""
    first, *others = [
        f"**{decimal(score)}** with {output.markdown_free(name)}, higher than "
        f"**{percent(float(backgrounds[name].percentile(np.float32(score))))}**"
        for name, score in marked.items()
    ]
    listed = "; ".join([f"{first} of random pairs", *others])
    advice = " Compare models by these percentages: each has its own range of scores." if others else ""
    return f"The framed pair has a {SCORES[similarity]} of {listed}.{advice}"


def _basis(backgrounds: Mapping[str, Background], texts: Corpus, compared: Compared) -> str:
    one = next(iter(backgrounds.values()))
    what = "a query with a text" if compared.queries else "two different texts"
    drawn = f"{len(one.scores):,}"
    how = f"all {drawn}" if len(one.scores) + one.identical == one.possible else f"{drawn} random"
    parts = [f"{how} pairs of {what} of {output.markdown_free(texts.name)}"]
    if len(texts) > MOST_ROWS:
        parts.append(f"from {MOST_ROWS:,} random texts of {len(texts):,}")
    if one.identical:
        parts.append(f"{one.identical:,} pairs of identical texts skipped")
    return f"Background: {', '.join(parts)} · percentiles are accurate to {one.resolution:.2g} points"


def _queries(texts: Corpus, compared: Compared) -> tuple[str, ...]:
    """For queries against texts, the sample's queries or the compared ones; for texts alone, none."""
    if not compared.queries:
        return ()
    return corpus.sample_queries().texts if texts.fingerprint == corpus.sample().fingerprint else compared.queries


def _allow(texts: Corpus, spec: ModelSpec) -> None:
    st.session_state[state.Similarity.SENT_FOR_BACKGROUND(spec.id, texts.fingerprint)] = True
