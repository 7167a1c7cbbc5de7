"""The verdict: a ranking, how firm it is, and what it is based on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.collections import Collection
from core.corpus import Corpus, Labels
from core.evaluation import Difference, differences
from core.machine import Machine, this_machine
from core.verdict.candidate import Candidate
from core.verdict.ranking import Ranked, Ranking, Turn, rank, share_of_wins, turns
from core.verdict.weights import Weights


@dataclass(frozen=True)
class Setting:
    """What a verdict is based on, always shown with it.

    Attributes
    ----------
    corpus, fingerprint : str
        The corpus's name and its content's digest.
    queries : int
        Labelled ones, with at least one relevant document.
    made : str
        The time, ISO 8601 in UTC, to the minute.
    remarks : tuple of str
        What the quality leaves out; see `Labels.remarks`.
    scope : str
        On what the quality was measured and how, within a sentence; empty for a corpus in memory.
    """

    corpus: str
    fingerprint: str
    documents: int
    labels: str
    queries: int
    dollars_per_hour: float
    machine: Machine
    made: str
    remarks: tuple[str, ...] = ()
    scope: str = ""


@dataclass(frozen=True)
class Verdict:
    """Which model to take.

    Attributes
    ----------
    lead : Difference or None
        The first one's nDCG@10 minus the second's, query by query; None if one of them has none.
    wins : float or None
        How often the first stays first when the queries are resampled; see `share_of_wins`.
    turns : tuple of Turn
        The weights at which the first place changes.
    """

    setting: Setting
    ranking: Ranking
    lead: Difference | None
    wins: float | None
    turns: tuple[Turn, ...]

    @property
    def first(self) -> Ranked | None:
        """The recommended model; None if none can be ranked."""
        return self.ranking.ranked[0] if self.ranking.ranked else None

    @property
    def second(self) -> Ranked | None:
        """The runner-up."""
        return self.ranking.ranked[1] if len(self.ranking.ranked) > 1 else None

    @property
    def best_baseline(self) -> Candidate | None:
        """The best of the baselines."""
        measured = [one for one in self.ranking.unranked if not one.is_model and one.quality]
        return max(measured, key=lambda one: one.quality.mean if one.quality else 0.0, default=None)


def decide(candidates: Sequence[Candidate], weights: Weights, setting: Setting) -> Verdict:
    """Rank the candidates and determine how firm the result is."""
    ranking = rank(candidates, weights)
    first, second = (*ranking.ranked, None, None)[:2]
    lead = lead_of(first.candidate, second.candidate, ranking) if first and second else None
    return Verdict(setting, ranking, lead, share_of_wins(ranking), turns(ranking))


def lead_of(one: Candidate, other: Candidate, ranking: Ranking) -> Difference | None:
    """The first's nDCG@10 minus the second's over the same queries; None if measured on different ones.

    The interval allows for all candidates that are measured on these queries; see `differences`.
    """
    compared = comparable(one, ranking)
    return differences(compared)[one.name, other.name] if other.name in compared else None


def comparable(one: Candidate, ranking: Ranking) -> dict[str, list[float]]:
    """The nDCG@10 of each candidate measured on the same queries as one, itself included, query by query."""
    everyone = [*(row.candidate for row in ranking.ranked), *ranking.unranked]
    queries = list(one.per_query)
    return {
        candidate.name: [candidate.per_query[query] for query in queries]
        for candidate in everyone
        if queries and candidate.per_query.keys() == set(queries)
    }


def setting_of(
    texts: Corpus | Collection, labels: Labels, *, queries: int, dollars_per_hour: float, scope: str = ""
) -> Setting:
    """The setting of a verdict made now on this machine."""
    return Setting(
        corpus=texts.name,
        fingerprint=texts.fingerprint,
        documents=len(texts),
        labels=labels.name,
        queries=queries,
        dollars_per_hour=dollars_per_hour,
        machine=this_machine(),
        made=datetime.now(UTC).isoformat(timespec="minutes"),
        remarks=tuple(labels.remarks),
        scope=scope,
    )
