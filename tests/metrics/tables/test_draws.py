"""Halves and equal draws: disjoint, in order, of one size, by the generator alone."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data.joint import encode_frames
from auditkit.metrics.tables.accuracy_between import drawn_rows
from auditkit.metrics.tables.draws import equal_draws, two_halves
from auditkit.metrics.tables.equal_sizes import equal_sets
from auditkit.metrics.tables.marginals import Rows


@pytest.mark.parametrize("n", [1, 2, 7, 10])
def test_halves_are_disjoint_and_the_first_is_the_larger(n):
    reference, fresh = two_halves(n, np.random.default_rng(0))
    assert sorted([*reference, *fresh]) == list(range(n))
    assert len(reference) - len(fresh) == n % 2
    assert reference.tolist() == sorted(reference)
    assert fresh.tolist() == sorted(fresh)


def test_draws_are_of_one_size_and_a_set_that_is_no_larger_is_taken_whole():
    items = np.arange(20) * 3
    drawn = equal_draws(items, 6, np.random.default_rng(0))
    assert [len(np.unique(item)) for item in drawn] == [6] * 10
    assert all(np.isin(item, items).all() and (np.diff(item) > 0).all() for item in drawn)
    again = equal_draws(items, 6, np.random.default_rng(0))
    assert [item.tolist() for item in drawn] == [item.tolist() for item in again]
    (whole,) = equal_draws(items, 20, np.random.default_rng(0))
    assert whole is items


@pytest.mark.parametrize(("size", "expected"), [(10, 10), (20_000, 10), (50_000, 4), (120_000, 1)])
def test_accuracy_and_quality_take_equally_many_draws(size, expected):
    rng = np.random.default_rng(0)
    cells = encode_frames(
        {"real": {"x": np.zeros(10)}, "synthetic": {"x": np.zeros(size)}, "more": {"x": np.zeros(2 * size)}}
    )
    assert len(equal_sets(cells["real"], cells["more"], cells["synthetic"], rng).synthetic) == expected
    assert len(drawn_rows(Rows(np.zeros((1, 2 * size), np.int32)), size, rng)) == expected
