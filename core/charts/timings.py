"""Timings as bars: models on CPU and GPU, two runs beside each other, engines and precisions of one model.

Every bar has its own lane on a numeric axis, so that rows stay in place while others fill. Its figures stand at the
left, below the name: a narrow window cannot cut them there, and no whisker's end is taken for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
PUBLISHED = "published table"
LANE_PIXELS = 30
LINE = 0.7  # of a lane: a line of a label
LANE_GAP, GAP_WITH_MARKS = 0.3, 1.4
MARK_DROP, WRITTEN_DROP = 0.78, 1.2  # lanes from the middle of a model's last bar to its marks, or to these in words
ROOM_FOR_WHISKERS = 2.0  # how many times as long as the longest bar the axis is at most
ROOM_AT_THE_END = 1.04


@dataclass(frozen=True)
class _Bar:
    """A lane: a bar of `timing`, or `words` in its place; `figures` are its line of the label at the left.

    `is_recorded` says whether it was recorded on another machine.
    """

    timing: Timing | None
    colour: str
    opacity: float
    words: str = ""
    figures: str = ""
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

    The medians are written below the model's name. The axis is limited so that their bars stay readable: whiskers that
    run beyond it end in an arrow, and their end is written.
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
        Milliseconds of another machine, drawn as faint marks below the bars of their model, or written there if one
        lies beyond the axis, which is as long as the bars need.
    """
    states, recorded, marks = states or {}, recorded or {}, marks or {}
    devices = list(dict.fromkeys(device for _, device in rows))
    groups: dict[str, list[_Bar]] = {}
    for row in rows:
        is_recorded = row in recorded and row not in timings and row not in states
        source = recorded if is_recorded else timings
        timing = source.get(row)
        words = _reason(timing) if timing else f"{device_name(row[1])}: {plain(states.get(row, 'not timed yet'))}"
        figures = _figures(timing, _speed_up(timing, source))
        name = f"{device_name(row[1])} " if len(devices) > 1 else ""
        bar = _Bar(timing, colours[row[0]], device_opacity(row[1]), words, name + figures, is_recorded)
        groups.setdefault(row[0], []).append(bar)
    by_model = [{device: ms for (name, device), ms in marks.items() if name == model} for model in groups]
    figure = _bars([_model_label(model) for model in groups], list(groups.values()), by_model)
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
                _Bar(
                    timing,
                    colours[either.model],
                    opacity,
                    _reason(timing),
                    _figures(timing, note, _weights(timing)),
                    is_recorded,
                )
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
                _reason(timing),
                _figures(timing, _ratio(timing, library.get(timing.device), ""), _cosine(timing)),
                is_recorded,
            )
        ]
        for timing in timings
    ]
    return _bars(labels, lanes)


def _bars(
    names: Sequence[str], groups: Sequence[Sequence[_Bar]], marks: Sequence[Mapping[str, float]] | None = None
) -> go.Figure:
    """Groups of bars from top to bottom, each with its name and figures at the left, and its marks by device below."""
    bars = [bar for group in groups for bar in group]
    marks = marks or [{}] * len(groups)
    labels = ["<br>".join([name, *(bar.figures for bar in group)]) for name, group in zip(names, groups, strict=True)]
    places, middles, bottom = _places(groups, labels, marks)
    end = _axis_end(bars, [ms for group in marks for ms in group.values()])
    figure = go.Figure()
    _add_bars(figure, bars, places)
    _add_words(figure, bars, places)
    _add_arrows(figure, [(bar, place) for bar, place in zip(bars, places, strict=True) if bar.p95 > end], end)
    _add_hovers(figure, [(bar, place) for bar, place in zip(bars, places, strict=True) if bar.ms is None], end / 2)
    lowest = [middle + (len(group) - 1) / 2 for middle, group in zip(middles, groups, strict=True)]
    near = [group if all(ms <= end for ms in group.values()) else {} for group in marks]
    for device in dict.fromkeys(device for group in near for device in group):
        _add_marks(figure, near, [place + MARK_DROP for place in lowest], device)
    beyond = [{} if within else group for group, within in zip(marks, near, strict=True)]
    _write_marks(figure, beyond, [place + WRITTEN_DROP for place in lowest])
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
        range=[bottom, -0.7],
        tickvals=middles,
        ticktext=labels,
        showgrid=False,
        zeroline=False,
        ticklabelstandoff=8,
    )
    figure.update_layout(barmode="overlay", legend=LEGEND_ABOVE)
    return apply_style(figure, height=round(LANE_PIXELS * (bottom + 0.7)) + 114, margin=(10, 20, 44, 70))


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


def _add_words(figure: go.Figure, bars: Sequence[_Bar], places: Sequence[float]) -> None:
    """In place of each bar that there is not, its words."""
    figure.add_scatter(
        x=[0] * len(bars),
        y=places,
        mode="text",
        text=["" if bar.ms else f"  {bar.words}" for bar in bars],
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
    )


def _add_arrows(figure: go.Figure, lanes: Sequence[tuple[_Bar, float]], end: float) -> None:
    """An arrow at the end of the axis for each whisker that runs beyond it, and above it where that one ends."""
    for texts, position in (
        (["▸" for _ in lanes], "middle right"),
        ([f"95th percentile {milliseconds(bar.p95)}" for bar, _ in lanes], "top left"),
    ):
        figure.add_scatter(
            x=[end] * len(lanes),
            y=[place for _, place in lanes],
            mode="text",
            text=texts,
            textposition=position,
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
    groups: Sequence[Sequence[_Bar]], labels: Sequence[str], marks: Sequence[Mapping[str, float]]
) -> tuple[list[float], list[float], float]:
    """Each bar's place from the top, in lanes, the middle of each group, and the end of the last."""
    places: list[float] = []
    middles = []
    top = -0.5
    for group, label, marked in zip(groups, labels, marks, strict=True):
        height = max(len(group), LINE * (1 + label.count("<br>")))
        middles.append(top + height / 2)
        places += [middles[-1] + lane - (len(group) - 1) / 2 for lane in range(len(group))]
        top += height + (GAP_WITH_MARKS if marked else LANE_GAP)
    return places, middles, top


def _axis_end(bars: Sequence[_Bar], marks: Sequence[float]) -> float:
    """The end of the axis: that of the longest whisker, if the bars stay readable; without a bar, that of the marks."""
    longest = max((bar.ms or 0 for bar in bars), default=0)
    reach = min(max((bar.p95 for bar in bars), default=0), ROOM_FOR_WHISKERS * longest)
    return ROOM_AT_THE_END * (reach or max(marks, default=0)) or 1


def _add_marks(figure: go.Figure, marks: Sequence[Mapping[str, float]], tracks: Sequence[float], device: str) -> None:
    """A faint mark for each model's milliseconds elsewhere, below its bars."""
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
        hovertext=[f"{PUBLISHED}, {device_name(device)}: {milliseconds(ms)}" for ms, _ in marked],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        name=f"published, {device_name(device)}",
        legendrank=2000,
        showlegend=True,
    )


def _write_marks(figure: go.Figure, marks: Sequence[Mapping[str, float]], tracks: Sequence[float]) -> None:
    """The marks of models that have one beyond the axis, in two lines: a phone has no room for one."""
    written = [
        (", ".join(f"{device_name(device)} {milliseconds(ms)}" for device, ms in sorted(beyond.items())), track)
        for beyond, track in zip(marks, tracks, strict=True)
        if beyond
    ]
    figure.add_scatter(
        x=[0] * len(written),
        y=[track for _, track in written],
        mode="text",
        text=[f"{PUBLISHED}:<br>{words}" for words, _ in written],
        textposition="middle right",
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
    """That a timing is of random weights, beside its figures."""
    return RANDOM if timing is not None and timing.weights == "random" else ""


def _speed_up(timing: Timing | None, timings: Mapping[Row, Timing]) -> str:
    """A GPU's speed-up over the CPU; empty for the CPU."""
    on_cpu = timings.get((timing.model, "cpu")) if timing and timing.device != "cpu" else None
    return _ratio(timing, on_cpu, " as fast")


def _figures(timing: Timing | None, *notes: str) -> str:
    """A timing's milliseconds and notes; a dash if it has none."""
    if timing is None or timing.median_ms is None:
        return "–"
    disturbed = f"{timing.disturbed} of {timing.samples} disturbed" if timing.is_disturbed else ""
    return " · ".join([milliseconds(timing.median_ms), *filter(None, (*notes, disturbed))])


def _reason(timing: Timing | None) -> str:
    """Why there is no bar."""
    if timing is None:
        return "not timed"
    reason = timing.failure.removeprefix(timing.model).strip()  # its name is at the left
    return f"{device_name(timing.device)}: {plain(reason, SHOWN_OF_REASON)}"


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


def _model_label(model: str) -> str:
    """A model's name in bold, and its owner below it."""
    owner, _, name = model.rpartition("/")
    return f"<b>{wrap(name, 24, 2)}</b>" + (f"<br>{plain(owner, 24)}" if owner else "")


def _comparison_label(timing: Timing, with_engine: bool) -> str:
    details = [
        device_name(timing.device),
        f"{timing.engine} {timing.precision}" if with_engine else "",
        _workload(timing),
    ]
    return f"{_model_label(timing.model)}<br>{wrap(', '.join(part for part in details if part), 30, 2)}"


def _workload(timing: Timing) -> str:
    if timing.is_hello:
        return ""
    return f"batch {timing.batch_size}" + (f" of {timing.tokens} tokens" if timing.tokens else "")


def _engine_label(timing: Timing, with_device: bool) -> str:
    """An engine's name in bold, then the device if there are several, and the precision."""
    device = f", {device_name(timing.device)}" if with_device else ""
    name = wrap(LIBRARY_NAME, 24, 2) if timing.engine == "library" else plain(timing.engine)
    return f"<b>{name}</b>{device}, {plain(timing.precision)}"
