"""A newer snapshot from MTEB's public read API: one request, all of it checked before anything is replaced.

Its answer is described by `mteb/api/schemas.py` of embeddings-benchmark/mteb: `/v1/benchmarks/NAME/scores`.
"""

from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from core.errors import InputError
from core.leaderboard.snapshot import Entry, Snapshot, build, current, write
from core.settings import cache_folder

ADDRESS = "https://embeddings-benchmark-mteb-api.hf.space"
BENCHMARK = "MTEB(eng, v2)"
TIMEOUT_SECONDS = 60
UNCHANGED = "The leaderboard here stays as it is: try again later."
MOST_BYTES = 50_000_000
FEWEST_KEPT = 0.9  # of the models that are known: an answer with fewer is not believed


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", protected_namespaces=())


class _Model(_Answer):
    name: str
    url: str | None = None
    embedding_dim: int | None = None
    max_tokens: float | None = None
    release_date: str | None = None
    model_type: str = "dense"
    instruction_tuned: bool | None = None
    open_weights: bool | None = None
    sentence_transformers_compatible: bool = False
    memory_usage_mb: float | None = None
    license: str | None = None
    active_params_b: float | None = None
    total_params_b: float | None = None
    adapted_from: str | None = None
    superseded_by: str | None = None


class _Row(_Answer):
    rank: int
    model: _Model
    zero_shot_pct: int = -1
    scores_by_task: dict[str, float]
    scores_by_task_type: dict[str, float] = Field(default_factory=dict)
    trained_on_tasks: list[str] = Field(default_factory=list)


class _Task(_Answer):
    name: str
    type: str


class _Summary(_Answer):
    tasks_meta: list[_Task]
    rows: list[_Row]


def refresh(address: str = ADDRESS) -> Snapshot:
    """Fetch today's leaderboard, keep it in the cache folder, and return it.

    Raises
    ------
    InputError
        It cannot be fetched or is not what was expected; what there is stays as it is.
    """
    known = current()
    summary = _parse(_fetch(f"{address.rstrip('/')}/v1/benchmarks/{quote(BENCHMARK)}/scores"), address)
    fetched = _snapshot(summary, known, address)
    _check(fetched, known, address)
    write(fetched, cache_folder() / "leaderboard.json")
    return fetched


def _fetch(url: str) -> bytes:
    """The answer's bytes, not more than MOST_BYTES."""
    import httpx2

    content = bytearray()
    try:
        with httpx2.stream("GET", url, timeout=TIMEOUT_SECONDS, follow_redirects=True) as response:
            if response.status_code != httpx2.codes.OK:
                raise InputError(f"{url} answered {response.status_code}. {UNCHANGED}")
            for part in response.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise InputError(f"{url} answers with more than {MOST_BYTES // 10**6} MB: not used.")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise InputError(f"{url} cannot be reached ({error}). {UNCHANGED}") from error
    return bytes(content)


def _parse(content: bytes, address: str) -> _Summary:
    try:
        return _Summary.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"The answer of {address} is not MTEB's leaderboard: {where}: {first['msg']}.") from error


def _snapshot(summary: _Summary, known: Snapshot, address: str) -> Snapshot:
    """The answer's snapshot; what the API does not say of a model stays as it was known."""
    tasks = {task.name: task.type for task in summary.tasks_meta}
    tasks = {name: tasks[name] for name in (*filter(tasks.__contains__, known.tasks), *tasks)}
    before = {entry.id: entry for entry in (*known.entries, *filter(None, [known.baseline]))}
    unit = _unit(summary)
    entries = [_entry(row, tasks, unit, before.get(row.model.name)) for row in summary.rows]
    return build(datetime.now(UTC).strftime("%Y-%m-%d"), f"MTEB's read API at {address}", tasks, entries)


def _unit(summary: _Summary) -> float:
    """What scores are multiplied by to be percent: MTEB stores shares of 1."""
    return 1.0 if any(score > 1 for row in summary.rows for score in row.scores_by_task.values()) else 100.0


def _entry(row: _Row, tasks: dict[str, str], unit: float, known: Entry | None) -> Entry:
    model = row.model
    scores = {task: round(unit * row.scores_by_task[task], 4) for task in tasks if task in row.scores_by_task}
    limit = int(model.max_tokens) if model.max_tokens and 0 < model.max_tokens < 10**7 else None
    return Entry(
        id=model.name,
        organisation=model.name.partition("/")[0],
        revision=known.revision if known else None,
        released=model.release_date,
        languages=known.languages if known else (),
        parameters=_parameters(model.total_params_b, known.parameters if known else None),
        active_parameters=_parameters(model.active_params_b, known.active_parameters if known else None),
        dimensions=model.embedding_dim,
        matryoshka=known.matryoshka if known else (),
        max_tokens=limit,
        memory_bytes=None if model.memory_usage_mb is None else int(model.memory_usage_mb * 2**20),
        license=None if model.license == "not specified" else model.license,
        open_weights=model.open_weights,
        loads_in_sentence_transformers=model.sentence_transformers_compatible,
        url=model.url,
        similarity=known.similarity if known else None,
        instructions=model.instruction_tuned,
        kind=model.model_type,
        adapted_from=model.adapted_from,
        superseded_by=model.superseded_by,
        zero_shot=row.zero_shot_pct if row.zero_shot_pct >= 0 else None,
        trained_on=tuple(task for task in row.trained_on_tasks if task in tasks),
        scores=scores,
        types={kind: round(unit * value, 4) for kind, value in row.scores_by_task_type.items()},
        missing=tuple(task for task in tasks if task not in scores),
        external=known.external if known else 0,
        borda=row.rank,
    )


def _parameters(billions: float | None, known: int | None) -> int | None:
    """The number of parameters; the known one where the API only rounds it."""
    if billions is None:
        return known
    return known if known and abs(known / 1e9 - billions) < 0.05 * billions else round(billions * 1e9)


def _check(fetched: Snapshot, known: Snapshot, address: str) -> None:
    """Refuse an answer from which much is gone.

    Raises
    ------
    InputError
        It has fewer tasks or far fewer models than what is known.
    """
    if gone := [task for task in known.tasks if task not in fetched.tasks]:
        raise InputError(f"The answer of {address} lacks {len(gone)} tasks, {gone[0]} among them: not used.")
    if len(fetched.entries) < FEWEST_KEPT * len(known.entries):
        raise InputError(
            f"The answer of {address} has {len(fetched.entries)} models where {len(known.entries)} are known: not used."
        )
