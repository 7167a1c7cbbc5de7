"""A candidate's figures in words, as they stand in the chart, the table and the sentences."""

import numpy as np

from core.evaluation import Interval
from core.models.memory import gigabytes
from core.verdict.candidate import Candidate
from core.verdict.licence import freedom

UNKNOWN = {
    "quality": "not measured",
    "speed": "not timed",
    "memory": "not measured",
    "price": "not known",
    "licence": "not known",
}


def words(candidate: Candidate, criterion: str) -> str:
    """What is known of a candidate on a criterion, short; for a baseline that has none of it, a dash."""
    known = {
        "quality": f"{candidate.quality.mean:.3f}" if candidate.quality else "",
        "speed": milliseconds(candidate.speed.milliseconds) if candidate.speed else "",
        "memory": _memory(candidate.memory_bytes),
        "price": "" if candidate.dollars is None else dollars(candidate.dollars),
        "licence": candidate.licence,
    }[criterion]
    return known or (UNKNOWN[criterion] if candidate.is_model else "–")


def between(interval: Interval) -> str:
    """The ends of a 95 % interval."""
    return f"{interval.low:.2f} to {interval.high:.2f}"


def milliseconds(value: float) -> str:
    """Milliseconds with three figures: "0.208 ms", "1,230 ms"."""
    return f"{three_figures(value)} ms"


def three_figures(value: float) -> str:
    """A number with three figures: 0.208, 1.77, 12.3, 1,230."""
    return f"{float(f'{value:.3g}'):,.12g}"


def dollars(value: float) -> str:
    """US dollars per million tokens with two figures: "$0.00012", "$0.13"."""
    return f"${np.format_float_positional(float(f'{value:.2g}'), min_digits=2, trim='k')}" if value else "$0"


def commercial_use(candidate: Candidate) -> str:
    """What its licence allows a company."""
    free = freedom(candidate.licence)
    return free.words if free else "not known" if candidate.is_model else "–"


def _memory(size: int | None) -> str:
    if size is None:
        return ""
    return gigabytes(size) if size else "none here"
