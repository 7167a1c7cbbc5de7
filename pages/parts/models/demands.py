"""What a model must be: size, licence, lengths, language, training; folded behind one button."""

from collections.abc import Callable

import streamlit as st

from core import leaderboard, wording
from core.comparison import INSTRUCTIONS, Demands
from pages.shared.state import Models, Parameter
from pages.shared.ui import inputs

ANY = "Any"
PARAMETERS = (10_000_000, 30_000_000, 50_000_000, 100_000_000, 200_000_000, 400_000_000, 10**9, 2 * 10**9, 8 * 10**9)
DIMENSIONS = (128, 256, 384, 512, 768, 1024, 2048, 4096)
TOKENS = (256, 512, 1024, 2048, 4096, 8192, 32768)
ZERO_SHOT = (50, 80, 90, 95, 100)


def choose() -> Demands:
    """The demands on the models of the table."""
    with st.popover(_label(), icon=":material/filter_list:", key=Models.DEMANDS):
        left, right = st.columns(2)
        with left:
            parameters = _limit("Parameters at most", PARAMETERS, Models.MOST_PARAMETERS, wording.abbreviate)
            dimensions = _limit("Dimensions at most", DIMENSIONS, Models.MOST_DIMENSIONS, "{:,}".format)
            tokens = _limit("Input length at least", TOKENS, Models.LEAST_TOKENS, "{:,} tokens".format)
            language = _language()
        with right:
            zero_shot = _limit(
                "Zero-shot at least", ZERO_SHOT, Models.LEAST_ZERO_SHOT, "{} %".format,
                hint="Share of the benchmark's tasks on whose data the model was not trained, as its authors say.",
            )  # fmt: skip
            instructions = st.selectbox(
                "Instructions before texts", INSTRUCTIONS, key=Models.INSTRUCTIONS, bind="query-params",
                persist_state="session",
            )  # fmt: skip
            commercial = _toggle("Licence allows commercial use", Models.COMMERCIAL_USE)
            open_weights = _toggle("Published weights", Models.OPEN_WEIGHTS)
            fits = _toggle("Fits this machine", Models.FITS)
    return Demands(
        parameters, open_weights, commercial, fits, dimensions, tokens, language, zero_shot or 0, instructions or ANY
    )


def _label() -> str:
    """How many filters are set, before the widgets exist."""
    keys = (
        Models.MOST_PARAMETERS, Models.MOST_DIMENSIONS, Models.LEAST_TOKENS, Models.LANGUAGE, Models.LEAST_ZERO_SHOT,
        Models.INSTRUCTIONS, Models.COMMERCIAL_USE, Models.OPEN_WEIGHTS, Models.FITS,
    )  # fmt: skip
    count = sum(inputs.choice(key, ANY) not in (ANY, "False", "false") for key in keys)
    return f"Filters: {count}" if count else "Filters"


def _limit(
    label: str, values: tuple[int, ...], key: Parameter, write: Callable[[int], str], hint: str = ""
) -> int | None:
    offered = {ANY: None, **{write(value): value for value in values}}
    picked = st.selectbox(
        label, list(offered), key=key, bind="query-params", persist_state="session", help=hint or None
    )
    return offered[picked or ANY]


def _toggle(label: str, key: Parameter) -> bool:
    return st.toggle(label, key=key, bind="query-params", persist_state="session")


def _language() -> str:
    codes = sorted({code for entry in leaderboard.current().entries for code in entry.languages})
    picked = st.selectbox(
        "Language", [ANY, *codes], key=Models.LANGUAGE, bind="query-params", persist_state="session",
        help="As ISO 639-3 and script; of the models whose authors list their languages.",
    )  # fmt: skip
    return "" if picked in (None, ANY) else str(picked)
