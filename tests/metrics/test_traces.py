"""Traces of rows: how common a cell is, which cells never stand together, decimals; never from a row's own fold."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.products import Side
from auditkit.metrics.traces import MOST_PAIRS, table_traces, traces_of


def traced(columns, categorical, n_real, fold):
    return table_traces(columns, categorical, np.arange(len(columns)) < n_real, fold)


def test_traces_are_those_of_a_slow_loop():
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 3, (40, 2)).astype(float)
    fold = np.arange(40) % 3
    found = traced(columns, (True, True), 30, fold)
    for row in range(40):
        others = columns[:30][fold[:30] != fold[row]]
        alike = others == columns[row]
        pair, alone = alike.all(axis=1).sum(), alike.sum(axis=0)
        together = np.log((pair + 1) / (alone[0] * alone[1] / len(others) + 1))
        common = np.log(alone + 0.5)
        least = min(together, 0.0)
        wanted = [*common, least, least, together, together, common.sum(), common.min(), 2 * together, least]
        assert found[row] == pytest.approx(wanted)


def test_a_real_row_is_described_as_its_synthetic_twin():
    rng = np.random.default_rng(1)
    real = np.column_stack([rng.normal(size=60), rng.integers(0, 4, 60)])
    fold = np.arange(60) % 3
    found = traced(np.concatenate([real, real]), (False, True), 60, np.concatenate([fold, fold]))
    np.testing.assert_array_equal(found[:60], found[60:])
    # A value that no other row has is as unknown as one that no row has.
    assert (found[:, 0] == np.log(0.5)).all()


def test_decimals_are_counted():
    columns = np.array([[1.0], [2.5], [0.125], [1e6 + 0.5], [1 / 3], [np.nan]])
    found = traced(columns, (False,), 3, np.zeros(6, np.int64))[:, 1]
    assert found[:5].tolist() == [0, 1, 3, 1, 7]
    assert np.isnan(found[5])


def test_wide_tables_look_at_the_pairs_that_tell_most():
    rng = np.random.default_rng(2)
    columns = rng.integers(0, 5, (300, 40)).astype(float)
    columns[:, 39] = columns[:, 0]
    columns[290:, 39] = (columns[290:, 0] + 1) % 5
    assert MOST_PAIRS < 40 * 39 // 2
    found = traced(columns, (True,) * 40, 280, np.arange(300) % 3)
    never = found[:, 40 + 39]
    assert np.quantile(never[290:], 0.9) < np.quantile(never[:290], 0.01)


def test_without_a_table_or_samples_there_are_no_traces():
    side = Side(np.zeros((4, 2)))
    assert traces_of(side, side, np.zeros(8, np.int64)).shape == (8, 0)
