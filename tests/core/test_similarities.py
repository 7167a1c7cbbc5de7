"""Folder models that name each similarity function, from their files to every answer, against sentence-transformers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer

from core import corpus, embedding, evaluation, models, retrieval
from core.retrieval import Task
from core.similarity import Similarity
from core.similarity.functions import SIMILARITIES

TEXTS = ("A plane is taking off.", "The fox jumps.", "Vectors", "Search finds the documents nearest to a query.", "Owl")
QUERIES = ("a fox", "Vectors")
FLOAT32: dict[str, Any] = {"device": "cpu", "engine": "torch", "precision": "float32"}

pytestmark = pytest.mark.usefixtures("one_thread")


def library(models_of_functions: Path, similarity: Similarity) -> SentenceTransformer:
    return SentenceTransformer(str(models_of_functions / similarity), device="cpu")


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_rankings_have_the_scores_of_sentence_transformers(models_of_functions: Path, similarity: Similarity) -> None:
    task = Task(corpus.from_paste("\n".join(TEXTS)), corpus.from_paste("\n".join(QUERIES)), k=5)
    pair = retrieval.embed(task, models.get(f"folder:{similarity}"), **FLOAT32)
    model = library(models_of_functions, similarity)
    expected = model.similarity(model.encode(QUERIES), model.encode(TEXTS)).numpy()
    hits = retrieval.by_model(task, pair).hits
    assert hits.rows.tolist() == np.argsort(-expected, axis=1).tolist()
    np.testing.assert_allclose(hits.scores, -np.sort(-expected, axis=1), rtol=1e-4, atol=1e-5)
    assert hits.is_found.all()
    lengths = np.linalg.norm(pair.texts.vectors, axis=1)
    whole = np.linalg.norm(model.encode(TEXTS), axis=1)
    np.testing.assert_allclose(lengths, np.ones(5) if similarity == "cosine" else whole, rtol=1e-5)
    assert pair.texts.identity.similarity == pair.texts.provenance.similarity == similarity


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_pairs_correlate_as_sentence_transformers_scores_do(models_of_functions: Path, similarity: Similarity) -> None:
    gold = [3.0, 1.0, 2.0, 5.0]
    embedded = embedding.embed(TEXTS, models.get(f"folder:{similarity}"), **FLOAT32)
    vectors = embedded.vectors
    scores = evaluation.scores_of(vectors[:-1], vectors[1:], embedded.provenance.similarity)
    model = library(models_of_functions, similarity)
    expected = model.similarity_pairwise(model.encode(TEXTS[:-1]), model.encode(TEXTS[1:])).numpy()
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)
    assert evaluation.agreement(scores, gold).spearman == pytest.approx(spearmanr(expected, gold).statistic)
