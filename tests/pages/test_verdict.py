"""The Verdict page in-process, on timings that are kept, or made by children that answer at once."""

import html
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import benchmark, corpus, embedding, evaluation, models, search
from core.benchmark import Timing, history, runner
from core.load import history as load_history
from core.models import revisions
from core.verdict import CRITERIA
from tests.core.benchmark.runs import finished
from tests.core.load.queues import a_step, load_test
from tests.pages.conftest import said
from tests.pages.test_benchmark import Children, press

MINILM, WORDLLAMA = "all-MiniLM-L6-v2", "wordllama-256"


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing has been timed yet."""
    monkeypatch.setattr(history, "folder", lambda: tmp_path / "runs")


def timed(model: str, ms: float, **changes: Any) -> Timing:
    revision = embedding.encoder(models.get(model)).revision
    return Timing(model, "cpu", "fake", "float32", revision=revision, median_ms=ms, peak_memory_bytes=10**9, **changes)


class ChildrenOfThisRevision(Children):
    """Children that tell the revision whose quality is measured, as real ones do."""

    def call(self, function: str, **asked: Any) -> Timing:
        timing = super().call(function, **asked)
        return replace(timing, revision=embedding.encoder(models.get(timing.model)).revision)


def keep(*rows: Timing) -> None:
    benchmark.save(finished(*rows))


def both_ways(model: str, ms: float) -> list[Timing]:
    return [timed(model, ms), timed(model, 100 * ms, batch_size=16, text="", tokens=128)]


def open_verdict(app: AppTest, **choices: Any) -> AppTest:
    app.query_params.update(choices)
    app.switch_page("pages/verdict.py").run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    """The answer and its notes."""
    return html.unescape(said(app)).replace("\\", "")


def rows(app: AppTest) -> dict[str, dict[str, Any]]:
    return {str(row["model"]): dict(row) for row in app.dataframe[0].value.to_dict("records")}


def test_the_first_visit_ranks_by_what_is_known_and_offers_to_time_what_is_missing(app: AppTest) -> None:
    open_verdict(app)
    assert "Take all-MiniLM-L6-v2: it finds the right text more often than wordllama-256 but is slower." in told(app)
    assert "Judged on quality, speed, memory and licence only: price is not known yet." in told(app)
    assert "No change of a single weight" not in told(app)
    kinds = [element.type for element in app.main]
    assert kinds.index("plotly_chart") < kinds.index("slider"), "the chart comes first"
    assert app.slider(key="weigh_price").disabled
    assert "not known yet" in [caption.value for caption in app.caption]
    assert "Timing finds the speed, memory and price of all-MiniLM-L6-v2 and wordllama-256 on this machine" in told(app)
    assert app.button_group(key="weights_preset").value == "Balanced"
    assert [option.content for option in app.button_group(key="weights_preset").proto.options] == [
        "Balanced", "Search server", "Laptop", "Batch job",
    ]  # fmt: skip
    table = rows(app)
    assert list(table) == [MINILM, WORDLLAMA, "Hybrid", "BM25"]
    spec, queries = models.get(MINILM), corpus.sample_queries()
    found = search.nearest(
        embedding.embed(queries.texts, spec, kind="query").vectors,
        embedding.embed(corpus.sample().documents, spec).vectors,
        100,
    )
    quality = evaluation.evaluate(found.as_run(queries.ids, corpus.sample().ids), corpus.sample_qrels())
    assert table[MINILM]["ndcg@10"] == pytest.approx(quality.means["ndcg@10"], abs=1e-6)
    expected = evaluation.interval(quality.values("ndcg@10"))
    assert (table[MINILM]["low"], table[MINILM]["high"]) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert "Time missing models" in [button.label for button in app.main.button]


def test_sliders_turn_the_ranking(app: AppTest) -> None:
    keep(*both_ways(MINILM, 5.0), *both_ways(WORDLLAMA, 0.2))
    open_verdict(app)
    assert "Take all-MiniLM-L6-v2" in told(app)
    assert "Time missing models" not in [button.label for button in app.main.button]
    app.slider(key="weigh_speed").set_value(10.0).run()
    assert "Take wordllama-256: " in told(app)
    assert next(iter(rows(app))) == WORDLLAMA
    assert app.button_group(key="weights_preset").value is None
    app.button_group(key="weights_preset").set_value("Balanced").run()
    assert app.slider(key="weigh_speed").value == 2.0
    assert "Take all-MiniLM-L6-v2" in told(app)


def test_recorded_figures_stand_in_until_a_model_is_timed_here(
    app: AppTest, downloads: dict[str, Callable[[], bytes]]
) -> None:
    (recorded,) = (each.run for each in benchmark.list_runs() if each.name == "recorded/2-cores-amd-epyc")
    expected = {row.model: row.median_ms for row in recorded.results if row.weights == "own"}
    open_verdict(app)
    figures = "against 0.208 ms a query (recorded on AMD EPYC, not on this machine)."
    assert told(app).count(figures) == 1
    assert "Hatched ╲: recorded on AMD EPYC, 2 cores" in told(app)
    for name in (MINILM, WORDLLAMA):
        assert rows(app)[name]["hello_world_ms"] == expected[name]
        assert rows(app)[name]["recorded_on"] == "AMD EPYC"
        assert rows(app)[name]["usd_per_million_tokens"] is None
    page = html.unescape(downloads["verdict.html"]().decode())
    assert "Hatched bars were recorded on another machine." in page
    assert "1.77 ms (recorded on AMD EPYC)" in page
    app.toggle(key="present").set_value(True).run()
    assert told(app).count(figures) == 2, "in the answer, too"
    app.toggle(key="present").set_value(False)
    keep(*both_ways(WORDLLAMA, 0.3))
    app.run()
    assert "recorded" not in told(app).partition("Every bar")[0]
    assert rows(app)[WORDLLAMA]["hello_world_ms"] == 0.3
    assert math.isnan(rows(app)[MINILM]["hello_world_ms"]), "figures of two machines are never compared"
    assert "Judged on quality and licence only: speed, memory and price are not known yet for all-MiniLM" in told(app)


def test_what_is_timed_is_not_called_unmeasured(app: AppTest) -> None:
    keep(timed(WORDLLAMA, 30.5))
    open_verdict(app, models=[WORDLLAMA])
    assert "30.5 ms a query" in told(app)
    words = said(app).replace("\\", "")
    assert "Timing finds" not in words
    assert "For the price of wordllama-256 on this machine, batches have to be timed too." in words


def test_a_disturbed_timing_is_said_and_offered_again(app: AppTest) -> None:
    keep(*(replace(row, disturbed=3, samples=30) for row in both_ways(WORDLLAMA, 30.5)))
    open_verdict(app, models=[WORDLLAMA])
    assert "only: other processes disturbed the timing of wordllama-256." in told(app)
    assert "Other processes disturbed the timing of wordllama-256" in said(app).replace("\\", "")
    assert "Time again when quiet" in [button.label for button in app.main.button]


def test_time_what_is_missing_measures_speed_memory_and_price(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    children = ChildrenOfThisRevision()
    monkeypatch.setattr(runner, "Child", lambda what: children)
    open_verdict(app, models=[WORDLLAMA])
    press(app, "Time missing models")
    assert not app.exception
    assert children.models == [WORDLLAMA]
    figures = rows(app)[WORDLLAMA]
    assert figures["hello_world_ms"] == 1.0
    assert figures["texts_per_second"] == pytest.approx(16 / 0.002)
    assert not app.slider(key="weigh_price").disabled
    assert figures["usd_per_million_tokens"] == pytest.approx(1 / 3600 / (8000 * 128) * 1e6)


def test_what_is_sent_is_what_is_shown(app: AppTest, downloads: dict[str, Callable[[], bytes]]) -> None:
    keep(*both_ways(WORDLLAMA, 0.2))
    open_verdict(app, models=[WORDLLAMA, "bge-small-en-v1.5"])
    page, markdown = downloads["verdict.html"]().decode(), downloads["verdict.md"]().decode().replace("\\", "")
    for text in (html.unescape(page), markdown):
        assert "Take wordllama-256, the only model that can be ranked." in text
        assert corpus.sample().fingerprint in text
        assert "192 labelled queries" in text
        assert "bge-small-en-v1.5" in text
    assert rows(app)["bge-small-en-v1.5"]["place"] != 1


def test_all_weights_at_zero_name_no_model(app: AppTest) -> None:
    open_verdict(app, models=[WORDLLAMA], **{f"weigh_{name}": "0" for name in CRITERIA})
    assert "No recommendation: all weights are 0." in told(app)


@pytest.mark.parametrize("weight", ["nan", "inf", "-3", "1e99", "x"])
def test_a_weight_in_the_address_that_is_none_is_passed_over(app: AppTest, weight: str) -> None:
    open_verdict(app, models=[WORDLLAMA], weigh_speed=weight)
    assert "Take wordllama-256" in told(app)


def test_a_corpus_without_labels_says_what_to_do(app: AppTest) -> None:
    app.session_state["corpus_pasted"] = "one text\nanother text"
    open_verdict(app, corpus="Paste", models=[WORDLLAMA])
    assert "needs queries with known answers" in said(app)
    assert not app.main.get("plotly_chart")


def test_the_requests_a_second_of_a_load_test_on_these_texts_stand_in_the_table(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_history, "folder", lambda: tmp_path / "loads")
    spec = models.get(WORDLLAMA)
    tested = load_test(a_step(offered=42.0), model=WORDLLAMA, fingerprint=corpus.sample().fingerprint, address="")
    load_history.save(replace(tested, id=spec.id, revision=revisions.look_up(spec) or ""))
    open_verdict(app)
    table = rows(app)
    assert table[WORDLLAMA]["requests_per_second"] == 42.0
    assert math.isnan(table[MINILM]["requests_per_second"])
