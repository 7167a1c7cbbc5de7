"""Our maps beside those of other tools: `python -m tests.benchmarks.maps SENTENCES.csv --peers FOLDER`.

Three comparisons, each side seen in the same software-drawn Chromium, in turns, a ratio being that of one turn:

- atlas: 10,000 texts that nobody has seen, from giving them to the map on screen, beside embedding-atlas's command;
- umap: 10,000 vectors in memory to a map in 2D, both sides warm, beside umap-learn with its defaults and a seed;
- tensorboard: 5,000 x 384 vectors to a UMAP in 3D on screen, beside TensorFlow's Projector. Ours counts from giving the
  file, TensorFlow's from the click that starts UMAP, with the vectors loaded.

The peers are installed into environments of their own in FOLDER. A table goes to standard error, JSON to standard
output. `--only umap` needs no peer's environment and no browser.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core import encoders, maps, models
from core.machine import power, this_machine
from core.maps import Floats
from core.models.files import locate
from core.settings import cache_folder
from tests.benchmarks.peers import atlas, embedscope, tensorboard
from tests.benchmarks.peers.environment import environment, versions

TEXTS, FEW_TEXTS, VECTORS = 10_000, 200, 5_000
MODEL = "all-MiniLM-L6-v2"
SEED, TRUSTED_NEIGHBOURS = 42, 15
LEAST_TRUST = -0.01  # by how much our trustworthiness may be below umap-learn's
OWN_PACKAGES = ("streamlit", "umap-learn", "scikit-learn", "numba")


@dataclass(frozen=True)
class Comparison:
    """Seconds of both sides, one for each turn, and the largest ratio of ours to the peer's that is aimed at."""

    name: str
    target: float
    peer: list[float]
    own: list[float]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> list[float]:
        return [own / peer for own, peer in zip(self.own, self.peer, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)


def main() -> None:
    """Measure what is asked for, and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path, help="a CSV with a column named text, of 10,200 rows or more")
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "embedscope-peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=COMPARISONS, nargs="+", default=list(COMPARISONS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = Given(Path(folder), texts_of(options.sentences), options.peers.resolve(), options.rounds)
        comparisons = []
        for name in options.only:
            comparisons.append(COMPARISONS[name](given))
            tell(comparisons[-1])
    print(json.dumps(report(comparisons), indent=2))


class Given:
    """What all comparisons share: texts, their vectors, a folder for files, and where the peers are."""

    def __init__(self, folder: Path, texts: list[str], peers: Path, rounds: int) -> None:
        self.folder, self.peers, self.rounds = folder, peers, rounds
        self.texts = texts[:TEXTS]
        self.few = written(folder / "few.csv", texts[TEXTS : TEXTS + FEW_TEXTS])
        self.spec = models.get(MODEL)
        self.vectors: Floats = encoders.load(self.spec, device="cpu").encode(self.texts)


def texts_of(file: Path) -> list[str]:
    """The distinct texts of a CSV, in its order; ends the program where they are too few."""
    with file.open(encoding="utf-8", newline="") as rows:
        texts = list(dict.fromkeys(row["text"] for row in csv.DictReader(rows)))
    if len(texts) < TEXTS + FEW_TEXTS:
        sys.exit(f"{file} has {len(texts):,} distinct texts: {TEXTS + FEW_TEXTS:,} are needed.")
    return texts


def written(file: Path, texts: list[str]) -> Path:
    """Write texts as a CSV of one column."""
    with file.open("w", encoding="utf-8", newline="") as rows:
        csv.writer(rows).writerows([["text"], *([text] for text in texts)])
    return file


def in_turns(rounds: int, peer: Callable[[], float], own: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of both sides by turns, each turn begun by the other side than the last; told as they come."""
    seconds: dict[str, list[float]] = {"peer": [], "own": []}
    sides = {"peer": peer, "own": own}
    for _ in range(rounds):
        for side, measure in sides.items():
            seconds[side].append(measure())
            load = os.getloadavg()[0]
            print(f"  {side:5} {seconds[side][-1]:7.2f} s at a load of {load:.1f}", file=sys.stderr, flush=True)
        sides = dict(reversed(sides.items()))
    return seconds


def seconds_of(compute: Callable[[], object]) -> float:
    """Seconds of one call, with no map remembered."""
    shutil.rmtree(cache_folder() / "maps", ignore_errors=True)
    started = time.perf_counter()
    compute()
    return time.perf_counter() - started


def beside_umap_learn(given: Given) -> Comparison:
    """Vectors to coordinates, and how far both maps can be trusted."""
    import umap
    from sklearn.manifold import trustworthiness

    def plain() -> Floats:
        mapper = umap.UMAP(metric="cosine", random_state=SEED)
        return np.asarray(mapper.fit_transform(given.vectors), np.float32)

    def own() -> Floats:
        return maps.project(given.vectors, maps.Umap(seed=SEED)).coordinates

    drawn = {"peer": plain(), "own": own()}  # the first fit of a process compiles: it is not timed
    trust = {
        side: float(trustworthiness(given.vectors, coordinates, n_neighbors=TRUSTED_NEIGHBOURS, metric="cosine"))
        for side, coordinates in drawn.items()
    }
    notes = {"trustworthiness": trust, "is_trust_met": trust["own"] - trust["peer"] >= LEAST_TRUST}
    seconds = in_turns(given.rounds, lambda: seconds_of(plain), lambda: seconds_of(own))
    return Comparison(f"UMAP of {TEXTS:,} x 384, beside umap-learn", 1 / 2, **seconds, notes=notes)


def beside_tensorboard(given: Given) -> Comparison:
    """Vectors to a UMAP in 3D on screen."""
    commands = environment(given.peers, "tensorboard", tensorboard.REQUIREMENTS)
    logs, vectors = given.folder / "logs", given.folder / "vectors.npy"
    logs.mkdir()
    tensorboard.write_logs(logs, given.vectors[:VECTORS], given.texts[:VECTORS])
    np.save(vectors, given.vectors[:VECTORS])

    def own() -> float:
        with embedscope.warm_server(given.few, FEW_TEXTS) as address:
            return embedscope.seconds_to_map(address, vectors, VECTORS, dimensions=3)

    seconds = in_turns(given.rounds, lambda: tensorboard.seconds_to_map(commands, logs, VECTORS), own)
    notes = {
        "peer_umap": tensorboard.UMAP,
        "peer_seconds_of_a_tsne_iteration": tensorboard.seconds_an_iteration(commands, logs, VECTORS),
        "peer_versions": versions(commands, tensorboard.PACKAGES),
    }
    name = f"{VECTORS:,} x 384 to a UMAP in 3D, beside TensorFlow's Projector"
    return Comparison(name, 1 / 10, **seconds, notes=notes)


def beside_atlas(given: Given) -> Comparison:
    """Texts to a map on screen; a first run of the peer, on a few texts, warms its files and numba's cache."""
    commands = environment(given.peers, "embedding-atlas", atlas.REQUIREMENTS)
    model = locate(given.spec)
    file = written(given.folder / "texts.csv", given.texts)
    answered: list[float] = []

    def peer() -> float:
        seconds = atlas.seconds_to_page(commands, file, TEXTS, model)
        answered.append(seconds["answers"])
        return seconds["page"]

    def own() -> float:
        with embedscope.warm_server(given.few, FEW_TEXTS) as address:
            return embedscope.seconds_to_map(address, file, TEXTS)

    atlas.seconds_to_page(commands, given.few, FEW_TEXTS, model)
    seconds = in_turns(given.rounds, peer, own)
    notes = {
        "peer_seconds_until_it_answers": answered,
        "peer_umap": atlas.UMAP,
        "peer_versions": versions(commands, atlas.PACKAGES),
    }
    return Comparison(f"{TEXTS:,} texts to a map, beside embedding-atlas", 1 / 4, **seconds, notes=notes)


COMPARISONS = {"umap": beside_umap_learn, "tensorboard": beside_tensorboard, "atlas": beside_atlas}


def tell(comparison: Comparison) -> None:
    """The comparison as lines of a table, on standard error."""
    met = "met" if comparison.ratio <= comparison.target else "NOT met"
    lines = [comparison.name]
    for side, times in {"peer": comparison.peer, "own": comparison.own}.items():
        lines.append(f"{side:5} median {statistics.median(times):7.2f} s")
    lines.append(
        f"ratio {comparison.ratio:.3f} ({min(comparison.ratios):.3f} to {max(comparison.ratios):.3f}), "
        f"wanted at most {comparison.target}: {met}"
    )
    lines += [f"{name}: {value}" for name, value in comparison.notes.items()]
    print(*lines, sep="\n  ", file=sys.stderr, flush=True)


def report(comparisons: list[Comparison]) -> dict[str, Any]:
    """All that was measured, and on what."""
    machine = this_machine()
    return {
        "machine": asdict(machine),
        "power": power(),
        "load_average": os.getloadavg(),
        "versions": machine.versions | {name: version(name) for name in OWN_PACKAGES},
        "comparisons": [
            asdict(each) | {"ratios": each.ratios, "ratio": each.ratio, "is_met": each.ratio <= each.target}
            for each in comparisons
        ],
    }


if __name__ == "__main__":
    main()
