"""A candidate's figures in words, for the chart, the table and the sentences."""

from collections.abc import Sequence

from core import wording
from core.models.licence import freedom
from core.verdict.candidate import Candidate
from core.verdict.ranking import Ranking
from core.wording import join

UNKNOWN = {
    "quality": "not measured",
    "speed": "not timed",
    "memory": "not measured",
    "price": "unknown",
    "licence": "unknown",
}


def words(candidate: Candidate, criterion: str) -> str:
    """A candidate's figure on a criterion, short; a dash for a baseline without it."""
    known = {
        "quality": f"{candidate.quality.mean:.3f}" if candidate.quality else "",
        "speed": wording.milliseconds(candidate.speed.milliseconds) if candidate.speed else "",
        "memory": _memory(candidate.memory_bytes),
        "price": "" if candidate.dollars is None else wording.price(candidate.dollars),
        "licence": candidate.licence,
    }[criterion]
    return known or (UNKNOWN[criterion] if candidate.is_model else "–")


def requests_per_second(candidate: Candidate) -> str:
    """The most requests a second that it answers, with their 95th percentile; a dash if that was not tested."""
    test = candidate.load
    if test is None or test.limit is None:
        return "–"
    least = "at least " if test.is_at_least else ""
    p95 = wording.milliseconds(test.limit.p95_ms or 0)
    return f"{least}{wording.three_figures(test.limit.offered)} (95 in 100 within {p95})"


def commercial_use(candidate: Candidate) -> str:
    """What its licence allows a company."""
    free = freedom(candidate.licence)
    return free.words if free else "unknown" if candidate.is_model else "–"


def whose(names: Sequence[str], ranking: Ranking) -> str:
    """Some of the ranked models: their names, or "every model"."""
    return "every model" if len(names) == len(ranking.ranked) else join(names)


def _memory(size: int | None) -> str:
    if size is None:
        return ""
    return wording.size(size) if size else "none"
