"""Tables of cells of all pairs against loops and scipy; the edges of bins."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import association
from sklearn.metrics import mutual_info_score

from auditkit.data.joint import encode_frames
from auditkit.metrics.tables import contingency
from auditkit.metrics.tables.bins import code_cells, edges_of, quantile_edges
from auditkit.metrics.tables.contingency import Coded, all_pairs, associations, similarities
from auditkit.metrics.tables.pair_tiles import equal_bins

SIZES = (2, 5, 9, 40)


def coded(seed, n, sizes=SIZES):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, sizes[0], n)
    rest = [np.where(rng.random(n) < 0.4, first, rng.integers(0, size, n)) for size in sizes[1:]]
    return Coded(np.array([first, *rest], np.int32), np.array(sizes))


def similarity_by_hand(real, synthetic, i, j):
    shares = []
    for side in (real, synthetic):
        cells = Counter(zip(side.codes[i].tolist(), side.codes[j].tolist(), strict=True))
        shares.append({cell: count / len(side) for cell, count in cells.items()})
    return 1.0 - sum(abs(shares[0].get(c, 0) - shares[1].get(c, 0)) for c in {*shares[0], *shares[1]}) / 2.0


@pytest.fixture(params=["laid out", "as keys"])
def _way(request, monkeypatch):
    if request.param == "as keys":
        monkeypatch.setattr(contingency, "DENSE_CELLS", 0)
        monkeypatch.setattr(contingency, "CELLS_PER_ROW", 0)


@pytest.mark.usefixtures("_way")
def test_similarities_are_those_of_a_slow_loop():
    real, synthetic = coded(0, 301), coded(1, 200)
    pairs = all_pairs(len(SIZES))
    expected = [similarity_by_hand(real, synthetic, i, j) for i, j in pairs]
    np.testing.assert_allclose(similarities(real, synthetic, pairs), expected, atol=1e-12)


@pytest.mark.usefixtures("_way")
def test_associations_are_scipys_and_scikit_learns():
    side = coded(0, 500)
    pairs = all_pairs(len(SIZES))
    found = associations(side, pairs)
    for place, (i, j) in enumerate(pairs):
        table = pd.crosstab(side.codes[i], side.codes[j]).to_numpy()
        assert found.cramers_v[place] == pytest.approx(association(table, method="cramer"), abs=1e-9)
        information = mutual_info_score(side.codes[i], side.codes[j])
        assert found.information[place] == pytest.approx(information, abs=1e-9)


@pytest.mark.usefixtures("_way")
def test_a_constant_column_has_no_association():
    side = Coded(np.array([[1, 1, 1], [0, 1, 2]], np.int32), np.array([2, 3]))
    found = associations(side, all_pairs(2))
    assert np.isnan(found.cramers_v[0])
    assert found.information[0] == pytest.approx(0.0, abs=1e-12)


def test_pairs_of_both_ways_come_back_in_order(monkeypatch):
    monkeypatch.setattr(contingency, "DENSE_CELLS", 50)
    monkeypatch.setattr(contingency, "CELLS_PER_ROW", 0)
    monkeypatch.setattr(contingency, "STEPS_PER_BLOCK", 1)
    real, synthetic = coded(0, 60), coded(1, 50)
    pairs = all_pairs(len(SIZES))
    expected = [similarity_by_hand(real, synthetic, i, j) for i, j in pairs]
    np.testing.assert_allclose(similarities(real, synthetic, pairs), expected, atol=1e-12)


def test_no_pair_has_no_similarity():
    assert len(similarities(coded(0, 5), coded(1, 5), all_pairs(1))) == 0
    assert len(associations(coded(0, 5), all_pairs(1)).cramers_v) == 0


@pytest.mark.parametrize("bins", [1, 2, 10])
def test_bins_hold_about_equally_many_values(bins):
    values = np.sort(np.random.default_rng(0).normal(size=1000))
    edges = equal_bins(values, bins)
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=bins)
    assert counts.tolist() == [1000 // bins] * bins


def test_a_frequent_value_has_a_bin_of_its_own_and_the_others_share_the_rest():
    values = np.sort(np.concatenate([np.zeros(920), np.arange(1.0, 81.0)]))
    edges = equal_bins(values, 5)
    counts = np.bincount(np.searchsorted(edges, values, side="right"))
    assert counts.tolist() == [920, 20, 20, 20, 20]
    middle = np.sort(np.concatenate([np.full(500, 40.0), np.arange(0.0, 100.0)]))
    lower = np.searchsorted(equal_bins(middle, 4), [39.0, 40.0, 41.0], side="right")
    assert len(set(lower.tolist())) == 3


def test_few_values_have_a_bin_each():
    assert equal_bins(np.array([1.0, 1.0, 2.0, 3.0]), 10).tolist() == [2.0, 3.0]
    assert equal_bins(np.array([1.0, 1.0]), 10).tolist() == []


def test_what_lies_outside_the_real_range_is_in_cells_of_its_own():
    cells = encode_frames({"real": {"x": [0.0, 1.0, None]}, "synthetic": {"x": [-1.0, 0.0, 1.0, 2.0]}})
    edges = {0: edges_of(cells["real"], 0, bins=2, edges="quantile")}
    assert code_cells(cells["real"], edges).codes[0].tolist() == [2, 3, 0]
    assert code_cells(cells["synthetic"], edges).codes[0].tolist() == [1, 2, 3, 4]


def test_bins_of_equal_width_have_open_ends():
    cells = encode_frames({"real": {"x": [0.0, 4.0]}, "synthetic": {"x": [-9.0, 1.0, 2.0, 9.0]}})
    edges = {0: edges_of(cells["real"], 0, bins=2, edges="width")}
    assert code_cells(cells["synthetic"], edges).codes[0].tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("edges", ["quantile", "width"])
def test_columns_without_a_value_or_with_one_have_bins_too(edges):
    cells = encode_frames({"real": {"x": [None, None], "y": [3.0, 3.0]}, "synthetic": {"x": [1.0], "y": [4.0]}})
    found = {place: edges_of(cells["real"], place, bins=4, edges=edges) for place in (0, 1)}
    assert len(found[0]) == 0
    real, synthetic = (code_cells(cells[role], found).codes[1] for role in ("real", "synthetic"))
    assert len(set(real.tolist())) == 1
    assert synthetic[0] not in real


def test_quantile_edges_keep_long_integers_apart_and_divide_no_value():
    values = 2**60 + np.repeat(np.arange(40), 5)
    edges = quantile_edges(values, 10)
    assert edges.tolist() == [*range(2**60, 2**60 + 40, 4), 2**60 + 39]
    assert quantile_edges(np.array([0.0] * 95 + list(range(1, 21))), 3).tolist() == [0.0, 1.0, 11.0, 20.0]
    assert quantile_edges(np.array([7.5]), 10).tolist() == [7.5, 7.5]
