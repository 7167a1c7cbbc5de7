"""The user's inputs: models that can run, texts, a corpus."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core import corpus
from core.corpus import Corpus
from core.models import DEFAULT_PICKS, ModelSpec
from core.models.files import availability
from pages.shared import navigation, picks, state
from pages.shared.state import Key, Parameter
from pages.shared.ui import notices

LONGEST_IN_URL = 1500


def ready_models() -> list[ModelSpec]:
    """The picked models that can run here; a sentence each says what the others need.

    If none can run, the page ends here with the one thing to do.
    """
    chosen = picks.models()
    ready = [spec for spec in chosen if availability(spec).is_ready]
    missing = [availability(spec).sentence for spec in chosen if spec not in ready]
    if missing:
        st.info("\n\n".join(missing), icon=":material/info:")
    if not ready:
        if not chosen:
            st.info(
                "No model is picked yet: pick up to four in the sidebar or on the Models page.", icon=":material/info:"
            )
        st.button("Use the two models that come with Embedscope", type="primary", on_click=_pick_defaults)
        navigation.end_page()
    return ready


def short_text(
    label: str,
    default: str = "",
    *,
    key: Parameter,
    most: int,
    on_change: Callable[[], None] | None = None,
    **options: Any,
) -> str:
    """A text typed on one line, in the URL; of a longer one the first `most` characters, and a sentence says so.

    The widget's own limit would refuse a longer text, and cut that of a link, without a word.
    """
    noted = state.EveryPage.CUT(key)
    with st.container(width=options.get("width", "stretch")):
        typed = st.text_input(
            label, default, key=key, bind="query-params", on_change=_take, args=(key, noted, most, on_change), **options
        )
        typed = typed or ""
        given = max(len(typed), st.session_state.get(noted, 0))
        if given > most:
            st.warning(f"{label} has {given:,} characters: only the first {most:,} are used.", icon=":material/cut:")
    return typed[:most]


def paste_texts(key: Parameter, default: str, *, height: int, label: str = "Texts, one per line") -> Corpus:
    """Texts typed or pasted, one per line; short ones are in the URL.

    Raises
    ------
    InputError
        There is no text.
    """
    return corpus.from_paste(remember_text(key, default, height=height, label=label))


def remember_text(
    key: Parameter, default: str, *, height: int, label: str = "Texts, one per line", placeholder: str = ""
) -> str:
    """The typed or pasted text, shared by all pages of the session; a short one is in the URL.

    Of a longer one the URL has only the length, by which a link opened elsewhere says what it lacks. The browser's Back
    and Forward undo and repeat what was typed.
    """
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, default)
    follow_history(key, default)
    pasted = st.text_area(label, key=key, height=height, placeholder=placeholder, persist_state="session") or ""
    too_long = state.EveryPage.TOO_LONG(key)
    if pasted != default:
        _write_to_url(key, too_long, pasted)
    elif too_long in st.query_params:
        _show_missing_text()
    else:
        st.query_params.pop(key, None)
    return pasted


def follow_history(key: Parameter, default: str) -> None:
    """Take the text that the address has, if the browser's Back or Forward has asked for this run."""
    if not navigation.is_history():
        return
    longest = st.session_state.get(state.EveryPage.LONG_TEXT(key), "")
    is_long = st.query_params.get(state.EveryPage.TOO_LONG(key)) == str(len(longest))
    st.session_state[key] = longest if is_long else st.query_params.get(key, default)


def optional_texts(key: Parameter, *, height: int, label: str) -> Corpus | None:
    """Texts as in `paste_texts`, initially none; None if there are none."""
    pasted = remember_text(key, "", height=height, label=label)
    return corpus.from_paste(pasted) if pasted.strip() else None


def choice(key: Parameter, usual: str) -> str:
    """What is chosen, before the widget exists: a link's first run knows only the address."""
    return str(st.session_state.get(key) or st.query_params.get(key) or usual)


def fall_back(key: Key, options: Sequence[object], fallback: object) -> None:
    """Set a widget to the fallback if its value is no longer among its options: call it before the widget.

    Deleting the value would not work: the browser would still show it.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = fallback


def clamp(key: Key, least: int, most: int) -> None:
    """Limit a number that was chosen, or given by a link, to the bounds: call it before the widget."""
    number = st.session_state.get(key)
    if isinstance(number, int | float) and not least <= number <= most:
        st.session_state[key] = int(min(max(number, least), most))


def _write_to_url(key: Parameter, too_long: Parameter, text: str) -> None:
    """Write a text to the URL, or its length if it is too long for a link."""
    is_short = len(text) <= LONGEST_IN_URL
    st.query_params[key if is_short else too_long] = text if is_short else str(len(text))
    st.query_params.pop(too_long if is_short else key, None)
    if not is_short:
        st.session_state[state.EveryPage.LONG_TEXT(key)] = text
        st.caption(
            f"Too long for a link: it stays in this session, and a reload loses it. Links carry "
            f"{LONGEST_IN_URL:,} characters."
        )


def _show_missing_text() -> None:
    """Say above the page that a link lacks its text, which was too long for it."""
    notices.above().info(
        "The texts of this link were too long for it and stay in the session that has them: paste them again.",
        icon=":material/content_paste:",
    )


def _take(key: Parameter, noted: Key, most: int, on_change: Callable[[], None] | None) -> None:
    """Cut a text that is too long, and note its length."""
    typed = st.session_state[key] or ""
    st.session_state[noted] = len(typed)
    st.session_state[key] = typed[:most]
    if on_change:
        on_change()


def _pick_defaults() -> None:
    st.session_state[state.EveryPage.MODELS] = list(DEFAULT_PICKS)
