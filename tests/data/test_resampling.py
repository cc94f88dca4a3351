"""Units drawn to a target distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.data import Dataset, resample
from auditkit.data.targets import counts_of, most_units
from auditkit.errors import DataError, SampleSizeError


@pytest.fixture
def people():
    sex = np.where(np.arange(60) < 12, "f", "m")
    good = np.where(np.arange(60) % 3 == 0, "yes", "no")
    return Dataset.of_table(
        pd.DataFrame({"x": np.arange(60.0), "sex": sex, "good": good}), label="good", groups=["sex"]
    )


def counts(dataset, *by):
    return dataset.table[list(by)].astype(str).value_counts().to_dict()


def test_equal_shares_repeat_the_rare_evenly_and_the_frequent_never(people):
    drawn = resample(people, by="sex")
    assert counts(drawn, "sex") == {("f",): 30, ("m",): 30}
    repeats = drawn.table["x"].value_counts()
    assert set(repeats[repeats.index < 12]) == {2, 3}
    assert set(repeats[repeats.index >= 12]) == {1}
    assert len(set(drawn.ids)) == 60


def test_other_targets_and_sizes(people):
    real = people.take(np.r_[np.arange(6), np.arange(12, 18)])
    assert counts(resample(people, by="sex", target="real", real=real, size=10), "sex") == {("f",): 5, ("m",): 5}
    assert counts(resample(people, by="sex", target={"f": 1, "m": 3}, size=8), "sex") == {("m",): 6, ("f",): 2}
    assert set(counts(resample(people, by=["sex", "good"], size=40), "sex", "good").values()) == {10}


def test_levels_of_several_columns_may_be_one_text_as_in_a_config(people):
    drawn = resample(people, by=["sex", "good"], target={"f, yes": 1, "m, no": 1}, size=4)
    assert counts(drawn, "sex", "good") == {("f", "yes"): 2, ("m", "no"): 2}


def test_the_seed_decides_and_nothing_is_changed(people):
    before = people.table.copy()
    first, again, other = (resample(people, by="sex", seed=seed).ids.tolist() for seed in (0, 0, 1))
    assert first == again != other
    pd.testing.assert_frame_equal(people.table, before)


def test_what_is_not_there_cannot_be_drawn(people):
    with pytest.raises(DataError, match="asks for 30 units with sex = x, and there are none"):
        resample(people, by="sex", target={"f": 1, "x": 1})
    for size in (0, 1.5):
        with pytest.raises(SampleSizeError, match=f"whole number of at least 1, got {size}"):
            resample(people, by="sex", size=size)


@given(
    shares=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    available=st.lists(st.integers(0, 50), min_size=6, max_size=6),
    size=st.integers(1, 200),
)
def test_counts_add_up_and_never_ask_for_more_than_there_are(shares, available, size):
    total = sum(shares)
    asked = {(str(place),): share / total for place, share in enumerate(shares)}
    wanted = counts_of(asked, size)
    assert sum(wanted.values()) == size
    assert all(abs(wanted[level] - share * size) < 1 for level, share in asked.items())
    held = {level: available[place] for place, level in enumerate(asked)}
    most, limiting = most_units(asked, held)
    present = {level: share for level, share in asked.items() if held[level]}
    if limiting is None:
        assert not present
        return
    exact = {level: share / sum(present.values()) for level, share in present.items()}
    assert all(count <= held[level] for level, count in counts_of(exact, most).items())


def test_shares_that_do_not_add_up_to_one_are_refused(people):
    with pytest.raises(DataError, match=r"the shares of sex add up to 1\.4: give shares that add up to 1, or whole"):
        resample(people, by="sex", target={"f": 0.5, "m": 0.9})
    thirds = resample(people, by="sex", target={"f": 0.33, "m": 0.66}, size=9)
    assert counts(thirds, "sex") == {("f",): 3, ("m",): 6}
