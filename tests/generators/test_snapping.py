from __future__ import annotations

import numpy as np
import pytest

from auditkit.data.schema import Column
from auditkit.generators.snapping import Grid, first_new_name, new_names


@pytest.mark.parametrize(
    ("column", "real", "expected"),
    [
        (Column("n", "integer", minimum=1, maximum=9, decimals=0, dtype="int64"), [1, 2, 9], [1, 5, 9]),
        (Column("x", "numeric", minimum=0.25, maximum=9.5, decimals=1, dtype="float64"), [0.25, 9.5], [0.25, 4.6, 9.5]),
        (Column("x", "numeric", dtype="float64"), [0.123, 12.5], [0.2, 4.6, 12.0]),
    ],
)
def test_numbers_come_onto_the_real_grid(column, real, expected):
    snapped = Grid.of(np.array(real, dtype=float), column).snap(np.array([0.2, 4.6, 12.0]))
    np.testing.assert_allclose(snapped, expected)


def test_new_names_do_not_meet_the_real_ones():
    numbers = Column("id", "id", dtype="int64")
    first = first_new_name([41, 7], numbers)
    assert new_names(numbers, 2, first=first).tolist() == [42, 43]
    texts = Column("id", "id")
    assert new_names(texts, 2, first=first_new_name(["a", "b"], texts)).tolist() == ["s0", "s1"]
