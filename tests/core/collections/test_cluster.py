"""Collections on a Ray cluster of two nodes, one of which is killed, and so is who hands out the work."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import collections, embedding, maps, models
from core.collections import ByIndex, Cluster, Collection, OnDisk, searching
from core.collections.cluster import ADDRESS, _places
from core.corpus import from_path
from core.errors import InputError, JobError
from core.maps import Projection
from core.search import Hits, nearest
from core.tables import parts
from tests.conftest import ROOT
from tests.servers.ray_nodes import Nodes, ray_nodes

PARTS, ROWS = 12, 500
WORDLLAMA = "wordllama-256"
DRIVER = """
import sys
from core import collections, models

def acknowledge(what, done, total):
    print(done, flush=True)
    sys.stdin.readline()

made, spec = collections.open_collection("texts"), models.get("wordllama-256")
collections.embed(made, spec, cluster=collections.Cluster(sys.argv[1]), on_progress=acknowledge)
"""

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None and "CI" not in os.environ,
    reason="ray is not installed (requirements-scale.txt): clusters are not checked",
)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with ray_nodes(2) as started:
        yield started


@pytest.fixture
def many_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parts, "MOST_ROWS", ROWS)
    path = tmp_path / "texts.csv"
    rows = PARTS * ROWS - PARTS  # the first line of a part doesn't count as a row
    path.write_text("id,text\n" + "".join(f"d{row},text {row} of {row % 7} foxes\n" for row in range(rows)))
    return path


@pytest.fixture
def made(many_texts: Path) -> Collection:
    return collections.create("texts", [many_texts])


def cancel_at(seen: int) -> Any:
    """Progress that cancels once so many texts are done."""

    def report(_what: str, done: int, _total: int) -> None:
        if done >= seen:
            raise KeyboardInterrupt

    return report


def files_of(folder: Path) -> set[str]:
    return {path.name for path in (folder / "texts.lance" / "data").iterdir()}


def files_in(made: Collection) -> set[str]:
    return {file.path for part in made.fragments for file in part.files}


def test_what_is_searched_indexed_and_placed_on_a_cluster_is_as_on_one_machine(
    nodes: Nodes, made: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(vectors: Any, settings: Any, *, dimensions: int, on_progress: Any) -> Projection:
        return Projection(settings, vectors[:, :dimensions].copy())

    monkeypatch.setattr(maps, "project", fit)
    made, model = collections.embed(made, models.get(WORDLLAMA))
    rows, cluster = np.arange(len(made)), nodes.cluster
    exact = OnDisk(made, model)
    vectors = exact.vectors_of(rows)
    queries = vectors[:: len(rows) // 7]
    expected = nearest(queries, vectors, 10)
    found = OnDisk(made, model, cluster=cluster).find(queries, 10)
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.scores, expected.scores)

    placed, here = collections.lay_out(made, model, fitted=300, seed=1)
    placed, there = collections.lay_out(placed, model, fitted=300, seed=2, cluster=cluster)
    expected_points = collections.coordinates_of(placed, here, rows)
    assert np.isfinite(expected_points).all()
    np.testing.assert_array_equal(collections.coordinates_of(placed, there, rows), expected_points)

    indexed, index, recall = collections.build(placed, model, 0.9, cluster=cluster)
    assert index
    assert (recall >= 0.9, collections.unindexed(indexed, index), index.uuid.count("+")) == (True, 0, 1)
    assert collections.index_of(collections.open_collection("texts"), model) == index
    near = ByIndex(OnDisk(indexed, model), index).find(queries, 10)
    assert np.mean([len({*a} & {*b}) for a, b in zip(near.rows, expected.rows, strict=True)]) > 8


def test_conditions_are_met_by_what_is_found_in_shares(made: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    made, model = collections.embed(made, models.get(WORDLLAMA))
    exact, rows = OnDisk(made, model), np.arange(0, len(made), 3)
    queries = exact.vectors_of(rows[::300])
    monkeypatch.setattr(searching, "FEW_ROWS", 0)
    for count in (1, 5, 8, 40):
        found = [exact.find_in(share, queries, 10, rows) for share in exact._shares(count)]
        assert len(found) == min(count, PARTS)
        expected = nearest(queries, exact.vectors_of(rows), 10)
        np.testing.assert_array_equal(Hits.merged(found, 10).rows, rows[expected.rows])


def test_cancelling_ends_what_workers_are_at_and_leaves_nothing_behind(
    nodes: Nodes, made: Collection, folder: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        collections.embed(made, models.get(WORDLLAMA), cluster=nodes.cluster, on_progress=cancel_at(2 * ROWS))
    made = collections.open_collection("texts")
    (model,) = collections.models_of(made)
    assert 0 < model.missing < len(made)
    assert files_of(folder) == files_in(made)


def test_a_task_of_a_worker_that_dies_is_done_by_another_and_errors_name_the_node(nodes: Nodes, tmp_path: Path) -> None:
    def work(_: None, task: int, on_progress: Any) -> int:
        on_progress("Working", 0, 1)
        with (tmp_path / str(task)).open("a") as begun:
            begun.write(".")
        if task == 3 and (tmp_path / "3").stat().st_size == 1:
            os._exit(1)
        return task * task

    def refuse(*_: object) -> None:
        raise InputError("No.")

    def fail(*_: object) -> None:
        raise ValueError("No.\nNo!")

    def die(*_: object) -> None:
        os._exit(1)

    with nodes.cluster.workers(lambda: None) as workers:
        assert workers.size == 2
        tasks = iter(range(6))
        results = list(workers.run(work, lambda: next(tasks, None), lambda: None))
        assert sorted(results) == [(task, task * task) for task in range(6)]
        assert {task: (tmp_path / str(task)).read_text() for task in range(6)} == {
            task: ".." if task == 3 else "." for task in range(6)
        }
        with pytest.raises(InputError, match=r"^On the node 127\.0\.0\.[23]: No\.$"):
            workers.ask(refuse, lambda: None)
        with pytest.raises(JobError, match=r"^A worker on the node 127\.0\.0\.[23] failed: ValueError: No\.$"):
            workers.ask(fail, lambda: None)
        with pytest.raises(JobError, match=r"^3 workers died at the same task, the last on 127\.0\.0\.[23]: "):
            workers.ask(die, lambda: None)


def test_without_the_token_nobody_is_let_in(nodes: Nodes, made: Collection) -> None:
    environment = os.environ | {"RAY_AUTH_TOKEN": "guessed-token-" * 4}
    command = [sys.executable, "-m", "core", "collection", "embed", "texts", "--model", WORDLLAMA]
    command += ["--cluster", nodes.cluster.address]
    refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Cannot use the Ray cluster" in refused.stderr
    assert "check that it runs Ray, and that RAY_AUTH_MODE and RAY_AUTH_TOKEN are" in refused.stderr
    assert collections.models_of(collections.open_collection("texts")) == []


def test_a_killed_node_and_a_killed_driver_cost_only_what_was_in_flight(
    nodes: Nodes, made: Collection, many_texts: Path, folder: Path
) -> None:
    arguments = [sys.executable, "-c", DRIVER, nodes.cluster.address]
    driver = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert driver.stdin
    assert driver.stdout
    with driver.stdin, driver.stdout:
        for line in driver.stdout:
            done = int(line) // (ROWS - 1)
            if done >= 3 and nodes.others:
                nodes.kill_the_last()
            if done >= 7:
                break
            driver.stdin.write("\n")
            driver.stdin.flush()
        driver.kill()
        driver.wait()
    before = collections.open_collection("texts")
    (half,) = collections.models_of(before)
    assert (len(before) - half.missing) // (ROWS - 1) == done

    environment = os.environ | {"EMBEDSCOPE_CLUSTER": nodes.cluster.address}
    command = [sys.executable, "-m", "core", "collection", "embed", "texts", "--model", WORDLLAMA, "--json"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["missing"] == 0
    whole = collections.open_collection("texts")
    kept = {part.id: [file.path for file in part.files] for part in before.fragments if len(part.files) > 1}
    assert {part.id: [file.path for file in part.files] for part in whole.fragments if part.id in kept} == kept
    (model,) = collections.models_of(whole)
    texts = from_path(many_texts)
    assert (model.missing, model.provenance.texts, model.provenance.computed) == (0, len(texts), len(texts))
    expected = embedding.embed_with(embedding.encoder(models.get(WORDLLAMA)), texts.documents).vectors
    np.testing.assert_array_equal(OnDisk(whole, model).vectors_of(np.arange(len(whole))), expected)
    assert len(files_of(folder) - files_in(whole)) <= 4  # of the two workers, when the node and the driver were killed


def node(name: str, **resources: float) -> dict[str, Any]:
    is_alive = name != "dead"
    return {"NodeID": name, "NodeManagerAddress": name, "Alive": is_alive, "Resources": {"memory": 1e9, **resources}}


def test_workers_share_the_nodes_by_gpus_or_else_by_nodes() -> None:
    plain, head, gone = node("a", CPU=8), node("b"), node("dead", CPU=64, GPU=8)
    with_gpus = node("c", CPU=9, GPU=2)
    whole = [(place.node, place.cpus, place.gpus) for place in _places([plain, head, gone, node("d", CPU=2)])]
    assert whole == [("a", 8, 0), ("d", 2, 0)]
    by_gpu = _places([plain, with_gpus, gone])
    assert [(place.node, place.cpus, place.gpus) for place in by_gpu] == [("c", 4, 1), ("c", 4, 1)]
    assert len(set(by_gpu)) == 2
    with pytest.raises(JobError, match="No node of the cluster has a CPU or a GPU"):
        _places([head, gone])


@pytest.mark.parametrize("address", ["10.0.0.5", "10.0.0.5:six", "local", "http://10.0.0.5:6379", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert ADDRESS.fullmatch("ray://head.example:10001")
    with pytest.raises(InputError, match="write HOST:PORT or ray://HOST:PORT"):
        Cluster(address)


def test_where_no_cluster_answers_a_sentence_soon_says_so(command: Any, made: Collection) -> None:
    arguments = ("collection", "embed", "texts", "--model", WORDLLAMA, "--cluster", "127.0.0.1:9")
    code, out, problem = command(*arguments)
    assert (code, out, problem.count("\n")) == (1, "", 1)
    assert "No Ray cluster answers at 127.0.0.1:9" in problem


def test_without_the_library_a_sentence_says_what_to_install(
    command: Any, made: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("EMBEDSCOPE_CLUSTER", "127.0.0.1:9")
    code, out, problem = command("collection", "embed", "texts", "--model", WORDLLAMA)
    sentence = "A cluster needs two more libraries: pip install -r requirements-scale.txt\n"
    assert (code, out, problem) == (1, "", sentence)


def test_without_a_cluster_nothing_of_it_is_imported(made: Collection) -> None:
    collections.embed(made, models.get(WORDLLAMA))
    script = (
        "import sys; from core import cli, collections; made = collections.open_collection('texts');"
        "(model,) = collections.models_of(made); exact = collections.OnDisk(made, model);"
        "exact.find(exact.vectors_of([0]), 1); print({'ray', 'lance_ray', 'msgpack'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True).strip() == "set()"
