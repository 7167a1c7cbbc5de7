"""Timings as bars: models on CPU and GPU, two runs beside each other, engines and precisions of one model.

Every bar has its own lane on a numeric axis, so that rows stay in place while others fill.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from core.benchmark.pairs import needs_engine, pair
from core.benchmark.timing import Timing
from core.charts.style import (
    LEGEND_ABOVE,
    NEUTRAL,
    RECORDED,
    apply_style,
    device_name,
    device_opacity,
    fills,
    hatching,
    linear_ticks,
    plain,
    wrap,
)
from core.wording import milliseconds, ratio

Row = tuple[str, str]

MARKS = {"cpu": ("line-ns-open", 12), "cuda": ("diamond-open", 7)}
SHOWN_OF_REASON = 48
RANDOM = "random weights"
LIBRARY_NAME = "sentence-transformers, defaults"
RUN_OPACITIES = (1.0, 0.3)
HATCHES = {(False, False): "", (True, False): "/", (False, True): RECORDED, (True, True): "x"}  # random, recorded
HATCHED = {RECORDED: "recorded", "/": RANDOM, "x": f"recorded, {RANDOM}"}
LANE_PIXELS = 30
LANE_GAP, GAP_WITH_MARKS = 0.7, 1.0
MARK_DROP = 0.78  # of a lane, from the middle of a model's last bar to its marks
ROOM_FOR_WHISKERS = 1.5
ROOM_FOR_MARKS = 0.6  # of the axis, where others of a model's marks are written at its end
CHARACTER = 0.0165  # a character's share of the axis in a figure 700 pixels wide
LEAST_SHARE = 0.35  # of the axis reserved for the bars, however long their words


@dataclass(frozen=True)
class _Bar:
    """A lane: a bar of `timing` with its figures at the end, or `words` instead; recorded on another machine or not."""

    timing: Timing | None
    colour: str
    opacity: float
    words: str = ""
    is_recorded: bool = False

    @property
    def is_by_architecture(self) -> bool:
        return self.timing is not None and self.timing.weights == "random"

    @property
    def hatch(self) -> str:
        return HATCHES[self.is_by_architecture, self.is_recorded]

    @property
    def ms(self) -> float | None:
        return self.timing.median_ms if self.timing else None

    @property
    def p95(self) -> float:
        """The whisker's end in milliseconds; the median if no 95th percentile is known, and 0 without a median."""
        return max(self.ms or 0, (self.timing.p95_ms or 0) if self.timing and self.ms else 0)

    @property
    def fill(self) -> str:
        return NEUTRAL if self.timing and self.timing.is_disturbed else self.colour

    @property
    def hover(self) -> str:
        elsewhere = "<br>recorded on another machine" if self.is_recorded else ""
        return _hover(self.timing) + elsewhere if self.timing else self.words


def timing_bars(
    rows: Sequence[Row],
    timings: Mapping[Row, Timing],
    *,
    colours: Mapping[str, str],
    states: Mapping[Row, str] | None = None,
    recorded: Mapping[Row, Timing] | None = None,
    marks: Mapping[Row, float] | None = None,
) -> go.Figure:
    """Median milliseconds, with whiskers to the 95th percentile; CPU light, GPU full, random weights hatched.

    The axis is limited so that the medians stay readable. Whiskers that run beyond it end in an arrow, and their end is
    written.
    Disturbed timings are grey and not compared.

    Parameters
    ----------
    rows : sequence of (model, device)
        All rows to show; a model's devices are grouped at the position of its first.
    timings : mapping
        Timings that are done or have failed.
    colours : mapping
        Of each model, as "#RRGGBB".
    states : mapping
        A short status for each of the others, such as "waiting".
    recorded : mapping
        Timings of another machine, hatched the other way, where a row has neither a timing nor a status.
    marks : mapping
        Milliseconds of another machine, drawn as faint marks below the bars of their model; those beyond the axis,
        which is as long as the bars need, are written at its end.
    """
    states, recorded, marks = states or {}, recorded or {}, marks or {}
    groups: dict[str, list[_Bar]] = {}
    for row in rows:
        is_recorded = row in recorded and row not in timings and row not in states
        source = recorded if is_recorded else timings
        words = (
            _ending(source[row], source)
            if row in source
            else f"{device_name(row[1])}: {plain(states.get(row, 'not timed yet'))}"
        )
        bar = _Bar(source.get(row), colours[row[0]], device_opacity(row[1]), words, is_recorded)
        groups.setdefault(row[0], []).append(bar)
    labels = [_model_label(model, any(bar.is_by_architecture for bar in bars)) for model, bars in groups.items()]
    by_model = [{device: ms for (name, device), ms in marks.items() if name == model} for model in groups]
    figure = _bars(labels, list(groups.values()), by_model)
    devices = list(dict.fromkeys(device for _, device in rows))
    if len(devices) > 1:
        _swatches(figure, [device_name(device) for device in devices], [device_opacity(device) for device in devices])
    return figure


def comparison_bars(
    first: Sequence[Timing],
    second: Sequence[Timing],
    names: tuple[str, str],
    *,
    colours: Mapping[str, str],
    are_recorded: tuple[bool, bool] = (False, False),
) -> go.Figure:
    """The timings of two runs bar by bar, the first full, the second light with its speed relative to the first.

    A row is a model, device and workload; also engine and precision if a run has several.

    Parameters
    ----------
    first, second : sequence of Timing
        The runs' results.
    names : pair of str
        The names of the runs.
    colours : mapping
        Of each model, as "#RRGGBB".
    are_recorded : pair of bool
        Whether each run was made on another machine: its bars are hatched.
    """
    by_engine = needs_engine(first, second)
    labels, lanes = [], []
    for before, after in pair(first, second):
        either = before or after
        if either is None:
            continue
        labels.append(_comparison_label(either, by_engine))
        notes = ("", _ratio(after, before, " as fast"))
        runs = zip((before, after), RUN_OPACITIES, notes, are_recorded, strict=True)
        lanes.append(
            [
                _Bar(timing, colours[either.model], opacity, _words(timing, note, _weights(timing)), is_recorded)
                for timing, opacity, note, is_recorded in runs
            ]
        )
    figure = _bars(labels, lanes)
    _swatches(figure, [plain(name) for name in names], RUN_OPACITIES)
    return figure


def engine_bars(timings: Sequence[Timing], *, colours: Mapping[str, str], is_recorded: bool = False) -> go.Figure:
    """One model by engine and precision: milliseconds, speed relative to the library, cosine to torch in float32.

    Those recorded on another machine are hatched.
    """
    library = {timing.device: timing for timing in timings if timing.engine == "library"}
    several = len({timing.device for timing in timings}) > 1
    labels = [_engine_label(timing, several) for timing in timings]
    lanes = [
        [
            _Bar(
                timing,
                colours[timing.model],
                device_opacity(timing.device),
                _words(timing, _ratio(timing, library.get(timing.device), ""), _cosine(timing)),
                is_recorded,
            )
        ]
        for timing in timings
    ]
    return _bars(labels, lanes)


def _bars(
    labels: Sequence[str], groups: Sequence[Sequence[_Bar]], marks: Sequence[Mapping[str, float]] | None = None
) -> go.Figure:
    """Groups of bars from top to bottom, each with its label at the left, and its marks by device below."""
    bars = [bar for group in groups for bar in group]
    marks = marks or [{}] * len(groups)
    places, middles, tracks = _places(groups, marks)
    starts, elsewhere = _word_starts(bars), [ms for group in marks for ms in group.values()]
    fitting = _axis_end(bars, starts, elsewhere)
    bars = [_write_end(bar) if bar.p95 > fitting else bar for bar in bars]
    end = _axis_end(bars, starts, elsewhere)
    figure = go.Figure()
    _add_bars(figure, bars, places)
    _add_words(figure, bars, places, starts)
    _add_arrows(figure, [place for bar, place in zip(bars, places, strict=True) if bar.p95 > end], end)
    _add_hovers(figure, [(bar, place) for bar, place in zip(bars, places, strict=True) if bar.ms is None], end / 2)
    within = [_within(group, end) for group in marks]
    for device in dict.fromkeys(device for group in within for device in group):
        _add_marks(figure, within, tracks, device)
    _write_marks(figure, [group.items() - near.items() for group, near in zip(marks, within, strict=True)], tracks, end)
    last = max([*places, *(track for group, track in zip(marks, tracks, strict=True) if group)], default=0)
    ticks = linear_ticks(end)
    _explain_hatching(figure, bars)
    figure.update_xaxes(
        title="Median ms",
        range=[0, end],
        tickvals=ticks,
        ticktext=[f"{tick:,g}" for tick in ticks],
        zeroline=False,
    )
    figure.update_yaxes(
        range=[last + 0.7, -0.7],
        tickvals=middles,
        ticktext=labels,
        showgrid=False,
        zeroline=False,
        ticklabelstandoff=8,
    )
    figure.update_layout(barmode="overlay", legend=LEGEND_ABOVE)
    return apply_style(figure, height=round(LANE_PIXELS * (last + 1.4)) + 114, margin=(10, 20, 44, 70))


def _add_bars(figure: go.Figure, bars: Sequence[_Bar], places: Sequence[float]) -> None:
    figure.add_bar(
        x=[bar.ms for bar in bars],
        y=places,
        width=0.72,
        orientation="h",
        error_x={
            "type": "data",
            "array": [bar.p95 - (bar.ms or 0) for bar in bars],
            "arrayminus": [0] * len(bars),
            "color": NEUTRAL,
        },
        marker=fills([bar.fill for bar in bars], [bar.opacity for bar in bars])
        | {"pattern": hatching([bar.hatch for bar in bars])},
        hovertext=[bar.hover for bar in bars],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _add_words(figure: go.Figure, bars: Sequence[_Bar], places: Sequence[float], starts: Sequence[float]) -> None:
    """The words of each bar: right of its whisker, above a long one, or in place of the bar if there is none."""
    figure.add_scatter(
        x=starts,
        y=places,
        mode="text",
        text=[f"  {bar.words}" for bar in bars],
        textposition=[
            "top right" if bar.p95 > start else "middle right" for bar, start in zip(bars, starts, strict=True)
        ],
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
    )


def _add_arrows(figure: go.Figure, places: Sequence[float], end: float) -> None:
    """An arrow at the end of the axis for each whisker that runs beyond it."""
    figure.add_scatter(
        x=[end] * len(places),
        y=list(places),
        mode="text",
        text=["▸"] * len(places),
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
    )


def _add_hovers(figure: go.Figure, lanes: Sequence[tuple[_Bar, float]], width: float) -> None:
    """Invisible bars of that width that give a tooltip to the words of lanes without a bar."""
    figure.add_bar(
        x=[width] * len(lanes),
        y=[place for _, place in lanes],
        width=0.72,
        orientation="h",
        marker=fills([NEUTRAL] * len(lanes), [0] * len(lanes)) | {"opacity": 0},
        hovertext=[bar.hover for bar, _ in lanes],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _places(
    groups: Sequence[Sequence[_Bar]], marks: Sequence[Mapping[str, float]]
) -> tuple[list[float], list[float], list[float]]:
    """Each bar's place from the top, in lanes, the middle of each group, and the place of its marks."""
    places: list[float] = []
    middles, tracks = [], []
    start = 0.0
    for group, marked in zip(groups, marks, strict=True):
        places += [start + lane for lane in range(len(group))]
        middles.append(start + (len(group) - 1) / 2)
        tracks.append(start + len(group) - 1 + MARK_DROP)
        start += len(group) + (GAP_WITH_MARKS if marked else LANE_GAP)
    return places, middles, tracks


def _word_starts(bars: Sequence[_Bar]) -> list[float]:
    """Where the words of each bar begin: behind its whisker, or at its median if the whisker is long."""
    longest = ROOM_FOR_WHISKERS * max((bar.ms or 0 for bar in bars), default=0)
    return [bar.p95 if bar.p95 <= longest else bar.ms or 0 for bar in bars]


def _write_end(bar: _Bar) -> _Bar:
    """The bar, with the 95th percentile in its words."""
    return replace(bar, words=f"{bar.words} · 95th percentile {milliseconds(bar.p95)}")


def _axis_end(bars: Sequence[_Bar], starts: Sequence[float], marks: Sequence[float]) -> float:
    """The end of the axis that leaves room for the words of each bar; without a bar, for the marks."""
    if not any(starts):
        return max((1.05 * ms for ms in marks), default=0) or 1
    rooms = [max(LEAST_SHARE, 1 - CHARACTER * len(_without_markup(bar.words))) for bar in bars]
    return max(start / room for start, room in zip(starts, rooms, strict=True))


def _without_markup(words: str) -> str:
    return words.replace("<b>", "").replace("</b>", "")


def _add_marks(figure: go.Figure, marks: Sequence[Mapping[str, float]], tracks: Sequence[float], device: str) -> None:
    """A faint mark for each model's milliseconds elsewhere, below its bars and clear of their words."""
    symbol, size = MARKS.get(device, ("x-thin-open", 8))
    marked = [(group[device], track) for group, track in zip(marks, tracks, strict=True) if device in group]
    figure.add_scatter(
        x=[ms for ms, _ in marked],
        y=[track for _, track in marked],
        mode="markers",
        marker={
            "symbol": symbol,
            "size": size,
            "color": NEUTRAL,
            "opacity": 0.8,
            "line": {"width": 3, "color": NEUTRAL},
        },
        hovertext=[f"original table, {device_name(device)}: {milliseconds(ms)}" for ms, _ in marked],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        name=f"original, {device_name(device)}",
        legendrank=2000,
        showlegend=True,
    )


def _within(marks: Mapping[str, float], end: float) -> dict[str, float]:
    """A model's marks that lie on the axis, clear of the words for those beyond it."""
    last = end if all(ms <= end for ms in marks.values()) else ROOM_FOR_MARKS * end
    return {device: ms for device, ms in marks.items() if ms <= last}


def _write_marks(
    figure: go.Figure, marks: Sequence[Collection[tuple[str, float]]], tracks: Sequence[float], end: float
) -> None:
    """The marks that lie beyond the axis, in words at its end: "original: CPU 67.7 ms ▸"."""
    written = [
        (", ".join(f"{device_name(device)} {milliseconds(ms)}" for device, ms in sorted(beyond)), track)
        for beyond, track in zip(marks, tracks, strict=True)
        if beyond
    ]
    figure.add_scatter(
        x=[end] * len(written),
        y=[track for _, track in written],
        mode="text",
        text=[f"original: {words} ▸" for words, _ in written],
        textposition="middle left",
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
    )


def _swatches(figure: go.Figure, names: Sequence[str], opacities: Sequence[float]) -> None:
    """Grey samples of the fills in the legend, which would otherwise show the first model's colour."""
    for name, opacity in zip(names, opacities, strict=True):
        figure.add_bar(x=[None], y=[None], name=name, marker=fills([NEUTRAL], [opacity]), showlegend=True)


def _explain_hatching(figure: go.Figure, bars: Sequence[_Bar]) -> None:
    """A grey sample of each hatching of the bars in the legend."""
    drawn = {bar.hatch for bar in bars if bar.ms}
    for shape, name in HATCHED.items():
        if shape in drawn:
            marker = fills([NEUTRAL], [1.0]) | {"pattern": hatching([shape])}
            figure.add_bar(x=[None], y=[None], name=name, marker=marker, showlegend=True)


def _weights(timing: Timing | None) -> str:
    """That a timing is of random weights, at a bar's end."""
    return RANDOM if timing is not None and timing.weights == "random" else ""


def _ending(timing: Timing, timings: Mapping[Row, Timing]) -> str:
    """The words at a bar's end: its milliseconds, and for a GPU the speed-up over the CPU."""
    on_cpu = timings.get((timing.model, "cpu")) if timing.device != "cpu" else None
    return _words(timing, _ratio(timing, on_cpu, " as fast"))


def _words(timing: Timing | None, *notes: str) -> str:
    """A timing's milliseconds and notes, or why there are none."""
    if timing is None:
        return "not timed"
    if timing.median_ms is None:
        reason = timing.failure.removeprefix(timing.model).strip()  # its name is at the left
        return f"{device_name(timing.device)}: {plain(reason, SHOWN_OF_REASON)}"
    disturbed = f"{timing.disturbed} of {timing.samples} disturbed"
    disturbed = disturbed if timing.is_disturbed else ""
    shown = [note for note in (*notes, disturbed) if note]
    return " · ".join([f"<b>{milliseconds(timing.median_ms)}</b>", *shown])


def _ratio(timing: Timing | None, other: Timing | None, ending: str) -> str:
    """Speed relative to the other: "5.4×"; empty if there is nothing to compare, or one of them was disturbed."""
    if not timing or not other or other is timing or not timing.median_ms or not other.median_ms:
        return ""
    if timing.is_disturbed or other.is_disturbed:
        return ""
    return f"{ratio(other.median_ms / timing.median_ms)}{ending}"


def _cosine(timing: Timing) -> str:
    return "" if timing.cosine is None else f"cosine {timing.cosine:.5f}"


def _hover(timing: Timing) -> str:
    """The tooltip of a bar: all its figures, or the full reason why there are none."""
    engine = f"{LIBRARY_NAME if timing.engine == 'library' else timing.engine}, {timing.precision}"
    head = f"<b>{plain(timing.model)}</b>, {device_name(timing.device)}<br>{plain(engine)}"
    if timing.median_ms is None:
        return f"{head}<br>{wrap(timing.failure)}"
    lines = [
        head,
        f"median {milliseconds(timing.median_ms)}" + (f" over {timing.samples:,} calls" if timing.samples else ""),
    ]
    if timing.p95_ms:
        lines.append(f"95th percentile {milliseconds(timing.p95_ms)}")
    if timing.forward:
        lines.append(f"forward pass only {milliseconds(timing.forward.median_ms)}")
    if timing.weights == "random":
        lines.append(RANDOM)
    if timing.disturbed:
        lines.append(f"{timing.disturbed} calls disturbed by other processes")
    return "<br>".join(lines)


def _model_label(model: str, is_by_architecture: bool) -> str:
    """A model's name in bold; below it, small, its owner and whether the weights are its own."""
    owner, _, name = model.rpartition("/")
    small = ", ".join(part for part in (plain(owner, 24), RANDOM if is_by_architecture else "") if part)
    return f"<b>{wrap(name, 24, 2)}</b>" + (f"<br>{small}" if small else "")


def _comparison_label(timing: Timing, with_engine: bool) -> str:
    details = [
        device_name(timing.device),
        f"{timing.engine} {timing.precision}" if with_engine else "",
        _workload(timing),
    ]
    name = _model_label(timing.model, is_by_architecture=False)  # a run's own bar says so
    return f"{name}<br>{wrap(', '.join(part for part in details if part), 30, 2)}"


def _workload(timing: Timing) -> str:
    if timing.is_hello:
        return ""
    return f"batch {timing.batch_size}" + (f" of {timing.tokens} tokens" if timing.tokens else "")


def _engine_label(timing: Timing, with_device: bool) -> str:
    device = f"{device_name(timing.device)}, " if with_device else ""
    if timing.engine == "library":
        return f"<b>{wrap(LIBRARY_NAME, 24, 2)}</b><br>{device}{plain(timing.precision)}"
    return f"<b>{plain(timing.engine)}</b><br>{device}{plain(timing.precision)}"
