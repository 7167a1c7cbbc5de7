"""Collections: texts that are too many for memory, on disk or in a bucket."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from core import collections, corpus, embedding, evaluation, settings
from core.cli.options import (
    AsJson,
    Device,
    Dimensions,
    DocumentPrompt,
    Engine,
    Passages,
    Precision,
    QueryPrompt,
    model_with_options,
    names,
)
from core.cli.options import Model as ModelName
from core.cli.output import bars, complain, say, show, show_caveats, show_remarks, texts_read
from core.collections import ByIndex, ByWords, Cluster, Collection, Compared, Index, Map, Model, OnDisk
from core.corpus import labels_of, read_bytes
from core.embedding import Embedded
from core.errors import InputError
from core.evaluation import Quality
from core.models import ModelSpec
from core.progress import Progress
from core.provenance import Provenance
from core.search import Hits, fuse
from core.search.exact import Rows

app = typer.Typer(no_args_is_help=True, help="Collections: texts that are too many for memory, on disk or in a bucket.")

OptionalModel = Annotated[str | None, typer.Option("--model", "-m", help="Model name, as the models command lists it.")]
MAP_FACTS = ("column", "method", "metric", "dimensions", "fitted", "seed")
ClusterAddress = Annotated[
    str | None, typer.Option("--cluster", help="Ray cluster to compute on: HOST:PORT or ray://HOST:PORT.")
]
Name = Annotated[str, typer.Argument(help="Name of the collection.")]


@app.command("create")
def create(
    name: Name,
    files: Annotated[
        list[str], typer.Option("--input", "-i", help="Parquet, JSONL or CSV file, or a pattern of files; repeatable.")
    ],
    text: Annotated[str | None, typer.Option(help="Name of the text column.")] = None,
    own_id: Annotated[str | None, typer.Option("--id", help="Name of the id column.")] = None,
    passages: Passages = None,
    as_json: AsJson = False,
) -> None:
    """Create a collection from files of any size; if it was interrupted, complete it."""
    with bars() as progress:
        made = collections.create(
            name, _paths(files), text=text, own_id=own_id, passages=passages, on_progress=progress
        )
    facts = _facts_of(made)
    show(facts, [_as_row(facts)], as_json)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the collections."""
    found = [_facts_of(collections.open_collection(name)) for name in collections.names()]
    rows = [{key: value for key, value in each.items() if key not in ("fields", "left_out")} for each in found]
    show({"collections": rows}, list(map(_as_row, rows)), as_json)


@app.command("info")
def info(name: Name, as_json: AsJson = False) -> None:
    """Tell what a collection holds, and how far each model's vectors are computed."""
    opened = collections.open_collection(name)
    models = [_row_of(opened, model) for model in collections.models_of(opened)]
    facts = _facts_of(opened) | {"words": _facts_of_words(opened)}
    facts |= {"files": [file for file, _ in opened.facts.files], "bytes": collections.size(name)}
    show(facts | {"models": models}, [_as_row(facts)], as_json)
    if models and not as_json:
        show({}, [_as_row_of_model(model) for model in models], as_json)


@app.command("embed")
def embed(
    name: Name,
    model: ModelName,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    query_prompt: QueryPrompt = None,
    document_prompt: DocumentPrompt = None,
    cluster: ClusterAddress = None,
    as_json: AsJson = False,
) -> None:
    """Embed the texts of a collection, part by part; run it again to resume."""
    spec = model_with_options(model, query_prompt, document_prompt, dimensions)
    opened = collections.open_collection(name)
    with bars() as progress:
        opened, found = collections.embed(
            opened,
            spec,
            device=device,
            engine=engine,
            precision=precision,
            cluster=_cluster(cluster),
            on_progress=progress,
        )
    facts = _facts_of_model(found, opened)
    show(facts, [facts], as_json)
    show_caveats([found.provenance], as_json)


@app.command("index")
def index(
    name: Name,
    model: OptionalModel = None,
    recall: Annotated[float, typer.Option(min=0, max=1, help="Share of the 10 nearest to be found.")] = 0.98,
    queries: Annotated[
        Path | None, typer.Option(help="File of queries to measure with (default: texts of the collection).")
    ] = None,
    has_words: Annotated[bool, typer.Option("--words", help="Index the words of the texts instead, for BM25.")] = False,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    query_prompt: QueryPrompt = None,
    document_prompt: DocumentPrompt = None,
    cluster: ClusterAddress = None,
    as_json: AsJson = False,
) -> None:
    """Index a model's vectors, measure the recall, and search as cheaply as it allows; or index the words."""
    opened = _open(name)
    if has_words:
        _index_words(opened, as_json)
        return
    spec = model_with_options(_required(model), query_prompt, document_prompt, dimensions)
    asked = corpus.from_path(queries).documents if queries else [""]
    with bars() as progress:
        how = {"device": device, "engine": engine, "precision": precision}
        finder, embedded = _finder(opened, spec, asked, progress, cluster, **how)
        vectors = embedded.vectors if queries else None
        opened, built, best = collections.build(
            opened, finder.model, recall, queries=vectors, cluster=finder.cluster, on_progress=progress
        )
    facts: dict[str, Any] = {"collection": name, "model": model, "demanded": recall, "recall": best}
    facts |= {"index": built and _facts_of_index(opened, built)}
    show(facts, [facts | {"index": built and collections.KIND}], as_json)
    if built and not as_json:
        say(built.sentence)
    if not built:
        complain(
            f"No setting of the index finds {recall:.1%} of the nearest; the best finds {best:.1%}. Search stays exact."
        )


def _index_words(opened: Collection, as_json: bool) -> None:
    with bars() as progress:
        opened = collections.index_words(opened, progress)
    facts = {"collection": opened.name, "texts": len(opened), "words": _facts_of_words(opened)}
    show(facts, [facts], as_json)


@app.command("search")
def search(
    name: Name,
    query: Annotated[str, typer.Option("--query", "-q", help="Text to search for.")],
    model: OptionalModel = None,
    by: Annotated[
        Literal["vectors", "words", "both"],
        typer.Option(help="Search by a model's vectors, by words (BM25), or by both, fused."),
    ] = "vectors",
    k: Annotated[int, typer.Option("-k", min=1, help="Number of results.")] = 10,
    where: Annotated[
        list[str] | None, typer.Option(help="FIELD=VALUE that the texts must have; of several values, one of them.")
    ] = None,
    between: Annotated[
        list[str] | None, typer.Option(help="FIELD=LOW,HIGH that the number of a field must lie between; repeatable.")
    ] = None,
    is_exact: Annotated[bool, typer.Option("--exact", help="Search all vectors, although there is an index.")] = False,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    query_prompt: QueryPrompt = None,
    document_prompt: DocumentPrompt = None,
    cluster: ClusterAddress = None,
    as_json: AsJson = False,
) -> None:
    """Find texts of a collection for a query: the nearest, by the model's index or exactly, or by words, or both."""
    asked, opened = corpus.one_query(query), _open(name)
    conditions = _conditions(where or [], between or [])
    facts: dict[str, Any] = {"model": model, "query": query, "by": by, "left_out": opened.facts.left_out}
    among = collections.matching(opened, *conditions) if any(conditions) else None
    facts |= {"query_left_out": asked.left_out, "searched": len(opened) if among is None else len(among)}
    rankings: list[Hits] = []
    sources: list[Provenance] = []
    index: Index | None = None
    with bars() as progress:
        if by != "words":
            spec = model_with_options(_required(model), query_prompt, document_prompt, dimensions)
            how = {"device": device, "engine": engine, "precision": precision}
            finder, embedded = _finder(opened, spec, asked.documents, progress, cluster, **how)
            index = None if is_exact else _index_for(finder, among)
            rankings.append((ByIndex(finder, index) if index else finder).find(embedded.vectors, k, among))
            sources = [finder.model.provenance, embedded.provenance]
        if by != "vectors":
            rankings.append(ByWords(opened).find(asked.documents, k, collections.sql(opened, *conditions)))
    hits = rankings[0] if len(rankings) == 1 else fuse(rankings, k)
    rows = collections.results(opened, hits)
    facts |= {"results": rows, "index": index and _facts_of_index(opened, index)}
    show(facts | (texts_read(*sources) if sources else {}), rows, as_json)
    if index and not as_json:
        say(index.sentence)
    show_caveats(sources, as_json)
    if asked.left_out and not as_json:
        complain(f"The query: {asked.skips_sentence}.")


@app.command("evaluate")
def evaluate(
    name: Name,
    models: Annotated[str, typer.Option("--models", "-m", help="Model names, separated by commas.")],
    queries: Annotated[Path, typer.Option(help="File of queries.")],
    qrels: Annotated[Path, typer.Option(help="Relevance labels: BEIR TSV or TREC qrels.")],
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    cluster: ClusterAddress = None,
    as_json: AsJson = False,
) -> None:
    """Measure each model's ranking quality on labelled queries, by exact search and by its index if it has one."""
    opened = _open(name)
    specs = [model_with_options(each, None, None) for each in names(models)]
    matched = collections.match_labels(
        opened, qrels.name, corpus.from_path(queries), labels_of(qrels.name, read_bytes(qrels))
    )
    exact: dict[str, Quality] = {}
    by_index: dict[str, Quality] = {}
    rows = []
    for spec in specs:
        with bars() as progress:
            how = {"device": device, "engine": engine, "precision": precision}
            finder, embedded = _finder(opened, spec, matched.labels.queries.documents, progress, cluster, **how)
            exact[spec.name] = collections.measure(opened, finder, embedded.vectors, matched)
            index = _index_for(finder, None)
            if index:
                found = collections.measure(opened, ByIndex(finder, index), embedded.vectors, matched, evaluation.CUT)
                by_index[spec.name] = found
        rows.append(_row_of_quality(finder, exact[spec.name], index, by_index.get(spec.name)))
        show_caveats([finder.model.provenance, embedded.provenance], as_json)
    labels, compared = matched.labels, collections.compare(exact, by_index)
    left_out = {**opened.facts.left_out, **labels.queries.left_out, **labels.left_out}
    facts = {"models": rows, "differences": list(map(_difference, compared)), "left_out": left_out}
    show(facts | {"unlabelled_copies": labels.unlabelled_copies}, list(map(_for_reading, rows)), as_json)
    if not as_json:
        for each in compared:
            say(each.sentence)
        show_remarks(labels)


@app.command("map")
def lay_out(
    name: Name,
    model: ModelName,
    fitted: Annotated[
        int, typer.Option("--fit", min=4, help="Texts to fit the map on; the others are placed by their neighbours.")
    ] = collections.FITTED,
    axes: Annotated[int, typer.Option(min=2, max=3, help="Dimensions of the map: 2 or 3.")] = 2,
    seed: int = 42,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    document_prompt: DocumentPrompt = None,
    cluster: ClusterAddress = None,
    as_json: AsJson = False,
) -> None:
    """Map the texts of a collection by UMAP, part by part; run it again to resume, or for texts that came later."""
    spec, opened = model_with_options(model, None, document_prompt, dimensions), _open(name)
    with bars() as progress:
        how = {"device": device, "engine": engine, "precision": precision}
        finder, _ = _finder(opened, spec, [""], progress, cluster, **how)
        opened, made = collections.lay_out(
            opened,
            finder.model,
            fitted=fitted,
            dimensions=axes,
            seed=seed,
            cluster=finder.cluster,
            on_progress=progress,
        )
        quality = collections.measure_map(opened, finder.model, made)
    facts = {"collection": name, "model": model, "texts": len(opened), **_facts_of_map(opened, made)}
    for measure in ("trustworthiness", "continuity", "neighbour_recall"):
        facts[measure] = getattr(quality, measure).value if quality else None
    facts["measured_texts"] = quality.rows if quality else 0
    show(facts, [facts], as_json)
    if not as_json:
        say(f"Fitted on {made.fitted:,} of {len(opened):,} texts; the others lie where their neighbours are.")


@app.command("delete")
def delete(
    name: Name,
    is_sure: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a collection with all its vectors."""
    texts = len(collections.open_collection(name))
    if not is_sure:
        typer.confirm(f"Delete {name} with {texts:,} texts and their vectors?", abort=True)
    collections.delete(name)
    facts = {"collection": name, "texts": texts}
    show(facts, [facts], as_json)


def _open(name: str) -> Collection:
    """A collection to search; if some of its files are not read yet, a line says so."""
    opened = collections.open_collection(name)
    if not opened.facts.is_complete:
        complain(f"{name} is not complete: run the command that creates it again.")
    return opened


def _paths(patterns: list[str]) -> list[Path]:
    """The files of several patterns, in order."""
    paths: list[Path] = []
    for pattern in patterns:
        path = Path(pattern)
        found = [path] if path.is_file() else sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
        if not found:
            raise InputError(f"There is no file {pattern}.")
        paths += found
    return paths


def _facts_of(opened: Collection) -> dict[str, Any]:
    facts = opened.facts
    return {
        "collection": opened.name,
        "texts": len(opened),
        "is_complete": facts.is_complete,
        "parts": len(opened.fragments),
        "embedded_by": [model.provenance.model for model in collections.models_of(opened)],
        "fields": facts.fields,
        "left_out": facts.left_out,
    }


def _as_row(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts for reading: lists of names as such."""
    return {key: ", ".join(value) if isinstance(value, list | tuple) else value for key, value in facts.items()}


def _as_row_of_model(facts: dict[str, Any]) -> dict[str, Any]:
    """The same for reading: what searches by its index find, and the columns of its maps."""
    index = facts["index"]
    found = index and f"finds {index['recall']:.1%}, {index['unindexed']:,} later texts"
    return facts | {"index": found, "maps": ", ".join(each["column"] for each in facts["maps"])}


def _facts_of_model(model: Model, opened: Collection) -> dict[str, Any]:
    source = asdict(model.provenance) | texts_read(model.provenance)
    return {"collection": opened.name} | source | {"dimensions": model.identity.dimensions, "missing": model.missing}


def _row_of(opened: Collection, model: Model) -> dict[str, Any]:
    names = ("model", "dimensions", "similarity", "precision")
    return {name: getattr(model.identity, name, model.provenance.model) for name in names} | {
        "texts": model.provenance.texts,
        "missing": model.missing,
        "maps": [_facts_of_map(opened, each) for each in collections.maps_of(opened) if each.model == model.column],
        "index": (index := collections.index_of(opened, model)) and _facts_of_index(opened, index),
    }


def _facts_of_map(opened: Collection, of: Map) -> dict[str, Any]:
    """How a map was made, on how many texts, and how many it does not place yet."""
    facts = {name: value for name, value in asdict(of).items() if name in MAP_FACTS}
    return facts | {"missing": collections.not_placed(opened, of)}


def _facts_of_words(opened: Collection) -> dict[str, Any] | None:
    """What counts as a word in the full-text index, and how many texts came after it; None if there is none."""
    words = collections.words_in(opened)
    return {"counted": words.sentence, "unindexed": collections.rows_without_words(opened)} if words else None


def _facts_of_index(opened: Collection, index: Index) -> dict[str, Any]:
    """What an index is, how it is searched, the recall measured, and how many texts came after it."""
    facts = {name: value for name, value in asdict(index).items() if name != "uuid"}
    return {"kind": collections.KIND, **facts, "unindexed": collections.unindexed(opened, index)}


def _measures(quality: Quality) -> dict[str, Any]:
    """The mean of each measure, and the interval of nDCG@10."""
    ndcg = evaluation.interval(quality.values("ndcg@10"))
    return {**quality.means, "ndcg@10_interval": [ndcg.low, ndcg.high]}


def _row_of_quality(finder: OnDisk, exact: Quality, index: Index | None, by_index: Quality | None) -> dict[str, Any]:
    """A model's measures by exact search, and by its index if there is one."""
    row = {"model": finder.model.provenance.model, **_measures(exact), "queries": exact.queries}
    row |= {"similarity": finder.model.identity.similarity, "by_index": None}
    if index and by_index:
        measures = {name: value for name, value in _measures(by_index).items() if name != "map@100"}  # ten were found
        row["by_index"] = measures | {"index": _facts_of_index(finder.collection, index)}
    return row


def _for_reading(row: dict[str, Any]) -> dict[str, Any]:
    """A model's measures, and of those by its index the first."""
    by_index = row["by_index"]
    return row | {"by_index": by_index and by_index["ndcg@10"]}


def _difference(compared: Compared) -> dict[str, Any]:
    """The difference of two models for the JSON."""
    ways = {name: getattr(compared, name) for name in ("exact", "by_index", "effect")}
    facts = {name: way and asdict(way) | {"is_within_chance": way.is_within_chance} for name, way in ways.items()}
    return {"models": [compared.first, compared.second], **facts, "sentence": compared.sentence}


def _index_for(finder: OnDisk, among: Rows | None) -> Index | None:
    """The index by which these rows are searched, if there is one."""
    index = collections.index_of(finder.collection, finder.model)
    return index if index and ByIndex(finder, index).serves(among) else None


def _finder(
    opened: Collection, spec: ModelSpec, asked: Sequence[str], progress: Progress, cluster: str | None, **how: Any
) -> tuple[OnDisk, Embedded]:
    """What searches the collection by a model, and the queries' vectors."""
    embedded = embedding.embed(asked, spec, kind="query", on_progress=progress, **how)
    model = collections.model_of(opened, embedded.identity, spec.name)
    return OnDisk(opened, model, progress, _cluster(cluster)), embedded


def _cluster(address: str | None) -> Cluster | None:
    """The cluster at an address, or else the host's; None if there is none."""
    address = address or settings.cluster()
    return Cluster(address) if address else None


def _required(model: str | None) -> str:
    if model is None:
        raise InputError("Which model? Pass --model.")
    return model


Conditions = tuple[dict[str, list[str]], dict[str, tuple[float, float]]]


def _conditions(where: list[str], between: list[str]) -> Conditions:
    """The values that fields must have, and the ends that their numbers must lie between.

    Raises
    ------
    InputError
        A condition is not written as it should be.
    """
    choices: dict[str, list[str]] = {}
    for condition in where:
        name, equals, value = condition.partition("=")
        if not equals:
            raise InputError(f"Write --where FIELD=VALUE in place of {condition!r}.")
        choices.setdefault(name, []).append(value)
    return choices, dict(map(_span, between))


def _span(condition: str) -> tuple[str, tuple[float, float]]:
    name, _, ends = condition.partition("=")
    try:
        low, high = map(float, ends.split(","))
    except ValueError:
        raise InputError(
            f"Write --between FIELD=LOW,HIGH in place of {condition!r}: --between year=1990,2000."
        ) from None
    return name, (low, high)
