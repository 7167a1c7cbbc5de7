"""A load test from beginning to end: processes that end, a capacity that is found, a local model behind a server."""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core import load, models
from core.benchmark import turn
from core.errors import InputError, ModelUnavailableError
from core.load import LoadTest, Settings, history, runner
from core.models import ModelSpec, Server, revisions
from core.models.dialects import DIALECTS
from core.progress import silent
from tests.core.load.queues import a_step, load_test, unloaded
from tests.servers.queueing import queueing_server

WORDLLAMA = "wordllama-256"
pytestmark = pytest.mark.usefixtures("home")


class CancelledError(Exception):
    pass


def children() -> set[int]:
    found = psutil.Process().children(recursive=True)
    return {child.pid for child in found if child.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


def spec_of(url: str) -> ModelSpec:
    return ModelSpec("server:double", f"m@{url}", "openai", None, server=Server("double", url, "m"))


def is_near(found: LoadTest, capacity: float) -> bool:
    return found.limit is not None and abs(found.limit.offered / capacity - 1) <= 0.15


@pytest.mark.alone
def test_the_limit_of_a_server_is_within_15_percent_of_its_capacity(home: Path) -> None:
    heard: list[LoadTest] = []
    settings = Settings(seconds=0.5, least_requests=100, first_rate=140.0)
    with queueing_server(workers=4, service_seconds=0.02) as server:
        spec = spec_of(server.url)
        for _ in range(2):  # other programs may keep the processors busy for the seconds of one search
            heard.clear()
            found = load.run(spec, ["one text", "another"], settings, fingerprint="abc", on_step=heard.append)
            if is_near(found, server.capacity):
                break
        assert is_near(found, server.capacity), found.steps
    assert found.beyond
    assert found.limit
    assert found.beyond.offered <= 1.1 * found.limit.offered
    assert [len(each.steps) for each in heard] == list(range(1, len(found.steps) + 1))
    assert load.latest(spec, "abc") == found
    assert load.latest(spec, "other texts") is None
    assert not [file for file in (home / "loads").glob("*.json") if "another" in file.read_text(encoding="utf-8")]


def test_a_local_model_is_served_by_a_process_of_its_own_as_long_as_the_test_takes() -> None:
    rates = Settings(seconds=0.5, least_requests=5, rates=(10.0, 20.0), texts_per_request=2)
    spec = models.get(WORDLLAMA)
    seen: set[str] = set()

    def watch(what: str, done: int, total: int) -> None:
        seen.update(psutil.Process(child).cmdline()[-1] for child in children())

    found = load.run(spec, ["one text", "another"], rates, fingerprint="abc", device="cpu", on_progress=watch)
    assert seen >= {f"serving {WORDLLAMA}", f"sending to {WORDLLAMA}"}
    assert [round(step.offered) for step in found.steps] == [10, 20]
    assert [step.errors for step in found.steps] == [{}, {}]
    assert (found.address, found.device, found.engine, found.precision) == ("", "cpu", "static", "float32")
    assert found.steps[0].tokens_per_second
    assert set(found.unloaded.phases) == {"total"}
    assert found.revision == revisions.look_up(spec)
    assert load.latest(spec, "abc") is None  # rates of one's own are no search


def test_cancel_ends_the_sending_within_two_seconds() -> None:
    before, cancelled = children(), [0.0]

    def cancel(what: str, done: int, total: int) -> None:
        if what.startswith("Sending"):
            assert len(children() - before) == 1
            cancelled[0] = time.monotonic()
            raise CancelledError

    with queueing_server() as server, pytest.raises(CancelledError):
        load.run(spec_of(server.url), ["a text"], Settings(seconds=30.0), on_progress=cancel)
    assert time.monotonic() - cancelled[0] < 2
    assert children() <= before


def test_a_load_test_waits_for_the_benchmark_that_runs() -> None:
    def cancel(what: str, done: int, total: int) -> None:
        assert what.startswith("Waiting: place 1 in the queue for benchmarks")
        raise CancelledError

    with turn.hold(silent, 1.0), pytest.raises(CancelledError):
        load.run(models.get(WORDLLAMA), ["a text"], on_progress=cancel)


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(ModelUnavailableError, match="cannot be reached"):
        load.run(spec_of("http://127.0.0.1:9/v1"), ["a text"])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (Settings(seconds=0), "seconds of each rate"),
        (Settings(seconds=61), "at most 60"),
        (Settings(texts_per_request=0), "from 1 to 256 texts"),
        (Settings(rates=(1.0, 0.0)), "Rates must be above 0"),
        (Settings(first_rate=1e6), "at most 5,000"),
        (Settings(rates=(math.nan,)), "Rates must be above 0"),
        (Settings(most_ms=0.0), "milliseconds above 0"),
        (Settings(most_ms=math.inf), "milliseconds above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings: Settings, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load.run(models.get(WORDLLAMA), ["a text"], settings)
    with pytest.raises(InputError, match="at least one text"):
        load.run(models.get(WORDLLAMA), [])


def test_services_that_bill_every_text_are_not_load_tested() -> None:
    paid = replace(spec_of(""), server=Server("paid", DIALECTS["cohere"].url, "embed-v4.0", dialect="cohere"))
    own = replace(spec_of(""), server=Server("own", "http://gpu.example/v2", "m", dialect="cohere"))
    assert "bills every text" in load.refusal(paid)
    assert "bills every text" in load.refusal(models.get("text-embedding-3-small"))
    assert load.refusal(own) == ""
    assert load.refusal(models.get(WORDLLAMA)) == ""
    assert "download" in load.refusal(models.get("bge-large-en-v1.5")).lower()


def test_of_many_texts_a_random_choice_is_sent() -> None:
    texts = [f"text {number}" for number in range(1000)]
    chosen = runner._choose(texts, 0)
    assert len(set(chosen)) == runner.MOST_TEXTS
    assert chosen == runner._choose(texts, 0) != runner._choose(texts, 1)


def test_the_latest_test_counts_of_this_machine_revision_and_prompt() -> None:
    spec = replace(spec_of("http://gpu.example/v1"), document_prompt="passage: ")
    usual = replace(load_test(a_step(), model=spec.name), id=spec.id, document_prompt="passage: ")
    for created, changes in {
        "2026-01-01": {},
        "2026-01-02": {},
        "2026-01-03": {"machine": replace(usual.machine, cpu="Another CPU")},
        "2026-01-04": {"id": "another@http://gpu.example/v1"},
        "2026-01-05": {"document_prompt": ""},
    }.items():
        history.save(replace(usual, created=f"{created}T00:00:00+00:00", **changes))  # type: ignore[arg-type]
    (history.folder() / "broken.json").write_text("{}")
    found = load.latest(spec, usual.fingerprint)
    assert found
    assert found.created[:10] == "2026-01-02"


def test_a_file_that_is_no_load_test_is_refused() -> None:
    usual = load_test(a_step())
    assert LoadTest.from_json(usual.to_json()) == usual
    with pytest.raises(InputError, match="not an Embedscope load test"):
        LoadTest.from_json("{}")
    with pytest.raises(InputError, match="uses schema 99"):
        LoadTest.from_json(json.dumps(json.loads(usual.to_json()) | {"schema": 99}))


def test_a_rate_is_beyond_the_limit_only_if_it_fails_twice_or_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[float] = []
    replies = {
        10.0: [a_step(offered=10.0)],
        20.0: [a_step(offered=20.0, answered=0.94), a_step(offered=20.0)],
        30.0: [a_step(offered=30.0, answered=0.94), a_step(offered=30.0, answered=0.93)],
        40.0: [a_step(offered=40.0, answered=0.5)],
        50.0: [a_step(offered=50.0, errors={"500": 500})],
    }

    class Answering:
        def __init__(self, what: str) -> None:
            pass

        def call(self, function: str, **how: object) -> object:
            if function.endswith("prepare"):
                return unloaded()
            rate = how["rate"]
            assert isinstance(rate, float)
            offered.append(rate)
            return replies[rate][offered.count(rate) - 1]

        def end(self) -> None:
            pass

    monkeypatch.setattr(runner, "Child", Answering)
    found = load.run(spec_of("http://gpu.example/v1"), ["a text"], Settings(rates=tuple(replies)))
    assert offered == [10, 20, 20, 30, 30, 40, 50]
    assert [step.is_repeated for step in found.steps] == [False, True, True, False, False]
    assert found.limit
    assert found.limit.offered == 20
