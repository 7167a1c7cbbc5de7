"""The pages, their addresses and their titles; imports little besides Streamlit, so that it is on screen first."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.shared import state

DEFAULT_PAGE = "models"
ICON = str(Path(__file__).parent / "icon.svg")
LOGO = str(Path(__file__).parent / "logo.svg")

PAGES = {
    "models": ("Models", "Compare models and pick up to four to use on every page."),
    "explain": ("Explain", "Watch a sentence become tokens, token vectors and one embedding."),
    "embed": ("Embed", "Embed your own texts with the picked models, side by side."),
    "similarity": ("Similarity", "Heatmaps of how alike your texts are, one per picked model."),
    "search": ("Search", "One query through every picked model and BM25, side by side."),
    "evaluate": (
        "Evaluate",
        "How well each model finds the right documents for your queries, and how certain that is.",
    ),
    "projector": (
        "Projector",
        "Map your texts with UMAP, PCA or t-SNE, see how far to trust the map, and link models.",
    ),
    "benchmark": ("Benchmark", "Time the picked models on this machine, CPU vs GPU."),
    "verdict": ("Verdict", "Weigh quality, speed, memory, price and licence to choose a model, and see why."),
}


def declare() -> StreamlitPage:
    """Declare the pages and return the one the address asks for.

    They have no icons: Streamlit would make a page's icon the tab's, and let the browser fetch it from Google.
    """
    return st.navigation(
        [
            st.Page(f"pages/{name}.py", title=title, help=purpose, default=name == DEFAULT_PAGE)
            for name, (title, purpose) in PAGES.items()
        ],
        position="top",
    )


def update_link(page: StreamlitPage) -> None:
    """Translate an old link's parameters into today's, and rerun if there were any."""
    outdated = [each for each in state.earlier(page.url_path or DEFAULT_PAGE) if each.name in st.query_params]
    for each in outdated:
        value = st.query_params.pop(each.name)
        st.query_params.setdefault(each.now, each.values.get(value, value))
    if outdated:
        st.rerun()


def head(page: StreamlitPage) -> None:
    """The page's one line of title and purpose, on screen before the page imports anything."""
    title, purpose = PAGES[page.url_path or DEFAULT_PAGE]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.title(title, anchor=False, width="content")
        st.caption(purpose, width="content")
