"""A sweep: its grid, and the batch from which on a GPU pays."""

from dataclasses import replace
from itertools import product

import pytest

from core.benchmark import Workload, grid, pays_from, workloads
from tests.core.benchmark.runs import timing

LENGTH = 128


def swept(cpu, cuda, model="a-model", tokens=LENGTH):
    """Timings of both devices from {batch size: milliseconds}."""
    return [
        timing(model, device, batch_size=batch, text="", tokens=tokens, median_ms=milliseconds)
        for device, times in (("cpu", cpu), ("cuda", cuda))
        for batch, milliseconds in times.items()
    ]


def test_the_grid_is_each_batch_size_with_each_length_the_smallest_first():
    workloads = grid()
    pairs = {(workload.batch_size, workload.tokens) for workload in workloads}
    assert pairs == set(product((1, 4, 16, 64, 256), (8, 32, 128, 512)))
    assert len(workloads) == 20
    assert {workload.text for workload in workloads} == {""}
    sizes = [workload.batch_size * (workload.tokens or 0) for workload in workloads]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (8, 256 * 512)


def test_a_text_is_timed_in_each_batch_size_and_lengths_take_its_place():
    assert workloads("One of my own", [1, 32]) == (Workload(1, "One of my own"), Workload(32, "One of my own"))
    assert workloads("One of my own", [4, 1], [8, 2]) == grid([4, 1], [8, 2])


def test_a_grid_of_ones_own_is_sorted_too():
    pairs = [(workload.batch_size, workload.tokens) for workload in grid([8, 1, 2], [16, 4])]
    assert pairs == [(1, 4), (2, 4), (1, 16), (2, 16), (8, 4), (8, 16)]


CASES = {
    "slower at first": ({1: 5.0, 4: 9.0, 16: 30.0}, {1: 7.0, 4: 8.0, 16: 9.0}, 4),
    "always faster": ({1: 5.0, 4: 9.0}, {1: 3.0, 4: 4.0}, 1),
    "always slower": ({1: 5.0, 4: 9.0}, {1: 6.0, 4: 10.0}, None),
    "faster, slower, faster": ({1: 5.0, 4: 9.0, 16: 30.0}, {1: 4.0, 4: 10.0, 16: 9.0}, 16),
    "slower, faster, slower": ({1: 5.0, 4: 9.0, 16: 30.0}, {1: 6.0, 4: 8.0, 16: 31.0}, None),
    "as fast is not faster": ({1: 5.0, 4: 9.0}, {1: 5.0, 4: 8.0}, 4),
    "not timed on the CPU beyond": ({1: 5.0}, {1: 4.0, 4: 400.0}, 1),
    "not timed on the GPU at first": ({1: 5.0, 4: 9.0, 16: 30.0}, {4: 10.0, 16: 9.0}, 16),
}


@pytest.mark.parametrize(("cpu", "cuda", "expected"), CASES.values(), ids=CASES)
def test_a_gpu_pays_from_the_smallest_batch_from_which_on_it_is_faster(cpu, cuda, expected):
    assert pays_from(swept(cpu, cuda)) == {("a-model", LENGTH): expected}


def test_a_disturbed_shape_is_compared_with_none():
    rows = swept({1: 5.0, 4: 9.0}, {1: 7.0, 4: 8.0})
    disturbed = [replace(row, disturbed=3) if row.batch_size == 4 else row for row in rows]
    assert pays_from(disturbed) == {("a-model", LENGTH): None}
    assert pays_from([replace(row, disturbed=3) for row in rows]) == {}


def test_where_no_batch_was_timed_on_both_nothing_is_told():
    assert pays_from(swept({1: 5.0}, {})) == {}
    assert pays_from(swept({}, {1: 5.0})) == {}
    assert pays_from(swept({1: 5.0}, {4: 5.0})) == {}


def test_what_failed_does_not_count():
    assert pays_from(swept({1: 5.0, 4: None}, {1: 4.0, 4: 3.0})) == {("a-model", LENGTH): 1}
    assert pays_from(swept({1: 5.0, 4: 9.0}, {1: 4.0, 4: None})) == {("a-model", LENGTH): 1}


def test_each_model_and_length_is_told_on_its_own():
    timings = [
        *swept({1: 5.0, 4: 9.0}, {1: 7.0, 4: 8.0}, "a-model", 8),
        *swept({1: 5.0, 4: 9.0}, {1: 4.0, 4: 8.0}, "a-model", 512),
        *swept({1: 1.0, 4: 2.0}, {1: 4.0, 4: 8.0}, "b-model", 8),
    ]
    expected = {("a-model", 8): 4, ("a-model", 512): 1, ("b-model", 8): None}
    assert pays_from(timings) == expected
    assert pays_from(timings[::-1]) == expected
