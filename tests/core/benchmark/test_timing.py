"""A run as data: what follows from a timing, and the way through JSON, which refuses what is no run."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.benchmark import HELLO, SCHEMA, Run, Settings, Statistics, Workload
from core.errors import InputError
from core.machine import Machine
from tests.core.benchmark.runs import finished, timing

RUN = finished(timing())
NUMBERS = st.floats(0, 1e9)
COUNTS = st.integers(0, 10**12)
STATISTICS = st.builds(Statistics, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.none() | NUMBERS, COUNTS, COUNTS, COUNTS)
MACHINES = st.builds(
    Machine,
    st.text(),
    COUNTS,
    COUNTS,
    st.lists(st.text(), max_size=2).map(tuple),
    st.text(),
    st.text(),
    st.dictionaries(st.text(), st.text(), max_size=2),
)
TIMES = st.datetimes(timezones=st.timezones()).map(lambda time: time.isoformat(timespec="seconds"))


def text_with(**changes):
    """A run's JSON with other entries."""
    return json.dumps(asdict(RUN) | changes)


def text_with_row(**changes):
    """A run's JSON whose one timing has other entries."""
    return text_with(results=[asdict(RUN.results[0]) | changes])


FOREIGN = {
    "empty": "",
    "not JSON": "model,median_ms",
    "null": "null",
    "a number": "5",
    "a list": "[]",
    "other JSON": '{"results": []}',
    "a schema that is no number": text_with(schema="2"),
    "no machine": text_with(machine=None),
    "no settings": text_with(settings=None),
    "results that are no list": text_with(results={}),
    "unknown fields": text_with(results=[{"model": "a", "speed": 1}]),
    "weights of a third kind": text_with_row(weights="stolen"),
    "words for numbers": text_with_row(median_ms="fast"),
    "not a number": text_with_row(median_ms=float("nan")),
    "not a number, as a word": text_with_row(median_ms="NaN"),
    "infinity": text_with_row(median_ms=float("inf")),
    "infinity, as a word": text_with_row(p95_ms="Infinity"),
    "a number beyond all floats": text_with_row(median_ms=1).replace('"median_ms": 1', '"median_ms": 1e999'),
    "a whole number beyond all floats": text_with_row(median_ms=10**400),
    "more texts than can be counted": text_with_row(batch_size=10**400),
    "more digits than are read": text_with().replace(f'"schema": {SCHEMA}', f'"schema": {"9" * 5000}'),
    "a time that is a path": text_with(created="../../x"),
    "no time": text_with(created=""),
    "a time before all times": text_with(created="0001-01-01T00:00:00+14:00"),
    "a time after all times": text_with(created="9999-12-31T23:59:59-14:00"),
    "half of a character": text_with(power="\ud800"),
    "nested without end": "[" * 100_000,
    "a list nested without end": text_with(results=[]).replace("[]", "[" * 50_000 + "]" * 50_000),
    "a long list of nothing": text_with(results=[None] * 100_000),
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_foreign_json_is_refused_with_a_sentence(text):
    with pytest.raises(InputError, match=r"^This file is not an Embedscope benchmark run\.$"):
        Run.from_json(text)


@pytest.mark.parametrize("schema", [1, 3, 99])
def test_a_run_of_another_schema_is_refused_by_its_number(schema):
    with pytest.raises(
        InputError, match=f"^This run uses schema {schema}; this version of Embedscope reads schema {SCHEMA}.$"
    ):
        Run.from_json(json.dumps({"schema": schema, "rows": "of another kind"}))


@given(
    created=TIMES,
    machine=MACHINES,
    power=st.text(),
    text=st.text(),
    tokens=st.none() | COUNTS,
    median=st.none() | NUMBERS,
    forward=st.none() | STATISTICS,
    weights=st.sampled_from(["own", "random"]),
)
def test_a_run_survives_the_way_through_json(created, machine, power, text, tokens, median, forward, weights):
    row = timing(text=text, tokens=tokens, median_ms=median, forward=forward, weights=weights)
    run = finished(row, timing(failure=text), created=created, machine=machine, power=power)
    assert Run.from_json(run.to_json()) == run


def test_a_run_that_has_its_fields_in_another_order_is_read_too():
    shuffled = dict(reversed(asdict(RUN).items()))
    assert Run.from_json(json.dumps(shuffled)) == RUN


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2025-11-22T10:00:00+00:00", "2025-11-22T10:00:00+00:00"),
        ("2025-11-22T10:00:00+05:30", "2025-11-22T04:30:00+00:00"),
        ("2025-11-22T10:00:00Z", "2025-11-22T10:00:00+00:00"),
    ],
)
def test_the_time_of_a_run_is_in_utc(created, expected):
    assert replace(RUN, created=created).time.isoformat() == expected


def test_rates_follow_from_the_median_batch_and_tokens():
    row = timing(median_ms=20.0, batch_size=8, tokens=50)
    assert row.texts_per_second == pytest.approx(400)
    assert row.tokens_per_second == pytest.approx(20_000)


@pytest.mark.parametrize("row", [timing(median_ms=None, tokens=4), timing(tokens=None)])
def test_without_a_median_or_tokens_there_is_no_rate(row):
    assert row.tokens_per_second is None


def test_memory_is_that_of_the_device_which_computes():
    row = timing(peak_memory_bytes=1, gpu_allocated_bytes=2, gpu_reserved_bytes=3)
    assert row.memory_bytes == 1
    assert replace(row, device="cuda").memory_bytes == 3


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (timing(), True),
        (timing(batch_size=2), False),
        (timing(text="Another text"), False),
        (timing(text="", tokens=4), False),
    ],
)
def test_the_question_of_the_original_table_is_hello_world_one_at_a_time(row, expected):
    assert row.is_hello is expected
    assert HELLO == "Hello World"


@pytest.mark.parametrize(
    ("workload", "size"), [(Workload(), 11), (Workload(3, "four"), 12), (Workload(16, "", 128), 2048)]
)
def test_the_size_of_a_workload_is_all_its_tokens_or_else_its_characters(workload, size):
    assert workload.size == size


def test_without_further_words_it_is_warmed_up_ten_times_and_sampled_thirty_times_for_a_second():
    settings = Settings()
    assert settings.warm_up_calls >= 10
    assert settings.least_samples >= 30
    assert settings.least_seconds >= 1
    assert settings.with_forward
