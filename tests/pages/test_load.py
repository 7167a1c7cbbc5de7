"""The view Load of the Benchmark page: what can be tested, the answer, the chart and the table, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import corpus, load, models
from core.errors import ModelUnavailableError
from core.load import LoadTest, history, runner
from pages.shared import state
from tests.core.load.queues import AnsweringChild, a_step, load_test
from tests.pages.conftest import open_page, said

STEPS, LIMITS = "Trouble", "At least"  # columns of one of the tables alone
WORDLLAMA, SERVER = "wordllama-256", "server:gpu"
SECRETS = """
[servers.gpu]
url = "http://gpu.example:8000/v1"
model = "BAAI/bge-m3"

[servers.paid]
dialect = "cohere"
model = "embed-v4.0"
"""

pytestmark = pytest.mark.usefixtures("home", "no_secrets_and_short_waits")


@pytest.fixture(autouse=True)
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the processes were asked, which answer at once; the host has a server and a paid service."""
    (tmp_path / "project" / ".streamlit").mkdir(parents=True)
    (tmp_path / "project" / ".streamlit" / "secrets.toml").write_text(SECRETS)
    monkeypatch.setattr(runner, "Child", AnsweringChild)
    monkeypatch.setattr(AnsweringChild, "asked", [])
    return AnsweringChild.asked


def open_view(app: AppTest, *picked: str, **choices: Any) -> AppTest:
    app.query_params.update({"benchmark": "Load", "models": list(picked), **choices})
    return open_page(app, "benchmark")


def press(app: AppTest) -> AppTest:
    next(button for button in app.main.button if button.label == "Find the limit").click().run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return said(app).replace("\\", "")


def table(app: AppTest, column: str) -> Any:
    """The table with that column."""
    return next(frame.value for frame in app.main.dataframe if column in frame.value)


def test_a_link_opens_the_view_and_sends_nothing(app: AppTest, asked: Any) -> None:
    open_view(app, SERVER, WORDLLAMA)
    assert "server:gpu has not been load-tested on these texts yet." in told(app)
    assert app.main.selectbox(key=state.Benchmark.LOAD_MODEL).options == [SERVER, WORDLLAMA]
    assert asked == []


def test_the_button_finds_the_limit_and_the_page_says_draws_and_offers_it(
    app: AppTest, asked: Any, downloads: dict[str, Callable[[], Any]]
) -> None:
    press(open_view(app, SERVER))
    test = load.latest(models.get(SERVER), corpus.sample().fingerprint)
    assert test
    assert test.limit
    assert test.limit.offered == pytest.approx(50, rel=0.15)
    assert load.answer(test) in told(app)
    steps = table(app, STEPS)
    assert list(steps["Requests/s"]) == [step.offered for step in test.by_rate]
    assert steps["Trouble"].notna().sum() == sum(test.trouble(step) is not None for step in test.steps)
    drawn: Any = next(chart for chart in app.get("plotly_chart") if chart.key == state.Benchmark.LOAD_LINES)
    assert json.loads(drawn.proto.spec)["data"][1]["y"] == [step.p95_ms for step in test.by_rate]
    assert LoadTest.from_json(downloads["load-test.json"]()) == test
    assert set(asked[0][1]["texts"]) <= set(corpus.sample().documents)
    assert [name for name, _ in asked][:2] == ["prepare", "offer"]


def test_a_local_model_is_served_first_and_both_limits_stand_in_one_table(app: AppTest, asked: Any) -> None:
    press(open_view(app, SERVER, WORDLLAMA, load_model=WORDLLAMA))
    assert [name for name, _ in asked][:3] == ["serve", "prepare", "offer"]
    app.main.selectbox(key=state.Benchmark.LOAD_MODEL).set_value(SERVER).run()
    press(app)
    assert sorted(table(app, LIMITS)["Model"]) == [SERVER, WORDLLAMA]


def test_as_many_texts_as_asked_for_are_in_each_request_and_tested_apart(app: AppTest, asked: Any) -> None:
    press(open_view(app, SERVER, load_texts="8"))
    assert {how["settings"].texts_per_request for _, how in asked} == {8}
    app.main.number_input(key=state.Benchmark.LOAD_TEXTS).set_value(1.0).run()
    assert "has not been load-tested on these texts yet" in told(app)


def test_a_test_on_other_texts_does_not_count(app: AppTest) -> None:
    press(open_view(app, SERVER))
    app.query_params.update({"corpus": "Paste", "corpus_pasted": "an owl\na heron"})
    app.session_state[state.Corpus.SOURCE] = "Paste"
    app.run()
    assert "has not been load-tested on these texts yet" in told(app)


def test_services_that_bill_and_models_that_are_not_ready_are_not_offered(app: AppTest, asked: Any) -> None:
    open_view(app, "server:paid", "bge-large-en-v1.5")
    assert "None of the picked models can be load-tested here" in told(app)
    assert "Find the limit" not in [button.label for button in app.main.button]


def test_a_host_can_switch_load_tests_off(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_LOAD_TESTS", "off")
    open_view(app, SERVER, WORDLLAMA)
    assert "Load tests are switched off on this server" in told(app)
    assert "Find the limit" not in [button.label for button in app.main.button]


def test_a_server_that_does_not_answer_is_an_error_of_the_page(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*_: object, **__: object) -> None:
        raise ModelUnavailableError("http://gpu.example:8000/v1 cannot be reached.")

    monkeypatch.setattr(AnsweringChild, "call", call)
    press(open_view(app, SERVER))
    assert [error.value.replace("\\", "") for error in app.main.error] == [
        "http://gpu.example:8000/v1 cannot be reached."
    ]
    assert not list(history.folder().glob("*.json"))


def test_where_the_time_goes_is_said_where_the_server_says_it(app: AppTest) -> None:
    spec, sample = models.get(SERVER), corpus.sample()
    step = a_step(phases={"queue": 20.0})
    saved = load_test(step, model=SERVER, fingerprint=sample.fingerprint)
    history.save(LoadTest(**{**vars(saved), "id": spec.id}))
    open_view(app, SERVER)
    assert "queue 20.0 ms" in told(app)
    assert list(table(app, STEPS)["Queue, ms"]) == [20.0]
