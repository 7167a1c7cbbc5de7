"""How much sooner known texts are embedded again than computed: `python -m tests.benchmarks.remembered`.

10,000 distinct texts, each model in memory, medians of runs that take turns. "computed" is without a store; "computed
and kept" is the first time with one; "again" is from that store, in the same process.
"""

import csv
import statistics
import tempfile
from itertools import count, islice, product
from pathlib import Path

import numpy as np

from core import embedding, models
from core.provenance import Provenance
from core.storage.vectors import Store
from tests.conftest import SHARED

RUNS = 5
KNOWN, NEW = 10_000, 100
MODELS = ("wordllama-256", "all-MiniLM-L6-v2")
SUBJECTS = ("a man", "a woman", "the old dog", "one child", "the small bird", "my neighbour", "our teacher", "the cook")
VERBS = ("eats", "sees", "leaves", "finds", "paints", "remembers", "sells", "hides", "carries", "breaks")
OBJECTS = (
    "the red house",
    "a loaf of bread",
    "two letters",
    "the river",
    "a guitar",
    "an old photograph",
    "the ladder",
)


def distinct_texts(number: int) -> list[str]:
    """Real sentences, then generated ones where there are too few."""
    file = SHARED / "data" / "sentences.csv"
    real = [row["text"] for row in csv.DictReader(file.open(encoding="utf-8"))] if file.exists() else []
    made = (f"{' '.join(words)} on day {day}." for day in count(1) for words in product(SUBJECTS, VERBS, OBJECTS))
    return list(islice(dict.fromkeys([*real, *islice(made, number)]), number))


def measure(model: str, known: list[str], new: list[str]) -> dict[str, list[Provenance]]:
    """Where the vectors of each run came from, by what the run did."""
    spec = models.get(model)
    ready = embedding.encoder(spec)
    ready.encode(known[:64])
    runs: dict[str, list[Provenance]] = {}
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder) / "vectors.sqlite")
            results = {
                "computed": embedding.embed_with(ready, known),
                "computed and kept": embedding.embed(known, spec, store=store),
                "again": embedding.embed(known, spec, store=store),
                "again and 100 new": embedding.embed(known + new, spec, store=store),
                "the 100 new alone": embedding.embed_with(ready, new),
            }
        assert np.array_equal(results["computed and kept"].vectors, results["again"].vectors)
        for name, result in results.items():
            runs.setdefault(name, []).append(result.provenance)
    return runs


def report(model: str, runs: dict[str, list[Provenance]]) -> None:
    first = runs["again"][0]
    print(f"{model} on {first.device}, {first.engine}, {first.precision}")
    for name, results in runs.items():
        seconds = [result.seconds for result in results]
        listed = " ".join(f"{value:.3f}" for value in seconds)
        print(f"  {name:18} {results[0].computed:6} computed, median {statistics.median(seconds):.3f} s of {listed}")
    ratios = [before.seconds / after.seconds for before, after in zip(runs["computed"], runs["again"], strict=True)]
    print(f"  again is {statistics.median(ratios):.1f} times faster than computed (the least {min(ratios):.1f})")


if __name__ == "__main__":
    texts = distinct_texts(KNOWN + NEW)
    for model in MODELS:
        report(model, measure(model, texts[:KNOWN], texts[KNOWN:]))
