"""The few lines of sentence-transformers, openai or plotly that do what a page did; each runs as it stands."""

from collections.abc import Mapping, Sequence

from core.models import ModelSpec

MOST_TEXTS_SHOWN = 8


def embed(spec: ModelSpec, texts: Sequence[str], kind: str = "document") -> str:
    """Embed texts into `vectors`, an array of unit rows."""
    return _texts(texts) + _model(spec) + _encode(spec, "vectors", "texts", kind)


def explain(spec: ModelSpec, text: str) -> str:
    """Tokens, token vectors and the pooled vector of a text."""
    if spec.is_static:
        tokens = "tokens = model[0].tokenizer.encode(text, add_special_tokens=False)\nprint(tokens.tokens)\n"
        rows = "token_vectors = model[0].embedding.weight[tokens.ids]\n"
    else:
        tokens = "print(model.tokenizer.tokenize(text))\n"
        rows = 'token_vectors = model.encode(text, output_value="token_embeddings")\n'
    ending = "embedding = model.encode(text, normalize_embeddings=True)\nprint(token_vectors.shape, embedding.shape)\n"
    return _model(spec) + f"text = {text!r}\n" + tokens + rows + ending


def similarity(spec: ModelSpec, texts: Sequence[str]) -> str:
    """A cosine heatmap of texts."""
    return (
        "import plotly.express as px\n\n"
        + embed(spec, texts)
        + "cosines = vectors @ vectors.T\n"
        + 'figure = px.imshow(cosines, x=texts, y=texts, color_continuous_scale="viridis")\n'
        + "figure.show()\n"
    )


def search(spec: ModelSpec, query: str, texts: Sequence[str]) -> str:
    """The texts nearest to a query."""
    return (
        _texts(texts)
        + _model(spec)
        + _encode(spec, "documents", "texts", "document")
        + _encode(spec, "queries", f"[{query!r}]", "query")
        + "scores = documents @ queries[0]\n"
        + "for row in scores.argsort()[::-1][:3]:\n"
        + '    print(f"{scores[row]:.3f} {texts[row]}")\n'
    )


def evaluate(spec: ModelSpec, queries: Sequence[str], texts: Sequence[str], relevance: Sequence[Sequence[int]]) -> str:
    """The mean nDCG@10 of a few queries; `relevance` has a row of grades for each, one for each text."""
    asked = "".join(f"    {query!r},\n" for query in queries)
    grades = "".join(f"    {list(row)!r},\n" for row in relevance)
    return (
        "from sklearn.metrics import ndcg_score\n\n"
        + _texts(texts)
        + f"asked = [\n{asked}]\n"
        + f"relevance = [  # a row for each query, a column for each text\n{grades}]\n"
        + _model(spec)
        + _encode(spec, "documents", "texts", "document")
        + _encode(spec, "queries", "asked", "query")
        + 'print(f"nDCG@10 {ndcg_score(relevance, queries @ documents.T, k=10):.3f}")\n'
    )


def pairs(spec: ModelSpec, first: Sequence[str], second: Sequence[str], gold: Sequence[float]) -> str:
    """Spearman and Pearson correlation of a few pairs' cosines with gold scores."""
    rows = "".join(
        f"    ({one!r}, {other!r}, {score!r}),\n"
        for one, other, score in zip(first[:MOST_TEXTS_SHOWN], second, gold, strict=False)
    )
    rest = f"    # ... and {len(gold) - MOST_TEXTS_SHOWN:,} more\n" if len(gold) > MOST_TEXTS_SHOWN else ""
    return (
        "from scipy.stats import pearsonr, spearmanr\n\n"
        + f"pairs = [\n{rows}{rest}]\n"
        + "first, second, gold = map(list, zip(*pairs))\n"
        + _model(spec)
        + _encode(spec, "ones", "first", "document")
        + _encode(spec, "others", "second", "document")
        + "cosines = (ones * others).sum(axis=1)\n"
        + 'print(f"Spearman {spearmanr(cosines, gold)[0]:.3f}, Pearson {pearsonr(cosines, gold)[0]:.3f}")\n'
    )


def index(spec: ModelSpec, texts: Sequence[str]) -> str:
    """A graph (HNSW) to search texts by."""
    return (
        "import faiss\n\n"
        + embed(spec, texts)
        + "index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)\n"
        + "index.add(vectors)\n"
        + "index.hnsw.efSearch = 64\n"
        + "scores, rows = index.search(vectors[:1], min(10, len(texts)))\n"
    )


def project(spec: ModelSpec, texts: Sequence[str], method: str, dimensions: int) -> str:
    """A map of texts by "umap", "pca" or "tsne"."""
    fits = {
        "umap": (
            "from umap import UMAP\n\n"
            f'mapper = UMAP(n_components={dimensions}, n_neighbors=min(15, len(texts) - 1), metric="cosine", '
            'init="random", random_state=42)\n'
            "points = mapper.fit_transform(vectors)\n\n"
        ),
        "tsne": (
            "from openTSNE import TSNE\n\n"
            f'mapper = TSNE(n_components={dimensions}, perplexity=min(30, (len(texts) - 1) / 3), metric="cosine", '
            "random_state=42)\n"
            "points = mapper.fit(vectors)\n\n"
        ),
        "pca": (
            f"from sklearn.decomposition import PCA\n\nmapper = PCA(n_components={dimensions})\n"
            "points = mapper.fit_transform(vectors)\n\n"
        ),
    }
    axes = "".join(f", {axis}=points[:, {place}]" for place, axis in enumerate("xyz"[:dimensions]))
    chart = "scatter" if dimensions == 2 else "scatter_3d"
    return (
        embed(spec, texts)
        + fits[method]
        + "import plotly.express as px\n\n"
        + f"px.{chart}({axes[2:]}, hover_name=texts).show()\n"
    )


def benchmark(spec: ModelSpec, text: str) -> str:
    """The time of one call, as `%timeit` takes it."""
    remote_call = f'client.embeddings.create(model="{_name(spec)}", input=[text])'
    call = remote_call if _is_remote(spec) else "model.encode(text)"
    return (
        "from timeit import repeat\n\n"
        + _model(spec)
        + f"text = {text!r}\n"
        + f"{call}  # the first call is slower\n"
        + f"times = repeat(lambda: {call}, number=1, repeat=30)\n"
        + 'print(f"median {sorted(times)[15] * 1000:.2f} ms")\n'
    )


def compare(specs: Sequence[ModelSpec], board: str) -> str:
    """Scores against sizes."""
    rows = [
        (spec.name, spec.download_bytes, spec.mteb_v1.get("average") if board == "MTEB v1" else spec.mteb_v2)
        for spec in specs
    ]
    lines = "".join(f"    {row!r},\n" for row in rows if None not in row)
    return (
        "import pandas as pd\nimport plotly.express as px\n\n"
        f"rows = [\n{lines}]\n"
        f'table = pd.DataFrame(rows, columns=["model", "bytes", "{board}"])\n'
        f'px.scatter(table, x="bytes", y="{board}", text="model", log_x=True).show()\n'
    )


def verdict(figures: Mapping[str, Sequence[float | None]], weights: Mapping[str, float]) -> str:
    """Code that ranks models under weights; of each nDCG@10, ms, bytes, dollars a million tokens, licence."""
    lines = "".join(f"    {name!r}: {tuple(values)!r},\n" for name, values in figures.items())
    return (
        "from math import log\n\n"
        f"weights = {tuple(weights.values())!r}  # {', '.join(weights)}\n"
        "figures = {  # nDCG@10, ms, bytes, US dollars a million tokens, licence from 0 to 1; None is not known\n"
        f"{lines}"
        "}\n\n\n"
        "def scale(value, worst, best):\n"
        "    if value is None:\n"
        "        return 0.0\n"
        "    return 1.0 if value <= best else max(0.0, log(worst / value) / log(worst / best))\n\n\n"
        "def total(quality, ms, size, dollars, licence):\n"
        "    parts = (quality or 0.0, scale(ms, 1000, 0.1), scale(size, 64e9, 64e6), scale(dollars, 10, 0.0001), "
        "licence or 0.0)\n"
        "    return sum(weight * part for weight, part in zip(weights, parts)) / sum(weights)\n\n\n"
        "scores = {name: total(*values) for name, values in figures.items()}\n"
        "for name in sorted(scores, key=scores.get, reverse=True):\n"
        '    print(f"{scores[name]:.3f} {name}")\n'
    )


def _texts(texts: Sequence[str]) -> str:
    shown = "".join(f"    {text!r},\n" for text in texts[:MOST_TEXTS_SHOWN])
    rest = f"    # ... and {len(texts) - MOST_TEXTS_SHOWN:,} more\n" if len(texts) > MOST_TEXTS_SHOWN else ""
    return f"texts = [\n{shown}{rest}]\n"


def _is_remote(spec: ModelSpec) -> bool:
    return spec.provider == "openai"


def _model(spec: ModelSpec) -> str:
    """Code that makes `model`, or `client` for a model behind OpenAI's API."""
    if _is_remote(spec):
        return f"import numpy as np\nfrom openai import OpenAI\n\n{_client(spec)}\n"
    if not (spec.bundled and spec.is_static):
        loaded = f'model = SentenceTransformer("{_name(spec)}")'
        return f"from sentence_transformers import SentenceTransformer\n\n{loaded}\n"
    weights, tokenizer = spec.bundled.sha256
    return (
        "from importlib.util import find_spec\n"
        "from pathlib import Path\n\n"
        "from safetensors.numpy import load_file\n"
        "from sentence_transformers import SentenceTransformer\n"
        "from sentence_transformers.sentence_transformer.modules import StaticEmbedding\n"
        "from tokenizers import Tokenizer\n\n"
        f'folder = Path(find_spec("{spec.bundled.package}").origin).parent\n'
        f'(weights,) = load_file(folder / "{weights}").values()\n'
        f'tokenizer = Tokenizer.from_file(str(folder / "{tokenizer}"))\n'
        'model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, weights.astype("float32"))])\n'
    )


def _encode(spec: ModelSpec, name: str, texts: str, kind: str) -> str:
    if _is_remote(spec):
        return (
            f'answer = client.embeddings.create(model="{_name(spec)}", input={texts})\n'
            f"{name} = np.array([item.embedding for item in answer.data])\n"
        )
    prompt = spec.prompt(kind)
    option = f", prompt={prompt!r}" if prompt else ""
    return f"{name} = model.encode({texts}{option}, normalize_embeddings=True)\n"


def _client(spec: ModelSpec) -> str:
    if spec.server:
        return f'client = OpenAI(base_url="{spec.server.url}", api_key="...")  # the server\'s key, if it asks for one'
    return "client = OpenAI()  # reads OPENAI_API_KEY"


def _name(spec: ModelSpec) -> str:
    """The model's name where it is loaded: at its server, on the Hub, or in the models directory."""
    return spec.server.model if spec.server else spec.id.removeprefix("folder:")
