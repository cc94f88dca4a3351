import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.data import load
from auditkit.data.splits import part_sizes, split_units
from auditkit.errors import DataError


@given(n=st.integers(1, 500), holdout=st.floats(0, 0.5), test=st.floats(0, 0.45))
def test_sizes_sum_and_are_within_one(n, holdout, test):
    shares = [1 - holdout - test, holdout, test]
    sizes = part_sizes(n, shares)
    assert sum(sizes) == n
    assert all(abs(size - share * n) < 1 for size, share in zip(sizes, shares, strict=True))


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 200), levels=st.integers(1, 30), seed=st.integers(0, 5))
def test_parts_are_disjoint_and_cover(n, levels, seed):
    rng = np.random.default_rng(seed)
    strata = [rng.integers(0, levels, n).astype(str).astype(object), rng.integers(0, 3, n).astype(str).astype(object)]
    sizes = part_sizes(n, [0.6, 0.2, 0.2])
    parts = split_units(strata, sizes=sizes, rng=rng)
    assert [len(part) for part in parts] == sizes
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))


def table(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"x": rng.normal(size=n), "y": rng.choice(["a", "b"], n, p=[0.9, 0.1]), "g": rng.choice([1, 2, 3], n)}
    )


def test_every_cell_is_shared_out_in_proportion():
    real = load(table(), label="y", groups=["g"])
    parts = real.split(holdout=0.2, test=0.3, seed=1)
    assert [len(part) for part in parts] == [500, 200, 300]
    cells = pd.Series(list(zip(real.label_values, real.group_values("g"), strict=True))).value_counts()
    for part, share in zip(parts, [0.5, 0.2, 0.3], strict=True):
        found = pd.Series(list(zip(part.label_values, part.group_values("g"), strict=True))).value_counts()
        assert (abs(found.reindex(cells.index).fillna(0) - share * cells) <= 2).all()


def test_parts_of_share_zero_are_left_out():
    real = load(table(10))
    assert [len(part) for part in real.split(holdout=0.2, test=0)] == [8, 2]
    assert [len(part) for part in real.split(holdout=0, test=0)] == [10]


def test_the_seed_decides():
    real = load(table(), label="y")
    first, again, other = (real.split(seed=seed)[1].ids.tolist() for seed in (3, 3, 4))
    assert first == again != other


def test_cells_of_one_unit_each_are_still_random():
    counts = np.zeros(10)
    strata = [np.array([str(place) for place in range(10)], dtype=object)]
    for seed in range(2000):
        counts[split_units(strata, sizes=[8, 2], rng=np.random.default_rng(seed))[1]] += 1
    assert abs(counts / 2000 - 0.2).max() < 0.04


@pytest.mark.parametrize(("holdout", "test"), [(0.6, 0.5), (-0.1, 0.2), (0.5, 0.5)])
def test_impossible_shares_are_an_error(holdout, test):
    with pytest.raises(DataError, match="sum below 1"):
        load(table(10)).split(holdout=holdout, test=test)


def test_too_few_units_are_an_error():
    with pytest.raises(DataError, match="too few"):
        load(table(2)).split()
