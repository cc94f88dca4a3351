"""Copies of real units: which unit each copies, and when a repeat draws it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditkit.ablation.arms import Arm, draw
from auditkit.ablation.problem import prepare
from auditkit.ablation.twins import twins_of
from auditkit.data import Dataset


def _set(x: list[float], y: list[str] | None = None) -> Dataset:
    label = y or ["a", "b"] * (len(x) // 2)
    return Dataset.of_table(pd.DataFrame({"x": np.array(x) + 0.5, "y": label}), label="y")


def test_a_unit_is_the_twin_of_the_real_one_that_it_equals() -> None:
    real = _set([1.0, 2.0, 3.0, 4.0])
    given = _set([4.0, 9.0, 1.0, 1.0], ["b", "a", "a", "b"])
    assert twins_of(given, real).tolist() == [3, -1, 0, -1]
    assert twins_of(real.take([]), real).tolist() == []


def test_copies_of_equal_real_units_are_dealt_out_in_turn() -> None:
    real = _set([1.0, 5.0, 1.0, 5.0], ["a", "b", "a", "b"])
    given = _set([1.0, 1.0, 1.0, 5.0], ["a", "a", "a", "b"])
    assert twins_of(given, real).tolist() == [0, 2, 0, 1]


def test_a_copy_is_drawn_where_the_unit_that_it_copies_is() -> None:
    rng = np.random.default_rng(0)
    real = _set(rng.normal(size=60).round(3).tolist())
    test = _set((rng.normal(size=20) + 9).round(3).tolist())
    other = _set((rng.normal(size=40) - 9).round(3).tolist())
    sets = prepare({"real": real, "test": test, "mixed": real.concat(other)}).sets
    for repeat in range(3):
        drawn = draw(Arm("real+mixed", ("real", "mixed")), sets, repeat=repeat, seed=0, stratify=True)
        copies = drawn["mixed"][drawn["mixed"] < 60]
        assert copies.tolist() == drawn["real"].tolist()
        assert (drawn["mixed"] >= 60).sum() == 32


def test_units_without_a_label_do_not_move_the_places_of_twins() -> None:
    real = _set([float(k) for k in range(40)])
    gaps = real.frame
    gaps.loc[[0, 1], "y"] = None
    real = Dataset.of_table(gaps, label="y")
    problem = prepare({"real": real, "test": _set([100.0, 101.0]), "copy": real})
    assert problem.sets["copy"].twin.tolist() == list(range(38))
    assert problem.sets["real"].places.tolist() == list(range(2, 40))
