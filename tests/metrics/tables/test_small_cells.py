"""Small cells: loops over rows, controls of other sizes, planted leaks, and odd tables."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.metrics.tables.small_cells import _kept_few, smallest_cells


def people(n, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "zip [5]": rng.integers(0, 60, n),
            "job": rng.choice(list("abcdefgh"), n).astype(object),
            "sex": rng.choice(["f", "m"], n),
            "ill": rng.choice(["yes", "no"], n, p=[0.2, 0.8]),
        }
    )
    frame.loc[rng.random(n) < 0.1, "job"] = None
    return frame


def rows(frame, names):
    return [tuple("(none)" if pd.isna(cell) else cell for cell in row) for row in frame[list(names)].itertuples(False)]


def test_counts_are_those_of_a_loop_over_rows():
    real, synthetic, holdout = people(80, 0), people(50, 1), people(80, 2)
    found = smallest_cells(real=real, synthetic=synthetic, holdout=holdout, k=3, order=2)
    assert len(found.sets) == 4 + 6
    once = np.zeros(50, int)
    for item in found.sets:
        train, fresh = Counter(rows(real, item.columns)), Counter(rows(holdout, item.columns))
        made = rows(synthetic, item.columns)
        hits, fresh_hits = np.array([train[row] for row in made]), np.array([fresh[row] for row in made])
        once += hits == 1
        assert item.once == pytest.approx(np.mean(hits == 1))
        assert item.few == pytest.approx(np.mean((hits == 1) | (hits == 2)))
        assert item.control == pytest.approx(np.mean((fresh_hits == 1) | (fresh_hits == 2)))
        assert item.smallest == min((hit for hit in hits if hit), default=None)
        alone = {row for row in made if train[row] + fresh[row] == 1}
        assert item.cells == sum(train[row] for row in alone)
        assert item.fresh_cells == sum(fresh[row] for row in alone)
    assert found.once.tolist() == once.tolist()
    assert [item.p for item in found.sets] == sorted(item.p for item in found.sets)


def test_p_is_the_binomial_one():
    from scipy.stats import binomtest

    real, synthetic, holdout = people(80, 0), people(50, 1), people(40, 2)
    for item in smallest_cells(real=real, synthetic=synthetic, holdout=holdout).sets:
        n = item.cells + item.fresh_cells
        expected = binomtest(item.cells, n, 80 / 120, alternative="greater").pvalue if n else 1.0
        assert item.p == pytest.approx(expected)
        assert item.p <= item.p_adjusted


def test_chances_after_a_cut_are_those_of_drawing():
    rng = np.random.default_rng(0)
    drawn = np.array([np.sum(rng.permutation(60)[:20] < 6) for _ in range(4000)])
    assert _kept_few(60, 20, 3)[6] == pytest.approx(np.mean((drawn >= 1) & (drawn < 3)), abs=0.03)
    assert _kept_few(10, 10, 3).tolist()[:5] == [0, 1, 1, 0, 0]


@pytest.mark.parametrize("size", [150, 600, 1200])
def test_a_control_of_another_size_accuses_nobody(size):
    excess = []
    for seed in range(10):
        real, synthetic, holdout = people(600, 3 * seed), people(300, 3 * seed + 1), people(size, 3 * seed + 2)
        found = smallest_cells(real=real, synthetic=synthetic, holdout=holdout)
        assert found.found == ()
        item = next(item for item in found.sets if item.columns == ("zip [5]", "job", "sex"))
        excess.append(item.excess)
    assert abs(np.mean(excess)) < 4 * np.std(excess) / np.sqrt(10) + 0.01


def test_copied_combinations_are_found_with_their_columns():
    real, holdout, synthetic = people(600, 0), people(600, 1), people(300, 2)
    copied = ["zip [5]", "job", "sex"]
    synthetic.loc[:149, copied] = real.loc[:149, copied].to_numpy()
    found = smallest_cells(real=real, synthetic=synthetic, holdout=holdout)
    assert found.found[0].columns == tuple(copied)
    assert (found.once[:150].mean() - found.fresh_once[:150].mean()) > (
        found.once[150:].mean() - found.fresh_once[150:].mean()
    ) + 0.2
    assert list(found.frame().columns[:3]) == ["columns", "once", "few"]


def test_a_column_copied_from_training_records_is_found_on_adult(shared_data):
    names = ("real_trn", "real_hol", "syn_2021_synthpop", "syn_2024_mostlyai")
    train, holdout, copy, honest = (pd.read_csv(shared_data("pairs_adult", f"{name}.csv.gz")) for name in names)
    found = smallest_cells(real=train, synthetic=copy, holdout=holdout, order=1)
    assert [item.columns for item in found.found] == [("fnlwgt",)]
    assert smallest_cells(real=train, synthetic=honest, holdout=holdout, order=2).found == ()


def test_what_all_of_a_cell_have_is_told():
    real = pd.DataFrame({"zip": [1, 1, 2, 2, 3], "ill": ["y", "y", "y", "n", "n"]})
    synthetic = pd.DataFrame({"zip": [1, 1, 2, 3, 4], "ill": ["y", "n", "y", "n", "y"]})
    found = smallest_cells(real=real, synthetic=synthetic, holdout=real.head(2), columns=["zip"], sensitive="ill")
    assert found.sets[0].homogeneous == 2 / 5  # the first and the fourth
    assert found.sets[0].homogeneous_control == 1 / 5


def test_odd_tables():
    real = pd.DataFrame(
        {"big": [2**53, 2**53 + 1, 2**53 + 1], "land": ["NA", None, None], "none": [np.nan] * 3, "same": ["x"] * 3}
    )
    synthetic = real.iloc[[0]][["same", "none", "land", "big"]].assign(land="ZZ", more=1)
    found = {item.columns: item for item in smallest_cells(real=real, synthetic=synthetic, order=1).sets}
    assert found["big",].smallest == 1
    assert found["land",].smallest is None
    assert found["none",].smallest == found["same",].smallest == 3
    assert found["big",].p is None
    one = smallest_cells(real=real.head(1), synthetic=synthetic, holdout=real.tail(1))
    assert (one.sets[0].cells, one.sets[0].fresh_cells, one.sets[0].p) == (1, 0, 0.5)


def test_too_many_sets_of_columns_are_drawn(monkeypatch):
    monkeypatch.setattr("auditkit.metrics.tables.small_cells.MOST_SETS", 6)
    found = smallest_cells(real=people(30, 0), synthetic=people(30, 1))
    assert (len(found.sets), found.n_left_out) == (6, 8)
    assert sum(len(item.columns) == 1 for item in found.sets) == 4


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"k": 1}, AuditkitError, "`k` must be a whole number from 2 on"),
        ({"columns": ["jobb"]}, UnknownNameError, "did you mean 'job'"),
        ({"columns": ["job"], "sensitive": "job"}, AuditkitError, "column 'job' is in `columns` and is `sensitive`"),
        ({"columns": ["extra"]}, DataError, "the synthetic set lacks it"),
    ],
)
def test_mistakes_are_said_in_a_sentence(asked, error, sentence):
    with pytest.raises(error, match=sentence):
        smallest_cells(**({"real": people(9, 0).assign(extra=1), "synthetic": people(9, 1)} | asked))
