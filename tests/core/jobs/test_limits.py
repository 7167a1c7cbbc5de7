"""What visitors may have at once or use within an hour, and the sentence that refuses more."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from core import embedding, metrics, models, settings, visitors
from core.benchmark import turn
from core.collections.job import Job, Request
from core.encoders.base import Usage
from core.errors import InputError, LimitError
from core.jobs import limits
from core.jobs.queue import Turn
from core.jobs.shared import SharedWork
from core.jobs.worker import Worker
from core.progress import Progress, silent
from tests.conftest import FakeEncoder

SECONDS = 30
SPEC = models.get("wordllama-256")


@pytest.fixture(autouse=True)
def _one() -> Iterator[None]:
    with visitors.serving("one"):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(limits, "monotonic", lambda: now[0])
    return now


def hourly() -> limits.Hourly:
    return limits.Hourly(limits.Limit("TOKENS", "You: {much} of {most}, {wait}", "All: {much} of {most}"))


def test_without_a_login_nothing_is_limited_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    give_back = limits.JOBS.take(10**6)
    give_back()
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", "2")
    with (
        limits.JOBS.hold(2),
        pytest.raises(LimitError, match=r"^You would have 3 jobs at once, and the limit is 2: wait"),
    ):
        limits.JOBS.take()
    limits.JOBS.take(2)()


def test_with_a_login_there_are_usual_limits_that_can_be_raised_or_switched_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "secrets", lambda: {"auth": {}})
    with pytest.raises(LimitError, match=r"^You would have 9 jobs at once, and the limit is 8"):
        limits.JOBS.take(9)
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", "10")
    limits.JOBS.take(9)()
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", "off")
    with pytest.raises(LimitError, match=r"^This server has all the 64 jobs that it takes at once: try again in a few"):
        limits.JOBS.take(65)


@pytest.mark.parametrize("setting", ["many", "-1", "inf"])
def test_a_wrong_setting_is_said(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", setting)
    with pytest.raises(InputError, match=f"VISITOR_JOBS is '{setting}': set it to a number above 0, or to off"):
        limits.JOBS.take()


def test_what_all_have_together_is_limited_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_TOTAL_ROWS", "10")
    with limits.ROWS.hold(6), visitors.serving("another"):
        with pytest.raises(
            LimitError, match=r"^All visitors would have 11 texts embedded at once, and the limit is 10"
        ):
            limits.ROWS.take(5)
        limits.ROWS.take(4)()
    with limits.ROWS.hold(10):
        pass


def test_commands_and_the_server_itself_have_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", "1")
    with visitors.serving(""), limits.JOBS.hold(2):
        limits.JOBS.take(5)()


def test_what_was_used_an_hour_ago_counts_no_longer(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_TOKENS", "100")
    used = hourly()
    used.charge(60)
    clock[0] += 600
    used.require()
    used.charge(50)
    with pytest.raises(LimitError, match=r"^You: 110 of 100, 50 min$"):
        used.require()
    with visitors.serving("another"):
        used.require()
    clock[0] += 3001
    used.require()


def test_what_all_use_within_an_hour_is_limited(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    monkeypatch.setenv("EMBEDSCOPE_TOTAL_TOKENS", "100")
    used = hourly()
    for visitor in ("a", "b"):
        with visitors.serving(visitor):
            used.charge(50)
    with pytest.raises(LimitError, match=r"^All: 100 of 100$"):
        used.require()


def test_refusals_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CollectorRegistry()
    monkeypatch.setattr(metrics, "_registry", registry)
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", "1")
    with pytest.raises(LimitError):
        limits.JOBS.take(2)
    metrics.REFUSALS.__dict__.pop("_own", None)
    assert registry.get_sample_value("embedscope_refusals_total", {"limit": "jobs", "whose": "one"}) == 1


def test_each_kind_of_job_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_JOBS", "1")
    with limits.JOBS.hold():
        with pytest.raises(LimitError):
            SharedWork().result("key", lambda _: 1)
        with pytest.raises(LimitError), turn.hold(silent, 1):
            pass
        job = Job(Request("name", ()))
        job.run(Turn("tests"))
    assert "the limit is 1: wait until one has ended" in job.failures[0]
    assert SharedWork().result("key", lambda _: 1) == 1


def test_who_has_joined_the_work_of_another_is_not_refused_for_the_others_limit() -> None:
    shared, may_end, found = SharedWork(), threading.Event(), list[str]()

    def work(_: Progress) -> str:
        assert may_end.wait(SECONDS)
        if visitors.current() == "another":
            raise LimitError("The other's")
        return visitors.current()

    def begin() -> None:
        with visitors.serving("another"), pytest.raises(LimitError):
            shared.result("key", work)

    beginning = threading.Thread(target=begin)
    beginning.start()
    while not shared._jobs:
        time.sleep(0.01)
    joining = threading.Thread(target=lambda: found.append(as_one(shared, work)))
    joining.start()
    while shared._jobs["key"].waiting < 2:
        time.sleep(0.01)
    may_end.set()
    beginning.join(SECONDS)
    joining.join(SECONDS)
    assert found == ["one"]


def as_one(shared: SharedWork, work: Callable[[Progress], str]) -> str:
    with visitors.serving("one"):
        return shared.result("key", work)


def test_too_many_texts_at_once_are_refused_before_any_is_computed(
    fake_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_ROWS", "3")
    with pytest.raises(
        LimitError, match=r"^You would have 4 texts embedded at once, and the limit is 3: use fewer texts"
    ):
        embedding.embed_with(fake_encoder, list("abcd"))
    assert fake_encoder.computed == []
    assert len(embedding.embed_with(fake_encoder, list("aaab")).vectors) == 4


class Paid(FakeEncoder):
    def encode_with_usage(self, texts: list[str], *_: Any) -> tuple[Any, Usage]:
        return self.encode(texts), Usage(10 * len(texts), None)


def test_tokens_of_apis_end_a_large_job_where_the_limit_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOKENS", limits.Hourly(limits.TOKENS.limit))
    monkeypatch.setattr(embedding, "KEEP_PAID_EVERY", 2)
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_TOKENS", "30")
    encoder: Any = Paid(SPEC)
    with pytest.raises(
        LimitError, match=r"^You have sent 40 tokens to APIs .* is 30\. .*saved: resume in 60 min, or pick"
    ):
        embedding.embed_with(encoder, list("abcdef"))
    assert len(encoder.computed) == 4


def test_seconds_of_a_gpu_are_charged_to_whoever_has_had_them(monkeypatch: pytest.MonkeyPatch) -> None:
    used = limits.Hourly(limits.GPU_SECONDS.limit)
    monkeypatch.setattr(limits, "GPU_SECONDS", used)
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_GPU_SECONDS", "0.01")
    worker, encoder = Worker("tests", used.charge), cast("Any", FakeEncoder(SPEC))
    encoder.device = "cuda"
    embedding.embed_with(encoder, ["a"])
    worker.result(worker.submit(time.sleep, 0.02))
    worker.result(worker.submit(int))
    with pytest.raises(
        LimitError, match=r"^You have used the GPU for 0 s within .* resume in 60 min, or choose device cpu"
    ):
        embedding.embed_with(encoder, ["b"])
    with visitors.serving("another"):
        embedding.embed_with(encoder, ["b"])
