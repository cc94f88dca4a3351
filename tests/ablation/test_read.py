"""Scores of an ablation read back."""

from __future__ import annotations

import pytest

from auditkit.ablation.read import Place, change_of, limits_of, place_of
from auditkit.results import Estimate, Score


def score(direction: str, excess: Estimate | None) -> Score:
    return Score(
        metric="ablation_score", where={"arm": "synthetic", "measure": "mae", "test": "later", "model": "own"},
        estimate=None, references={}, excess=excess, direction=direction, target=None, bounds=(0.0, None), unit="",
        status="undefined", reason="none", embedder="", parameters={"model": "own"}, n_dropped=0, seed=0, details={},
    )  # fmt: skip


def test_a_place_is_arm_model_measure_and_the_rest():
    found = place_of(score("lower", None))
    assert found == Place("synthetic", "own", "mae", (("test", "later"),))
    assert found[:3] == ("synthetic", "own", "mae")


@pytest.mark.parametrize(("direction", "expected"), [("lower", (0.2, 0.1, 0.4)), ("higher", (-0.2, -0.4, -0.1))])
def test_a_change_is_in_the_measures_own_unit(direction, expected):
    assert change_of(score(direction, Estimate(0.2, 0.1, 0.4, "t"))) == expected


def test_what_is_not_there_is_none():
    assert change_of(score("lower", None)) == limits_of(None) == limits_of(score("lower", None)) == (None, None, None)
    assert change_of(score("higher", Estimate(0.2))) == (-0.2, None, None)
