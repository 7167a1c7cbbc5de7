"""The entrypoint for hosts: readiness is told before anybody visits, figures are served, and logs are JSON."""

import json
import urllib.request
from pathlib import Path

from tests.conftest import ROOT
from tests.e2e.conftest import free_port, running_server
from tests.visitor import look_at

SECRET = "a sentence that nobody else shall read"


def test_the_entrypoint_for_hosts(tmp_path: Path) -> None:
    port = free_port()
    settings = {"EMBEDSCOPE_LOG": "json", "EMBEDSCOPE_METRICS": str(port)}
    with running_server(tmp_path, ROOT / "hosted.py", settings) as address:
        assert json.loads(_read(f"{address}/ready")) == {"ready": True, "problems": []}
        assert "process_resident_memory_bytes" in _read(f"http://127.0.0.1:{port}/metrics"), "from the start"
        assert look_at(address, "embed", {"embed_texts": SECRET}).errors == []
        assert 'embedscope_page_run_seconds_count{page="embed"} 1.0' in _read(f"http://127.0.0.1:{port}/metrics")
    written = (tmp_path / "server.log").read_text(encoding="utf-8")
    events = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [event["page"] for event in events if event["message"] == "page_run_seconds"] == ["embed"]
    assert SECRET not in written


def _read(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        return str(answer.read().decode())
