"""Conditions say what they hold for, in round numbers, and hold for enough rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data.joint import encode_frames
from auditkit.metrics.slices.conditions import axes_of_cells, slice_words


def axes(frame: pd.DataFrame, *others: pd.DataFrame, least: int = 20, bins: int = 8):
    sets = dict(zip(("real", "synthetic"), (frame, *others), strict=False))
    return axes_of_cells(list(encode_frames(sets).values()), least=least, bins=bins)


def held(axis, codes, word: str) -> np.ndarray:
    return axis.holds(axis.words.index(word), codes)


def test_intervals_of_whole_numbers_name_both_ends_and_hold_for_what_they_say():
    ages = np.random.default_rng(0).integers(18, 90, 2000)
    (axis,), (codes,) = axes(pd.DataFrame({"age": ages}))
    for word in axis.words:
        if " to " in word:
            low, high = map(int, word.removeprefix("age ").split(" to "))
            expected = (ages >= low) & (ages <= high)
        elif "below" in word:
            expected = ages < int(word.removeprefix("age below "))
        else:
            expected = ages >= int(word.removeprefix("age from ").removesuffix(" on"))
        np.testing.assert_array_equal(held(axis, codes[0], word), expected)
    assert len(axis.words) == 35


def test_intervals_of_other_numbers_end_below_their_upper_end():
    gains = np.random.default_rng(1).lognormal(9.0, 1.0, 2000)
    (axis,), (codes,) = axes(pd.DataFrame({"gain": gains}))
    word = next(word for word in axis.words if " to below " in word)
    low, high = map(float, word.removeprefix("gain from ").split(" to below "))
    np.testing.assert_array_equal(held(axis, codes[0], word), (gains >= low) & (gains < high))
    # Round: no record's own value.
    assert not np.isin([low, high], gains).any()
    assert low % 100 == 0


def test_a_value_that_many_rows_have_is_apart_from_its_neighbours():
    values = np.concatenate([np.zeros(900), np.random.default_rng(2).integers(1, 5000, 100)])
    (axis,), (codes,) = axes(pd.DataFrame({"loss": values}))
    smallest = min((word for word in axis.words if "below" in word), key=lambda word: int(word.split()[-1]))
    assert (values[held(axis, codes[0], smallest)] == 0).mean() > 0.95


def test_the_lowest_and_the_highest_number_are_named_where_they_stand_alone():
    values = np.repeat([0, 1], 200)
    (axis,), _ = axes(pd.DataFrame({"recid": values}))
    assert axis.words == ("recid is 0", "recid is 1")
    (axis,), _ = axes(pd.DataFrame({"recid": values}), pd.DataFrame({"recid": values - 1}))
    assert "recid is 0" not in axis.words


def test_days_are_told_as_days():
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.random.default_rng(3).uniform(0, 900, 1000), unit="D")
    (axis,), (codes,) = axes(pd.DataFrame({"joined": days}))
    word = next(word for word in axis.words if " to before " in word)
    first, last = (pd.Timestamp(part) for part in word.removeprefix("joined from ").split(" to before "))
    np.testing.assert_array_equal(held(axis, codes[0], word), (days >= first) & (days < last))
    assert first == first.normalize()


def test_missing_cells_are_a_condition_of_their_own():
    values = np.where(np.arange(300) % 3 == 0, np.nan, np.arange(300.0))
    frame = pd.DataFrame({"pay": values, "work": np.where(np.arange(300) % 4 == 0, None, "a")})
    (pay, work), (codes,) = axes(frame)
    np.testing.assert_array_equal(held(pay, codes[0], "pay is missing"), np.isnan(values))
    np.testing.assert_array_equal(held(pay, codes[0], "pay is given"), ~np.isnan(values))
    assert not held(pay, codes[0], next(word for word in pay.words if "below" in word))[np.isnan(values)].any()
    np.testing.assert_array_equal(held(work, codes[1], "work is missing"), np.arange(300) % 4 == 0)


def test_levels_and_intervals_of_few_rows_or_of_nearly_all_are_no_conditions():
    frame = pd.DataFrame({"team": ["a"] * 150 + ["b"] * 45 + ["c"] * 5, "only": ["x"] * 195 + ["y"] * 5})
    (team,), (codes,) = axes(frame)
    assert team.words == ("team is a", "team is b")
    assert codes.shape == (1, 200)


def test_real_levels_and_quantiles_make_the_conditions_of_all_sets():
    real = pd.DataFrame({"age": np.arange(400), "team": ["a", "b"] * 200})
    synthetic = pd.DataFrame({"age": np.arange(400) + 1000, "team": ["new"] * 400})
    (age, team), (_, codes) = axes(real, synthetic)
    assert team.words == ("team is a", "team is b")
    assert not any(team.holds(place, codes[1]).any() for place in range(2))
    assert held(age, codes[0], next(word for word in age.words if word.endswith("on"))).all()


@pytest.mark.parametrize(("words", "told"), [(["a is b"], "a is b"), (["a", "b", "c"], "a and b and c")])
def test_a_slice_is_named_by_its_conditions(words, told):
    assert slice_words(words) == told


@pytest.mark.parametrize("values", [np.tile([1e308, -1e308], 100), np.linspace(-1, 1, 200) * 1.7e308])
def test_numbers_whose_differences_are_no_numbers_have_conditions(values):
    (axis,), (codes,) = axes(pd.DataFrame({"t": values}))
    assert axis.words
    word = next(word for word in axis.words if " on" in word)
    inside = held(axis, codes[0], word)
    assert values[inside].min() > values[~inside].max()
