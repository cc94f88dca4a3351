"""Long runs of rows that units share, against a slow search of all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.tables import shared_runs
from auditkit.metrics.tables.shared_runs import RowsOfUnits, run_excess
from auditkit.spreads import p_above


def units_of(lists):
    rows = np.array([row for rows in lists for row in rows], np.uint64) * np.uint64(0xD1B54A32D192ED03)
    return RowsOfUnits(rows, np.cumsum([0, *map(len, lists)]))


def drawn(rng, n, levels):
    return [rng.integers(0, levels, rng.integers(1, 9)).tolist() for _ in range(n)]


def longest_run(one, other):
    best = 0
    for i in range(len(one)):
        for j in range(len(other)):
            step = 0
            while i + step < len(one) and j + step < len(other) and one[i + step] == other[j + step]:
                step += 1
            best = max(best, step)
    return best


def is_long(run, one, other):
    return (run >= 3 and 2 * run >= min(len(one), len(other)) - 1) or run >= max(2, max(len(one), len(other)) - 1)


@pytest.mark.parametrize("at_once", [1, 1 << 22])
def test_pairs_of_units_are_those_of_a_slow_search(monkeypatch, at_once):
    monkeypatch.setattr(shared_runs, "_AT_ONCE", at_once)
    monkeypatch.setattr(shared_runs, "MOST_PLACES", 10_000)
    rng = np.random.default_rng(0)
    made, real = drawn(rng, 40, 4), drawn(rng, 50, 4)
    ours, theirs, length = shared_runs._long_runs(units_of(made), units_of(real))
    expected = [
        (i, j, run)
        for i, one in enumerate(made)
        for j, other in enumerate(real)
        if (run := longest_run(one, other)) and is_long(run, one, other)
    ]
    assert sorted(zip(ours.tolist(), theirs.tolist(), length.tolist(), strict=True)) == expected
    assert expected


def test_rows_without_an_order_are_counted_as_a_slow_search_does(monkeypatch):
    monkeypatch.setattr(shared_runs, "MOST_PLACES", 10_000)
    rng = np.random.default_rng(1)
    made, real = drawn(rng, 40, 6), drawn(rng, 50, 6)
    ours, theirs, shared = shared_runs._many_rows(units_of(made), units_of(real))
    found = {(i, j): n for i, j, n in zip(ours.tolist(), theirs.tolist(), shared.tolist(), strict=True)}
    for i, one in enumerate(made):
        for j, other in enumerate(real):
            common = set(one) & set(other)
            n = min(sum(row in common for row in one), sum(row in common for row in other))
            assert found.get((i, j)) == (n if is_long(n, one, other) else None)
    assert found


def test_parts_of_one_unit_are_one_piece_of_evidence():
    train = [[*range(10 * unit, 10 * unit + 10)] for unit in range(20)]
    fresh = [[*range(1000 + 10 * unit, 1010 + 10 * unit)] for unit in range(20)]
    found = run_excess(units_of(train), units_of([train[3][start : start + 6] for start in range(5)]), units_of(fresh))
    assert found.value == 1.0
    assert (found.spread["train"], found.spread["holdout"]) == (1.0, 0.0)


def test_runs_in_units_of_both_sets_count_for_neither():
    train = [[*range(10 * unit, 10 * unit + 10)] for unit in range(20)]
    found = run_excess(units_of(train), units_of([unit[:-1] for unit in train]), units_of(train))
    assert (found.value, found.spread["train"]) == (0.0, 0.0)
    assert found.details["identical_match_share"] == 1.0


@pytest.mark.parametrize(("n_train", "n_holdout", "levels"), [(60, 60, 5), (90, 30, 12), (90, 10, 12)])
def test_fresh_units_are_not_accused(n_train, n_holdout, levels):
    accused = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        train, made, fresh = (units_of(drawn(rng, n, levels)) for n in (n_train, 60, n_holdout))
        found = run_excess(train, made, fresh)
        accused += p_above(found.value, found.spread, margin=0.0) < 0.05
    assert accused <= 9
