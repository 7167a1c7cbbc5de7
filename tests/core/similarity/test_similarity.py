"""Cosines, clusters, backgrounds and tokens, against scikit-learn, scipy and sentence-transformers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import dendrogram, leaves_list, linkage
from scipy.spatial.distance import pdist
from scipy.stats import percentileofscore
from sentence_transformers import SentenceTransformer, SimilarityFunction
from sklearn.metrics.pairwise import cosine_similarity

from core.encoders import Trace, Traceable
from core.errors import InputError
from core.similarity import (
    Background,
    Side,
    background,
    clusters,
    contributions,
    disagreement,
    rank_pairs,
    score_matrix,
    score_pairs,
    without_negative_zero,
)
from core.similarity.functions import SIMILARITIES, Similarity


def normal(rows: int, dimensions: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def test_cosines_of_all_rows_with_each_other_are_scikit_learns() -> None:
    vectors = 7 * normal(30, 384)
    assert score_matrix(vectors) == pytest.approx(cosine_similarity(vectors.astype(np.float64)), abs=1e-6)


def test_rows_and_columns_may_be_different_texts() -> None:
    rows, columns = normal(5, 64), normal(8, 64, seed=1)
    matrix = score_matrix(rows, columns)
    assert matrix.shape == (5, 8)
    assert matrix == pytest.approx(cosine_similarity(rows.astype(np.float64), columns.astype(np.float64)), abs=1e-6)


def test_a_vector_of_length_zero_has_cosine_0_with_everything() -> None:
    vectors = np.array([[0, 0], [3, 4], [0, 2]], np.float32)
    assert score_matrix(vectors) == pytest.approx(np.array([[0, 0, 0], [0, 1, 0.8], [0, 0.8, 1]]), abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), length=st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_no_cosine_is_outside_of_minus_1_to_1(seed: int, length: float) -> None:
    vector = np.float32(length) * normal(1, 33, seed)
    matrix = score_matrix(np.vstack([vector, vector, -vector]))
    assert np.abs(matrix).max() <= 1
    assert matrix[0] == pytest.approx([1, 1, -1], abs=1e-6)


def order_of(vectors: np.ndarray) -> list[int]:
    found = clusters(vectors)
    assert found is not None
    return list(found.order)


def test_the_cluster_order_is_that_of_scipys_average_linkage() -> None:
    vectors = normal(25, 16)
    tree = linkage(pdist(vectors.astype(np.float64), "cosine"), "average", optimal_ordering=True)
    assert order_of(vectors) == leaves_list(tree).tolist()


def test_the_cluster_order_puts_like_beside_like() -> None:
    groups = np.tile([0, 1, 2], 5)
    vectors = np.eye(3, 8, dtype=np.float32)[groups] + 0.05 * normal(15, 8)
    ordered = groups[order_of(vectors)]
    assert np.count_nonzero(np.diff(ordered)) == 2


def test_two_texts_keep_their_order() -> None:
    assert order_of(normal(2, 4)) == [0, 1]


@pytest.mark.parametrize(
    "vectors", [np.ones((6, 4), np.float32), np.zeros((6, 4), np.float32)], ids=["identical", "zero"]
)
def test_rows_that_cannot_be_told_apart_each_have_one_place(vectors: np.ndarray) -> None:
    assert sorted(order_of(vectors)) == list(range(6))


def test_the_tree_and_its_brackets_are_scipys() -> None:
    vectors = normal(25, 16)
    found = clusters(vectors)
    assert found is not None
    expected = linkage(pdist(vectors.astype(np.float64), "cosine"), "average", optimal_ordering=True)
    np.testing.assert_allclose(found.tree, expected, atol=1e-6)
    drawn = dendrogram(expected, no_plot=True)  # scipy puts leaf p at 5 + 10 p
    places, distances = found.brackets()
    ours = sorted((places[:, [0, 2]] * 10 + 5).tolist())
    assert ours == pytest.approx(np.array(sorted([corners[0], corners[2]] for corners in drawn["icoord"])), abs=1e-9)
    assert np.sort(distances, axis=0) == pytest.approx(np.sort(drawn["dcoord"], axis=0), abs=1e-6)


@pytest.mark.parametrize("similarity", ["euclidean", "manhattan"])
def test_a_tree_of_distances_is_scipys(similarity: Similarity) -> None:
    vectors = 3 * normal(25, 16)
    metric = "euclidean" if similarity == "euclidean" else "cityblock"
    expected = linkage(pdist(vectors.astype(np.float64), metric), "average", optimal_ordering=True)
    found = clusters(vectors, similarity)
    assert found is not None
    np.testing.assert_allclose(found.tree, expected, rtol=1e-5)


def test_a_tree_of_dot_products_joins_the_highest_first() -> None:
    vectors = 3 * normal(25, 16)
    products = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    np.fill_diagonal(products, -np.inf)
    found = clusters(vectors, "dot")
    assert found is not None
    assert sorted(found.tree[0, :2].tolist()) == sorted(np.unravel_index(products.argmax(), products.shape))
    assert found.tree[0, 2] == pytest.approx(0, abs=1e-5)


def test_a_background_is_of_the_functions_scores() -> None:
    vectors = 3 * normal(40, 16)
    found = background(vectors, named(40), similarity="euclidean")
    assert found.scores == pytest.approx(np.sort(-pdist(vectors.astype(np.float64))), abs=1e-4)
    assert found.similarity == "euclidean"


@pytest.mark.parametrize("texts", [0, 1])
def test_one_text_has_no_tree(texts: int) -> None:
    assert clusters(normal(texts, 4)) is None


def test_two_texts_are_joined_at_their_distance() -> None:
    vectors = normal(2, 8)
    found = clusters(vectors)
    assert found is not None
    places, distances = found.brackets()
    assert places.tolist() == [[0, 0, 1, 1]]
    assert distances[0] == pytest.approx([0, *[pdist(vectors, "cosine")[0]] * 2, 0], abs=1e-6)


PAIRS = np.array([[1, 0.25, 0.5, 0.25], [0.25, 1, -1, 0.5], [0.5, -1, 1, 0.75], [0.25, 0.5, 0.75, 1]], np.float32)


def test_pairs_come_the_most_similar_first_and_equal_ones_in_the_order_of_their_rows() -> None:
    first, second = rank_pairs(PAIRS, symmetric=True)
    assert list(zip(first, second, strict=True)) == [(2, 3), (0, 2), (1, 3), (0, 1), (0, 3), (1, 2)]


def test_pairs_of_queries_and_texts_are_all_cells() -> None:
    first, second = rank_pairs(PAIRS[:2, :3], symmetric=False)
    assert [(int(row), int(column)) for row, column in zip(first, second, strict=True)] == [
        (0, 0), (1, 1), (0, 2), (0, 1), (1, 0), (1, 2)
    ]  # fmt: skip


@pytest.mark.parametrize("texts", [0, 1])
def test_one_text_has_no_pairs(texts: int) -> None:
    first, second = rank_pairs(np.ones((texts, texts), np.float32), symmetric=True)
    assert len(first) == len(second) == 0


def test_models_disagree_by_the_highest_score_less_the_lowest() -> None:
    one, two, three = (np.array([[value]], np.float32) for value in (0.5, -0.25, 0.25))
    assert disagreement([one, two, three]) == pytest.approx(0.75)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_scores_of_matrices_and_of_listed_pairs_are_sentence_transformers(similarity: Similarity) -> None:
    rows, columns = normal(9, 16), 3 * normal(7, 16, seed=1)
    first, second = np.array([0, 8, 3, 3]), np.array([6, 0, 2, 5])
    expected = SimilarityFunction.to_similarity_fn(similarity)(rows, columns).numpy()
    assert score_matrix(rows, columns, similarity) == pytest.approx(expected, abs=1e-5)
    assert score_pairs(rows, columns, first, second, similarity) == pytest.approx(expected[first, second], abs=1e-5)


def named(count: int, what: str = "text") -> list[str]:
    return [f"{what} {number}" for number in range(count)]


def test_the_background_of_a_small_corpus_is_all_its_pairs() -> None:
    vectors = normal(40, 16)
    found = background(vectors, named(40))
    assert found.scores == pytest.approx(np.sort(1 - pdist(vectors.astype(np.float64), "cosine")), abs=1e-6)
    assert (found.possible, found.identical) == (780, 0)


def test_the_background_of_a_large_corpus_is_a_seeded_sample_of_different_pairs_drawn_once() -> None:
    angles = np.sort(np.random.default_rng(3).uniform(0, np.pi / 2, 300))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = background(vectors, named(300), most=10_000, seed=1)
    every = 1 - pdist(vectors.astype(np.float64), "cosine")
    assert (len(found.scores), found.possible) == (10_000, 44_850)
    assert np.array_equal(found.scores, background(vectors, named(300), most=10_000, seed=1).scores)
    assert not np.array_equal(found.scores, background(vectors, named(300), most=10_000, seed=2).scores)
    assert np.quantile(found.scores, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(every, [0.1, 0.5, 0.9]), abs=0.02)


def test_no_pair_is_drawn_twice() -> None:
    found = background(normal(40, 16), named(40), most=779).scores
    assert len(np.unique(found)) == len(found) == 779


def test_pairs_of_identical_texts_are_left_out_and_counted() -> None:
    texts = [*named(20), "text 0", "text 0"]
    vectors = np.vstack([normal(20, 8), normal(20, 8)[[0, 0]]])
    found = background(vectors, texts)
    assert (found.identical, len(found.scores)) == (3, 22 * 21 // 2 - 3)
    assert found.scores.max() < 0.999


def test_the_background_of_queries_is_of_queries_with_texts() -> None:
    queries, vectors = normal(6, 8, seed=5), normal(30, 8)
    found = background(vectors, named(30), queries, ["text 3", *named(5, "query")])
    expected = np.delete(cosine_similarity(queries.astype(np.float64), vectors.astype(np.float64)).ravel(), 3)
    assert found.scores == pytest.approx(np.sort(expected), abs=1e-6)
    assert found.identical == 1


@pytest.mark.parametrize("texts", [0, 1, 2, 14])
def test_a_corpus_of_few_texts_has_no_background(texts: int) -> None:
    with pytest.raises(InputError, match=f"has only {texts * (texts - 1) // 2} pairs.*15 texts or more"):
        background(normal(texts, 4), named(texts))


def test_a_corpus_of_one_text_over_and_over_has_no_background() -> None:
    with pytest.raises(InputError, match="has only 0 pairs of different texts"):
        background(np.ones((50, 4), np.float32), ["same"] * 50)


@given(seed=st.integers(0, 1000), levels=st.integers(1, 50))
@settings(max_examples=25, deadline=None)
def test_percentiles_are_scipys_mid_ranks_ties_included(seed: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    cosines = np.sort(np.round(random.uniform(-1, 1, 200) * levels) / levels).astype(np.float32)
    wanted = np.concatenate([cosines[::20], random.uniform(-1, 1, 10), [-1, 1]]).astype(np.float32).reshape(2, -1)
    found = Background(cosines, 200, 0).percentile(wanted)
    assert found.shape == wanted.shape
    assert found.ravel() == pytest.approx([percentileofscore(cosines, value, "mean") for value in wanted.ravel()])


def test_a_vector_of_length_zero_has_a_percentile() -> None:
    vectors = np.vstack([normal(20, 8), np.zeros((1, 8), np.float32)])
    found = background(vectors, named(21))
    assert np.isfinite(found.scores).all()
    assert 0 < float(found.percentile(0.0)) < 100


PAIR = ("The bank of the river was muddy.", "She opened a savings account at the bank, unhurriedly.")


def sides(encoder: Traceable, texts: tuple[str, str]) -> list[Side]:
    traces: list[Trace] = [encoder.trace(text) for text in texts]
    return [Side(trace.tokens, trace.vectors, trace.weights, trace.pooled) for trace in traces]


def test_what_tokens_bring_adds_up_to_the_librarys_cosine(minilm: Traceable) -> None:
    model = SentenceTransformer(minilm._model[0].auto_model.name_or_path, device="cpu")  # type: ignore[attr-defined]
    first, second = model.encode(list(PAIR), output_value="token_embeddings", convert_to_numpy=False)
    whole = model.encode(list(PAIR), normalize_embeddings=True)
    brought = contributions(*sides(minilm, PAIR))
    one, two = first.numpy().astype(np.float64), second.numpy().astype(np.float64)
    dots = one @ two.T / (len(one) * len(two) * np.linalg.norm(one.mean(0)) * np.linalg.norm(two.mean(0)))
    assert brought is not None
    assert brought.first == pytest.approx(dots.sum(axis=1), abs=1e-5)
    assert brought.second == pytest.approx(dots.sum(axis=0), abs=1e-5)
    assert brought.first.sum() == pytest.approx(whole[0] @ whole[1], abs=1e-3)
    assert brought.second.sum() == pytest.approx(whole[0] @ whole[1], abs=1e-3)
    assert brought.adds_up


def test_a_table_of_token_vectors_adds_up_too(wordllama: Traceable) -> None:
    brought = contributions(*sides(wordllama, PAIR))
    vectors = wordllama.encode(PAIR)
    assert brought is not None
    assert brought.adds_up
    assert brought.first.sum() == pytest.approx(vectors[0] @ vectors[1], abs=1e-4)


def side(vectors: np.ndarray, weights: np.ndarray, pooled: np.ndarray | None = None) -> Side:
    whole = weights @ vectors if pooled is None else pooled
    unit = np.asarray(whole / (np.linalg.norm(whole) or 1), np.float32)
    return Side(tuple("abcdefgh"[: len(vectors)]), vectors, weights, unit)


def test_where_one_token_is_the_whole_no_token_has_a_share() -> None:
    cls = np.array([1, 0, 0], np.float32)
    assert contributions(side(normal(3, 8), cls), side(normal(3, 8, 1), cls)) is None


def test_a_text_of_one_token_has_it_all() -> None:
    one = side(normal(1, 8), np.ones(1, np.float32))
    brought = contributions(one, one)
    assert brought is not None
    assert brought.first == pytest.approx([1], abs=1e-6)


def test_what_comes_after_the_pooling_is_noticed() -> None:
    mean = np.full(4, 0.25, np.float32)
    brought = contributions(side(normal(4, 8), mean, normal(1, 8, 7)[0]), side(normal(4, 8, 1), mean))
    assert brought is not None
    assert not brought.adds_up


def test_tokens_whose_vectors_cancel_out_bring_nothing() -> None:
    mean = np.full(2, 0.5, np.float32)
    nothing = side(np.array([[1, 0], [-1, 0]], np.float32), mean)
    brought = contributions(nothing, side(normal(2, 2), mean))
    assert brought is not None
    assert brought.total == 0


def test_scores_for_reading_are_never_minus_zero() -> None:
    found = without_negative_zero(np.array([-0.0004, -0.0006, 0.1234], np.float32))
    assert [f"{value:.3f}" for value in found] == ["0.000", "-0.001", "0.123"]
    assert found[2] == np.float32(0.1234)
