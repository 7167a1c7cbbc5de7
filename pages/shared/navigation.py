"""The pages, their addresses and their titles; imports next to nothing but Streamlit, so that it is on screen first."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.shared import state

DEFAULT_PAGE = "models"
ICON = str(Path(__file__).parent / "icon.svg")
LOGO = str(Path(__file__).parent / "logo.svg")

PAGES = {
    "models": ("Models", "Compare the models and pick up to four for all pages."),
    "explain": ("Explain", "Watch a text become tokens, vectors and one embedding."),
    "embed": ("Embed", "Embed your own texts with the picked models, side by side."),
    "similarity": ("Similarity", "Cosine heatmaps of texts, one for each picked model."),
    "search": ("Search", "One query, every picked model and BM25 side by side."),
    "evaluate": ("Evaluate", "Which model finds the right texts: measured on your queries, and how sure that is."),
    "projector": ("Projector", "A map of texts by UMAP, PCA or t-SNE, how far to trust it, and two models linked."),
    "benchmark": ("Benchmark", "Time the picked models on this machine, CPU against GPU."),
    "verdict": ("Verdict", "Quality, speed, memory, price and licence weighed: which model to take, and why."),
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
    """Let a link that was made before say what it said in the words of today, and start over if there were others."""
    found = [each for each in state.earlier(page.url_path or DEFAULT_PAGE) if each.name in st.query_params]
    for each in found:
        value = st.query_params.pop(each.name)
        st.query_params.setdefault(each.now, each.values.get(value, value))
    if found:
        st.rerun()


def head(page: StreamlitPage) -> None:
    """The page's one line of title and purpose, on screen before the page has imported anything."""
    title, purpose = PAGES[page.url_path or DEFAULT_PAGE]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(title, anchor=False, width="content")
        st.caption(purpose, width="content")
