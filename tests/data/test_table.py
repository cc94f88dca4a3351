import time

import numpy as np
import pandas as pd
import pytest

from auditkit.data import encode_tables, load
from auditkit.errors import UnknownNameError

REAL = pd.DataFrame(
    {"x": [1.5, None, 3.0], "n": [1, 2, 2], "c": ["b", "a", None], "b": [True, False, True], "k": ["one"] * 3}
)


def test_levels_are_joint_and_the_real_ones_come_first():
    real = load(REAL)
    synthetic = load(pd.DataFrame(REAL.assign(c=["z", "a", "_"], k=["two", "one", "one"])), schema=real.schema)
    sets = encode_tables({"real": real, "synthetic": synthetic}, schema=real.schema)
    assert sets["real"].levels["c"] == ("a", "b", "_", "z")
    assert sets["real"].levels == sets["synthetic"].levels
    assert sets["real"].code_columns == ("c", "b", "k")
    assert sets["real"].numeric_columns == ("x", "n")
    assert sets["real"].codes.tolist() == [[1, 1, 0], [0, 0, 0], [-1, 1, 0]]
    assert sets["synthetic"].codes.tolist() == [[3, 1, 1], [0, 0, 0], [2, 1, 0]]
    np.testing.assert_array_equal(sets["real"].numeric, [[1.5, 1], [np.nan, 2], [3, 2]])


def test_moments_are_seconds():
    real = load(pd.DataFrame({"t": ["1970-01-02", "1970-01-01T00:00:01.5"]}))
    assert encode_tables({"real": real}, schema=real.schema)["real"].numeric.ravel().tolist() == [86400.0, 1.5]


def test_ids_and_texts_are_left_out():
    real = load(pd.DataFrame({"id": [5, 3, 9], "x": [1.5, 2, 3]}))
    table = encode_tables({"real": real}, schema=real.schema)["real"]
    assert table.left_out == ("id",)
    assert table.numeric.shape == (3, 1)
    assert table.codes.shape == (3, 0)


def test_a_lacking_column_is_named_with_its_set():
    real = load(REAL)
    with pytest.raises(UnknownNameError, match=r"'x'.*in the synthetic set"):
        encode_tables({"real": real, "synthetic": load(REAL[["n", "c"]])}, schema=real.schema)


def test_three_large_sets_take_less_than_two_seconds():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {f"x{place}": rng.normal(size=50_000) for place in range(7)}
        | {f"c{place}": rng.choice([f"level {code}" for code in range(30)], 50_000) for place in range(8)}
    )
    real = load(frame)
    start = time.perf_counter()
    encode_tables({"real": real, "synthetic": real, "holdout": real}, schema=real.schema)
    assert time.perf_counter() - start < 2
