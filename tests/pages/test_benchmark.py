"""The Benchmark page in-process: its views of runs that are kept, or measured by children that answer at once."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import benchmark, corpus, embedding, evaluation, models, search, wording
from core.benchmark import Run, Settings, Subject, Timing, Workload, grid, history, runner
from core.benchmark.sentences import cpu, fastest
from core.charts.sweeps import sweep_heatmap
from core.charts.timings import engine_bars, timing_bars
from core.errors import EmbedscopeError, JobError
from core.machine import this_machine
from core.models import memory, revisions
from core.settings import DATA
from pages.parts.benchmark.runs import title
from pages.shared import measurement
from pages.shared.ui import output
from tests.core.benchmark.runs import finished, timing
from tests.pages.conftest import open_page, said, words_of

pytestmark = pytest.mark.usefixtures("one_run_is_recorded")


@pytest.fixture
def one_run_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is recorded in the project, the run of "Hello World" alone: no sweep, no comparison of engines."""
    recorded = tmp_path / "data" / "runs"
    recorded.mkdir(parents=True)
    shutil.copy(DATA / "runs" / "2-cores-amd-epyc.json", recorded)
    monkeypatch.setattr(history, "DATA", recorded.parent)


MINILM, WORDLLAMA, MISSING = "all-MiniLM-L6-v2", "wordllama-256", "bge-small-en-v1.5"
BUNDLED = (MINILM, WORDLLAMA)
ORIGINAL = {spec.name: spec.original for spec in models.catalogue() if spec.original}
ROWS = [*ORIGINAL, WORDLLAMA]
E5 = "e5-mistral-7b-instruct"
SECRET = "the launch code is 0000"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder in which nothing has been timed yet, on a machine without a GPU and with little memory."""
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    monkeypatch.setattr(measurement, "devices", lambda: ("cpu",))
    monkeypatch.setattr(memory, "budgets", lambda: {"cpu": 8 * 2**30})
    return tmp_path


class Children:
    """What stands for the timing processes: they answer at once, each call with one millisecond more."""

    def __init__(self) -> None:
        self.asked: list[tuple[Subject, Workload, Settings]] = []
        self.failures: dict[str, EmbedscopeError] = {}
        self.cosines: dict[str, float] = {}
        self.disturbed = 0  # of the samples

    @property
    def models(self) -> list[str]:
        """The models that were timed, in the order of the alphabet: that of the run is shuffled."""
        return sorted({subject.model for subject, _, _ in self.asked})

    def call(self, function: str, *, subject: Subject, workload: Workload, settings: Settings, **_: Any) -> Timing:
        if subject.model in self.failures:
            raise self.failures[subject.model]
        self.asked.append((subject, workload, settings))
        return Timing(
            subject.model,
            subject.device,
            "fake" if subject.engine == "auto" else subject.engine,
            "float32" if subject.precision == "auto" else subject.precision,
            subject.weights,
            subject.engine,
            subject.precision,
            revision=revisions.look_up(models.get(subject.model)) or "",
            batch_size=workload.batch_size,
            text="" if workload.tokens else workload.text,
            tokens=workload.tokens or len(workload.text.split()) + 2,
            median_ms=float(len(self.asked)),
            samples=40,
            disturbed=self.disturbed,
            cosine=self.cosines.get(subject.precision),
        )

    def end(self) -> None:
        """There is nothing to end."""


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    answering = Children()
    monkeypatch.setattr(runner, "Child", lambda what: answering)
    return answering


def open_view(app: AppTest, view: str = "Hello World", **choices: Any) -> AppTest:
    """The Benchmark page by a deep link to one of its views, which spares it the page before; with all its models."""
    app.query_params.update({"benchmark": view, "other_models": "true", **choices})
    app.switch_page("pages/benchmark.py").run()
    assert not app.exception
    return app


def time_here(app: AppTest, **choices: Any) -> AppTest:
    """The first view, on which the picked models have been timed at the press of its button."""
    return press(open_view(app, **choices), "Time this machine")


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.main.button if button.label == label).click().run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    """All that the page says, without the signs that keep it from being read as Markdown."""
    return said(app).replace("\\", "")


def answers(app: AppTest) -> list[str]:
    """The sentences above the charts."""
    found = [re.fullmatch('<p class="answer"[^>]*>(.*)</p>', words_of(element)) for element in app.main.markdown]
    return [match[1] for match in found if match]


def figure(app: AppTest, key: str) -> dict[str, Any]:
    """A chart of the page as it is sent to the browser; what tells a live one's content ends its key."""
    element: Any = next(
        chart for chart in app.get("plotly_chart") if re.fullmatch(f"(live_)?{key}(_[0-9a-f]{{8}})?", str(chart.key))
    )
    content: dict[str, Any] = json.loads(element.proto.spec)
    return content | {"config": json.loads(element.proto.config)}


RECORDED = ("\\", "x")  # the hatchings of what was timed on another machine


def lanes(drawn: dict[str, Any]) -> dict[str, tuple[float | None, str]]:
    """The milliseconds of each bar and its figures, or the words in its place, where each row has one, by its name."""
    bars, words = drawn["data"][:2]
    found = {}
    for label, bar, text in zip(drawn["layout"]["yaxis"]["ticktext"], bars["x"], words["text"], strict=True):
        name, _, line = label.rpartition("<br>")
        found[bare(name)] = (bar, bare(line if bar else text))
    return found


def bare(text: str) -> str:
    """A text of a chart without its markup."""
    return " ".join(re.sub(r"</?b>", "", text).replace("<br>", " ").split())


def words(drawn: dict[str, Any]) -> list[str]:
    """All that is written into a chart."""
    return [bare(text) for trace in drawn["data"] if trace.get("mode") == "text" for text in trace["text"]]


def figures(drawn: dict[str, Any]) -> list[str]:
    """The lines at the left of a chart's rows, below their names."""
    return [bare(line) for label in drawn["layout"]["yaxis"]["ticktext"] for line in label.split("<br>")[1:]]


def here(app: AppTest) -> dict[str, float]:
    """The milliseconds of the bars that were timed on this machine."""
    drawn = figure(app, "bars")
    hatched = drawn["data"][0]["marker"]["pattern"]["shape"]
    rows = zip(lanes(drawn).items(), hatched, strict=True)
    return {label: bar for (label, (bar, _)), shape in rows if bar and shape not in RECORDED}


def runs_in(home: Path) -> list[Run]:
    return [Run.from_json(path.read_text(encoding="utf-8")) for path in sorted((home / "runs").glob("*.json"))]


def elsewhere(*results: Timing) -> Run:
    """A run of another machine."""
    return finished(*results, machine=replace(this_machine(), cpu="Another CPU", gpus=("Another GPU, 8 MiB, 1",)))


@pytest.mark.parametrize(
    ("view", "button"),
    [
        ("Hello World", "Time all models"),
        ("Sweep", "Sweep all-MiniLM-L6-v2"),
        ("Engines", "Compare engines on all-MiniLM-L6-v2"),
        ("Accuracy and speed", "Time missing models"),
        ("Runs", "Import"),
    ],
)
def test_a_link_opens_its_view_and_times_nothing(
    app: AppTest, home: Path, children: Children, view: str, button: str
) -> None:
    open_view(app, view, sweep_model=MINILM)
    assert app.button_group(key="benchmark").value == view
    assert button in [shown.label for shown in app.main.button]
    assert not app.error
    assert children.asked == []
    assert runs_in(home) == []


def test_before_anything_is_timed_the_recorded_run_is_drawn_named_and_hatched(app: AppTest) -> None:
    run = next(
        kept.run for kept in benchmark.list_runs() if any(row.model == E5 or row.is_hello for row in kept.run.results)
    )
    medians = {row.model: row.median_ms for row in run.results if row.is_hello}
    drawn = figure(open_view(app), "bars")
    rows = [*sorted(medians, key=lambda model: medians[model] or 0), E5]  # what was recorded nowhere stands last
    assert {model: bar for model, (bar, _) in zip(rows, lanes(drawn).values(), strict=True) if bar} == medians
    legend = [trace["name"] for trace in drawn["data"] if trace.get("showlegend")]
    assert {"recorded", "recorded, random weights"} <= set(legend)
    assert drawn["data"][0]["marker"]["pattern"]["shape"] == ["\\", "\\", "x", "x", "x", "x", ""]
    assert f"Machine: recorded on {run.machine.sentence}" in told(app)
    assert answers(app) == [fastest(run.results, f"On {run.machine.cpu} (recorded)")]


def test_only_the_picked_models_have_bars_until_the_others_are_asked_for(app: AppTest) -> None:
    open_view(app, other_models="false")
    assert list(lanes(figure(app, "bars"))) == [WORDLLAMA, MINILM]
    assert "Time all models" not in [button.label for button in app.main.button]
    assert "Recorded: on another machine" in told(app)
    assert "Random weights" not in told(app), "the caption explains what is drawn"
    app.toggle(key="other_models").set_value(True).run()
    assert len(lanes(figure(app, "bars"))) == 7
    assert "Random weights: timed before any download." in told(app)


def test_a_room_is_shown_nothing_of_the_published_table(app: AppTest) -> None:
    open_view(app, present="true")
    drawn = figure(app, "bars")
    assert not [text for text in words(drawn) if text.startswith("published")]
    assert not [trace["name"] for trace in drawn["data"] if trace.get("name", "").startswith("published")]


def test_what_was_timed_here_stands_first_and_replaces_what_was_recorded(app: AppTest) -> None:
    benchmark.save(finished(timing(WORDLLAMA, median_ms=0.25)))
    chart = figure(open_view(app), "bars")
    drawn = lanes(chart)
    (first, lane), *others = drawn.items()
    assert (first, lane) == (WORDLLAMA, (0.25, "0.250 ms"))
    assert [label.split()[0] for label, _ in others][-1] == E5
    medians = [bar for _, (bar, _) in others if bar]
    assert medians == sorted(medians)
    assert chart["data"][0]["marker"]["pattern"]["shape"][list(drawn).index(MINILM)] == "\\"
    assert here(app) == {WORDLLAMA: 0.25}


def test_the_picked_are_timed_drawn_among_all_rows_and_offered_as_files_at_the_press_of_a_button(
    app: AppTest, home: Path, children: Children, downloads: dict[str, Callable[[], Any]]
) -> None:
    time_here(app)
    (run,) = runs_in(home)
    measured = {row.model: row.median_ms for row in run.results}
    assert sorted(measured) == children.models == sorted(BUNDLED)
    assert {(subject.weights, workload) for subject, workload, _ in children.asked} == {("own", Workload())}
    drawn = lanes(figure(app, "bars"))
    assert sorted(label.split()[0] for label in drawn) == sorted(ROWS)
    assert here(app) == measured
    assert [words for bar, words in drawn.values() if bar is None] == ["CPU: not timed yet"]  # E5, recorded nowhere
    assert not app.error
    assert Run.from_json(downloads["benchmark-run.json"]()) == run
    assert run.machine == this_machine()
    assert_table_holds(app, pd.read_csv(BytesIO(downloads["benchmark.csv"]())))


def assert_table_holds(app: AppTest, table: pd.DataFrame) -> None:
    """The table has what is drawn and, beside it, the original's figures and those of the recorded run."""
    assert list(table["Model"]) == list(app.dataframe[0].value["Model"])
    recorded = {(row["Model"], row["Device"]): row["Published table, ms"] for _, row in table.iterrows()}
    for name, row in ORIGINAL.items():
        if row and row.cpu_ms:
            assert (recorded[name, "cpu"], recorded[name, "cuda"]) == (row.cpu_ms, row.gpu_ms)
    assert dict(table.dropna(subset="Median, ms").set_index("Model")["Median, ms"]) == here(app)
    recorded_run = dict(table.dropna(subset="Recorded run, ms").set_index("Model")["Recorded run, ms"])
    assert set(recorded_run) == set(ROWS) - {E5}


@pytest.mark.parametrize(
    ("view", "button"),
    [
        ("Hello World", "Time this machine"),
        ("Sweep", f"Sweep {WORDLLAMA}"),
        ("Engines", f"Compare engines on {MINILM}"),
        ("Accuracy and speed", "Time missing models"),
    ],
)
def test_the_foot_stands_while_the_machine_is_timed(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch, view: str, button: str
) -> None:
    feet: list[int] = []
    monkeypatch.setattr(output, "foot", lambda: feet.append(len(children.asked)))
    monkeypatch.setattr(benchmark, "grid", partial(grid, (1,), (8,)))
    open_view(app, view, sweep_model=WORDLLAMA)
    press(app, button)
    assert feet == [0, 0, len(children.asked)]  # of the page as it opened, before the first timing, with the last


def test_what_is_kept_is_drawn_and_not_timed_again(app: AppTest, children: Children) -> None:
    benchmark.save(finished(timing(MINILM, median_ms=6.25), timing(WORDLLAMA, median_ms=0.25)))
    drawn = lanes(figure(open_view(app), "bars"))
    assert (drawn[MINILM], drawn[WORDLLAMA]) == ((6.25, "6.25 ms"), (0.25, "0.250 ms"))
    assert children.asked == []


def test_the_figures_of_the_original_are_drawn_beside_the_bars_for_cpu_and_gpu(
    app: AppTest, children: Children
) -> None:
    drawn = figure(open_view(app), "bars")
    marks = {trace.get("name"): trace for trace in drawn["data"]}
    names = [label.split()[0] for label in lanes(drawn)]
    end = drawn["layout"]["xaxis"]["range"][1]
    rows = {name: row for name in names if (row := ORIGINAL.get(name)) and row.cpu_ms}
    within = {name: row for name, row in rows.items() if max(row.cpu_ms or 0, row.gpu_ms or 0) <= end}
    assert marks["published, CPU"]["x"] == [row.cpu_ms for row in within.values()]
    assert marks["published, GPU"]["x"] == [row.gpu_ms for row in within.values()]
    assert [text for text in words(drawn) if text.startswith("published")] == [
        f"published table: CPU {wording.milliseconds(row.cpu_ms or 0)}, GPU {wording.milliseconds(row.gpu_ms or 0)}"
        for name, row in rows.items()
        if name not in within
    ]
    bars = [place for place, name in zip(drawn["data"][0]["y"], names, strict=True) if name in within]
    below = np.subtract(marks["published, CPU"]["y"], bars)
    assert below == pytest.approx([below[0]] * len(bars))
    assert 0.5 < below[0] < 1


def test_timing_all_takes_the_architecture_of_what_is_not_here_and_says_what_is_too_large(
    app: AppTest, children: Children
) -> None:
    press(open_view(app), "Time all models")
    weights = {subject.model: subject.weights for subject, _, _ in children.asked}
    assert weights == {model: "own" if model in BUNDLED else "random" for model in ROWS if model != E5}
    drawn = figure(app, "bars")
    hatched = zip(lanes(drawn), drawn["data"][0]["marker"]["pattern"]["shape"], strict=True)
    assert {label.split()[0] for label, shape in hatched if shape == "/"} == {*ROWS} - {*BUNDLED}
    assert sorted(drawn["data"][0]["marker"]["pattern"]["shape"]) == ["", "", "/", "/", "/", "/", "/"]
    assert "random weights" in told(app)
    bar, words = next(lane for label, lane in lanes(drawn).items() if label.startswith(E5))
    assert bar is None
    assert words.startswith("CPU: needs 28 GB")
    assert told(app).count(f"{E5} needs 28 GB, and models may use 8.6 GB of this machine's memory.") == 1


def test_a_picked_model_that_is_not_here_is_timed_by_architecture(app: AppTest, children: Children) -> None:
    time_here(app, models=[MISSING])
    assert [(subject.model, subject.weights) for subject, _, _ in children.asked] == [(MISSING, "random")]


def test_a_killed_process_costs_its_own_bar_and_its_reason_stands_on_the_page(app: AppTest, children: Children) -> None:
    reason = f"The process for timing {WORDLLAMA} was killed, most likely because it ran out of memory."
    children.failures[WORDLLAMA] = JobError(reason)
    drawn = lanes(figure(time_here(app), "bars"))
    assert drawn[MINILM][0] == 1.0
    assert drawn[WORDLLAMA][0] is None
    assert drawn[WORDLLAMA][1].startswith(f"CPU: The process for timing {WORDLLAMA} was killed")
    assert told(app).count(f"{WORDLLAMA} on cpu: {reason}") == 1


def test_what_failed_is_timed_again_when_asked_for(app: AppTest, children: Children) -> None:
    children.failures[WORDLLAMA] = JobError("It was killed.")
    time_here(app)
    children.failures.clear()
    press(app, "Time this machine")
    assert "It was killed" not in told(app)
    assert set(here(app).values()) == {2.0, 3.0}


def test_each_bar_is_drawn_when_its_turn_begins_and_when_it_is_measured(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, int]] = []

    def note(rows: Any, timings: Any, **others: Any) -> Any:
        drawn.append((len(timings), sum(state == "waiting" for state in others.get("states", {}).values())))
        return timing_bars(rows, timings, **others)

    monkeypatch.setattr("pages.parts.benchmark.hello_world.timing_bars", note)
    open_view(app)
    drawn.clear()
    press(app, "Time this machine")
    assert drawn == [(0, 2), (0, 1), (1, 1), (1, 0), (2, 0), (2, 0)]


def test_on_a_machine_with_a_gpu_both_devices_are_timed_and_set_beside_each_other(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "devices", lambda: ("cpu", "cuda"))
    benchmark.save(finished(timing(MINILM, "cpu", median_ms=12.0), timing(MINILM, "cuda", median_ms=3.0)))
    drawn = figure(open_view(app, models=[MINILM]), "bars")
    assert drawn["data"][0]["x"][:2] == [12.0, 3.0]
    assert "GPU 3.00 ms · 4.0× as fast" in figures(drawn)
    assert [metric.value for metric in app.metric if metric.label == "GPU speed-up"] == ["4.0×"]


def test_the_samples_the_seconds_and_the_precision_in_the_address_are_those_that_are_taken(
    app: AppTest, children: Children
) -> None:
    benchmark.save(finished(timing(MINILM, median_ms=99.0)))
    time_here(app, models=[MINILM], precision="float32", samples="50", seconds="2.5")
    ((subject, _, how),) = children.asked
    assert (subject.precision, how.least_samples, how.least_seconds) == ("float32", 50, 2.5)
    assert lanes(figure(app, "bars"))[MINILM][0] == 1.0
    assert f"{MINILM} · revision {str(models.get(MINILM).revision)[:14]} · cpu · fake · float32 · batch 1" in told(app)


def test_only_models_behind_an_api_are_not_timed_and_it_is_said(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not a key")
    open_view(app, models=["text-embedding-3-small"])
    assert [info.value for info in app.info] == [
        "Models behind an API are not timed: their latency depends on the network."
    ]
    assert sorted(label.split()[0] for label in lanes(figure(app, "bars"))) == sorted([*ROWS[1:-1], E5])


def test_after_a_cancelled_run_the_button_starts_anew(app: AppTest, children: Children) -> None:
    app.session_state["cancelled_benchmark"] = True
    open_view(app)
    assert children.asked == []
    press(app, "Time this machine")
    assert children.models == sorted(BUNDLED)
    assert here(app)[WORDLLAMA]


def test_the_json_is_the_latest_run_that_is_drawn_whatever_was_timed_after_it(
    app: AppTest, downloads: dict[str, Callable[[], Any]]
) -> None:
    drawn = finished(timing(WORDLLAMA), timing(MINILM, median_ms=6.25), created="2025-11-20T10:00:00+00:00")
    benchmark.save(drawn)
    benchmark.save(finished(timing(WORDLLAMA, text="", tokens=8), created="2025-11-21T10:00:00+00:00"))
    benchmark.save(finished(timing(MINILM, asked_engine="torch"), created="2025-11-22T10:00:00+00:00"))
    open_view(app)
    assert Run.from_json(downloads["benchmark-run.json"]()) == drawn


@pytest.mark.parametrize(
    ("view", "key"), [("Hello World", "bars"), ("Runs", "compared"), ("Accuracy and speed", "tradeoff")]
)
def test_the_picture_is_saved_in_the_format_that_is_picked(
    app: AppTest, children: Children, view: str, key: str
) -> None:
    benchmark.save(finished(timing(MINILM), timing(WORDLLAMA)))
    open_view(app, view)
    assert figure(app, key)["config"]["toImageButtonOptions"]["format"] == "png"
    app.button_group(key="picture_format").set_value("SVG").run()
    config = figure(app, key)["config"]
    assert config["toImageButtonOptions"]["format"] == "svg"
    assert config["modeBarButtons"] == [["toImage"]]


def test_a_bar_that_others_disturbed_says_so(app: AppTest, children: Children) -> None:
    children.disturbed = 7
    bar, words = lanes(figure(time_here(app, models=[WORDLLAMA]), "bars"))[WORDLLAMA]
    assert bar
    assert words.endswith("· 7 of 40 disturbed")
    assert "7 disturbed by other processes" in told(app)


def test_a_sweep_fills_a_heatmap_with_what_was_measured(
    app: AppTest, home: Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "grid", partial(grid, (1, 4), (8, 32)))
    open_view(app, "Sweep", sweep_model=WORDLLAMA)
    assert answers(app) == [f"No sweep of {WORDLLAMA} is recorded, on this machine or one like it."]
    press(app, f"Sweep {WORDLLAMA}")
    (run,) = runs_in(home)
    shapes = {(row.batch_size, row.tokens): row for row in run.results}
    assert set(shapes) == {(1, 8), (1, 32), (4, 8), (4, 32)}
    for measure, value in {
        "texts/s": lambda row: 1000 * row.batch_size / row.median_ms,
        "tokens/s": lambda row: 1000 * row.batch_size * row.tokens / row.median_ms,
        "latency, ms": lambda row: row.median_ms,
    }.items():
        app.button_group(key="sweep_measure").set_value(measure).run()
        drawn = figure(app, "sweep_heatmap_cpu")
        cells = drawn["data"][1]
        for column, row, text in zip(cells["x"], cells["y"], cells["text"], strict=True):
            expected = value(shapes[(1, 4)[row], (8, 32)[column]])
            assert float(text.replace(",", "")) == pytest.approx(expected, rel=0.01, abs=0.005)
        assert len(cells["text"]) == 4
    table = app.dataframe[0].value
    assert set(table["Median, ms"]) == {row.median_ms for row in run.results}


def test_each_cell_is_filled_when_it_is_measured(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[tuple[int, int]] = []

    def note(timings: list[Timing], measure: Any) -> Any:
        filled.append((sum(bool(row.median_ms) for row in timings), len(timings)))
        return sweep_heatmap(timings, measure)

    monkeypatch.setattr("pages.parts.benchmark.sweeps.sweep_heatmap", note)
    monkeypatch.setattr(benchmark, "grid", partial(grid, (1, 4), (8, 32)))
    open_view(app, "Sweep", sweep_model=WORDLLAMA)
    filled.clear()
    press(app, f"Sweep {WORDLLAMA}")
    assert filled == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4), (4, 4)]


def test_a_text_of_ones_own_fills_cells_that_are_there_once_its_tokens_are_counted(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[tuple[int, int, set[int | None]]] = []

    def note(timings: list[Timing], measure: Any) -> Any:
        filled.append((sum(bool(row.median_ms) for row in timings), len(timings), {row.tokens for row in timings}))
        return sweep_heatmap(timings, measure)

    monkeypatch.setattr("pages.parts.benchmark.sweeps.sweep_heatmap", note)
    open_view(app, "Sweep", sweep_model=WORDLLAMA, sweep_texts="My text")
    app.text_area(key="sweep_text").set_value(SECRET).run()
    press(app, f"Sweep {WORDLLAMA}")
    assert filled == [(done, 5, {7}) for done in (1, 2, 3, 4, 5, 5)]


def test_each_engine_has_its_row_from_the_start(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[tuple[str, ...], int]] = []

    def note(timings: list[Timing], **others: Any) -> Any:
        figure = engine_bars(timings, **others)
        labels = tuple(bare(label.rpartition("<br>")[0]) for label in figure.layout.yaxis.ticktext)
        drawn.append((labels, sum(bool(row.median_ms) for row in timings)))
        return figure

    monkeypatch.setattr("pages.parts.benchmark.engines.engine_bars", note)
    monkeypatch.setattr("core.encoders.runtime.computes_bfloat16", lambda: True)
    monkeypatch.setattr("core.encoders.choice.computes_int8", lambda: True)
    open_view(app, "Engines", engines_model=MINILM)
    drawn.clear()
    press(app, f"Compare engines on {MINILM}")
    assert len({labels for labels, _ in drawn}) == 1
    assert [done for _, done in drawn] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_all_swept_models_stand_in_the_lines_and_only_the_chosen_one_in_the_heatmap(app: AppTest) -> None:
    shapes = [(name, batch) for name in BUNDLED for batch in (1, 4)]
    benchmark.save(finished(*(timing(name, text="", tokens=8, batch_size=batch) for name, batch in shapes)))
    open_view(app, "Sweep", sweep_model=MINILM)
    assert set(app.dataframe[0].value["Model"]) == {MINILM}
    names = {bare(note["text"]) for note in figure(app, "lines")["layout"]["annotations"]}
    assert names == {f"{name} CPU" for name in BUNDLED}
    assert "no GPU on this machine" in told(app)


def test_with_a_gpu_the_page_says_from_which_batch_it_pays(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "devices", lambda: ("cpu", "cuda"))
    milliseconds = {("cpu", 1): 2.0, ("cpu", 4): 9.0, ("cuda", 1): 3.0, ("cuda", 4): 4.0}
    rows = [
        timing(MINILM, device, text="", tokens=8, batch_size=batch, median_ms=median)
        for (device, batch), median in milliseconds.items()
    ]
    benchmark.save(finished(*rows))
    open_view(app, "Sweep", sweep_model=MINILM)
    assert f"{MINILM}, 8 tokens: the GPU pays off from batch 4." in told(app)
    assert len(figure(app, "sweep_heatmap_cuda")["data"][1]["text"]) == 2


def test_a_text_of_ones_own_is_timed_in_batches_never_kept_and_not_shown_to_others(
    app: AppTest, another_app: AppTest, home: Path, children: Children
) -> None:
    open_view(app, "Sweep", sweep_model=WORDLLAMA, sweep_texts="My text")
    app.text_area(key="sweep_text").set_value(SECRET).run()
    press(app, f"Sweep {WORDLLAMA}")
    assert [(workload.text, workload.tokens) for _, workload, _ in children.asked] == [(SECRET, None)] * 5
    assert sorted(app.dataframe[0].value["Batch"]) == [1, 4, 16, 64, 256]
    assert len(runs_in(home)) == 1
    assert [path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    open_view(another_app, "Sweep", sweep_model=WORDLLAMA, sweep_texts="My text")
    assert answers(another_app) == [f"No sweep of {WORDLLAMA} is recorded, on this machine or one like it."]
    another_app.button_group(key="benchmark").set_value("Runs").run()
    assert SECRET not in told(another_app) + another_app.dataframe[0].value.to_csv()


def test_no_text_of_ones_own_is_a_sentence(app: AppTest, children: Children) -> None:
    open_view(app, "Sweep", sweep_texts="My text")
    app.text_area(key="sweep_text").set_value(" \n ").run()
    assert not app.exception
    assert [error.value.replace("\\", "") for error in app.error] == [
        "No text found in the text to time: add at least one line with a word in it."
    ]


def test_a_text_of_any_length_is_timed_as_far_as_it_is_read(app: AppTest, children: Children) -> None:
    open_view(app, "Sweep", sweep_model=WORDLLAMA, sweep_texts="My text")
    for typed, characters in (("x", 1), ("words " * 2_000_000, 20_000)):
        children.asked.clear()
        app.text_area(key="sweep_text").set_value(typed).run()
        press(app, f"Sweep {WORDLLAMA}")
        assert not app.error
        assert {len(workload.text) for _, workload, _ in children.asked} == {characters}
        assert ("truncated to 20,000 characters" in told(app)) == (len(typed) > characters)


@pytest.mark.parametrize("offered", [(), ("bfloat16",), ("bfloat16", "int8")], ids=" ".join)
def test_the_engines_of_a_model_are_compared_with_the_library_as_it_comes(
    app: AppTest, children: Children, monkeypatch: pytest.MonkeyPatch, offered: tuple[str, ...]
) -> None:
    monkeypatch.setattr("core.encoders.runtime.computes_bfloat16", lambda: "bfloat16" in offered)
    monkeypatch.setattr("core.encoders.choice.computes_int8", lambda: "int8" in offered)
    children.cosines = {"float32": 0.99999, "bfloat16": 0.99912, "int8": 0.99125}
    open_view(app, "Engines", engines_model=MINILM)
    assert answers(app) == [f"No comparison of engines is recorded for {MINILM}, on this machine or one like it."]
    press(app, f"Compare engines on {MINILM}")
    assert {how.with_cosine for _, _, how in children.asked} == {True}
    milliseconds = {(subject.engine, subject.precision): n + 1.0 for n, (subject, _, _) in enumerate(children.asked)}
    rows = [("library", "float32"), ("torch", "float32"), ("openvino", "float32")]
    rows += [("openvino", precision) for precision in offered]
    drawn = lanes(figure(app, "engines_bars"))
    assert list(drawn) == ["sentence-transformers, defaults, float32", *(", ".join(row) for row in rows[1:])]
    assert [bar for bar, _ in drawn.values()] == [milliseconds[row] for row in rows]
    for row, (bar, words) in zip(rows, drawn.values(), strict=True):
        assert bar
        assert f"cosine {children.cosines[row[1]]:.5f}" in words
        if row[0] != "library":
            times = milliseconds[rows[0]] / bar
            assert float(re.search(r"([\d.]+)×", words)[1]) == pytest.approx(times, abs=0.051)  # type: ignore[index]
    assert list(app.dataframe) == []


def test_engines_that_were_compared_are_drawn_by_link_and_leave_hello_world_alone(
    app: AppTest, children: Children
) -> None:
    rows = [timing(MINILM, engine=name, asked_engine=name, median_ms=ms) for name, ms in (("library", 8), ("torch", 2))]
    benchmark.save(finished(*rows))
    drawn = lanes(figure(open_view(app, "Engines", engines_model=MINILM), "engines_bars"))
    assert [words.split(" · ")[:2] for _, words in drawn.values()] == [["8.00 ms"], ["2.00 ms", "4.0×"]]
    assert benchmark.latest_timings() == {}
    assert children.asked == []


def test_a_model_that_is_not_here_has_its_engines_compared_by_architecture(app: AppTest, children: Children) -> None:
    press(open_view(app, "Engines", engines_model=MISSING), f"Compare engines on {MISSING}")
    assert {subject.weights for subject, _, _ in children.asked} == {"random"}
    assert "random weights" in told(app)


def test_static_models_have_no_engines_to_choose_from(app: AppTest) -> None:
    assert WORDLLAMA not in open_view(app, "Engines").selectbox(key="engines_model").options


def beaten() -> Run:
    """bge-large is best, MiniLM fastest, and mpnet stands behind bge-small in both."""
    milliseconds = {"bge-large-en-v1.5": 60.0, MISSING: 8.0, "all-mpnet-base-v2": 20.0, MINILM: 4.0}
    return finished(*(timing(name, median_ms=median, peak_memory_bytes=10**9) for name, median in milliseconds.items()))


@pytest.mark.parametrize(
    ("view", "answer"),
    [
        ("Sweep", f"No sweep of {MINILM} is recorded, on this machine or one like it."),
        ("Engines", f"No comparison of engines is recorded for {MINILM}, on this machine or one like it."),
    ],
)
def test_one_recorded_timing_is_no_sweep_and_no_comparison(app: AppTest, view: str, answer: str) -> None:
    open_view(app, view)
    assert answers(app) == [answer]
    assert not app.get("plotly_chart")
    assert len(app.info) == 1
    assert "How this was computed" in [fold.label for fold in app.expander]
    app.toggle(key="present").set_value(True).run()
    assert answers(app) == [answer]
    assert not app.info, "it names a button that present mode hides"


def test_accuracy_and_speed_open_on_the_recorded_run_measured_on_the_labelled_queries(app: AppTest) -> None:
    open_view(app, "Accuracy and speed")
    assert "This machine has not been timed yet: these timings are recorded ones." in told(app)
    assert "Machine: recorded on" in told(app)
    drawn = figure(app, "tradeoff")
    points = next(trace for trace in drawn["data"] if trace.get("mode") == "markers+text")
    assert len(points["x"]) == len(BUNDLED)
    assert drawn["layout"]["yaxis"]["title"]["text"] == "nDCG@10 here"


def test_what_nothing_beats_is_read_out_and_drawn_as_a_front(app: AppTest) -> None:
    benchmark.save(beaten())
    open_view(app, "Accuracy and speed", accuracy="MTEB v1")
    assert answers(app) == [
        f"On this machine, {MINILM} is 15 times as fast as bge-large-en-v1.5, which is the most accurate: 64.2 against "
        f"56.1; {MISSING} lies in between."
    ]
    assert f"Beaten in speed and accuracy: all-mpnet-base-v2 by {MISSING}." in told(app)
    drawn = figure(app, "tradeoff")
    front = next(trace for trace in drawn["data"] if trace.get("name") == "Pareto front")
    scores = {spec.name: (spec.mteb_v1 or {})["average"] for spec in models.catalogue() if spec.original}
    corners = set(zip(front["x"], front["y"], strict=True))
    assert {(4.0, scores[MINILM]), (8.0, scores[MISSING]), (60.0, scores["bge-large-en-v1.5"])} <= corners
    assert (20.0, scores["all-mpnet-base-v2"]) not in corners
    points = next(trace for trace in drawn["data"] if trace.get("mode") == "markers+text")
    assert sorted(points["x"]) == [4.0, 8.0, 20.0, 60.0]


def test_another_accuracy_moves_the_points_to_its_scores(app: AppTest) -> None:
    benchmark.save(beaten())
    open_view(app, "Accuracy and speed")
    app.button_group(key="accuracy").set_value("MTEB v2").run()
    assert not app.exception
    points = next(trace for trace in figure(app, "tradeoff")["data"] if trace.get("mode") == "markers+text")
    known = {spec.mteb_v2 for spec in models.catalogue() if spec.name in {row.model for row in beaten().results}}
    assert sorted(points["y"]) == sorted(score for score in known if score is not None)


def test_accuracy_can_be_measured_here_on_the_labelled_queries(app: AppTest) -> None:
    benchmark.save(finished(timing(WORDLLAMA, median_ms=0.25)))
    open_view(app, "Accuracy and speed", accuracy="nDCG@10 here")
    assert answers(app) == [f"On this machine, {WORDLLAMA} is the only result so far: time another model to compare."]
    points = next(trace for trace in figure(app, "tradeoff")["data"] if trace.get("mode") == "markers+text")
    spec, queries = models.get(WORDLLAMA), corpus.sample_queries()
    documents = embedding.embed(corpus.sample().documents, spec).vectors
    asked = embedding.embed(queries.texts, spec, kind="query").vectors
    found = search.nearest(asked, documents, evaluation.MAP_CUT).as_run(queries.ids, corpus.sample().ids)
    assert points["y"] == [pytest.approx(evaluation.evaluate(found, corpus.sample_qrels()).means["ndcg@10"])]


def test_speed_can_be_throughput_which_the_page_times_in_batches(app: AppTest, children: Children) -> None:
    open_view(app, "Accuracy and speed", speed="Throughput", accuracy="MTEB v1")
    assert "No model with a score for MTEB v1 has been timed on this machine yet" in told(app)
    press(app, "Time missing models")
    assert {workload for _, workload, _ in children.asked} == {Workload(16, "", 128)}
    assert children.models == sorted(set(ROWS) - {E5})
    drawn = figure(app, "tradeoff")
    assert drawn["layout"]["xaxis"]["title"]["text"] == "Texts/s (further right is faster)"
    points = next(trace for trace in drawn["data"] if trace.get("mode") == "markers+text")
    medians = {subject.model: n + 1.0 for n, (subject, _, _) in enumerate(children.asked)}
    del medians[WORDLLAMA]  # which MTEB has not scored
    assert sorted(points["x"]) == pytest.approx(sorted(16_000 / median for median in medians.values()))


def test_a_disturbed_timing_is_left_out_of_every_answer_and_tile(app: AppTest) -> None:
    benchmark.save(finished(timing(WORDLLAMA, median_ms=0.25, disturbed=3), timing(MINILM, median_ms=2.5)))
    open_view(app)
    assert answers(app) == [
        f"On this machine, leaving out disturbed timings, {MINILM} takes 2.50 ms to embed “Hello World”."
    ]
    assert [metric.value for metric in app.metric if metric.label == "Fastest undisturbed"] == ["2.50 ms"]
    assert f"disturbed the timing of {WORDLLAMA}: shown in grey, not compared." in told(app)
    view: Any = next(group for group in app.get("button_group") if group.key == "benchmark")
    view.set_value("Accuracy and speed").run()
    assert answers(app) == [
        f"On this machine, only {MINILM} was timed undisturbed: time again when it is quiet to compare."
    ]


def test_a_million_tokens_cost_what_the_machine_costs_while_it_computes_them(app: AppTest) -> None:
    benchmark.save(finished(timing(MINILM, text="", tokens=128, batch_size=16, median_ms=200.0)))
    open_view(app, "Accuracy and speed")
    seconds = 1_000_000 / (16 * 128) * 0.2
    for dollars in (0.0, 1.0, 3.6):
        app.number_input(key="dollars_per_hour").set_value(dollars).run()
        assert not app.exception
        drawn = figure(app, "costs")
        rows = map(bare, drawn["layout"]["yaxis"]["ticktext"])
        prices = dict(zip(rows, words(drawn), strict=True))
        assert float(prices[MINILM].removeprefix("$")) == pytest.approx(dollars / 3600 * seconds, rel=0.05)
        assert prices["text-embedding-3-small"] == "$0.02 by API"


def test_two_runs_are_compared_bar_by_bar(app: AppTest) -> None:
    benchmark.save(finished(timing(MINILM, median_ms=6.0), timing(WORDLLAMA, median_ms=1.0)))
    brought = benchmark.import_run(elsewhere(timing(MINILM, median_ms=3.0)).to_json())
    open_view(app, "Runs", second_run=title(brought))
    drawn = figure(app, "compared")
    assert drawn["data"][0]["x"] == [6.0, 3.0]
    assert answers(app) == [
        f"Another CPU (imported) is 2.0 times as fast as {cpu(this_machine())}, in the only timing they share."
    ]
    assert figures(drawn)[-2:] == ["6.00 ms", "3.00 ms · 2.0× as fast"]
    assert "Another CPU" in told(app)
    assert "1 timing that the other run lacks" in told(app)


def test_runs_without_anything_in_common_say_so(app: AppTest) -> None:
    benchmark.save(finished(timing(WORDLLAMA, median_ms=1.0)))
    open_view(app, "Runs")
    app.selectbox(key="second_run").set_value("original").run()
    assert "No model was timed in both of these runs" in told(app)
    assert not app.get("plotly_chart")


def test_a_run_beside_itself_asks_for_another(app: AppTest) -> None:
    open_view(app, "Runs")
    app.selectbox(key="first_run").set_value("original").run()
    app.selectbox(key="second_run").set_value("original").run()
    assert "Choose two different runs" in told(app)


def test_the_recorded_run_stands_beside_the_original_table_before_anything_was_timed(app: AppTest) -> None:
    open_view(app, "Runs")
    assert not app.error
    assert list(app.dataframe[0].value["Source"]) == ["recorded", "recorded"]
    recorded = next(kept.run for kept in benchmark.list_runs() if kept.name != "original")
    large = next(row.median_ms for row in recorded.results if row.model == "bge-large-en-v1.5")
    assert {large, 67.7} <= set(figure(app, "compared")["data"][0]["x"])


def bring(app: AppTest, content: bytes, name: str = "run.json") -> AppTest:
    open_view(app, "Runs")
    app.file_uploader[0].upload(name, content, "application/json")
    return press(app, "Import")


def test_a_run_of_another_machine_is_brought_listed_and_never_counted_as_ours(app: AppTest, children: Children) -> None:
    bring(app, elsewhere(timing(MINILM, median_ms=77.0)).to_json().encode())
    assert "Imported as" in app.success[0].value
    listed = app.dataframe[0].value
    assert list(listed["Source"]) == ["imported", "recorded", "recorded"]
    assert "Another CPU" in listed["Machine"][0]
    assert len(app.selectbox(key="first_run").options) == 3
    app.button_group(key="benchmark").set_value("Hello World").run()
    assert 77.0 not in figure(app, "bars")["data"][0]["x"]


def test_a_run_of_our_own_that_is_brought_back_is_still_ours(app: AppTest) -> None:
    run = finished(timing(MINILM, median_ms=6.0))
    benchmark.save(run)
    bring(app, run.to_json().encode())
    assert "this machine" in list(app.dataframe[0].value["Source"])


NO_RUNS = [
    (b"", "This file is not an Embedscope benchmark run."),
    (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "This file is not an Embedscope benchmark run."),
    (b'{"name": "package", "version": "1.0.0"}', "This file is not an Embedscope benchmark run."),
    (b"[" * 100_000, "This file is not an Embedscope benchmark run."),
    (b'{"schema": 99}', "This run uses schema 99; this version of Embedscope reads schema 2."),
    (b" " * 3_000_000, "This run is too large: a run can have at most 2 MB."),
    (finished().to_json().encode(), "This run contains no timings."),
]


def test_a_file_that_is_no_run_is_one_sentence_and_the_page_goes_on(app: AppTest, home: Path) -> None:
    open_view(app, "Runs")
    for content, sentence in NO_RUNS:
        app.file_uploader[0].set_value([("run.json", content, "application/json")])
        press(app, "Import")
        assert [error.value.replace("\\", "") for error in app.error] == [sentence], content[:20]
        assert list((home / "runs").rglob("*.json")) == []
        assert figure(app, "compared")


def test_bringing_nothing_is_a_sentence(app: AppTest) -> None:
    press(open_view(app, "Runs"), "Import")
    assert "Choose a JSON file first" in told(app)


def test_every_run_that_can_be_chosen_can_be_taken_elsewhere(
    app: AppTest, downloads: dict[str, Callable[[], Any]]
) -> None:
    open_view(app, "Runs")
    if "benchmark-run.json" in downloads:
        assert Run.from_json(downloads["benchmark-run.json"]()).results


def test_the_original_table_stays_on_the_list_however_many_runs_there_are(app: AppTest) -> None:
    for second in range(301):
        benchmark.save(finished(timing(), created=f"2025-11-22T10:{second // 60:02}:{second % 60:02}+00:00"))
    options = open_view(app, "Runs").selectbox(key="second_run").options
    assert options[-1].startswith("The published table")


def test_the_runs_of_a_link_are_compared_again(app: AppTest) -> None:
    for hour in (10, 11):
        benchmark.save(finished(timing(median_ms=float(hour)), created=f"2025-11-22T{hour}:00:00+00:00"))
    older = benchmark.list_runs()[1]
    open_view(app, "Runs", first_run=title(older))
    assert app.selectbox(key="first_run").value == older.name
    assert 10.0 in figure(app, "compared")["data"][0]["x"]
    assert 11.0 not in figure(app, "compared")["data"][0]["x"]


@pytest.mark.parametrize(
    "choices",
    [
        {"view": "Runs", "first_run": "no-such-run"},
        {"view": "Runs", "second_run": "../../etc/passwd"},
        {"view": "Sweep", "sweep_model": "no-such-model"},
        {"view": "Engines", "engines_model": WORDLLAMA},
        {"view": "no such view"},
        {"samples": "a million", "seconds": "-1"},
    ],
    ids=str,
)
def test_a_broken_link_is_passed_over(app: AppTest, children: Children, choices: dict[str, str]) -> None:
    open_view(app, **{"view": "Hello World", **choices})
    assert not app.error
    assert app.get("plotly_chart") or app.info


def test_the_models_page_shows_only_what_own_weights_were_timed_at(app: AppTest) -> None:
    random = timing(MISSING, median_ms=9.0, weights="random")
    benchmark.save(finished(timing(MINILM, median_ms=6.25), random))
    table = open_page(app, "models").dataframe[0].value
    assert dict(table.dropna(subset="hello_world_ms").set_index("model")["hello_world_ms"]) == {MINILM: 6.25}
