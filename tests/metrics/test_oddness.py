"""Log odds out of fold that look at traces, and bits of one real row that a row repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auditkit.errors import UndefinedError
from auditkit.metrics.copied_bits import CopiedBits
from auditkit.metrics.detection import Discriminator, log_odds
from auditkit.metrics.oddness import Oddness
from auditkit.metrics.products import Products, Rows, Side, View

BOTH = View("whole", {}, {"real": Rows("real"), "synthetic": Rows("synthetic")})


def rows(n, seed):
    """Two numbers that add up to a third, and a category that follows from the first."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 20, n), rng.integers(0, 20, n)
    return np.column_stack([first, second, first + second, first // 5]).astype(float)


def side(columns):
    return Side(columns, columns=columns, categorical=(False, False, False, True))


def test_rows_whose_cells_never_stand_together_are_odd():
    mixed = rows(500, 1)
    mixed[:100, 2] = rows(100, 2)[:, 2]
    products = Products({"real": side(rows(600, 0)), "synthetic": side(mixed)})
    found = products.get(Oddness, BOTH)
    made, real = found.log_odds[found.synthetic], found.log_odds[~found.synthetic]
    limit = np.quantile(real, 0.98)
    assert (made[:100] > limit).mean() > 0.6
    assert (made[100:] > limit).mean() < 0.05


def test_without_traces_it_is_the_mean_of_both_discriminators():
    rng = np.random.default_rng(0)
    sides = {"real": Side(rng.normal(size=(90, 2))), "synthetic": Side(1 + rng.normal(size=(80, 2)))}
    products = Products(sides)
    told = products.get(Discriminator, BOTH)
    wanted = (log_odds(told.boosted) + log_odds(told.linear)) / 2
    np.testing.assert_allclose(products.get(Oddness, BOTH).log_odds, wanted)


def test_too_few_rows_to_train_on_have_no_odds():
    columns = np.repeat(rows(1, 0), 30, axis=0)
    found = Products({"real": side(rows(60, 1)), "synthetic": side(columns)}).get(Oddness, BOTH)
    assert np.isnan(found.log_odds[found.synthetic]).all()


def test_log_odds_end_where_probabilities_do():
    assert log_odds(np.array([0.0, 0.5, 1.0])).tolist() == [-20.0, 0.0, 20.0]
    assert log_odds(np.array([0.9]))[0] == pytest.approx(np.log(9))


def test_bits_are_those_of_the_cells_that_agree():
    real = np.random.default_rng(0).integers(0, 4, (50, 5)).astype(float)
    made = np.array([real[0], real[1], real[2], [9, 9, 9, 9, 9]])
    made[1, 3], made[2, 1:3] = 7, 8
    sides = {
        role: Side(item, columns=item, categorical=(True,) * 5) for role, item in (("real", real), ("synthetic", made))
    }
    found = Products(sides).get(CopiedBits, BOTH).bits
    worth = -np.log2((real[:, None, :] == real[None, :, :]).mean(axis=0))
    assert found[0] == pytest.approx(worth[0].sum() - np.log2(50))
    assert found[1] == pytest.approx(max(0.0, worth[1].sum() - worth[1, 3] - np.log2(50)))
    assert found[2:].tolist() == [0.0, 0.0]
    narrow = {role: replace(item, columns=item.columns[:, :3]) for role, item in sides.items()}
    with pytest.raises(UndefinedError, match="4 columns at least"):
        Products(narrow).get(CopiedBits, BOTH)


def test_gaps_count_as_equal():
    real = np.random.default_rng(1).normal(size=(40, 4))
    real[::2, 0] = np.nan
    made = real[:3].copy()
    made[0, 1] = 5.0
    sides = {
        role: Side(item, columns=item, categorical=(False,) * 4) for role, item in (("real", real), ("synthetic", made))
    }
    found = Products(sides).get(CopiedBits, BOTH).bits
    assert (found > 5).all()
    assert found[0] < found[2]
