"""What a side offers, row by row and unit by unit."""

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import UndefinedError
from auditkit.metrics.side import Side
from auditkit.metrics.tables.unit_sides import unit_sides


@pytest.fixture
def side():
    """Three units of two, one and three rows, whose two columns hang together."""
    who = [7, 7, 8, 9, 9, 9]
    table = pd.DataFrame({"who": who, "day": [0, 1, 0, 0, 1, 2], "x": np.arange(6.0), "c": list("abcdef")})
    units = unit_sides({"real": table}, key="who", order="day")["real"]
    return Side(np.arange(3.0)[:, None], units=units)


def test_units_are_taken_with_their_rows(side):
    taken = side.take(np.array([2, 0]))
    assert taken.features[:, 0].tolist() == [2.0, 0.0]
    assert taken.units.ids.tolist() == ["9", "7"]
    assert taken.units.lengths.tolist() == [3, 2]
    assert taken.units.cells.numbers(0).tolist() == [3.0, 4.0, 5.0, 0.0, 1.0]
    assert taken.units.steps.tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]


def test_the_floor_of_units_deals_whole_rows(side):
    floor = side.at_floor("shuffled", np.random.default_rng(1))
    numbers, codes = floor.units.cells.numbers(0), floor.units.cells.numbers(1)
    assert floor.units.lengths.tolist() == side.units.lengths.tolist()
    assert sorted(numbers) == sorted(side.units.cells.numbers(0))
    assert numbers.tolist() != side.units.cells.numbers(0).tolist()
    before = dict(zip(side.units.cells.numbers(0), side.units.cells.numbers(1), strict=True))
    assert dict(zip(numbers, codes, strict=True)) == before
    assert floor.features is side.features


def test_units_are_not_drawn_evenly(side):
    with pytest.raises(UndefinedError, match="one row per unit"):
        side.at_floor("uniform", np.random.default_rng(0))
