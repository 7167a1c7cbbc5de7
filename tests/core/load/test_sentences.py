"""A load test in words: how many requests, how long they take, what happens above."""

from dataclasses import replace

from core import load
from tests.core.load.queues import a_step, load_test

FINE = replace(a_step(), offered=42.0, p50_ms=31.2, p95_ms=120.0)


def test_the_answer_says_how_many_requests_and_what_happens_above() -> None:
    beyond = a_step(offered=44.0, answered=0.9, p95_ms=500.0)
    assert load.answer(load_test(FINE, beyond)) == (
        "server:gpu answers 42.0 requests a second before they pile up: half of them take up to 31.2 ms, 95 in 100 up "
        "to 120 ms. At 44.0 requests a second, only 90% of the requests are answered in time."
    )


def test_each_reason_has_its_words() -> None:
    def end(**changes: object) -> str:
        return load.answer(load_test(FINE, a_step(offered=50.0, **changes))).partition("At 50.0 requests a second, ")[2]

    assert end(p95_ms=812.0, sent_p95_ms=812.0) == "95 in 100 take up to 812 ms."
    assert end(errors={"500": 100, "no answer in 30 s": 20}) == "12% of the requests fail, most of them with: 500."
    assert end(p95_ms=812.0, late=60) == "this machine is too busy to send the requests in time."


def test_an_open_limit_is_said_to_be_one() -> None:
    assert load.answer(load_test(FINE)).startswith("server:gpu answers at least 42.0 requests a second, the highest")
    busy = a_step(offered=50.0, p95_ms=812.0, late=60)
    assert load.answer(load_test(FINE, busy)).startswith("server:gpu answers at least 42.0 requests a second: half")


def test_a_server_that_keeps_up_with_nothing_is_said_to() -> None:
    assert load.answer(load_test(a_step(offered=2.0, answered=0.5))) == (
        "server:gpu kept up with none of the rates tried: at 2.00 requests a second, only 50% of the requests are "
        "answered in time."
    )


def test_phases_are_named_beside_those_of_the_unloaded_server() -> None:
    step = replace(FINE, phases={"queue": 20.0, "inference": 9.0})
    tested = load_test(step)
    tested = replace(tested, unloaded=replace(tested.unloaded, phases={"queue": 0.5, "inference": 8.0}))
    assert load.phases(tested) == (
        "By the server's own account, half of the requests at the limit take up to: queue 20.0 ms (unloaded 0.500 ms) "
        "and inference 9.00 ms (unloaded 8.00 ms)."
    )
    assert load.phases(load_test(FINE)) == ""


def test_how_it_was_measured_names_what_computed_and_what_was_accepted_but_no_address() -> None:
    assert load.how(load_test(FINE)) == (
        "server:gpu · behind its server · 1 text a request of 2 texts · 5 s or 100 requests of each rate · "
        "unloaded 95th percentile 20.0 ms · accepted up to 400 ms · 2026-01-02"
    )
