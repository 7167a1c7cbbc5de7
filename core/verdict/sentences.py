"""The verdict in plain words: which model, why, and when another would be the better choice."""

from collections.abc import Sequence

from core.benchmark.sentences import ALIKE, cpu
from core.evaluation import describe_intervals
from core.verdict.ranking import Ranked, Ranking, Turn
from core.verdict.verdict import Verdict, comparable, lead_of
from core.verdict.words import whose, words
from core.wording import join

Three = tuple[str, str, str]

CERTAIN = 0.95
FINDS = {
    1: "finds the right text more often than",
    0: "finds the right text about as often as",
    -1: "finds the right text less often than",
}
PACE = {1: "is faster", 0: "is about as fast", -1: "is slower"}
MORE = {1.35: "a little more", 1.75: "about one and a half times as much", 2.5: "about twice as much"}  # up to a ratio
LESS = {0.35: "far less", 0.58: "about half as much", 0.75: "about a third less", 1.0: "a little less"}


def sentences(verdict: Verdict) -> Three:
    """Which model, why, and when not, in plain text; names in them are not escaped."""
    if verdict.first is None:
        return _nobody(verdict)
    return (
        _which(verdict, verdict.first),
        _why(verdict, verdict.first),
        " ".join([*_scope(verdict), *_limits(verdict), *notes(verdict)]),
    )


def answer(verdict: Verdict) -> str:
    """The verdict in a sentence to say aloud: which model, and how it compares with the second."""
    first, second = verdict.first, verdict.second
    if first is None:
        return _nobody(verdict)[0]
    if second is None or len(verdict.ranking.tied) > 1:
        return _which(verdict, first)
    narrowly = ", narrowly" if _is_narrow(verdict) else ""
    compared = _compared(verdict, first, second)
    return f"Take {first.name}{narrowly}{f': it {compared}' if compared else ''}."


def presented(verdict: Verdict) -> str:
    """The answer with its figures: what they measure, and on which machine."""
    return " ".join([answer(verdict), *(_figures(verdict) if verdict.first else [])])


def details(verdict: Verdict) -> list[str]:
    """What the answer rests on, smaller: the figures, what would put another first, what makes it less certain."""
    if verdict.first is None:
        return [*_nobody(verdict)[1:]]
    return [*_figures(verdict), *_scope(verdict), *_limits(verdict), *notes(verdict)]


def notes(verdict: Verdict) -> list[str]:
    """What makes the verdict less certain, a sentence each: a better baseline, chance, what scores 0 unknown."""
    first = verdict.first
    if first is None:
        return []
    found = [_baseline(verdict, first), _chance(verdict), _scored_zero(verdict), _noise(verdict)]
    return [f"{sentence[:1].upper()}{sentence[1:]}." for sentence in found if sentence]


def firmness(verdict: Verdict) -> list[str]:
    """How firm the first place is: over other queries, and the weights at which it changes."""
    if verdict.first is None or verdict.second is None:
        return []
    lines = _stays(verdict, verdict.first)
    for winner in dict.fromkeys(turn.winner for turn in verdict.turns):
        beyond = [_beyond(turn) for turn in verdict.turns if turn.winner == winner]
        lines.append(f"{winner} would come first if {join(beyond, 'or')}.")
    if not verdict.turns and not _lacks_figures(verdict):
        lines.append("Changing any single weight does not change the winner.")
    return [*lines, *_intervals(verdict, verdict.first)]


def resampling(verdict: Verdict) -> list[str]:
    """How firm the first place is over other queries alone: `answer` says what would change it."""
    first = verdict.first
    return [*_stays(verdict, first), *_intervals(verdict, first)] if first and verdict.second else []


def _nobody(verdict: Verdict) -> Three:
    if not verdict.ranking.weights.total:
        return (
            "No recommendation: all weights are 0.",
            "Give at least one of quality, speed, memory, price and licence a weight above 0.",
            "The measured figures are shown below all the same.",
        )
    return (
        "No recommendation: none of the models has been measured on these texts.",
        "A verdict needs nDCG@10 on these texts for at least one picked model that can run on this machine.",
        "Set the weight of quality to 0 to rank the models by the other criteria.",
    )


def _which(verdict: Verdict, first: Ranked) -> str:
    tied = verdict.ranking.tied
    if verdict.second is None:
        return f"Take {first.name}, the only model that can be ranked."
    if len(tied) > 1:
        return f"Take {join([row.name for row in tied], 'or')}: with these weights they tie."
    return f"Take {first.name}."


def _why(verdict: Verdict, first: Ranked) -> str:
    """Its quality and its speed, compared with those of the second."""
    second = verdict.second
    quality, speed = _quality(verdict, first, second), _speed(first, second)
    better, faster = (_better(verdict, first, second), _faster(first, second)) if second else (None, None)
    joined = "and" if better is None or faster is None else _conjunction(better, faster)
    it = "It" if len(verdict.ranking.tied) == 1 else first.name
    return f"{it} {quality}{f' {joined} {speed}' if speed else ''}."


def _quality(verdict: Verdict, first: Ranked, second: Ranked | None) -> str:
    """Its nDCG@10 beside the second's, and whether the difference could be chance."""
    own = first.candidate.quality
    if own is None:
        return "has no measured quality on these texts"
    other = second.candidate.quality if second else None
    if second is None or other is None:
        return f"reaches an nDCG@10 of {own.mean:.3f} on these texts"
    figures = f"(nDCG@10 {own.mean:.3f} against {other.mean:.3f}"
    if verdict.lead and verdict.lead.is_within_chance:
        return f"{FINDS[0]} {second.name} {figures}: the difference could be chance)"
    finds = FINDS[1 if own.mean > other.mean else -1] if own.mean != other.mean else "finds the right text as often as"
    return f"{finds} {second.name} {figures})"


def _speed(first: Ranked, second: Ranked | None) -> str:
    """How long it takes, and what the second takes; empty if not timed."""
    if first.candidate.speed is None:
        return ""
    takes = f"takes {_time(first)} a query"
    where = _elsewhere(first)
    if second is None or second.scores["speed"] is None or first.scores["speed"] is None:
        return takes + where
    return f"{takes} instead of {_time(second)}{where}"


def _time(row: Ranked) -> str:
    """The time of a query, and whether it was disturbed."""
    disturbed = " (disturbed)" if _is_disturbed(row, "speed") else ""
    return words(row.candidate, "speed") + disturbed


def _elsewhere(row: Ranked) -> str:
    """On which other machine its time was recorded; empty if on this one."""
    where = row.candidate.speed.recorded_on if row.candidate.speed else ""
    return f" (recorded on {where}, not on this machine)" if where else ""


def _is_disturbed(row: Ranked, criterion: str) -> bool:
    return row.candidate.speed is not None and criterion in row.candidate.speed.disturbed


def _figures(verdict: Verdict) -> list[str]:
    """The first's quality and time, each against the second's, in a sentence of figures; none if neither is known."""
    first, *_ = rows = verdict.ranking.ranked[:2]
    parts = []
    if first.candidate.quality:
        parts.append(f"nDCG@10 {' against '.join(words(row.candidate, 'quality') for row in rows)}")
    if first.candidate.speed:
        times = [_time(row) for row in rows if row.candidate.speed]
        where = _elsewhere(first) or f" on this machine ({cpu(verdict.setting.machine)})"
        parts.append(f"{' against '.join(times)} a query{where}")
    return [f"{'; '.join(parts)}."] if parts else []


def _scope(verdict: Verdict) -> list[str]:
    """On what the quality was measured, where that is no corpus in memory."""
    return [f"Quality is measured on {verdict.setting.scope}."] if verdict.setting.scope else []


def _compared(verdict: Verdict, first: Ranked, second: Ranked) -> str:
    """How its quality and its speed compare with the second's; empty if neither can be compared."""
    better, faster = _better(verdict, first, second), _faster(first, second)
    if better is None:
        return "" if faster is None else f"{PACE[faster]}{' than' if faster else ' as'} {second.name}"
    found = f"{FINDS[better]} {second.name}"
    return found if faster is None else f"{found} {_conjunction(better, faster)} {PACE[faster]}"


def _conjunction(better: int, faster: int) -> str:
    """What joins quality and speed: "but" where one speaks for the first and the other against it."""
    return "but" if faster < 0 <= better or better < 0 <= faster else "and"


def _better(verdict: Verdict, first: Ranked, second: Ranked) -> int | None:
    """1 if it finds more than the second, 0 if the difference could be chance, else -1; None if that is not known."""
    own, other = first.scores["quality"], second.scores["quality"]
    if own is None or other is None:
        return None
    if own == other or (verdict.lead and verdict.lead.is_within_chance):
        return 0
    return 1 if own > other else -1


def _faster(first: Ranked, second: Ranked) -> int | None:
    """1 if it is faster than the second, 0 if about as fast, else -1; None if one was not timed, or disturbed."""
    if first.scores["speed"] is None or second.scores["speed"] is None:
        return None
    own, other = (row.candidate.speed.milliseconds if row.candidate.speed else 0.0 for row in (first, second))
    if max(own, other) <= ALIKE * min(own, other):
        return 0
    return 1 if own < other else -1


def _limits(verdict: Verdict) -> list[str]:
    """What is left out because it is unknown, and what would put another model first."""
    return [sentence for sentence in (_left_out(verdict), _when_not(verdict)) if sentence]


def _left_out(verdict: Verdict) -> str:
    """The criteria that count and those that are unknown of some model; empty if all are known."""
    ranking = verdict.ranking
    judged = [criterion for criterion, weight in ranking.weights.by_criterion.items() if weight]
    reasons = dict.fromkeys(_reason(criteria, names, ranking) for names, criteria in ranking.lacking.items())
    return f"Judged on {join(judged)} only: {'; '.join(reasons)}." if reasons else ""


def _reason(criteria: Sequence[str], names: Sequence[str], ranking: Ranking) -> str:
    """Why criteria are unknown for some of the ranked models."""
    disturbed = [row.name for row in ranking.ranked if any(_is_disturbed(row, criterion) for criterion in criteria)]
    if disturbed:
        return f"other processes disturbed the timing of {join(disturbed)}"
    of_whom = f" for {whose(names, ranking)}" if len(names) < len(ranking.ranked) else ""
    return f"{join(criteria)} {'is' if len(criteria) == 1 else 'are'} not known yet{of_whom}"


def _when_not(verdict: Verdict) -> str:
    """What would put another model first: empty if nothing does and a figure with a weight is unknown."""
    if verdict.second is None:
        return "Pick another model to compare it with."
    if not verdict.turns:
        return "" if _lacks_figures(verdict) else "No change of a single weight would put another model first."
    turn = min(verdict.turns, key=lambda turn: abs(turn.beyond - turn.now))
    return f"If {turn.criterion} mattered {_how_much(turn)}, {turn.winner} would win."


def _how_much(turn: Turn) -> str:
    """How much more or less a criterion would have to count, with the exact weight."""
    exact = f"(a weight {'above' if turn.is_upward else 'below'} {turn.beyond:.1f}, now {turn.now:g})"
    if not turn.now:
        return exact
    ratio = turn.beyond / turn.now
    worded = next((said for most, said in (MORE if turn.is_upward else LESS).items() if ratio <= most), "")
    return f"{worded or f'about {ratio:.0f} times as much'} {exact}"


def _beyond(turn: Turn) -> str:
    return (
        f"the weight of {turn.criterion} were {'above' if turn.is_upward else 'below'} {turn.beyond:.1f} (now "
        f"{turn.now:g})"
    )


def _stays(verdict: Verdict, first: Ranked) -> list[str]:
    if verdict.wins is None:
        return []
    return [f"When the queries are resampled, {first.name} stays first in {_share(verdict.wins)}."]


def _intervals(verdict: Verdict, first: Ranked) -> list[str]:
    """What the intervals of differences allow for, where several are compared."""
    systems = len(comparable(first.candidate, verdict.ranking))
    return [f"Intervals are 95%, {describe_intervals(systems)}."] if verdict.lead and systems > 2 else []


def _is_narrow(verdict: Verdict) -> bool:
    """Whether the queries are too few, or too mixed, for the first place to be certain."""
    return verdict.wins is not None and verdict.wins < CERTAIN


def _chance(verdict: Verdict) -> str:
    """Warn that with other queries another model might be first."""
    if verdict.wins is None or not _is_narrow(verdict):
        return ""
    return f"with other queries like these, it would lose first place in {100 * (1 - verdict.wins):.0f}% of cases"


def _noise(verdict: Verdict) -> str:
    """Warn that timings were disturbed, unless one is left out for that: the sentence on what is left out says so."""
    ranking = verdict.ranking
    rows = [row for row in ranking.ranked if row.candidate.speed and row.candidate.speed.disturbed]
    if not rows or any(_is_disturbed(row, criterion) for row in rows for criterion in ranking.left_out):
        return ""
    return f"other processes disturbed the timing of {join([row.name for row in rows])}, which is not compared"


def _lacks_figures(verdict: Verdict) -> bool:
    """Whether a figure that has a weight is unknown of some ranked model."""
    return bool(verdict.ranking.left_out or _scored_zero(verdict))


def _scored_zero(verdict: Verdict) -> str:
    """What is unknown of some model and scores 0, because nothing else has a weight."""
    ranking = verdict.ranking
    missing = {row.name: [one for one in row.unknown if ranking.weights.by_criterion[one]] for row in ranking.ranked}
    gaps = ", ".join(f"{join(criteria)} for {name}" for name, criteria in missing.items() if criteria)
    return f"unknown, so scored 0: {gaps}" if gaps else ""


def _baseline(verdict: Verdict, first: Ranked) -> str:
    """Warn that a baseline ranks better than the first by more than chance."""
    best = verdict.best_baseline
    lead = lead_of(best, first.candidate, verdict.ranking) if best else None
    if best is None or best.quality is None or lead is None or lead.is_within_chance or lead.mean <= 0:
        return ""
    return f"{best.name} ranks these texts even better, with an nDCG@10 of {best.quality.mean:.3f}"


def _share(share: float) -> str:
    return "every case" if share == 1 else f"{100 * share:.0f}% of cases" if share < 0.995 else "nearly every case"
