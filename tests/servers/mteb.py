"""A double of MTEB's read API on 127.0.0.1: the scores of one benchmark, in the shape that MTEB's code documents."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from core.leaderboard import Entry, Snapshot

PATH = "/v1/benchmarks/MTEB(eng, v2)/scores"


def summary(board: Snapshot) -> dict[str, Any]:
    """A snapshot as the API would answer it: shares of 1 where we have percent, billions of parameters."""
    return {
        "benchmarkName": "MTEB(eng, v2)",
        "taskTypes": list(board.types),
        "tasks": list(board.tasks),
        "tasksMeta": [{"name": task, "type": kind, "languages": ["English"]} for task, kind in board.tasks.items()],
        "rows": [_row(entry) for entry in (*board.entries, *filter(None, [board.baseline]))],
    }


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "rank": entry.borda or 333,
        "model": {
            "name": entry.id,
            "url": entry.url,
            "zeroShotPct": -1 if entry.zero_shot is None else entry.zero_shot,
            "activeParamsB": None if entry.active_parameters is None else round(entry.active_parameters / 1e9, 3),
            "totalParamsB": None if entry.parameters is None else round(entry.parameters / 1e9, 3),
            "embeddingDim": entry.dimensions,
            "maxTokens": entry.max_tokens,
            "releaseDate": entry.released,
            "modelType": entry.kind,
            "instructionTuned": bool(entry.instructions),
            "openWeights": bool(entry.open_weights),
            "sentenceTransformersCompatible": entry.loads_in_sentence_transformers,
            "license": entry.license,
            "supersededBy": entry.superseded_by,
        },
        "zeroShotPct": -1 if entry.zero_shot is None else entry.zero_shot,
        "scoresByTask": {task: score / 100 for task, score in entry.scores.items()},
        "scoresByTaskType": {kind: score / 100 for kind, score in entry.types.items()},
        "trainedOnTasks": list(entry.trained_on),
    }


@contextmanager
def serving(answer: Any, status: int = 200) -> Iterator[str]:
    """A server that answers with this object, or these bytes; gives its address."""
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if unquote(self.path) == PATH else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
