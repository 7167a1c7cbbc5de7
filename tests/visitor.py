"""A visitor without a browser: a session over Streamlit's websocket that reads what a page sends, and draws nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 300
TITLE = "title"


@dataclass
class Seen:
    """What one run of a page has sent.

    Attributes
    ----------
    first, seconds : float
        Seconds until the page's title, and until all of it.
    bytes : int
    errors : list of str
        Sentences in red boxes, and exceptions.
    texts : list of str
        Everything that is Markdown, such as the page's answer.
    """

    first: float = 0.0
    seconds: float = 0.0
    bytes: int = 0
    errors: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Visitor:
    """One session."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def see(self, page: str = "", parameters: Mapping[str, str] | None = None) -> Seen:
        """Run a page with the parameters of its address, and read all that it sends.

        Raises
        ------
        TimeoutError
            It takes more than `PATIENCE_SECONDS`.
        """
        seen, started = Seen(), time.perf_counter()
        state = ClientState(query_string=urlencode(parameters or {}), page_name=page)
        await self._connection.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            received = await self._receive()
            message = ForwardMsg.FromString(received)
            seen.bytes += len(received)
            _note(message, seen, time.perf_counter() - started)
            if _is_last(message):
                seen.seconds = time.perf_counter() - started
                return seen

    async def _receive(self) -> bytes:
        received = await asyncio.wait_for(self._connection.recv(), PATIENCE_SECONDS)
        assert isinstance(received, bytes)
        return received


@asynccontextmanager
async def visitor(address: str) -> AsyncIterator[Visitor]:
    """A new session at an address such as "http://127.0.0.1:8501", which ends by closing its tab."""
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(
        stream, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=PATIENCE_SECONDS
    ) as connection:
        yield Visitor(connection)


async def visit(address: str, page: str = "", parameters: Mapping[str, str] | None = None) -> Seen:
    """What a page sends to a new session."""
    async with visitor(address) as session:
        return await session.see(page, parameters)


def look_at(address: str, page: str = "", parameters: Mapping[str, str] | None = None) -> Seen:
    """Visit a page from a thread of its own, as Playwright's event loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visit(address, page, parameters)).result()


def _is_last(message: ForwardMsg) -> bool:
    return (
        message.WhichOneof("type") == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    )


def _note(message: ForwardMsg, seen: Seen, seconds: float) -> None:
    """Take down what an element says."""
    element = message.delta.new_element
    match element.WhichOneof("type"):
        case "heading" if not seen.first:
            seen.first = seconds
        case "exception":
            seen.errors.append(element.exception.message)
        case "alert" if element.alert.format == element.alert.ERROR:
            seen.errors.append(element.alert.body)
        case "markdown":
            seen.texts.append(element.markdown.body)
