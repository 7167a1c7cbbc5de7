"""The entrypoint for hosts, `streamlit run hosted.py`: the dashboard with /ready, figures and logs from its start.

See docs/hosting.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core import logs, metrics, readiness, settings


async def ready(_: Request) -> JSONResponse:
    """200 if the server can do its work, else 503 and why not."""
    problems = await run_in_threadpool(readiness.problems)
    return JSONResponse({"ready": not problems, "problems": problems}, status_code=503 if problems else 200)


@asynccontextmanager
async def starting(_: st.App) -> AsyncIterator[None]:
    """Serve figures and write logs from the server's start on, before anybody visits it."""
    if settings.logs_are_json():
        logs.write_json()
    metrics.serve()
    yield


app = st.App("streamlit_app.py", routes=[Route("/ready", ready)], lifespan=starting)
