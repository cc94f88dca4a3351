"""Test rows seen elsewhere: refused when duplicates do not explain them, noted when they do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.ablation.contamination import refuse_seen_test_rows
from auditkit.data import Dataset
from auditkit.errors import DataError


def _set(n: int, *, seed: int, levels: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, levels, n) if levels else rng.normal(size=n)
    z = np.zeros(n) if levels else rng.normal(size=n)
    frame = pd.DataFrame({"x": x.astype(float), "z": z, "y": rng.choice(["a", "b"], n)})
    return Dataset.of_table(frame, label="y")


def test_fresh_sets_have_nothing_to_say() -> None:
    real, test, made = (_set(200, seed=seed) for seed in range(3))
    assert refuse_seen_test_rows(real=real, test=test, arms={"all": made}) == []


def test_test_rows_pasted_into_the_real_set_are_refused() -> None:
    real, test = _set(300, seed=0), _set(100, seed=1)
    with pytest.raises(DataError, match=r"12 of its 100 rows \(12.0%\) occur in `real`, where duplicates explain 0.0%"):
        refuse_seen_test_rows(real=real.concat(test.take(np.arange(12))), test=test, arms={})


def test_test_rows_pasted_into_an_arm_are_refused() -> None:
    real, test = _set(300, seed=0), _set(100, seed=1)
    with pytest.raises(DataError, match="occur in `kept`"):
        refuse_seen_test_rows(real=real, test=test, arms={"kept": test.take(np.arange(20))})


def test_natural_duplicates_are_noted_and_an_arm_that_copies_train_is_no_contamination() -> None:
    real, test = _set(400, seed=0, levels=30), _set(100, seed=1, levels=30)
    notes = refuse_seen_test_rows(real=real, test=test, arms={"all": real, "empty": real.take([])})
    assert len(notes) == 2
    assert "no more than duplicates explain" in notes[0]


@pytest.mark.parametrize("seed", range(20))
def test_random_splits_of_repeating_rows_are_never_refused(seed: int) -> None:
    whole = _set(600, seed=seed, levels=900)
    train, _, test = whole.split(seed=seed)
    refuse_seen_test_rows(real=train, test=test, arms={})


def test_an_arm_without_copies_of_train_rows_is_judged_by_what_real_rows_share() -> None:
    # A filter drops what equals a train row; what equals a test row it cannot know, and must not be blamed for.
    real, test, made = (_set(400, seed=seed, levels=600) for seed in range(3))
    kept = made.take(np.flatnonzero(~np.isin(made.table["x"], real.table["x"])))
    assert np.isin(kept.table["x"], test.table["x"]).mean() > 0.1
    refuse_seen_test_rows(real=real, test=test, arms={"kept": kept})


@pytest.mark.parametrize("change", ["source", "text", "label"])
def test_test_rows_in_an_arm_are_found_whatever_stands_beside_them(change: str) -> None:
    def told(data: Dataset, by: str) -> Dataset:
        frame = data.frame
        if change == "source":
            frame["source"] = by
        if change == "text":
            frame["note"] = [f"{by} wrote a long remark, number {row}, on {by}{row * 7}" for row in range(len(frame))]
        if change == "label" and by == "made":
            frame["y"] = np.where(frame["y"] == "a", "b", "a")
        return Dataset.of_table(frame, label="y")

    real, test = _set(300, seed=0), _set(100, seed=1)
    with pytest.raises(DataError, match="occur in `all`"):
        refuse_seen_test_rows(real=told(real, "real"), test=told(test, "test"), arms={"all": told(test, "made")})
    assert (
        refuse_seen_test_rows(real=told(real, "real"), test=told(test, "test"), arms={"all": told(real, "made")}) == []
    )
