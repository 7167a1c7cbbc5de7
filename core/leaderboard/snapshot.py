"""A snapshot of MTEB(eng, v2): models, what is known of them, and their scores by task.

One ships in `data/leaderboard.json`; `catalogue refresh` puts a newer one into the cache folder. Scores are in percent;
None means unknown.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.settings import DATA, cache_folder
from core.storage import files

BASELINE = "mteb/baseline-random-encoder"
SHIPPED = DATA / "leaderboard.json"
FORMAT = 1
NOTHING: dict[str, Any] = {}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A model of the leaderboard.

    Attributes
    ----------
    active_parameters : int or None
        Those that compute: without the table of token vectors.
    matryoshka : tuple of int
        Shorter lengths of its vectors that it is trained for.
    max_tokens : int or None
        Longest input; None if unknown or without limit.
    kind : str
        "dense", "sparse", "late-interaction" or "cross-encoder".
    zero_shot : int or None
        Percentage of the tasks on whose data it was not trained, as its authors say.
    trained_on : tuple of str
        The other tasks.
    scores : dict of str to float
        By task, of those that are known one by one.
    types : dict of str to float
        Mean by task type, of those whose tasks are all known.
    missing : tuple of str
        Tasks without a score.
    recovered : dict of str to str
        Tasks whose score stands in an older file of MTEB's results, and in which.
    external : int
        How many scores stand in files that MTEB calls external: reported by others, not run by MTEB.
    borda : int or None
        Rank among all models with any score, as MTEB publishes it; None where MTEB has no complete scores.
    """

    id: str
    organisation: str = ""
    revision: str | None = None
    released: str | None = None
    languages: tuple[str, ...] = ()
    parameters: int | None = None
    active_parameters: int | None = None
    dimensions: int | None = None
    matryoshka: tuple[int, ...] = ()
    max_tokens: int | None = None
    memory_bytes: int | None = None
    license: str | None = None
    open_weights: bool | None = None
    loads_in_sentence_transformers: bool = False
    url: str | None = None
    similarity: str | None = None
    instructions: bool | None = None
    kind: str = "dense"
    adapted_from: str | None = None
    superseded_by: str | None = None
    zero_shot: int | None = None
    trained_on: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict, hash=False)
    types: Mapping[str, float] = field(default_factory=dict, hash=False)
    missing: tuple[str, ...] = ()
    recovered: Mapping[str, str] = field(default_factory=dict, hash=False)
    external: int = 0
    borda: int | None = None

    @property
    def name(self) -> str:
        """The name without its owner."""
        return self.id.rpartition("/")[2]

    @property
    def mean(self) -> float | None:
        """The mean over the tasks; None where one has no score, or none is known by itself."""
        return None if self.missing or not self.scores else sum(self.scores.values()) / len(self.scores)


@dataclass(frozen=True)
class Snapshot:
    """The leaderboard on one day.

    Attributes
    ----------
    date : str
        Day of the results, as YYYY-MM-DD.
    source : str
        Where they come from, with the commits read.
    tasks : dict of str to str
        The type of each task, in the benchmark's order.
    entries : tuple of Entry
        Without the baseline, in the order of their mean; those with missing tasks last.
    baseline : Entry or None
        MTEB's encoder of random vectors.
    """

    date: str
    source: str
    tasks: Mapping[str, str] = field(hash=False)
    entries: tuple[Entry, ...] = field(hash=False)
    baseline: Entry | None = field(default=None, hash=False)

    @property
    def types(self) -> tuple[str, ...]:
        """The task types, in the benchmark's order."""
        return tuple(dict.fromkeys(self.tasks.values()))

    @cached_property
    def complete(self) -> tuple[Entry, ...]:
        """The models with a score for every task."""
        return tuple(entry for entry in self.entries if len(entry.scores) == len(self.tasks))

    @cached_property
    def scores(self) -> npt.NDArray[np.float64]:
        """Scores of the complete models, (n, t), in percent."""
        return np.array([[entry.scores[task] for task in self.tasks] for entry in self.complete], np.float64)


def current() -> Snapshot:
    """The newest snapshot on this machine: the one that ships, or one that was refreshed later."""
    own = cache_folder() / "leaderboard.json"
    shipped = _read(SHIPPED, files.stamp(SHIPPED))
    try:
        refreshed = _read(own, files.stamp(own))
    except FileNotFoundError:
        return shipped
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("The refreshed leaderboard %s cannot be read (%s): using the one that ships.", own, error)
        return shipped
    return max(shipped, refreshed, key=lambda snapshot: snapshot.date)


def write(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot as JSON with a line for each model, so that a change is readable; never half of one.

    Raises
    ------
    OSError
        It cannot be written.
    """
    head = {"format": FORMAT, "date": snapshot.date, "source": snapshot.source, "tasks": dict(snapshot.tasks)}
    rows = [_row(entry) for entry in (*snapshot.entries, *filter(None, [snapshot.baseline]))]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    files.write(path, f'{start},"models":[\n{lines}\n]}}\n'.encode())


def build(date: str, source: str, tasks: Mapping[str, str], entries: list[Entry]) -> Snapshot:
    """A snapshot of these entries, in order, the baseline apart."""
    baseline = next((entry for entry in entries if entry.id == BASELINE), None)
    others = [entry for entry in entries if entry is not baseline]
    others.sort(
        key=lambda entry: (len(entry.scores) < len(tasks), -(entry.mean or 0.0), -len(entry.types), entry.id.lower())
    )
    return Snapshot(date, source, tasks, tuple(others), baseline)


@lru_cache(maxsize=4)
def _read(path: Path, _stamp: files.Stamp) -> Snapshot:
    content = json.loads(path.read_bytes())
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']}, not {FORMAT}")
    tasks = content["tasks"]
    return build(content["date"], content["source"], tasks, [_entry(row, list(tasks)) for row in content["models"]])


def _row(entry: Entry) -> dict[str, Any]:
    """What is not the default, the scores as a list in the tasks' order."""
    usual = {each.name: NOTHING if each.default is MISSING else each.default for each in fields(Entry)}
    row = {name: value for name, value in asdict(entry).items() if name == "id" or value != usual[name]}
    return row | ({"scores": list(row["scores"].values())} if "scores" in row else {})


def _entry(row: dict[str, Any], tasks: list[str]) -> Entry:
    lists = {name: tuple(row[name]) for name in ("languages", "matryoshka", "trained_on", "missing") if name in row}
    scores = dict(zip(tasks, row["scores"], strict=True)) if "scores" in row else NOTHING
    return Entry(**(row | lists | {"scores": scores}))
