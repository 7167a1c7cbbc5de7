"""Figures for Prometheus: counted where a host asks for them, of what is served, and of nobody's texts."""

import json
import logging
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from streamlit.testing.v1 import AppTest

from core import embedding, metrics, models
from core.jobs.queue import Turn
from core.storage.vectors import Store
from tests.conftest import ROOT
from tests.e2e.conftest import free_port

WORDLLAMA = models.get("wordllama-256")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorRegistry]:
    """All figures, counted anew."""
    made = CollectorRegistry()
    monkeypatch.setattr(metrics, "_registry", made)
    yield made
    for figure in metrics.ALL:
        figure.__dict__.pop("_own", None)


@pytest.fixture
def _untried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_is_tried", False)
    monkeypatch.setattr(metrics, "_registry", None)


def test_texts_batches_and_their_sources_are_counted(registry: CollectorRegistry, tmp_path: Path) -> None:
    store = Store(tmp_path / "vectors.sqlite")
    for _ in range(2):
        embedding.embed(["a secret text", "and another"], WORDLLAMA, store=store)
    of_model = {"model": WORDLLAMA.name}
    assert registry.get_sample_value("embedscope_texts_total", of_model | {"source": "computed"}) == 2
    assert registry.get_sample_value("embedscope_texts_total", of_model | {"source": "remembered"}) == 2
    assert registry.get_sample_value("embedscope_batch_seconds_count", of_model) == 1
    assert "secret" not in str([sample for family in registry.collect() for sample in family.samples])


def test_who_waits_in_a_queue_is_counted(registry: CollectorRegistry) -> None:
    turn = Turn("benchmarks")
    with turn.hold():
        assert registry.get_sample_value("embedscope_queue_length", {"queue": "benchmarks"}) == 1
    assert registry.get_sample_value("embedscope_queue_length", {"queue": "benchmarks"}) == 0
    assert registry.get_sample_value("embedscope_queue_wait_seconds_count", {"queue": "benchmarks"}) == 1


@pytest.mark.usefixtures("_untried", "registry")
def test_they_are_served_on_the_port_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("EMBEDSCOPE_METRICS", str(port))
    metrics.serve()
    metrics.serve()
    metrics.ERRORS.add(page="search", kind="InputError")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        served = answer.read().decode()
    assert 'embedscope_errors_total{kind="InputError",page="search"} 1.0' in served
    assert "process_resident_memory_bytes" in served


@pytest.mark.usefixtures("_untried")
@pytest.mark.parametrize("port", ["nine", "0", "70000", "9464.5"])
def test_a_wrong_port_is_logged_and_nothing_is_counted(
    port: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EMBEDSCOPE_METRICS", port)
    with caplog.at_level(logging.WARNING):
        metrics.serve()
    assert f"EMBEDSCOPE_METRICS is '{port}': set it to a port, such as 9464." in caplog.text
    metrics.ERRORS.add(page="search", kind="InputError")


def test_without_the_setting_the_library_is_not_imported() -> None:
    script = (
        "import sys; from core import embedding, metrics, models; metrics.serve();"
        "embedding.embed(['a'], models.get('wordllama-256'), at_once=True); print('prometheus_client' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True).strip() == "False"


def test_the_dashboard_and_the_documentation_name_figures_that_exist() -> None:
    served = {figure.name for figure in metrics.ALL}
    named = re.findall(r"embedscope_[a-z_]+", (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8"))
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    drawn = re.findall(r"embedscope_[a-z_]+", " ".join(panel["targets"][0]["expr"] for panel in board["panels"]))
    assert {re.sub("_(total|count|bucket|sum)$", "", name) for name in (*named, *drawn)} == served


def test_runs_of_pages_and_the_errors_they_show_are_counted(registry: CollectorRegistry) -> None:
    def refuse() -> None:
        from core.errors import InputError
        from pages.shared.frame import show_errors

        with show_errors():
            raise InputError("No.")

    assert not AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run().exception
    assert registry.get_sample_value("embedscope_page_run_seconds_count", {"page": "models"})
    assert [error.value for error in AppTest.from_function(refuse).run().error] == ["No."]
    assert registry.get_sample_value("embedscope_errors_total", {"page": "models", "kind": "InputError"}) == 1
