"""Accuracy against speed: the front against its definition, the sentence that reads it out, and money."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.benchmark.tradeoff import Point, beaten, dollars_per_million, front, sentence

HERE = "On this machine"
FEW = st.sampled_from([1.0, 2.0, 3.0, 4.0])  # so few values that many are alike
POINTS = st.lists(st.tuples(FEW, FEW) | st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), max_size=12)


def point(model, score, speed, device="cpu"):
    return Point(model, device, score, speed, None, "own")


def is_at_least_as_fast(one, other, lower_is_faster):
    return one.speed <= other.speed if lower_is_faster else one.speed >= other.speed


@given(pairs=POINTS, lower_is_faster=st.booleans())
def test_the_front_is_all_that_no_other_beats(pairs, lower_is_faster):
    points = [point(f"model {number}", *pair) for number, pair in enumerate(pairs)]
    expected = []
    for one in points:
        for other in points:
            is_better = other.score > one.score or not is_at_least_as_fast(one, other, lower_is_faster)
            if other.score >= one.score and is_at_least_as_fast(other, one, lower_is_faster) and is_better:
                break
        else:
            expected.append(one)
    found = front(points, lower_is_faster=lower_is_faster)
    assert sorted(found, key=str) == sorted(expected, key=str)
    speeds = [each.speed for each in found]
    assert speeds == sorted(speeds, reverse=not lower_is_faster)
    scores = [each.score for each in found]
    assert scores == sorted(scores)


def test_two_that_are_alike_are_both_on_the_front():
    twins = [point("a", 60, 5.0), point("b", 60, 5.0)]
    assert front(twins, lower_is_faster=True) == twins


def test_a_disturbed_point_beats_none_and_is_compared_with_none():
    slow, fast = point("slow", 60, 20.0), point("fast", 50, 5.0)
    best = replace(point("best", 70, 1.0), is_disturbed=True)
    assert front([slow, fast, best], lower_is_faster=True) == [fast, slow]
    assert sentence([slow, fast, best], HERE, lower_is_faster=True) == (
        f"{HERE}, leaving out disturbed timings, fast is 4.0 times as fast as slow, which is the most accurate: 60.0 "
        "against 50.0."
    )
    assert beaten([slow, fast, best], lower_is_faster=True) == ""
    assert sentence([slow, best], HERE, lower_is_faster=True) == (
        f"{HERE}, only slow was timed undisturbed: time again when it is quiet to compare."
    )
    assert sentence([best], HERE, lower_is_faster=True) == (
        f"{HERE}, other processes disturbed every timing: time again when it is quiet."
    )


def test_what_is_faster_depends_on_what_is_told():
    slow, fast = point("slow", 60, 20.0), point("fast", 50, 5.0)
    assert front([slow, fast], lower_is_faster=True) == [fast, slow]
    assert front([slow, fast], lower_is_faster=False) == [slow]  # 20 texts a second are more than 5


SMALL, LARGE = point("small", 50, 5.0), point("large", 60, 20.0)
POOR, POORER = point("poor", 40, 6.0), point("poorer", 39, 30.0)

SENTENCES = {
    "one": ([SMALL], "small is the only result so far: time another model to compare.", ""),
    "two on the front": (
        [LARGE, SMALL],
        "small is 4.0 times as fast as large, which is the most accurate: 60.0 against 50.0.",
        "",
    ),
    "three on the front": (
        [LARGE, point("medium", 55, 10.0), SMALL],
        "small is 4.0 times as fast as large, which is the most accurate: 60.0 against 50.0; medium lies in between.",
        "",
    ),
    "two beaten, each by the best that is fast enough": (
        [SMALL, POOR, POORER, LARGE],
        "small is 4.0 times as fast as large, which is the most accurate: 60.0 against 50.0.",
        "Beaten in speed and accuracy: poor by small; poorer by large.",
    ),
    "on two devices": (
        [SMALL, point("small", 50, 3.0, "cuda")],
        "small on cuda is both the fastest and the most accurate.",
        "Beaten in speed and accuracy: small on cpu by small on cuda.",
    ),
    "alike": (
        [SMALL, point("twin", 50, 5.0)],
        "small and twin are both the fastest and the most accurate.",
        "",
    ),
}


@pytest.mark.parametrize(("points", "expected", "worse"), SENTENCES.values(), ids=SENTENCES)
def test_the_sentence_names_the_ends_of_the_front(points, expected, worse):
    assert sentence(points, HERE, lower_is_faster=True) == f"{HERE}, {expected}"
    assert beaten(points, lower_is_faster=True) == worse


def test_by_texts_a_second_the_sentence_names_the_same_models():
    points = [point(each.model, each.score, 1000 / each.speed) for each in (SMALL, POOR, POORER, LARGE)]
    by_rate = sentence(points, HERE, lower_is_faster=False)
    assert by_rate == sentence([SMALL, POOR, POORER, LARGE], HERE, lower_is_faster=True)


@given(pairs=POINTS, lower_is_faster=st.booleans())
def test_whatever_is_beaten_there_is_one_that_beats_it(pairs, lower_is_faster):
    points = [point(f"model {number}", *pair) for number, pair in enumerate(pairs)]
    worse = beaten(points, lower_is_faster=lower_is_faster)
    assert worse.count(" by ") == len(points) - len(front(points, lower_is_faster=lower_is_faster))
    assert sentence(points, HERE, lower_is_faster=lower_is_faster).endswith(".")


@pytest.mark.parametrize(
    ("tokens_per_second", "dollars_per_hour", "expected"),
    [(1_000_000, 3600, 1.0), (1_000_000 / 3600, 0.5, 0.5), (2_500, 0.9, 0.1), (50_000, 0, 0)],
)
def test_what_a_million_tokens_cost(tokens_per_second, dollars_per_hour, expected):
    assert dollars_per_million(tokens_per_second, dollars_per_hour) == pytest.approx(expected)
