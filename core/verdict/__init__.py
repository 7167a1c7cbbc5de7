"""The verdict: candidates' quality, speed, memory, price and licence, weighed into one ranking that can be shared."""

from core.verdict.candidate import BASELINES, Candidate, Source, Speed, baseline, candidates, find_untimed, of_model
from core.verdict.export import as_html, as_markdown, scales
from core.verdict.lanes import Lane, is_recorded, lanes
from core.verdict.ranking import Ranked, Ranking, Turn, rank, share_of_wins, turns
from core.verdict.sentences import answer, details, firmness, notes, presented, resampling, sentences
from core.verdict.table import figures, in_words, provenance
from core.verdict.timings import SETTINGS, WORKLOADS, loads, recording, timings
from core.verdict.verdict import Setting, Verdict, decide, setting_of
from core.verdict.weights import CRITERIA, MOST_WEIGHT, PRESETS, Weights, read_weights, scores, weighted_mean

__all__ = [
    "BASELINES",
    "CRITERIA",
    "MOST_WEIGHT",
    "PRESETS",
    "SETTINGS",
    "WORKLOADS",
    "Candidate",
    "Lane",
    "Ranked",
    "Ranking",
    "Setting",
    "Source",
    "Speed",
    "Turn",
    "Verdict",
    "Weights",
    "answer",
    "as_html",
    "as_markdown",
    "baseline",
    "candidates",
    "decide",
    "details",
    "figures",
    "find_untimed",
    "firmness",
    "in_words",
    "is_recorded",
    "lanes",
    "loads",
    "notes",
    "of_model",
    "presented",
    "provenance",
    "rank",
    "read_weights",
    "recording",
    "resampling",
    "scales",
    "scores",
    "sentences",
    "setting_of",
    "share_of_wins",
    "timings",
    "turns",
    "weighted_mean",
]
