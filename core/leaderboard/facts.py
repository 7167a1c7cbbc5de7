"""The snapshot that ships, made from files of facts about MTEB's results: `leaderboard.jsonl` and its neighbours."""

import csv
import json
from pathlib import Path
from typing import Any

from core.leaderboard.snapshot import Entry, Snapshot, build

BOARD = "mteb_eng_v2"


def read(folder: Path) -> Snapshot:
    """The snapshot of a folder of facts.

    Raises
    ------
    OSError
        A file is missing.
    """
    summary = json.loads((folder / "summary.json").read_bytes())
    with (folder / "eng_v2_tasks.csv").open(encoding="utf-8", newline="") as file:
        scores = {row.pop("id"): {task: float(value) for task, value in row.items()} for row in csv.DictReader(file)}
    lines = [(folder / f"{name}.jsonl").read_text(encoding="utf-8") for name in ("leaderboard", "partial")]
    rows = [json.loads(line) for line in "".join(lines).splitlines()]
    entries = [_entry(row, scores.get(row["id"], {})) for row in rows]
    (code, _), (results, when) = summary["sources"]["mteb"], summary["sources"]["results"]
    source = f"embeddings-benchmark/results at {results[:12]} (CC0), metadata of mteb at {code[:12]} (Apache-2.0)"
    return build(when[:10], source, summary["eng_v2_task_types"], entries)


def _entry(row: dict[str, Any], scores: dict[str, float]) -> Entry:
    board = row[BOARD]
    return Entry(
        id=row["id"],
        organisation=row["organisation"] or "",
        revision=row["revision"],
        released=row["release_date"],
        languages=tuple(row["languages"] or ()),
        parameters=row["n_parameters"],
        active_parameters=row["n_active_parameters"],
        dimensions=row["embed_dim"],
        matryoshka=tuple(sorted(length for length in row["embed_dims"] or () if length < row["embed_dim"])),
        max_tokens=None if row["max_tokens_unbounded"] else row["max_tokens"],
        memory_bytes=None if row["memory_usage_mb"] is None else int(row["memory_usage_mb"] * 2**20),
        license=None if row["license"] == "not specified" else row["license"],
        open_weights=row["open_weights"],
        loads_in_sentence_transformers="Sentence Transformers" in (row["framework"] or ()),
        url=row["reference"],
        similarity=row["similarity_fn_name"],
        instructions=row["use_instructions"],
        kind=(row["model_type"] or ["dense"])[0],
        adapted_from=row["adapted_from"],
        superseded_by=row["superseded_by"],
        zero_shot=board["zero_shot_percent"],
        trained_on=tuple(board["trained_on"] or ()),
        scores=scores,
        types={kind: value for kind, value in board["types"].items() if value is not None},
        missing=tuple(board["missing"]),
        recovered=board.get("recovered") or {},
        external=row["results_revisions"].get("external", 0),
        borda=board["rank_borda"],
    )
