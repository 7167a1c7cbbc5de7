"""The few lines of sentence-transformers, openai or plotly that reproduce a page.

They are scripts that run as they are: scripts/ holds the steps, loaders/ the ways to load a model. A page shows a
script with the user's own model and texts filled in.
"""

from collections.abc import Mapping, Sequence

from core.examples.script import fill_script
from core.models import ModelSpec, Server
from core.models.dialects import DIALECTS, OPENAI

MOST_TEXTS_SHOWN = 8
FAISS = {"cosine": "INNER_PRODUCT", "dot": "INNER_PRODUCT", "euclidean": "L2", "manhattan": "L1"}


def embed(spec: ModelSpec, texts: Sequence[str], kind: str = "document") -> str:
    """Embed texts into `vectors`, an array of unit rows where the cosine compares them."""
    return _by_model("embed", spec, texts=_few(texts), kind=_source(kind))


def explain(spec: ModelSpec, text: str) -> str:
    """Tokens, token vectors and the pooled vector of a text."""
    script = "explain_static" if spec.is_static else "explain"
    return _by_model(script, spec, text=_source(text), scaled=f"{spec.similarity == 'cosine'}  # to unit length")


def similarity(spec: ModelSpec, texts: Sequence[str]) -> str:
    """A heatmap of texts by the model's similarity."""
    return _by_model("similarity", spec, texts=_few(texts))


def search(spec: ModelSpec, query: str, texts: Sequence[str]) -> str:
    """The texts nearest to a query."""
    return _by_model("search", spec, texts=_few(texts), query=_source(query))


def evaluate(spec: ModelSpec, queries: Sequence[str], texts: Sequence[str], relevance: Sequence[Sequence[int]]) -> str:
    """The mean nDCG@10 of a few queries; `relevance` has a row of grades for each, one for each text."""
    grades = _format_list([list(row) for row in relevance])
    return _by_model("evaluate", spec, texts=_few(texts), asked=_format_list(queries), relevance=grades)


def pairs(spec: ModelSpec, first: Sequence[str], second: Sequence[str], gold: Sequence[float]) -> str:
    """Spearman and Pearson correlation of a few pairs' similarities with gold scores."""
    return _by_model("pairs", spec, pairs=_few(list(zip(first, second, gold, strict=True))))


def index(spec: ModelSpec, texts: Sequence[str]) -> str:
    """A graph index (HNSW) for searching texts."""
    return _by_model("index", spec, texts=_few(texts), metric=f"faiss.METRIC_{FAISS[spec.similarity]}")


def duplicates(spec: ModelSpec, texts: Sequence[str], threshold: float) -> str:
    """The pairs of texts whose cosine reaches a threshold."""
    return _by_model("duplicates", spec, texts=_few(texts), threshold=_source(threshold))


def project(spec: ModelSpec, texts: Sequence[str], method: str, dimensions: int) -> str:
    """A map of texts by "umap", "pca" or "tsne"; by the model's own distance, by cosine for a dot product."""
    metric = "cosine" if spec.similarity == "dot" else spec.similarity
    return _by_model(
        f"project_{method}", spec, texts=_few(texts), dimensions=_source(dimensions), metric=_source(metric)
    )


def benchmark(spec: ModelSpec, text: str) -> str:
    """The time of one call, as `%timeit` takes it."""
    if _has_dialect(spec):
        return _by_model("benchmark_dialect", spec, text=_source(text))
    return _by_model("benchmark_api" if spec.provider == "openai" else "benchmark", spec, text=_source(text))


def compare(specs: Sequence[ModelSpec], board: str) -> str:
    """Scores against sizes."""
    rows = [(spec.name, spec.download_bytes, spec.score(board)) for spec in specs]
    return fill_script("compare", board=_source(board), rows=_format_list([row for row in rows if None not in row]))


def verdict(figures: Mapping[str, Sequence[float | None]], weights: Mapping[str, float]) -> str:
    """Code that ranks models under weights, by nDCG@10, ms, bytes, dollars per million tokens and licence."""
    lines = "".join(f"    {_source(name)}: {_source(tuple(values))},\n" for name, values in figures.items())
    return fill_script("verdict", weights=_source(tuple(weights.values())), figures=f"{{\n{lines}}}")


def _by_model(name: str, spec: ModelSpec, **placeholders: str) -> str:
    """A script with the loading of the model written out."""
    prompts = {kind: prompt for kind in ("query", "document") if (prompt := spec.prompt(kind))}
    loader, model = _loader(spec)
    options = {"options": _source(_options(spec)), "function": _source(spec.similarity)}
    given = {"prompts": _source(prompts), **options}
    return fill_script(name, loader, **given, **model, **placeholders)


def _options(spec: ModelSpec) -> dict[str, int]:
    """What shortens vectors: of sentence-transformers, or of an API; empty if nothing does."""
    length = _length(spec)
    name = "dimensions" if spec.provider == "openai" else "truncate_dim"
    return {name: length} if length else {}


def _length(spec: ModelSpec) -> int | None:
    return spec.truncate_dim or (spec.server.dimensions if spec.server else None)


def _has_dialect(spec: ModelSpec) -> bool:
    """Whether a model is behind an API that OpenAI's client does not speak."""
    return spec.server is not None and spec.server.dialect != OPENAI


def _loader(spec: ModelSpec) -> tuple[str, dict[str, str]]:
    """The loader of a model, and the values to fill in."""
    if spec.server and _has_dialect(spec):
        return _dialect(spec.server, _length(spec))
    if spec.server:
        return "server", {"server": _source(spec.server.url), "model_name": _source(spec.server.model)}
    if spec.provider == "openai":
        return "api", {"model_name": _source(spec.id)}
    if spec.bundled and spec.is_static:
        weights, tokenizer = spec.bundled.sha256
        files = {"weights_file": _source(weights), "tokenizer_file": _source(tokenizer)}
        return "static", {"package": _source(spec.bundled.package), **files}
    loader = "local" if spec.similarity == "cosine" else "own_similarity"
    return loader, {"model_name": _source(spec.id.removeprefix("folder:"))}


def _dialect(server: Server, length: int | None) -> tuple[str, dict[str, str]]:
    """The loader of a model behind an API with a dialect, and the values to fill in."""
    dialect = DIALECTS[server.dialect]
    fields = {kind: dialect.options(kind, length) for kind in ("query", "document")}
    url = f"{server.url}{dialect.path.format(model=server.model)}"
    loader = server.dialect if server.dialect in ("cohere", "gemini") else "dialect"
    return loader, {"url": _source(url), "model_name": _source(server.model), "fields": _source(fields)}


def _few(values: Sequence[object]) -> str:
    """The first of a list, one per line, and how many more there are."""
    return _format_list(values[:MOST_TEXTS_SHOWN], len(values) - MOST_TEXTS_SHOWN)


def _format_list(values: Sequence[object], more: int = 0) -> str:
    """A list, one per line."""
    lines = "".join(f"    {_source(value)},\n" for value in values)
    return f"[\n{lines}    # ... and {more:,} more\n]" if more > 0 else f"[\n{lines}]"


def _source(value: object) -> str:
    """A value in Python, with texts in double quotes if that needs no escape."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_source, value))})"
    if isinstance(value, list):
        return f"[{', '.join(map(_source, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_source(key)}: {_source(item)}' for key, item in value.items())}}}"
    written = repr(value)
    return f'"{written[1:-1]}"' if isinstance(value, str) and '"' not in value else written
