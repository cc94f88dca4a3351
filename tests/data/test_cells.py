"""Draws from a table in which nothing hangs together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data.cells import even_numbers
from auditkit.data.joint import encode_frames

LOWEST = np.iinfo(np.int64).min


def pair():
    rng = np.random.default_rng(0)
    real = pd.DataFrame(
        {
            "x": rng.uniform(5, 6, 300),
            "whole": rng.integers(3, 6, 300).astype(float),
            "long": 2**60 + rng.integers(0, 5, 300),
            "day": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 9, 300), unit="D"),
            "c": rng.choice(["NA", "b"], 300, p=[0.9, 0.1]),
            "never": np.nan,
        }
    )
    other = real.iloc[:40].assign(x=100.5, whole=99.0, c="unseen", never=1.5)
    other.loc[::4, ["x", "day", "c"]] = None
    sets = encode_frames({"real": real, "other": other}, kinds={"never": "number"})
    return sets["real"], sets["other"]


def test_a_uniform_draw_has_the_range_and_levels_of_one_set_and_the_missing_cells_of_the_other():
    real, other = pair()
    drawn = other.uniform(np.random.default_rng(1), like=real)
    assert len(drawn) == len(other)
    for place, name in enumerate(drawn.names):
        present, known = drawn.present(place), real.present(place)
        if name == "never":
            assert not len(present)
            continue
        np.testing.assert_array_equal(drawn.missing[place], other.missing[place])
        assert known.min() <= present.min() <= present.max() <= known.max()
        assert drawn.values[place].dtype == other.values[place].dtype  # noqa: PD011 - no frame
    assert set(drawn.present(drawn.place("whole"))) == {3.0, 4.0, 5.0}
    assert set(drawn.present(drawn.place("long"))) == set(range(2**60, 2**60 + 5))
    levels = drawn.present(drawn.place("c"))
    assert set(levels) == {1, 2}
    assert (levels == 2).sum() > 5  # a tenth of the real cells, half of the drawn ones


def test_missing_cells_of_a_uniform_draw_look_as_in_any_set():
    real, other = pair()
    drawn = other.uniform(np.random.default_rng(1), like=real)
    missing = {
        name: set(drawn.values[place][drawn.missing[place]].tolist())  # noqa: PD011 - no frame
        for place, name in enumerate(drawn.names)
        if name in ("day", "c")
    }
    assert missing == {"day": {LOWEST}, "c": {0}}
    for name in ("x", "never"):
        place = drawn.place(name)
        np.testing.assert_array_equal(np.isnan(drawn.values[place]), drawn.missing[place])  # noqa: PD011 - no frame


def test_a_uniform_draw_is_like_the_set_itself_by_default():
    _, other = pair()
    drawn = other.uniform(np.random.default_rng(1))
    assert set(drawn.present(drawn.place("whole"))) == {99.0}
    np.testing.assert_array_equal(drawn.missing[0], other.missing[0])


@pytest.mark.parametrize(("low", "high"), [(-3.0, 8.0), (0.0, 2.0**53 - 1), (1e19, 9e19), (-1e308, 1e308)])
def test_even_numbers_of_whole_floats_stay_within_the_range(low, high):
    drawn = even_numbers(np.array([low, high]), 2000, np.random.default_rng(0))
    assert low <= drawn.min() < drawn.max() <= high
    np.testing.assert_array_equal(drawn, np.floor(drawn))
    assert np.mean(drawn / 2 < low / 4 + high / 4) == pytest.approx(0.5, abs=0.05)


def test_even_numbers_are_numpys_own():
    mine, theirs = (np.random.default_rng(3) for _ in range(2))
    np.testing.assert_array_equal(even_numbers(np.array([0.3, 7.7]), 99, mine), theirs.uniform(0.3, 7.7, 99))
