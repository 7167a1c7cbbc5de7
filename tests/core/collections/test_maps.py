"""Maps of collections: the sample as it was fitted, and the other texts among their own kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import collections, maps
from core.collections import Collection, Map, Model
from core.map_files import Unread, count_cells, frame_of, vectors_of
from core.maps import Projection
from core.maps.layout import project
from tests.core.collections.conftest import DIMENSIONS, SIZE, Clustered, stop_after

FITTED, KINDS = 300, 4


@pytest.fixture(autouse=True)
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Principal components in place of UMAP, which would take seconds to start; the sizes of the samples fitted."""
    sizes: list[int] = []

    def fit(vectors: Any, settings: Any, *, dimensions: int, on_progress: Any) -> Projection:
        sizes.append(len(vectors))
        coordinates = project(vectors, maps.Pca()).coordinates[:, :dimensions]
        return Projection(settings, np.ascontiguousarray(coordinates))

    monkeypatch.setattr(maps, "project", fit)
    monkeypatch.setattr(Clustered, "encode", lambda _self, texts, kind="document", on_progress=None: kinds(texts))
    return sizes


def kinds(texts: list[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Vectors near a corner for each rest by KINDS; NaN for the text 5."""
    rows = [np.random.default_rng(int(text)).normal(0, 0.05, DIMENSIONS) for text in texts]
    for row, text in zip(rows, texts, strict=True):
        row[int(text) % KINDS] += 1 if text != "5" else np.nan
    return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


def points(made: Collection, of: Map) -> "np.ndarray[Any, np.dtype[np.float32]]":
    return collections.coordinates_of(made, of, np.arange(len(made)))


@pytest.fixture
def made(numbers: Path, encoder: Any) -> tuple[Collection, Model]:
    return collections.embed_with(collections.create("numbers", [numbers]), encoder)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_others_are_placed_among_their_kind(
    made: tuple[Collection, Model], fits: list[int], dimensions: int
) -> None:
    collection, laid_out = collections.lay_out(*made, fitted=FITTED, dimensions=dimensions)
    assert fits in ([FITTED], [FITTED - 1])
    assert (laid_out.fitted, laid_out.drawn_from, collections.not_placed(collection, laid_out)) == (fits[0], SIZE, 0)
    placed = points(collection, laid_out)
    assert placed.shape == (SIZE, dimensions)
    assert np.flatnonzero(np.isnan(placed).any(axis=1)).tolist() == [5]
    finite = np.delete(np.arange(SIZE), 5)
    centres = np.array([np.nanmean(placed[kind::KINDS], axis=0) for kind in range(KINDS)])
    nearest = np.linalg.norm(placed[finite, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == finite % KINDS).mean() > 0.99
    quality = collections.measure_map(collection, made[1], laid_out)
    assert quality
    assert quality.rows == SIZE - 1


def test_an_interrupted_map_is_completed_with_the_parts_that_are_missing(
    made: tuple[Collection, Model], fits: list[int]
) -> None:
    def cancel(*_: object) -> None:
        if collections.maps_of(collections.open_collection("numbers")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collections.lay_out(*made, fitted=FITTED, on_progress=cancel)
    half = collections.open_collection("numbers")
    (begun,) = collections.maps_of(half)
    assert 0 < collections.not_placed(half, begun) < SIZE
    collection, laid_out = collections.lay_out(half, made[1], fitted=FITTED)
    assert (laid_out, collections.not_placed(collection, laid_out)) == (begun, 0)
    done = np.isfinite(points(half, begun)).all(axis=1)
    np.testing.assert_array_equal(points(collection, laid_out)[done], points(half, begun)[done])


def test_texts_that_come_later_are_placed_on_the_map_that_is_there(
    numbers: Path,
    encoder: Any,
    fits: list[int],
) -> None:
    with pytest.raises(StopIteration):
        collections.create("numbers", [numbers], on_progress=stop_after(2))
    collection, model = collections.embed_with(collections.open_collection("numbers"), encoder)
    first, laid_out = collections.lay_out(collection, model, fitted=FITTED)
    collection, model = collections.embed_with(collections.create("numbers", [numbers]), encoder)
    assert collections.not_placed(collection, laid_out) == SIZE - len(first) > 0
    collection, again = collections.lay_out(collection, model, fitted=FITTED)
    assert (again, len(fits)) == (laid_out, 1)
    assert collections.not_placed(collection, laid_out) == 0
    np.testing.assert_array_equal(points(collection, laid_out)[: len(first)], points(first, laid_out))


def test_its_points_are_drawn_with_their_texts_and_vectors(made: tuple[Collection, Model]) -> None:
    collection, laid_out = collections.lay_out(*made, fitted=FITTED)
    space = collections.space_of(collection, laid_out, 500)
    rows = np.array([int(text) for text in space.corpus.texts])
    assert space.name == f"a sample of {len(rows):,} of the {SIZE:,} texts of numbers under wordllama-256"
    assert len(rows) in {499, 500}  # without the text that has no place
    assert space.coordinates is not None
    assert isinstance(space.vectors, Unread)
    np.testing.assert_array_equal(space.coordinates, points(collection, laid_out)[rows])
    np.testing.assert_allclose(vectors_of(space), kinds(list(space.corpus.texts)), atol=1e-6)


def test_the_density_beside_some_points_is_that_of_all(made: tuple[Collection, Model]) -> None:
    collection, laid_out = collections.lay_out(*made, fitted=FITTED)
    space, everything = (collections.space_of(collection, laid_out, size) for size in (500, SIZE))
    assert space.coordinates is not None
    assert space.density
    assert everything.coordinates is not None
    assert space.density.total == SIZE
    expected = count_cells([everything.coordinates], *frame_of(space.coordinates))
    np.testing.assert_array_equal(space.density.counts, expected)
    assert expected.sum() > 500
