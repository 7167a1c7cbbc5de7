"""A double of the Hugging Face Hub on 127.0.0.1: its listing, its files with ranges and redirects, and its failures."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

BLOCK = 2**16
LARGE = (".safetensors", ".bin")


@dataclass
class Repository:
    """A model on the double; `refusal` is a status and an X-Error-Code that its files answer with."""

    files: dict[str, bytes]
    license: str = "apache-2.0"
    parameters: int | None = None
    refusal: tuple[int, str] | None = None
    older: dict[str, dict[str, bytes]] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        """40 hexadecimal digits that depend on every file."""
        content = b"".join(name.encode() + data for name, data in sorted(self.files.items()))
        return hashlib.sha1(content).hexdigest()

    def push(self, **changes: bytes) -> None:
        """A new commit; the files of the one before can still be had at its revision."""
        self.older[self.commit] = dict(self.files)
        self.files = self.files | changes

    def at(self, revision: str) -> dict[str, bytes] | None:
        return self.files if revision in ("main", self.commit) else self.older.get(revision)


@dataclass
class Transfer:
    """One answer with a file's content: from which byte on, and how many bytes of it were sent."""

    name: str
    start: int
    sent: int = 0


class HubServer(ThreadingHTTPServer):
    """What it serves, what it was asked, and how it is to fail.

    `cut_after` closes each connection after so many bytes of a large file; `hold_after` stops sending there until
    `release` is set, and tells by `held`; `damage` changes the first byte of large files; `stray` is a page to answer
    everything with.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.trending: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.queries: dict[str, list[str]] = {}
        self.transfers: list[Transfer] = []
        self.cut_after: int | None = None
        self.hold_after: int | None = None
        self.held = threading.Event()
        self.release = threading.Event()
        self.damage = False
        self.stray: bytes | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def sent(self, name: str) -> int:
        """Bytes of a file sent over all transfers."""
        return sum(transfer.sent for transfer in self.transfers if transfer.name == name)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that have been killed are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path)
        self.server.requests.append(path)
        if self.server.stray is not None:
            self._answer(200, self.server.stray, {"Content-Type": "text/html"})
        elif path == "/api/models":
            self.server.queries = parse_qs(address.query)
            self._answer_json(self.server.trending)
        elif listed := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", path):
            self._answer_listing(listed[1], listed[2] or "main")
        elif file := re.fullmatch(r"/(cdn/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._answer_file(file[2], file[3], file[4], is_cdn=bool(file[1]))
        else:
            self._answer(404, b"")

    def _answer_listing(self, model_id: str, revision: str) -> None:
        repository = self.server.repositories.get(model_id)
        files = repository.at(revision) if repository else None
        if repository is None:
            self._answer(401, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})
        elif files is None:
            self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        else:
            facts = {
                "id": model_id,
                "sha": repository.commit if revision == "main" else revision,
                "cardData": {"license": repository.license},
                "siblings": [_sibling(name, content) for name, content in files.items()],
            }
            if repository.parameters:
                facts["safetensors"] = {"parameters": {"F32": repository.parameters}, "total": repository.parameters}
            self._answer_json(facts)

    def _answer_file(self, model_id: str, revision: str, name: str, *, is_cdn: bool) -> None:
        repository = self.server.repositories[model_id]
        content = (repository.at(revision) or {}).get(name)
        if repository.refusal:
            self._answer(repository.refusal[0], b"{}", {"X-Error-Code": repository.refusal[1]})
        elif content is None:
            self._answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        elif name.endswith(LARGE) and not is_cdn:
            self._answer(302, b"", {"Location": f"{self.server.address}/cdn{self.path}"})
        else:
            self._send(name, content)

    def _send(self, name: str, content: bytes) -> None:
        start = int(found[1]) if (found := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        self.send_response(206 if found else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if found:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        transfer = Transfer(name, start)
        self.server.transfers.append(transfer)
        is_large = name.endswith(LARGE)
        if is_large and self.server.damage and start == 0:
            content = bytes([content[0] ^ 1]) + content[1:]
        for position in range(start, len(content), BLOCK):
            if is_large and self.server.hold_after is not None and position - start >= self.server.hold_after:
                self.server.held.set()
                self.server.release.wait()
            if is_large and self.server.cut_after is not None and position - start >= self.server.cut_after:
                self.close_connection = True
                return
            block = content[position : position + BLOCK]
            transfer.sent += len(block)
            self.wfile.write(block)

    def _answer_json(self, content: Any) -> None:
        self._answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """The tests read `requests`."""


@contextmanager
def running_hub() -> Iterator[HubServer]:
    """The double, ended with the block."""
    server = HubServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        thread.join()
        with suppress(OSError):
            server.server_close()


def let_library_ask(monkeypatch: pytest.MonkeyPatch, address: str, cache: Path) -> None:
    """Let huggingface_hub ask there and download to the cache, as if the environment had said so at its import."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    """A file as the Hub lists it: all have git's digest of what git keeps, large ones the sha256 of their content."""
    facts: dict[str, Any] = {"rfilename": name, "size": len(content)}
    if name.endswith(LARGE):
        facts["lfs"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 134}
        return facts | {"blobId": hashlib.sha1(b"the pointer").hexdigest()}
    return facts | {"blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
