"""docs/method.md names every key of the commands' JSON, and no other."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from core import benchmark, leaderboard, load, maps
from core.maps import Projection
from core.models import hub
from core.models.pins import Pin
from tests.conftest import ROOT
from tests.core.benchmark.runs import finished, timing
from tests.core.load.queues import a_step, load_test

ROW = re.compile(r"^\| (?:`(\w+)`|all) \| (.*) \|$", re.MULTILINE)
TEXTS = "_id,text,style\nd1,the bank rates went up,long\nd2,bank rates,short\nd3,a cat,short\nd4,owls,short\n"
WORDLLAMA = ("--model", "wordllama-256")


def documented() -> dict[str, set[str]]:
    """The keys of each command in the table, those of all commands under the empty name."""
    table = (ROOT / "docs" / "method.md").read_text(encoding="utf-8").partition("| Command | Keys |")[2]
    return {command: set(re.findall("`([^`]+)`", keys)) for command, keys in ROW.findall(table)}


def keys_of(facts: Mapping[str, Any]) -> set[str]:
    """An object's keys and those of the objects in its lists."""
    lists = [value for value in facts.values() if isinstance(value, list)]
    return {*facts, *(key for rows in lists for row in rows if isinstance(row, dict) for key in row)}


def project_at_once(project: Callable[..., Projection], vectors: Any, settings: Any, **how: Any) -> Projection:
    """A map without UMAP, which would take seconds to start."""
    is_slow = isinstance(settings, maps.Umap)
    return Projection(settings, vectors[:, :2].copy()) if is_slow else project(vectors, settings, **how)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Each command, at its cheapest, with the options that add keys."""
    texts, queries, labels = tmp_path / "texts.csv", tmp_path / "queries.csv", tmp_path / "labels.csv"
    texts.write_text(TEXTS)
    queries.write_text("_id,text,style\nq1,rates,short\nq2,cats,short\n")
    labels.write_text("query-id,corpus-id,score\nq1,d1,1\nq2,d3,1\n")
    (tmp_path / "pairs.csv").write_text("sentence1,sentence2,score\na cat,a dog,1\nowls,rain,0\na cat,cats,3\n")
    labelled = ("--corpus", texts, "--queries", queries, "--qrels", labels)
    monkeypatch.setenv("EMBEDSCOPE_COLLECTIONS", str(tmp_path / "collections"))
    monkeypatch.setattr(hub, "download", lambda *_, **__: Pin("intfloat/e5-small-v2", "0" * 40, "2026-01-01", 1, {}))
    monkeypatch.setattr("core.leaderboard.api.refresh", lambda *_: leaderboard.current())
    monkeypatch.setattr(benchmark, "run", lambda *_, **__: finished(timing()))
    monkeypatch.setattr(load, "run", lambda *_, **__: load_test(a_step()))
    monkeypatch.setattr("core.collections.building.LEAST_ROWS", 4)
    monkeypatch.setattr("core.collections.maps.maps.project", partial(project_at_once, maps.project))
    on_collections = [
        ("create", "texts", "--input", texts),
        ("embed", "texts", *WORDLLAMA),
        ("list",),
        ("info", "texts"),
        ("index", "texts", *WORDLLAMA),
        ("index", "texts", "--words"),
        ("map", "texts", *WORDLLAMA),
        ("search", "texts", *WORDLLAMA, "--query", "owls"),
        ("evaluate", "texts", "--models", "wordllama-256", *labelled[2:]),
        ("delete", "texts", "--yes"),
    ]
    return [
        ("models",),
        ("download", "intfloat/e5-small-v2"),
        ("embed", *WORDLLAMA, "--input", texts, "--output", tmp_path / "v.npy", "--passages", 100),
        ("pairs", *WORDLLAMA, "--input", tmp_path / "pairs.csv"),
        ("search", *WORDLLAMA, "--corpus", texts, "--query", "owls"),
        ("evaluate", *WORDLLAMA, *labelled, "--by", "style"),
        ("evaluate", "--model", "bm25", *labelled),
        ("project", *WORDLLAMA, "--input", texts, "--method", "pca"),
        ("verdict", "--models", "wordllama-256", *labelled),
        ("benchmark", "--models", "wordllama-256"),
        ("load", *WORDLLAMA),
        ("catalogue", "rank"),
        ("catalogue", "refresh"),
        *(("collection", *call) for call in on_collections if find_spec("lance")),
    ]


def test_each_key_of_the_commands_stands_in_the_table_and_each_in_the_table_exists(
    answer: Any, calls: list[tuple[Any, ...]]
) -> None:
    printed: dict[str, set[str]] = defaultdict(set)
    for name, *options in calls:
        printed[name] |= keys_of(answer(name, *options)) - {"style"}
    table = documented()
    if not find_spec("lance"):
        del table["collection"]
    common = table.pop("")
    missing = {name: keys - common - table.get(name, set()) for name, keys in printed.items()}
    invented = {name: keys - printed[name] for name, keys in table.items()} | {
        "": common - {key for keys in printed.values() for key in keys}
    }
    assert {name: keys for name, keys in missing.items() if keys} == {}
    assert {name: keys for name, keys in invented.items() if keys} == {}
