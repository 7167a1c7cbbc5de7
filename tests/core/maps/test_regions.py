"""Dense regions against made-up groups, and the words that mark them against scipy's likelihood ratio."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency
from sklearn.metrics import adjusted_rand_score

from core.errors import InputError
from core.maps.neighbours import Floats
from core.maps.regions import characteristic_words, dense_regions, label_regions

CORNERS = np.array(list(np.ndindex(3, 3, 3)), np.float32)


def normal(rows: int, dimensions: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def groups(sizes: list[int], dimensions: int, spread: float = 0.1) -> tuple[Floats, np.ndarray]:
    """Round groups of those sizes around the corners of a grid, and each point's group."""
    corners = CORNERS[:: 1 if dimensions == 3 else 3, :dimensions]
    group = np.repeat(np.arange(len(sizes)), sizes)
    return corners[group] + np.float32(spread) * normal(len(group), dimensions), group


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("size", [40, 400, 4000])
def test_groups_that_lie_apart_are_regions(dimensions: int, size: int) -> None:
    points, group = groups([size] * 9, dimensions)
    regions = dense_regions(points)
    assert len(regions.centres) == 9
    inside = regions.labels >= 0
    assert inside.mean() > 0.85
    assert adjusted_rand_score(group[inside], regions.labels[inside]) > 0.99


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_centre_is_where_its_region_is_densest(dimensions: int) -> None:
    points, group = groups([2000, 1500, 1000], dimensions)
    centres = dense_regions(points).centres
    expected = [points[group == each].mean(0) for each in range(3)]
    assert np.linalg.norm(centres - expected, axis=1).max() < 0.1


def test_the_largest_regions_come_first_and_no_more_than_asked_for() -> None:
    points, group = groups([300, 900, 600, 1200], 2)
    regions = dense_regions(points, most=3)
    assert [np.bincount(group[regions.labels == label]).argmax() for label in range(3)] == [3, 1, 2]
    assert regions.labels.max() == 2
    assert (regions.labels[group == 0] == -1).all()


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("rows", [100, 1000, 20_000])
def test_chance_makes_no_regions_of_evenly_strewn_points(dimensions: int, rows: int) -> None:
    points = np.random.default_rng(1).uniform(size=(rows, dimensions)).astype(np.float32)
    assert len(dense_regions(points).centres) == 1


def test_thinly_strewn_points_belong_to_no_region() -> None:
    points, _ = groups([500] * 9, 2, spread=0.05)
    strewn = np.random.default_rng(3).uniform(-0.5, 2.5, size=(300, 2)).astype(np.float32)
    labels = dense_regions(np.concatenate([points, strewn])).labels
    assert (labels[:4500] >= 0).mean() > 0.85
    assert (labels[4500:] == -1).mean() > 0.6


def test_one_point_far_away_does_not_blur_the_map() -> None:
    points, _ = groups([300] * 9, 2)
    assert len(dense_regions(np.concatenate([points, [[1e6, -1e6]]]).astype(np.float32)).centres) == 9


def test_scale_and_place_of_a_map_do_not_matter() -> None:
    points, _ = groups([300] * 9, 2)
    labels = dense_regions(points).labels
    assert adjusted_rand_score(labels, dense_regions(1000 * points - 5000).labels) > 0.99


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("points", [np.empty((0, 3)), np.arange(12).reshape(4, 3), np.full((50, 3), 0.1)])
def test_few_points_or_a_single_place_have_no_regions(dimensions: int, points: np.ndarray) -> None:
    regions = dense_regions(points[:, :dimensions].astype(np.float32))
    assert regions.labels.tolist() == [-1] * len(points)
    assert regions.centres.shape == (0, dimensions)


def test_points_on_a_line_have_regions() -> None:
    points, _ = groups([200] * 9, 2)
    points[:, 1] = 0
    assert len(dense_regions(points).centres) == 3


def test_a_map_of_other_than_two_or_three_dimensions_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="2 or 3 dimensions, not 5"):
        dense_regions(normal(9, 5))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_a_clear_error(value: float) -> None:
    points = normal(9, 2)
    points[4, 1] = value
    with pytest.raises(InputError, match="not finite numbers"):
        dense_regions(points)


def test_words_mark_a_group_that_stand_in_its_texts_and_seldom_elsewhere() -> None:
    texts = [
        "the violin and the cello play",
        "a cello sonata for play",
        "goals in the match to play",
        "the match is lost",
    ]
    assert characteristic_words(texts, [np.array([0, 1]), np.array([2, 3])], most=1) == [("cello",), ("match",)]


def test_words_are_ranked_by_the_likelihood_ratio_of_the_texts_that_hold_them() -> None:
    inside = {"alpha": 9, "beta": 12, "gamma": 6, "delta": 14}
    outside = {"alpha": 1, "beta": 20, "gamma": 0, "delta": 40}
    texts = [" ".join(word for word in inside if row < inside[word]) for row in range(15)]
    texts += [" ".join(word for word in outside if row < outside[word]) for row in range(85)]
    ratios = {
        word: chi2_contingency(
            [[inside[word], 15 - inside[word]], [outside[word], 85 - outside[word]]],
            correction=False,
            lambda_="log-likelihood",
        ).statistic
        for word in inside
    }
    expected = sorted(ratios, key=ratios.__getitem__, reverse=True)
    assert expected != sorted(inside, key=inside.__getitem__, reverse=True)
    assert characteristic_words(texts, [np.arange(15)]) == [tuple(expected)]


def test_a_word_that_one_text_repeats_counts_once() -> None:
    texts = ["spam " * 50, "eggs", "eggs", "eggs", "ham", "ham"]
    assert characteristic_words(texts, [np.arange(4)], most=1) == [("eggs",)]


def test_stop_words_numbers_and_single_letters_are_no_words() -> None:
    texts = ["the 1984 x2 b and don't we've it's isn’t tree"]
    assert characteristic_words(texts, [np.array([0])], most=9) == [("tree",)]


def test_texts_without_a_word_are_marked_by_none() -> None:
    assert characteristic_words(["the 12 a", "and", ""], [np.array([0, 1]), np.array([2])]) == [(), ()]
    assert characteristic_words([], []) == []


def test_a_group_of_all_texts_is_marked_by_its_most_common_words() -> None:
    texts = ["river bank", "river boat", "river bank delta"]
    assert characteristic_words(texts, [np.arange(3)], most=2) == [("river", "bank")]


def test_common_german_words_mark_nothing() -> None:
    music = [
        "Die Geige und der Bogen liegen auf dem Tisch",
        "Der Bogen der Geige ist neu",
        "Auf der Geige und dem Cello",
    ]
    sport = [
        "Der Ball und das Tor auf dem Platz",
        "Die Elf auf dem Platz schießt ein Tor",
        "Das Tor und der Schiedsrichter",
    ]
    found = characteristic_words(music + sport, [np.arange(3), np.arange(3, 6)], most=1)
    assert found == [("geige",), ("tor",)]


def test_chinese_and_japanese_are_taken_in_pairs_of_characters() -> None:
    texts = ["我喜欢音乐会", "音乐很美。", "今天的足球比赛", "足球队赢了", "使用GPU计算", "新しいGPUです"]
    found = characteristic_words(texts, [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])], most=1)
    assert found == [("音乐",), ("足球",), ("gpu",)]


def test_regions_are_labelled_by_the_words_of_their_texts() -> None:
    points, group = groups([400, 300, 200], 2)
    topics = ["piano concert tonight", "football match tonight", "election vote tonight"]
    regions = label_regions(points, [topics[each] for each in group])
    assert [set(region.words[:2]) for region in regions] == [
        {"piano", "concert"},
        {"football", "match"},
        {"election", "vote"},
    ]
    labels = dense_regions(points).labels
    assert [region.rows for region in regions] == np.bincount(labels[labels >= 0]).tolist()
    assert np.array([region.centre for region in regions]) == pytest.approx(dense_regions(points).centres)


def test_regions_without_words_are_left_out() -> None:
    points, group = groups([400, 300], 2)
    assert len(label_regions(points, [("42", "vote")[each] for each in group])) == 1


def test_few_texts_have_no_labelled_regions() -> None:
    assert label_regions(normal(4, 2), ["a tree"] * 4) == ()


def test_texts_and_points_that_do_not_match_are_an_error_with_both_numbers() -> None:
    with pytest.raises(InputError, match="3 texts and 9 points"):
        label_regions(normal(9, 2), ["a tree"] * 3)
