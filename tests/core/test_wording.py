"""Figures and names are written one way wherever they stand."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import wording
from core.benchmark.timing import Timing
from core.charts.style import NEUTRAL
from core.charts.timings import timing_bars
from core.machine import Machine
from core.verdict import sentences
from tests.core.verdict.verdicts import candidate, verdict_on


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.208, "0.208"), (0.213, "0.213"), (0.0123, "0.0123"), (7, "7.00"), (20, "20.0"), (67.74, "67.7"), (99.96, "100"),
     (0.9999, "1.00"), (323.4, "323"), (999.6, "1,000"), (12345, "12,300"), (0, "0"), (-2.5, "−2.50")],
)  # fmt: skip
def test_numbers_are_written_with_three_figures_and_separated_thousands(value: float, written: str) -> None:
    assert wording.three_figures(value) == written


@pytest.mark.parametrize(
    ("value", "sign", "written"),
    [(0.449, "", "0.45"), (-0.031, "", "−0.03"), (-0.004, "", "0.00"), (0.4, "+", "+0.40")],
)
def test_a_negative_decimal_has_the_minus_sign_of_print_and_nothing_is_minus_zero(
    value: float, sign: str, written: str
) -> None:
    assert wording.decimal(value, 2, sign) == written


@given(st.floats(1e-6, 1e9))
def test_three_figures_are_what_numpy_rounds_to(value: float) -> None:
    told = wording.three_figures(value).replace(",", "")
    assert float(told) == float(np.format_float_scientific(value, precision=2, unique=False))
    assert len(re.sub(r"^0+", "", told.replace(".", ""))) >= 3


@pytest.mark.parametrize(
    ("value", "written"), [(0.5, "0.50×"), (0.999, "1.0×"), (5.37, "5.4×"), (9.97, "10×"), (323, "323×")]
)
def test_ratios_are_written_with_a_sign_and_two_figures(value: float, written: str) -> None:
    assert wording.ratio(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.000412, "0.412 ms"), (0.21, "210 ms"), (0.9999, "1.00 s"), (3.419, "3.42 s"), (134.2, "134 s")],
)
def test_measured_times_are_milliseconds_below_a_second(seconds: float, written: str) -> None:
    assert wording.duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.4, "0 s"),
        (4.2, "4 s"),
        (119.4, "119 s"),
        (119.6, "2 min"),
        (180, "3 min"),
        (7169, "119 min"),
        (9000, "2.5 h"),
    ],
)
def test_times_to_wait_are_whole_seconds_then_minutes_then_hours(seconds: float, written: str) -> None:
    assert wording.wait(seconds) == written


@pytest.mark.parametrize(
    ("size", "said"),
    [(90_868_376, "91 MB"), (999_999_999, "1.0 GB"), (1_340_000_000, "1.3 GB"), (28_444_000_000, "28 GB")],
)
def test_sizes_are_said_in_the_unit_that_fits(size: int, said: str) -> None:
    assert wording.size(size) == said


@pytest.mark.parametrize(
    ("dollars", "written"),
    [(0, "$0"), (0.13, "$0.13"), (0.1, "$0.10"), (2.5, "$2.50"), (0.000123, "$0.00012"), (1234, "$1,200.00")],
)
def test_prices_have_two_figures_and_at_least_cents(dollars: float, written: str) -> None:
    assert wording.price(dollars) == written


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "almost none of the"), (0.04, "almost none of the"), (0.05, "about one in ten"),
        (0.41, "about four in ten"),
        (0.94, "about nine in ten"), (0.95, "almost all"), (1, "almost all"),
    ],
)  # fmt: skip
def test_a_share_is_said_aloud_in_tenths(share: float, said: str) -> None:
    assert wording.in_ten(share) == said


def test_names_are_joined_as_in_a_sentence() -> None:
    assert [wording.join(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "none", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert wording.join(["a", "b", "c"], "or") == "a, b or c"


def test_of_many_names_the_first_are_told_and_how_many_more_there_are() -> None:
    names = [str(number) for number in range(1_205)]
    assert wording.join(names, most=2) == "0, 1 and 1,203 more"
    assert wording.join(names[:2], most=2) == "0 and 1"


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_is_a_beginning_and_never_longer_than_asked(text: str, length: int) -> None:
    short = wording.shorten(text, length)
    assert len(short) <= length
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_a_timing_reads_alike_in_the_chart_and_in_the_verdict() -> None:
    timing = Timing("a", "cpu", "torch", "float32", median_ms=0.20849, p95_ms=0.21, samples=40)
    figure = timing_bars([("a", "cpu")], {("a", "cpu"): timing}, colours={"a": NEUTRAL})
    (drawn,) = figure.layout.yaxis.ticktext
    _, why, _ = sentences(verdict_on(candidate("a", ms=0.20849), candidate("b", ms=5.0)))
    assert "0.208 ms" in drawn
    assert "0.208 ms" in why


def test_a_machines_memory_is_told_in_the_unit_of_the_models_sizes() -> None:
    machine = Machine("CPU", 4, 16 * 2**30, ("NVIDIA H200, 143771 MiB, 550.90",), "Linux", "3.11", {})
    assert machine.sentence == "CPU, 4 cores, 17 GB, NVIDIA H200, 151 GB, 550.90"
    assert machine.gpu_memory_bytes == 143771 * 2**20


@pytest.mark.parametrize("told", ["Some GPU", "Some GPU, [N/A], 1.2"])
def test_a_gpu_whose_driver_tells_something_else_is_named_as_it_is(told: str) -> None:
    assert Machine("CPU", 4, 10**9, (told,), "", "", {}).sentence == f"CPU, 4 cores, 1.0 GB, {told}"


@pytest.mark.parametrize(
    ("number", "written"),
    [(512, "512"), (22_713_216, "23M"), (7_560_000, "7.6M"), (109_482_240, "109M"), (7.11e9, "7.1B")],
)
def test_large_numbers_are_abbreviated(number: float, written: str) -> None:
    assert wording.abbreviate(number) == written


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("A cat sat on a mat.", 19, "A cat sat on a mat."),
        ("The bank raised its interest rates.", 32, "The bank raised its interest…"),
        ("The bank raised its rates.", 21, "The bank raised its…"),
        ("Unfathomable", 6, "Unfat…"),
    ],
)
def test_an_opening_is_not_cut_inside_a_word(text: str, length: int, expected: str) -> None:
    assert wording.opening(text, length) == expected
