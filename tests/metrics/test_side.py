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
    floor = side.at_floor("dealt", np.random.default_rng(1))
    numbers, codes = floor.units.cells.numbers(0), floor.units.cells.numbers(1)
    assert floor.units.lengths.tolist() == side.units.lengths.tolist()
    assert sorted(numbers) == sorted(side.units.cells.numbers(0))
    assert numbers.tolist() != side.units.cells.numbers(0).tolist()
    before = dict(zip(side.units.cells.numbers(0), side.units.cells.numbers(1), strict=True))
    assert dict(zip(numbers, codes, strict=True)) == before
    assert floor.features is side.features


def test_columns_of_units_are_shuffled_apart(side):
    floor = side.at_floor("shuffled", np.random.default_rng(1))
    numbers, codes = floor.units.cells.numbers(0), floor.units.cells.numbers(1)
    assert sorted(numbers) == sorted(side.units.cells.numbers(0))
    assert (codes - numbers).tolist() != (side.units.cells.numbers(1) - side.units.cells.numbers(0)).tolist()
    assert floor.units.lengths.tolist() == side.units.lengths.tolist()


def test_cells_of_units_are_drawn_evenly_from_the_real_range(side):
    floor = side.take(np.array([0, 1])).at_floor("uniform", np.random.default_rng(1), like=side)
    numbers = floor.units.cells.numbers(0)
    assert numbers.min() >= 0
    assert 2 < numbers.max() <= 5
    assert set(floor.units.steps) <= {0.0, 1.0, 2.0}


def test_what_is_not_there_cannot_be_destroyed(side):
    with pytest.raises(UndefinedError, match="no table to shuffle"):
        Side(np.arange(3.0)[:, None]).at_floor("uniform", np.random.default_rng(0))
    flat = Side(np.arange(6.0)[:, None], cells=side.units.cells)
    with pytest.raises(UndefinedError, match="no unit of several rows"):
        flat.at_floor("dealt", np.random.default_rng(0))
