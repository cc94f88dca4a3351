from __future__ import annotations

import numpy as np
import pandas as pd

from auditkit.data import Dataset
from auditkit.data.schema import Column
from auditkit.generators.snapping import new_names, snap


def test_numbers_come_onto_the_real_grid():
    real = Dataset.of_table(
        pd.DataFrame({"n": [1, 5, 9] * 5, "x": [0.25, 1.5, 2.75] * 5, "c": ["a", "b", "c"] * 5}),
        columns={"n": "integer", "x": "numeric", "c": "category"},
    )
    rough = pd.DataFrame({"c": ["a", "b", "a"], "x": [0.1, 1.4999, 9.0], "n": [0.2, 4.6, 12.0]})
    snapped = snap(rough, real.schema)
    assert list(snapped.columns) == ["n", "x", "c"]
    assert snapped["n"].tolist() == [1, 5, 9]
    assert snapped["n"].dtype == np.int64
    assert snapped["x"].tolist() == [0.25, 1.5, 2.75]
    assert rough["x"].tolist() == [0.1, 1.4999, 9.0]


def test_new_names_do_not_meet_the_real_ones():
    assert new_names(Column("id", "id", maximum=41, dtype="int64"), 2).tolist() == [42, 43]
    assert new_names(Column("id", "id"), 2).tolist() == ["s0", "s1"]
