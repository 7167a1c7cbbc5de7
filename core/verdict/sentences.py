"""The verdict in plain words: which model, why, and when another would be the better choice."""

from core.evaluation import describe_intervals
from core.verdict.ranking import Ranked, Turn
from core.verdict.verdict import Verdict, comparable, lead_of
from core.verdict.words import whose, words
from core.wording import join

Three = tuple[str, str, str]

CERTAIN = 0.95
MORE = {1.35: "a little more", 1.75: "about one and a half times as much", 2.5: "about twice as much"}  # up to a ratio
LESS = {0.35: "far less", 0.58: "about half as much", 0.75: "about a third less", 1.0: "a little less"}


def sentences(verdict: Verdict) -> Three:
    """Which model, why, and when not, in plain text; names in them are not escaped."""
    if verdict.first is None:
        return _nobody(verdict)
    return _which(verdict, verdict.first), _why(verdict, verdict.first), " ".join([*_limits(verdict), *notes(verdict)])


def answer(verdict: Verdict) -> str:
    """The verdict to say aloud: which model, why, what is left out, and what would put another first."""
    if verdict.first is None:
        return " ".join(_nobody(verdict))
    return " ".join([_which(verdict, verdict.first), _why(verdict, verdict.first), *_limits(verdict)])


def notes(verdict: Verdict) -> list[str]:
    """What makes the verdict less certain, a sentence each: a better baseline, chance, what scores 0 unknown."""
    first = verdict.first
    if first is None:
        return []
    found = [_baseline(verdict, first), _chance(verdict), _scored_zero(verdict), _noise(first)]
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
    but = " but" if second and speed and _is_mixed(verdict, first, second) else " and"
    it = "It" if len(verdict.ranking.tied) == 1 else first.name
    return f"{it} {quality}{f'{but} {speed}' if speed else ''}."


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
        return f"finds about as much as {second.name} {figures}: the difference could be chance)"
    more = "more than" if own.mean > other.mean else "less than" if own.mean < other.mean else "as much as"
    return f"finds {more} {second.name} {figures})"


def _speed(first: Ranked, second: Ranked | None) -> str:
    """How long it takes, and what the second takes; empty if not timed."""
    if first.candidate.speed is None:
        return ""
    takes = f"takes {words(first.candidate, 'speed')} a query"
    elsewhere = first.candidate.speed.recorded_on
    where = f" (recorded on {elsewhere}, not on this machine)" if elsewhere else ""
    if second is None or second.candidate.speed is None:
        return takes + where
    return f"{takes} instead of {words(second.candidate, 'speed')}{where}"


def _is_mixed(verdict: Verdict, first: Ranked, second: Ranked) -> bool:
    """Whether it is better than the second in one of quality and speed, and worse in the other."""
    signs = [(first.scores[of] or 0) - (second.scores[of] or 0) for of in ("quality", "speed")]
    is_alike = verdict.lead is not None and verdict.lead.is_within_chance
    return not is_alike and signs[0] * signs[1] < 0


def _limits(verdict: Verdict) -> list[str]:
    """What is left out because it is unknown, and what would put another model first."""
    return [sentence for sentence in (_left_out(verdict), _when_not(verdict)) if sentence]


def _left_out(verdict: Verdict) -> str:
    """The criteria that count and those that are unknown of some model; empty if all are known."""
    ranking = verdict.ranking
    unknown = [
        f"{join(criteria)} {'is' if len(criteria) == 1 else 'are'} not known yet"
        f"{f' for {whose(names, ranking)}' if len(names) < len(ranking.ranked) else ''}"
        for names, criteria in ranking.lacking.items()
    ]
    judged = [criterion for criterion, weight in ranking.weights.by_criterion.items() if weight]
    return f"Judged on {join(judged)} only: {'; '.join(unknown)}." if unknown else ""


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


def _chance(verdict: Verdict) -> str:
    """Warn that the queries are too few, or too mixed, for the first place to be certain."""
    if verdict.wins is None or verdict.wins >= CERTAIN:
        return ""
    return f"with other queries like these, it would lose first place in {100 * (1 - verdict.wins):.0f}% of cases"


def _noise(first: Ranked) -> str:
    """Warn that its timing was disturbed."""
    speed = first.candidate.speed
    return "other processes disturbed its timing: time it again when quiet" if speed and speed.disturbed else ""


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
