"""Embedscope's entrypoint: `streamlit run streamlit_app.py`."""

import streamlit as st

from pages.shared import frame, resources

page = frame.navigation()
st.set_page_config(
    page_title=f"{page.title} · Embedscope", page_icon=frame.ICON, layout="wide", initial_sidebar_state=285
)
st.logo(frame.LOGO, size="large", icon_image=frame.ICON)
frame.sidebar()
with frame.around_page():
    page.run()
resources.warm_up()
