"""Embedscope's entrypoint: `streamlit run streamlit_app.py`."""

import streamlit as st

from pages.shared import door, navigation

door.enter()
page = navigation.declare()
navigation.update_link(page)
st.set_page_config(
    page_title=f"{page.title} · Embedscope", page_icon=navigation.ICON, layout="wide", initial_sidebar_state=285
)
st.logo(navigation.LOGO, size="large", icon_image=navigation.ICON)
navigation.head(page)

from core import metrics  # noqa: E402
from pages.shared import cache, frame  # noqa: E402  the title is on screen before the library is imported

with metrics.RUNS.time(page=page.url_path or navigation.DEFAULT_PAGE), frame.around_page():
    page.run()
cache.warm_up()
metrics.serve()
