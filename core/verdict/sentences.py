"""The verdict in three sentences: which model, why, and when another would be the better choice."""

from core.evaluation import Difference, describe_intervals
from core.verdict.ranking import Ranked, Turn
from core.verdict.verdict import Verdict, comparable, lead_of
from core.verdict.words import between, words
from core.wording import join

Three = tuple[str, str, str]

CERTAIN = 0.95


def sentences(verdict: Verdict) -> Three:
    """Three sentences of plain text; names in them are not escaped."""
    first = verdict.first
    if first is None:
        return _nobody(verdict)
    return _which(verdict, first), _why(verdict, first), _when_not(verdict, first)


def firmness(verdict: Verdict) -> list[str]:
    """How firm the first place is: over other queries, and the weights at which it changes."""
    if verdict.first is None or verdict.second is None:
        return []
    lines = []
    if verdict.wins is not None:
        lines.append(f"When the queries are resampled, {verdict.first.name} stays first in {_share(verdict.wins)}.")
    for winner in dict.fromkeys(turn.winner for turn in verdict.turns):
        beyond = [_beyond(turn) for turn in verdict.turns if turn.winner == winner]
        lines.append(f"{winner} would come first if {join(beyond, 'or')}.")
    if not verdict.turns:
        lines.append("Changing any single weight does not change the winner.")
    systems = len(comparable(verdict.first.candidate, verdict.ranking))
    return [*lines, f"Intervals are 95%, {describe_intervals(systems)}."] if verdict.lead and systems > 2 else lines


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
        return f"Choose {first.name}, the only model that can be ranked."
    if len(tied) > 1:
        return (
            f"Choose {join([row.name for row in tied], 'or')}: they tie at {first.total:.2f} out of 1 with these "
            "weights."
        )
    second = verdict.second
    digits = 2 if first.total - second.total >= 0.01 else 3 if first.total - second.total >= 0.001 else 5
    return (
        f"Choose {first.name}: it scores {first.total:.{digits}f} out of 1 with these weights, ahead of "
        f"{second.name} with {second.total:.{digits}f}."
    )


def _why(verdict: Verdict, first: Ranked) -> str:
    candidate = first.candidate
    costs = [words(candidate, name) for name in ("speed", "memory") if first.scores[name] is not None]
    disturbed = bool(candidate.speed and "speed" in candidate.speed.disturbed)
    noise = " (disturbed by other processes: time it again when quiet)" if disturbed else ""
    at = (
        f", at {costs[0]} for a short text{noise} and {costs[1]} of memory"
        if len(costs) == 2 and candidate.speed
        else ""
    )
    if candidate.quality is None:
        return f"Its quality on these texts is not measured and has no weight{at}."
    lead = _compare(verdict.lead, verdict.second.name) if verdict.lead and verdict.second else ""
    asked = f"{verdict.setting.queries:,} {'query' if verdict.setting.queries == 1 else 'queries'}"
    return (
        f"It reaches an nDCG@10 of {candidate.quality.mean:.3f} ({between(candidate.quality)}) on {asked} of "
        f"{verdict.setting.corpus}{lead}{at}."
    )


def _compare(lead: Difference, second: str) -> str:
    """How its quality compares with the second's."""
    if lead.is_within_chance:
        return f", not clearly different from {second} ({lead.low:+.2f} to {lead.high:+.2f})"
    low, high = sorted((abs(lead.low), abs(lead.high)))
    more = "higher" if lead.mean > 0 else "lower"
    return f", {abs(lead.mean):.3f} ({low:.2f} to {high:.2f}) {more} than {second}, more than chance would explain"


def _when_not(verdict: Verdict, first: Ranked) -> str:
    clauses = [
        clause for clause in (_baseline(verdict, first), _turn(verdict), _chance(verdict), _unknown(verdict)) if clause
    ]
    joined = "; ".join(clauses)
    return f"{joined[:1].upper()}{joined[1:]}."


def _turn(verdict: Verdict) -> str:
    if verdict.second is None:
        return "pick another model to compare it with"
    if not verdict.turns:
        return "changing any single weight would not change that"
    nearest = min(verdict.turns, key=lambda turn: abs(turn.beyond - turn.now))
    return f"the better choice would be {nearest.winner} if {_beyond(nearest)}"


def _beyond(turn: Turn) -> str:
    return (
        f"the weight of {turn.criterion} were {'above' if turn.is_upward else 'below'} {turn.beyond:.1f} (now "
        f"{turn.now:g})"
    )


def _chance(verdict: Verdict) -> str:
    """Warn that the queries are too few, or too mixed, for the first place to be certain."""
    if verdict.wins is None or verdict.wins >= CERTAIN:
        return ""
    return f"with other queries like these, it would lose first place in {100 * (1 - verdict.wins):.0f}% of cases"


def _unknown(verdict: Verdict) -> str:
    """What is unknown: left out if for all, else scored as the worst, with those who could come first by it."""
    ranking = verdict.ranking
    rows, left_out = ranking.ranked, ranking.left_out
    parts = []
    if left_out:
        verb, whose = "is" if len(left_out) == 1 else "are", " for every model" if len(rows) > 1 else ""
        parts.append(f"{join(left_out)} {verb} unknown{whose}, so left out of the score")
    missing = {row.name: [one for one in row.unknown if ranking.weights.by_criterion[one]] for row in rows}
    gaps = ", ".join(f"{join(criteria)} for {name}" for name, criteria in missing.items() if criteria)
    if gaps:
        overtaking = [row.name for row in rows[1:] if row.at_most > rows[0].total]
        could = f", which could still put {join(overtaking, 'or')} first" if overtaking else ""
        parts.append(f"unknown, so scored 0: {gaps}{could}")
    return "; ".join(parts)


def _baseline(verdict: Verdict, first: Ranked) -> str:
    """Warn that a baseline ranks better than the first by more than chance."""
    best = verdict.best_baseline
    lead = lead_of(best, first.candidate, verdict.ranking) if best else None
    if best is None or best.quality is None or lead is None or lead.is_within_chance or lead.mean <= 0:
        return ""
    return f"{best.name} ranks these texts even better, with an nDCG@10 of {best.quality.mean:.3f}"


def _share(share: float) -> str:
    return "every case" if share == 1 else f"{100 * share:.0f}% of cases" if share < 0.995 else "nearly every case"
