"""Sets of columns against itertools."""

import itertools

import numpy as np
import pytest

from auditkit.metrics.tables.column_sets import combinations_of


@pytest.mark.parametrize(("n", "ways"), [(7, 3), (6, 1), (6, 5), (5, 5), (12, 4)])
def test_all_sets_are_those_of_itertools(n, ways):
    every = [list(item) for item in itertools.combinations(range(n), ways)]
    assert combinations_of(n, ways, most=len(every), rng=np.random.default_rng(0)).tolist() == every


@pytest.mark.parametrize(("n", "ways"), [(7, 3), (6, 1), (6, 5), (12, 4), (64, 62)])
def test_drawn_sets_are_distinct_and_in_order(n, ways):
    every = [list(item) for item in itertools.combinations(range(n), ways)]
    drawn = combinations_of(n, ways, most=len(every) - 1, rng=np.random.default_rng(5)).tolist()
    assert [item for item in every if item in drawn] == drawn
    assert len(drawn) == len(every) - 1


def test_every_set_is_drawn_equally_often():
    rng = np.random.default_rng(1)
    drawn = np.concatenate([combinations_of(5, 2, most=3, rng=rng) for _ in range(4000)])
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 10
    assert np.abs(counts - 1200).max() < 5 * np.sqrt(1200)  # five standard errors


def test_some_of_more_sets_than_there_are_integers_are_drawn():
    drawn = combinations_of(200, 60, most=50, rng=np.random.default_rng(2))
    assert drawn.shape == (50, 60)
    assert (np.diff(drawn, axis=1) > 0).all()


def test_none_is_drawn_where_none_is_wanted():
    assert combinations_of(6, 2, most=0, rng=np.random.default_rng(0)).shape == (0, 2)
