"""The requests a second of load tests in a verdict: beside the other figures, on the same texts, and not weighed."""

from dataclasses import replace

import pytest

from core import corpus, load, models, verdict
from core.load import history
from core.models import revisions
from tests.core.load.queues import a_step, load_test
from tests.core.verdict.verdicts import candidate, verdict_on

FIGURE = "Requests a second at the limit"
TESTED = load_test(a_step(offered=42.0, p95_ms=120.0), a_step(offered=44.0, answered=0.9), model="good")


def test_the_figure_stands_in_every_table_where_a_model_was_tested() -> None:
    decided = verdict_on(candidate("good", 0.8, load=TESTED), candidate("other", 0.5))
    assert [row["requests_per_second"] for row in verdict.figures(decided)] == [42.0, None]
    assert [row[FIGURE] for row in verdict.in_words(decided)] == ["42.0 (95 in 100 within 120 ms)", "–"]
    for report in (verdict.as_markdown(decided), verdict.as_html(decided, "")):
        assert FIGURE in report
        assert "42.0" in report
    assert f"Load test: {load.how(TESTED)}" in verdict.provenance(decided)


def test_the_figure_is_left_out_where_none_was_tested() -> None:
    decided = verdict_on(candidate("good", 0.8), candidate("other", 0.5))
    assert all(FIGURE not in row for row in verdict.in_words(decided))
    assert [row["requests_per_second"] for row in verdict.figures(decided)] == [None, None]
    assert FIGURE not in verdict.as_markdown(decided)
    assert not any("Load test" in line for line in verdict.provenance(decided))


def test_a_limit_that_may_be_higher_is_said_to_be_and_none_is_a_dash() -> None:
    open_end, none = load_test(a_step(offered=42.0)), load_test(a_step(answered=0.1))
    decided = verdict_on(candidate("good", 0.8, load=open_end), candidate("other", 0.5, load=none))
    assert [row[FIGURE] for row in verdict.in_words(decided)] == ["at least 42.0 (95 in 100 within 30.0 ms)", "–"]


def test_it_is_not_weighed() -> None:
    with_load = verdict_on(candidate("good", 0.8, load=TESTED), candidate("other", 0.5))
    without = verdict_on(candidate("good", 0.8), candidate("other", 0.5))
    assert [row.total for row in with_load.ranking.ranked] == [row.total for row in without.ranking.ranked]
    assert verdict.sentences(with_load) == verdict.sentences(without)


@pytest.mark.usefixtures("home")
def test_only_searches_on_the_same_texts_with_one_text_a_request_count() -> None:
    spec, sample = models.get("wordllama-256"), corpus.sample()
    usual = replace(
        load_test(a_step(), model=spec.name, fingerprint=sample.fingerprint, address=""),
        id=spec.id,
        revision=revisions.look_up(spec) or "",
    )
    settings = usual.settings
    history.save(replace(usual, fingerprint="other texts"))
    history.save(replace(usual, revision="another"))
    for changed in (
        replace(settings, texts_per_request=8),
        replace(settings, rates=(10.0,)),
        replace(settings, most_ms=50.0),
    ):
        history.save(replace(usual, settings=changed))
    assert verdict.loads([spec], sample) == {}
    history.save(usual)
    assert verdict.loads([spec, models.get("all-MiniLM-L6-v2")], sample) == {spec.name: usual}
