"""Halves and equal draws: disjoint, in order, of one size, by the generator alone."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.tables.draws import equal_draws, two_halves


@pytest.mark.parametrize("n", [1, 2, 7, 10])
def test_halves_are_disjoint_and_the_first_is_the_larger(n):
    reference, fresh = two_halves(n, np.random.default_rng(0))
    assert sorted([*reference, *fresh]) == list(range(n))
    assert len(reference) - len(fresh) == n % 2
    assert reference.tolist() == sorted(reference)
    assert fresh.tolist() == sorted(fresh)


def test_draws_are_of_one_size_and_a_set_that_is_no_larger_is_taken_whole():
    items = np.arange(20) * 3
    drawn = equal_draws(items, 6, np.random.default_rng(0), draws=4)
    assert [len(np.unique(item)) for item in drawn] == [6] * 4
    assert all(np.isin(item, items).all() and (np.diff(item) > 0).all() for item in drawn)
    again = equal_draws(items, 6, np.random.default_rng(0), draws=4)
    assert [item.tolist() for item in drawn] == [item.tolist() for item in again]
    (whole,) = equal_draws(items, 20, np.random.default_rng(0))
    assert whole is items
