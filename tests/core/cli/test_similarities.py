"""Commands with models of each similarity function, against sentence-transformers called by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer

from core.similarity.functions import SCORES, SIMILARITIES

TEXTS = ("A plane is taking off.", "The fox jumps.", "Vectors", "Search finds what is near.", "Owl", "Rates went up.")
EVERY = ("--precision", "float32", "--device", "cpu")

pytestmark = pytest.mark.usefixtures("one_thread")
each_function = pytest.mark.parametrize("similarity", SIMILARITIES)


@pytest.fixture
def library(models_of_functions, similarity):
    return SentenceTransformer(str(models_of_functions / similarity), device="cpu")


@each_function
def test_search_prints_the_scores_of_the_function(answer, library, similarity, tmp_path):
    (tmp_path / "corpus.txt").write_text("\n".join(TEXTS))
    found = answer("search", "-m", f"folder:{similarity}", "-c", tmp_path / "corpus.txt", "-q", TEXTS[1], *EVERY)
    expected = library.similarity(library.encode(TEXTS[1:2]), library.encode(TEXTS)).numpy()[0]
    assert [row["text"] for row in found["results"]] == [TEXTS[row] for row in np.argsort(-expected)]
    scores = [row["score"] for row in found["results"]]
    np.testing.assert_allclose(scores, -np.sort(-expected), rtol=1e-4, atol=2e-3)
    assert found["similarity"] == similarity
    assert found["made_for"] == {"cosine": "", "dot": "the dot product"}.get(
        similarity, f"{similarity.title()} distance"
    )


@each_function
@pytest.mark.usefixtures("models_of_functions")
def test_the_table_of_a_search_names_its_scores(command, similarity, tmp_path):
    (tmp_path / "corpus.txt").write_text("\n".join(TEXTS))
    _, table, _ = command("search", "-m", f"folder:{similarity}", "-c", tmp_path / "corpus.txt", "-q", "Owl", *EVERY)
    assert f" {SCORES[similarity]} " in table


@each_function
def test_evaluate_measures_the_ranking_by_the_function(answer, library, similarity, tmp_path):
    rows = [f"d{number},{text}" for number, text in enumerate(TEXTS)]
    (tmp_path / "corpus.csv").write_text("\n".join(["_id,text", *rows]))
    (tmp_path / "queries.csv").write_text("_id,text\nq1,a quick owl")
    (tmp_path / "qrels.csv").write_text("query-id,corpus-id,score\nq1,d0,1")
    files = [part for name in ("corpus", "queries", "qrels") for part in (f"--{name}", tmp_path / f"{name}.csv")]
    found = answer("evaluate", "-m", f"folder:{similarity}", *files, *EVERY)
    scores = library.similarity(library.encode(["a quick owl"]), library.encode(TEXTS)).numpy()[0]
    assert found["mrr@10"] == pytest.approx(1 / (1 + (scores > scores[0]).sum()))
    assert found["similarity"] == similarity


@each_function
def test_pairs_correlates_the_scores_of_the_function(answer, library, similarity, tmp_path):
    gold = [3, 1, 2, 5, 4]
    rows = [",".join(map(str, row)) for row in zip(TEXTS[:-1], TEXTS[1:], gold, strict=True)]
    (tmp_path / "pairs.csv").write_text("\n".join(["sentence1,sentence2,score", *rows]))
    found = answer("pairs", "-m", f"folder:{similarity}", "-i", tmp_path / "pairs.csv", *EVERY)
    scores = library.similarity_pairwise(library.encode(TEXTS[:-1]), library.encode(TEXTS[1:])).numpy()
    assert found["spearman"] == pytest.approx(spearmanr(scores, gold).statistic)


@each_function
def test_project_measures_a_map_by_the_functions_distance(answer, models_of_functions, similarity, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    found = answer("project", "-m", f"folder:{similarity}", "-i", tmp_path / "texts.txt", "--method", "pca", *EVERY)
    assert found["metric"] == ("cosine" if similarity == "dot" else similarity)


@pytest.mark.usefixtures("models_of_functions")
def test_project_says_that_a_dot_product_is_no_distance(command, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    _, _, problems = command("project", "-m", "folder:dot", "-i", tmp_path / "texts.txt", "--method", "pca", *EVERY)
    assert "folder:dot compares by dot product, which is no distance" in problems


@pytest.mark.usefixtures("models_of_functions")
def test_a_verdict_ranks_each_model_by_its_own_function_and_says_so(answer):
    names = "folder:manhattan,folder:cosine"
    decided = answer("verdict", "--models", names, "--precision", "float32")
    notes = {row["model"]: row["notes"] or "" for row in decided["candidates"]}
    assert "compared by Manhattan distance" in notes["folder:manhattan"]
    assert "compared by" not in notes["folder:cosine"]
    assert {row["model"]: row["similarity"] for row in decided["candidates"]}["folder:manhattan"] == "manhattan"


@pytest.mark.usefixtures("models_of_functions")
def test_the_table_of_a_verdict_says_which_models_are_not_compared_by_cosine(command):
    _, printed, _ = command("verdict", "--models", "folder:dot,folder:cosine", "--precision", "float32")
    assert "folder:dot is compared by dot product." in printed
    assert "folder:cosine is compared" not in printed
