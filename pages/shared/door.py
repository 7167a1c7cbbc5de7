"""The dashboard's door: where a login is configured, nobody sees a page before it; elsewhere it stands open.

The login is Streamlit's own, by OpenID Connect; whom it admits is up to `core.access`. Imports little besides
Streamlit, as `navigation` does.
"""

from importlib.util import find_spec
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import access, settings, visitors
from core.access import Person
from core.errors import AccessError
from core.markdown import markdown_free
from pages.shared import navigation, state

# A login leads to the first page: the address that was asked for is kept in the browser, and opened afterwards
NOTE = '<script>sessionStorage.setItem("asked", location.href)</script>'
FOLLOW = """<script>
const asked = sessionStorage.getItem("asked")
sessionStorage.removeItem("asked")
if (asked && asked !== location.href) location.replace(asked)
</script>"""


def enter() -> None:
    """Let in whom the rules admit, before anything else is drawn; show others the way in, or why there is none."""
    try:
        someone = person()
    except AccessError as error:
        _stay_outside(str(error))
    if someone is None:
        _stay_outside()


def person() -> Person | None:
    """Who uses this session; None before the login.

    Raises
    ------
    AccessError
        The person may not enter, or nobody may because of a mistake in the rules.
    """
    has_login = "is_logged_in" in st.user
    rules = access.rules(has_login=has_login)
    if not has_login:
        return access.LOCAL
    return access.admit(st.user.to_dict(), rules) if st.user.is_logged_in else None


def key() -> str:
    """By which the person's files are found, also in a callback, which runs before the page; empty without a login."""
    someone = person() if get_script_run_ctx(suppress_warning=True) else None
    return someone.key if someone else ""


def visitor() -> str:
    """By which limits and turns go: the person or, without a login, the session; empty outside of sessions."""
    context = get_script_run_ctx(suppress_warning=True)
    return key() or context.session_id if context else ""


settings.owner = key
visitors.asking = visitor


def is_host() -> bool:
    """Whether this session may do what changes the dashboard for everybody."""
    someone = person()
    return someone is not None and someone.is_host


def may_download() -> bool:
    """Whether this session may download models."""
    return settings.may_download() and is_host()


def may_load_test() -> bool:
    """Whether this session may load-test."""
    return settings.may_load_test() and is_host()


def may_make_collections() -> bool:
    """Whether this session may create, complete and delete collections."""
    return settings.may_make_collections() and is_host()


def show_person() -> None:
    """Who has logged in, and the way out; nothing where there is no login. An address kept from before is opened."""
    someone = person()
    if someone is None or not someone.key:
        return
    st.html(FOLLOW, unsafe_allow_javascript=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{someone.name} (host)" if someone.is_host else someone.name, width="content")
        st.button("Log out", key=state.EveryPage.LOG_OUT, icon=":material/logout:", type="tertiary", on_click=st.logout)


def _stay_outside(refusal: str = "") -> NoReturn:
    """A page with the way to the login or, for who has logged in already, with the refusal and the way out."""
    st.set_page_config(page_title="Embedscope", page_icon=navigation.ICON)
    navigation.declare("hidden")  # so that the browser keeps the address
    st.logo(navigation.LOGO, size="large", icon_image=navigation.ICON)
    st.title("Embedscope", anchor=False)
    if refusal:
        st.error(markdown_free(refusal), icon=":material/lock:")
        if st.user.get("is_logged_in"):
            st.button("Log out", key=state.EveryPage.LOG_OUT, icon=":material/logout:", on_click=st.logout)
    elif find_spec("authlib") is None:
        st.error("The login needs one more library: pip install -r requirements-host.txt", icon=":material/lock:")
    else:
        st.write("Compare embedding models on your own texts. Log in to begin.")
        _ways_in()
        st.html(NOTE, unsafe_allow_javascript=True)
    st.stop()


def _ways_in() -> None:
    """A button for each provider of `[auth]`."""
    auth = settings.secrets().get("auth", {})
    providers = [name for name, section in auth.items() if isinstance(section, dict) and "client_id" in section]
    for name in providers or [""]:
        st.button(
            f"Log in with {name.capitalize()}" if name else "Log in",
            key=state.EveryPage.LOG_IN(name),
            type="primary",
            icon=":material/login:",
            on_click=st.login,
            args=(name,) if name else (),
        )
