"""Sentence pairs from files and typed, their correlations' intervals against scipy, and the worst of them."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap, pearsonr, rankdata, spearmanr

from core import corpus
from core.corpus import pairs_of, parse_pairs
from core.errors import InputError
from core.evaluation import displacement, intervals


def sample(size: int = 120) -> tuple[np.ndarray, list[float]]:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 6, size).astype(float)
    return (gold / 6 + rng.normal(0, 0.25, size)).astype(np.float32), gold.tolist()


@pytest.mark.parametrize(("place", "statistic"), [(0, spearmanr), (1, pearsonr)])
def test_intervals_are_scipys_percentile_bootstrap_over_pairs(place: int, statistic: Any) -> None:
    cosines, gold = sample()
    ours = intervals(cosines, gold)[place]
    assert ours.mean == pytest.approx(statistic(cosines, gold).statistic, abs=1e-6)
    theirs = bootstrap(
        (cosines, gold),
        lambda first, second: statistic(first, second).statistic,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.025)


def test_two_pairs_have_an_interval_too() -> None:
    ours = intervals(np.array([0.1, 0.9], np.float32), [1, 2])[0]
    assert (ours.mean, ours.low, ours.high) == pytest.approx((1, 1, 1))


def test_the_worst_pairs_are_those_whose_ranks_differ_most() -> None:
    cosines, gold = sample(50)
    cosines[gold.index(0.0)] = 2
    expected = (rankdata(cosines) - rankdata(gold)) / 49
    np.testing.assert_allclose(displacement(cosines, gold), expected)
    assert gold[int(np.argmax(displacement(cosines, gold)))] == 0


def test_pairs_of_a_file_count_what_is_left_out() -> None:
    content = b"sentence1,sentence2,score\na,b,1\na,,2\nc,d,\ne,f,0\n"
    found = pairs_of("p.csv", content)
    assert (found.first, found.second, found.gold) == (("a", "e"), ("b", "f"), (1.0, 0.0))
    assert found.left_out == {"pairs without a sentence or a score": 2}


@pytest.mark.parametrize("score", ["good", "nan", "inf", "1e999", "1_0"])
def test_a_score_that_is_no_number_is_a_sentence(score: str) -> None:
    with pytest.raises(InputError, match=rf"A score in p\.csv is not a number: {score} in line 2"):
        pairs_of("p.csv", f"sentence1,sentence2,score\na,b,{score}\n".encode())


def test_pairs_of_a_tsv_keep_the_quotation_marks_that_begin_a_sentence() -> None:
    content = b'sentence1\tsentence2\tscore\n"Tis so.\tIt is.\t1\na\t b\x07 \t2\n"Twas so.\tIt was.\t3\n'
    found = pairs_of("p.tsv", content)
    assert found.first == ('"Tis so.', "a", '"Twas so.')
    assert (found.second, found.gold) == (("It is.", "b", "It was."), (1.0, 2.0, 3.0))


def test_a_missing_column_is_a_sentence() -> None:
    with pytest.raises(InputError, match="sentence1, sentence2 and score"):
        pairs_of("p.csv", b"a,b,c\n1,2,3\n")


def test_pairs_can_be_typed_with_bars_or_pasted_with_tabs() -> None:
    found = parse_pairs("A dog. | A hound. | 5\nA dog.\tShares fell.\t0.5\n")
    assert (found.first, found.second, found.gold) == (("A dog.", "A dog."), ("A hound.", "Shares fell."), (5.0, 0.5))


@pytest.mark.parametrize("typed", ["A dog. | A hound.", "a | b | c | 1", "a | b | high"])
def test_a_typed_line_that_is_no_pair_is_a_sentence(typed: str) -> None:
    with pytest.raises(InputError, match=r"not a (pair|number)"):
        parse_pairs(typed)


def test_the_samples_pairs_are_graded_by_its_labels_and_subjects() -> None:
    pairs, queries, passages = corpus.sample_pairs(), corpus.sample_queries(), corpus.sample()
    qrels = corpus.sample_qrels()
    assert len(pairs) == 3 * len(queries)
    for first, second, gold in zip(pairs.first, pairs.second, pairs.gold, strict=True):
        query, passage = queries.texts.index(first), passages.documents.index(second)
        answers = passages.ids[passage] in qrels[queries.ids[query]]
        is_of_its_subject = passages.fields["subject"][passage] == queries.fields["subject"][query]
        assert gold == (2 if answers else 1 if is_of_its_subject else 0)


def test_a_score_that_is_no_number_is_named_by_the_line_as_typed() -> None:
    with pytest.raises(InputError, match=r"x in line 3\."):
        parse_pairs("a | b | 1\n\nc | d | x")


def test_pairs_in_an_encoding_that_is_a_guess_are_counted_so() -> None:
    content = "sentence1,sentence2,score\nZürich,Genf,1\n".encode("latin-1")
    assert pairs_of("p.csv", content).left_out == {"files not in Unicode, read as Western European": 1}
