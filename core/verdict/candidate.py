"""A candidate: everything known here about a model to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from core.benchmark.sentences import cpu
from core.benchmark.timing import Run, Timing
from core.benchmark.tradeoff import dollars_per_million
from core.evaluation import Interval, Quality, interval
from core.load import LoadTest
from core.models import ModelSpec
from core.provenance import Provenance
from core.retrieval import BM25, HYBRID, Embeddings
from core.similarity import Similarity
from core.wording import milliseconds

MEASURE = "ndcg@10"
BASELINES = {
    BM25: "keyword search, no model: for comparison, not ranked",
    HYBRID: "all picked models fused with BM25: for comparison, not ranked",
}
BATCH_TOKENS = 128  # of the texts whose throughput determines the price


@dataclass(frozen=True)
class Speed:
    """A model's speed in a benchmark, with its own weights: on this machine or, if none is timed here, a recorded one.

    Attributes
    ----------
    milliseconds : float
        Median for "Hello World", one at a time, text in, vector out.
    texts_per_second : float or None
        Texts of 128 tokens in the fastest batch timed; None if none was.
    day : str
        The day it was timed, as YYYY-MM-DD; empty if unknown.
    disturbed : tuple of str
        The criteria, "speed" and "price", whose timing was disturbed by other processes.
    recorded_on : str
        The processor of the other machine on which it was recorded; empty if it was timed on this one.
    """

    milliseconds: float
    texts_per_second: float | None
    device: str
    engine: str
    precision: str
    day: str = ""
    disturbed: tuple[str, ...] = ()
    recorded_on: str = ""


@dataclass(frozen=True)
class Source:
    """What computed the vectors that were evaluated, and their length.

    Attributes
    ----------
    texts, queries : Provenance
    """

    texts: Provenance
    queries: Provenance
    dimensions: int

    @classmethod
    def of(cls, embeddings: Embeddings) -> "Source":
        """Of vectors in memory."""
        texts, queries = embeddings.texts, embeddings.queries
        return cls(texts.provenance, queries.provenance, texts.vectors.shape[1])


@dataclass(frozen=True)
class Candidate:
    """A model with its quality on these texts and its cost on this machine; None means unknown, never good.

    Attributes
    ----------
    quality : Interval or None
        Mean nDCG@10 over the labelled queries, with its 95 % interval.
    per_query : dict of query id to nDCG@10
    memory_bytes : int or None
        Peak memory of the timed process, including its libraries; 0 for a model behind an external API. It was recorded
        where the speed was.
    dollars : float or None
        US dollars per million tokens: an API's price, or this machine's hourly price at the timed throughput.
    licence : str
        As in the model's card; empty if unknown.
    revision, device, engine, precision : str
        What computed the vectors that were evaluated.
    similarity : Similarity or None
        The function that compared them.
    query_prompt, document_prompt : str
        What was put before the queries and before the documents.
    truncate_dim : int or None
        The length to which its vectors are shortened; None for all dimensions.
    truncated_texts, unknown_texts, truncated_queries, unknown_queries : int or None
        How many of the documents, and of the queries, are longer than the model reads, and how many have no token
        that it knows.
    load : LoadTest or None
        The latest search for the most requests a second that it answers, on these texts, one text a request.
    is_model : bool
        False for a baseline, which is shown but not ranked.
    notes : tuple of str
        Notes on its figures.
    caveats : tuple of str
        What spoils its quality, a sentence each; see `Provenance.caveats`.
    """

    name: str
    quality: Interval | None = None
    per_query: Mapping[str, float] = field(default_factory=dict, hash=False)
    speed: Speed | None = None
    memory_bytes: int | None = None
    dollars: float | None = None
    licence: str = ""
    dimensions: int | None = None
    revision: str = ""
    device: str = ""
    engine: str = ""
    precision: str = ""
    similarity: Similarity | None = None
    query_prompt: str = ""
    document_prompt: str = ""
    truncated_texts: int | None = None
    unknown_texts: int | None = None
    truncated_queries: int | None = None
    unknown_queries: int | None = None
    truncate_dim: int | None = None
    load: LoadTest | None = field(default=None, hash=False)
    is_model: bool = True
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def remarks(self) -> str:
        """Its notes and caveats, for a cell; empty if there are none."""
        return "; ".join((*self.notes, *self.caveats))

    @property
    def vector_bytes(self) -> int | None:
        """Bytes of one vector as float32."""
        return 4 * self.dimensions if self.dimensions else None


def candidates(
    specs: Sequence[ModelSpec],
    measured: Mapping[str, Quality],
    sources: Mapping[str, Source],
    timings: Mapping[Timing, str],
    *,
    dollars_per_hour: float,
    recording: Run | None = None,
    loads: Mapping[str, LoadTest] = MappingProxyType({}),
) -> list[Candidate]:
    """Models as candidates, and the baselines.

    Parameters
    ----------
    measured : dict of system to Quality
        Of the models installed here, and of the baselines.
    sources : dict of model to Source
        Of the models that were evaluated.
    timings, dollars_per_hour
        See `of_model`.
    recording : Run, optional
        A recorded run whose figures stand in, marked, if none of the models is timed here: those of two machines are
        never compared with each other.
    loads : dict of model to LoadTest, optional
        The load tests on these texts.
    """

    def build(spec: ModelSpec, rows: Mapping[Timing, str], recorded_on: str = "") -> Candidate:
        source = sources.get(spec.name)
        return of_model(
            spec,
            measured.get(spec.name),
            source.texts if source else None,
            rows,
            dollars_per_hour=dollars_per_hour,
            dimensions=source.dimensions if source else None,
            asked=source.queries if source else None,
            recorded_on=recorded_on,
            load=loads.get(spec.name),
        )

    of_models = [build(spec, timings) for spec in specs]
    if recording and not any(one.speed for one in of_models):
        rows = dict.fromkeys(recording.results, recording.created[:10])
        recorded = [build(spec, rows, cpu(recording.machine)) for spec in specs]
        of_models = [other if other.speed else one for one, other in zip(of_models, recorded, strict=True)]
    return [*of_models, *(baseline(name, measured[name], note) for name, note in BASELINES.items() if name in measured)]


def find_untimed(existing: Sequence[Candidate], specs: Sequence[ModelSpec]) -> list[ModelSpec]:
    """Find the models that can be timed here but are not, one at a time and in batches, or were disturbed."""
    done = {one.name for one in existing if (speed := one.speed) and speed.texts_per_second and not speed.disturbed}
    recorded = {one.name for one in existing if one.speed and one.speed.recorded_on}
    return [spec for spec in specs if spec.provider != "openai" and spec.name not in done - recorded]


def of_model(
    spec: ModelSpec,
    quality: Quality | None,
    source: Provenance | None,
    timings: Mapping[Timing, str],
    *,
    dollars_per_hour: float,
    dimensions: int | None = None,
    asked: Provenance | None = None,
    recorded_on: str = "",
    load: LoadTest | None = None,
) -> Candidate:
    """A model as a candidate.

    Parameters
    ----------
    quality, source : optional
        Its measures and what computed its vectors; None if it is not installed here.
    timings : dict of Timing to str
        This machine's timings of any models, and the day of each. Only those with this model's own weights count, of
        the revision evaluated, on its fastest device, undisturbed if there is such a one; random weights are noted.
    dollars_per_hour : float
        The price of an hour of this machine.
    dimensions : int, optional
        Length of its vectors; by default the catalogue's.
    asked : Provenance, optional
        What computed the queries' vectors.
    recorded_on : str, optional
        The processor of the other machine whose timings these are.
    load : LoadTest, optional
        Its load test on these texts.
    """
    revision = source.revision if source else ""
    done = [timing for timing in timings if timing.model == spec.name and timing.median_ms]
    own = [row for row in done if row.weights == "own" and revision in ("", row.revision)]
    hello = min(
        (row for row in own if row.is_hello), key=lambda row: (row.is_disturbed, row.median_ms or 0), default=None
    )
    batches = [row for row in own if hello and row.tokens == BATCH_TOKENS and row.device == hello.device]
    batch = max(batches, key=lambda row: (not row.is_disturbed, row.texts_per_second or 0), default=None)
    is_api = spec.provider == "openai" and spec.server is None
    return Candidate(
        name=spec.name,
        **_quality(quality),
        speed=_speed(hello, batch, timings[hello], recorded_on) if hello else None,
        memory_bytes=0 if is_api else hello.memory_bytes if hello else None,
        dollars=_dollars(spec, batch, dollars_per_hour),
        licence=spec.license,
        dimensions=dimensions or spec.dimensions,
        revision=revision,
        device=source.device if source else "",
        engine=source.engine if source else "",
        precision=source.precision if source else "",
        similarity=source.similarity if source else None,
        query_prompt=source.query_prompt if source else "",
        document_prompt=source.document_prompt if source else "",
        truncated_texts=source.truncated_texts if source else None,
        unknown_texts=source.unknown_texts if source else None,
        truncated_queries=asked.truncated_texts if asked else None,
        unknown_queries=asked.unknown_texts if asked else None,
        truncate_dim=source.truncate_dim if source else None,
        load=load,
        notes=(*_notes(spec, done, hello, recorded_on), *_comparison(source)),
        caveats=tuple(sentence for read in (source, asked) if read for sentence in read.caveats),
    )


def baseline(name: str, quality: Quality, note: str) -> Candidate:
    """A baseline: a system without a model, or with several, for comparison."""
    return Candidate(name=name, **_quality(quality), is_model=False, notes=(note,))


def _quality(quality: Quality | None) -> dict[str, Any]:
    if quality is None:
        return {}
    values = dict(zip(sorted(quality.per_query), quality.values(MEASURE), strict=True))
    return {"quality": _interval(tuple(values.values())), "per_query": values}


@lru_cache(64)
def _interval(values: tuple[float, ...]) -> Interval:
    """The interval, cached because the page reruns at each move of a slider."""
    return interval(values)


def _speed(hello: Timing, batch: Timing | None, day: str, recorded_on: str) -> Speed:
    throughput = batch.texts_per_second if batch else None
    rows = {"speed": hello, "price": batch}
    disturbed = tuple(criterion for criterion, row in rows.items() if row and row.is_disturbed)
    return Speed(
        hello.median_ms or 0.0, throughput, hello.device, hello.engine, hello.precision, day, disturbed, recorded_on
    )


def _dollars(spec: ModelSpec, batch: Timing | None, dollars_per_hour: float) -> float | None:
    """The API's price, or the price from the machine's hour and the throughput; None if neither is known."""
    if spec.provider == "openai":
        return spec.usd_per_million_tokens
    if batch is None or not batch.tokens_per_second:
        return None
    return dollars_per_million(batch.tokens_per_second, dollars_per_hour)


def _comparison(source: Provenance | None) -> list[str]:
    """The function that compares its vectors, if it is not the cosine."""
    return [source.comparison] if source and source.similarity != "cosine" else []


def _notes(spec: ModelSpec, done: Sequence[Timing], hello: Timing | None, recorded_on: str) -> tuple[str, ...]:
    if spec.provider == "openai":
        return ("behind an API: its latency depends on the network and is not measured",)
    if hello and recorded_on:
        return (f"its speed and memory were recorded on {recorded_on}, not on this machine",)
    if hello and hello.is_disturbed:
        return ("its timing was disturbed by other processes: time it again when quiet",)
    random = [row.median_ms for row in done if row.is_hello and row.weights == "random" and row.median_ms]
    if hello is None and random:
        return (f"its architecture with random weights takes {milliseconds(min(random))} (not counted)",)
    if hello is None and any(row.is_hello for row in done):
        return ("only another revision was timed (not counted)",)
    return ()
