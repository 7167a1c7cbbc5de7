"""The maps' packets: small, exact, and read back by their own description alone."""

import gzip
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from pages.parts.projector.map_view import Categories, Gradient, Map, note_on_count, pack, packing
from pages.parts.projector.map_view.packing import GREY, LEVELS, NOT_FINITE, pack_colour, pack_rows, unpack_rows


def opened(packet: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """A packet's header and parts, as the browser takes them out."""
    length = int.from_bytes(packet[:4], "little")
    header = json.loads(packet[4 : 4 + length])
    parts, place = [], 4 + length
    for size in header["sizes"]:
        assert place % 4 == 0
        parts.append(packet[place : place + size])
        place += size + -size % 4
    assert place == len(packet)
    return header, parts


def placed(header: dict[str, Any], index: int, places: np.ndarray) -> np.ndarray:
    """Places of -1 to 1 in the map's own coordinates again."""
    return places * header["maps"][index]["reach"] + np.array(header["maps"][index]["centre"])


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_rows_come_back_as_they_went(case: tuple[int, set[int]]) -> None:
    count, rows = case
    through_json = json.loads(json.dumps(pack_rows(sorted(rows), count)))
    assert unpack_rows(through_json, count).tolist() == sorted(rows)


def test_many_rows_travel_as_one_bit_each_and_few_as_a_list() -> None:
    half = range(0, 1_000_000, 2)
    assert len(json.dumps(pack_rows(half, 1_000_000))) < 170_000
    assert pack_rows([7, 3], 1_000_000) == {"rows": [3, 7]}


@pytest.mark.parametrize(
    "nonsense",
    [None, 5, [1], {}, {"rows": 3}, {"rows": [-1, 9, True, "2", None, 1.5, 10**30]}, {"bits": "%%%"}, {"bits": 4}],
)
def test_nonsense_from_a_browser_marks_nothing(nonsense: object) -> None:
    assert unpack_rows(nonsense, 9).tolist() == []


def test_bits_beyond_the_rows_are_dropped() -> None:
    assert unpack_rows(pack_rows(range(16), 16), 5).tolist() == [0, 1, 2, 3, 4]


def test_few_points_keep_single_precision() -> None:
    coordinates = np.random.default_rng(0).normal(50, 400, (100, 3)).astype(np.float32)
    header, parts = opened(pack([Map("A", coordinates)]).packet)
    places = np.frombuffer(parts[0], "<f4").reshape(100, 3)
    assert np.abs(places).max() == pytest.approx(1)
    np.testing.assert_allclose(placed(header, 0, places), coordinates, atol=1e-3)


def test_the_density_of_a_whole_map_travels_with_some_of_its_points() -> None:
    coordinates = np.array([[0, 0], [1, 1]], np.float32)
    counts = np.array([[0, 70_000], [7, 1]])
    header, parts = opened(pack([Map("A", coordinates), Map("B", coordinates, counts=counts)]).packet)
    assert [each["counted"] for each in header["maps"]] == [False, True]
    assert np.frombuffer(parts[-1], "<u2").tolist() == [0, 65_535, 7, 1]


def test_many_points_keep_sixteen_bits_an_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_EXACT_ROWS", 10)
    coordinates = np.random.default_rng(0).uniform(-3, 9, (100, 2)).astype(np.float32)
    coordinates[4, 1] = np.nan
    header, parts = opened(pack([Map("A", coordinates)]).packet)
    steps = np.frombuffer(parts[0], "<u2").reshape(100, 2)
    kept = np.arange(100) != 4
    assert (steps[4] == NOT_FINITE).all()
    places = placed(header, 0, steps / (NOT_FINITE - 1) * 2 - 1)
    np.testing.assert_allclose(places[kept], coordinates[kept], atol=12 / 65_000)


def test_rows_that_are_not_finite_do_not_move_the_others() -> None:
    coordinates = np.array([[0, 0], [2, 2], [np.nan, 1], [np.inf, 0]], np.float32)
    _, parts = opened(pack([Map("A", coordinates)]).packet)
    places = np.frombuffer(parts[0], "<f4").reshape(4, 2)
    np.testing.assert_array_equal(places[:2], [[-1, -1], [1, 1]])
    assert np.isnan(places[2:]).all()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_points_without_extent_lie_in_the_middle(count: int) -> None:
    _, parts = opened(pack([Map("A", np.full((count, 2), 5.0, np.float32))]).packet)
    assert np.frombuffer(parts[0], "<f4").tolist() == [0.0] * (2 * count)


def test_hover_texts_arrive_whole_in_any_script() -> None:
    texts = ["", "über", "日本語の文", "<b>&amp;", "a\nb"]
    _, parts = opened(pack([Map("A", np.zeros((5, 2), np.float32))], texts).packet)
    sizes = np.frombuffer(parts[1], "<u2").astype(int)
    whole = gzip.decompress(parts[2])
    ends = np.cumsum(sizes)
    assert [whole[end - size : end].decode() for end, size in zip(ends, sizes, strict=True)] == texts


def test_hover_texts_are_cut_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_HOVER_BYTES", 20_000)
    random = np.random.default_rng(0)
    texts = ["".join(chr(97 + int(sign)) for sign in random.integers(0, 26, 300)) for _ in range(400)]
    _, parts = opened(pack([Map("A", np.zeros((400, 2), np.float32))], texts).packet)
    assert 5_000 < len(parts[2]) <= 20_000
    first = gzip.decompress(parts[2])[: int(np.frombuffer(parts[1], "<u2")[0])].decode()
    assert first.endswith("…")
    assert texts[0].startswith(first[:-1])


def test_so_many_rows_that_their_texts_stay_behind_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_HOVER_ROWS", 2)
    for count, is_told in ((2, False), (3, True)):
        points = pack([Map("a", np.zeros((count, 2)))], ["text"] * count)
        assert bool(opened(points.packet)[1][-1]) is not is_told
        assert bool(note_on_count(count)) is is_told


def test_the_same_content_has_the_same_name_and_other_content_another() -> None:
    one, same, other = (pack([Map("A", np.full((3, 2), value, np.float32))]).id for value in (1, 1, 2))
    assert one == same
    assert pack([Map("B", np.full((3, 2), 1, np.float32))]).id != one
    assert other != one


def test_maps_and_texts_of_unequal_length_are_refused() -> None:
    three, four = Map("A", np.zeros((3, 2))), Map("B", np.zeros((4, 2)))
    with pytest.raises(InputError, match=r"\[3, 4\] rows"):
        pack([three, four])
    with pytest.raises(InputError, match=r"\[1, 3\] rows"):
        pack([three], ["only one"])
    with pytest.raises(InputError, match="5 maps"):
        pack([three] * 5)
    with pytest.raises(InputError, match="two or three"):
        pack([Map("A", np.zeros((3, 4)))])


def test_a_gradient_has_even_levels_and_grey_for_what_is_missing() -> None:
    values = np.array([-5, 0, 5, 10, 99, np.nan], np.float32)
    _, packet = pack_colour(Gradient(values, 0, 10, "Length"), 6)
    assert list(opened(packet)[1][0]) == [0, 0, LEVELS // 2, LEVELS, LEVELS, GREY]


def test_a_gradient_of_one_value_has_one_colour() -> None:
    _, packet = pack_colour(Gradient(np.full(3, 4.0), 4, 4, "Same"), 3)
    assert list(opened(packet)[1][0]) == [0, 0, 0]


def test_categories_travel_as_their_codes() -> None:
    codes = np.array([2, 0, 1], np.uint8)
    _, packet = pack_colour(Categories(codes, ("a", "b", "c"), ("#000000",) * 3), 3)
    assert list(opened(packet)[1][0]) == [2, 0, 1]
    with pytest.raises(InputError, match="3 colours for 4 points"):
        pack_colour(Categories(codes, (), ()), 4)
