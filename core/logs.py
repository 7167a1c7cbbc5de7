"""The server's log as lines of JSON, for a host's log store: what happens, and nobody's texts, keys or addresses."""

import logging
import traceback
from types import TracebackType
from typing import Any

FIELDS = ("asctime", "levelname", "name", "message")
NAMES = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "error"}
OTHERS = ("streamlit", "uvicorn", "websockets")  # whose loggers write by themselves

Raised = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def write_json() -> None:
    """Write all records from INFO on as JSON, a line each; called once, when a server starts.

    Of an exception a line has the class and the places in the code: its message may quote a text.
    """
    from pythonjsonlogger.json import JsonFormatter

    class Lines(JsonFormatter):
        def formatException(self, raised: Any) -> str:  # noqa: N802  logging's own name
            return describe(raised)

    handler = logging.StreamHandler()
    handler.setFormatter(Lines(" ".join(f"%({field})s" for field in FIELDS), rename_fields=NAMES))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in OTHERS:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True


def describe(raised: Raised) -> str:
    """The class of an exception and where it was raised, the innermost place first, without its message."""
    kind, _, where = raised
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)]
    return " < ".join([kind.__name__ if kind else "", *reversed(places)])
