"""Halves and equal draws: disjoint, in order, of one size, by the generator alone."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data.joint import encode_frames
from auditkit.metrics.tables.accuracy_between import judged_rows
from auditkit.metrics.tables.draws import equal_draws, judged_sets, two_halves
from auditkit.metrics.tables.equal_sizes import equal_sets


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
    codes = {role: np.zeros((1, len(cells[role])), np.int32) for role in ("real", "synthetic")}
    judged = judged_rows(codes | {"holdout": np.zeros((1, 2 * size), np.int32)}, rng)
    assert len(judged.draws) - judged.n_synthetic_draws == expected


def test_the_holdout_or_halves_are_what_a_set_is_judged_by():
    held = judged_sets({"real": 30, "synthetic": 50, "holdout": 20}, np.random.default_rng(0))
    assert (held.fresh_from, held.size, held.reference.tolist()) == ("holdout", 20, list(range(30)))
    assert [len(places) for places in held.synthetic_draws] == [20] * 10
    assert [places.tolist() for places in held.fresh_draws] == [list(range(20))]
    halves = judged_sets({"real": 31, "synthetic": 50}, np.random.default_rng(0))
    assert (halves.fresh_from, halves.size) == ("real", 15)
    assert sorted([*halves.reference, *halves.fresh]) == list(range(31))
    assert np.array_equal(halves.fresh_draws[0], halves.fresh)


@pytest.mark.parametrize("n", [{"real": 1, "synthetic": 9}, {"real": 9, "synthetic": 0}])
def test_nothing_is_judged_without_a_fresh_or_a_synthetic_row(n):
    assert judged_sets(n, np.random.default_rng(0)) is None
