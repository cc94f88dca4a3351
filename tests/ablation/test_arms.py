"""Arms: their names, and which units a repeat draws."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.ablation.arms import Arm, draw, plan_arms
from auditkit.ablation.models import Features
from auditkit.ablation.problem import Prepared
from auditkit.errors import DataError, UnknownNameError


def _prepared(target: np.ndarray) -> Prepared:
    features = Features(np.zeros((len(target), 1)), np.array([False]))
    return Prepared(features, target.astype(float), {}, 0)


SETS = {"real": _prepared(np.arange(100) % 10 == 0), "kept": _prepared(np.arange(50) % 2)}


def test_keys_give_arms_alone_and_joined_to_the_real_set() -> None:
    assert [a.name for a in plan_arms(["all", "kept"])] == ["real", "synthetic", "real+synthetic", "kept", "real+kept"]
    assert plan_arms(["all"])[2].parts == ("real", "all")


def test_include_keeps_the_named_arms_and_real() -> None:
    assert [arm.name for arm in plan_arms(["all", "kept"], ["real+kept"])] == ["real", "real+kept"]
    with pytest.raises(UnknownNameError, match=r"did you mean 'real\+kept'"):
        plan_arms(["kept"], ["real+kep"])


@pytest.mark.parametrize("keys", [["real"], ["test"], ["real+x"], [""], ["all", "synthetic"]])
def test_names_with_a_meaning_are_refused(keys: list[str]) -> None:
    with pytest.raises(DataError, match="name"):
        plan_arms(keys)


def test_a_repeat_draws_eighty_percent_of_every_class() -> None:
    drawn = draw(Arm("real", ("real",)), SETS, repeat=0, seed=0, stratify=True)["real"]
    assert len(drawn) == len(set(drawn)) == 80
    assert SETS["real"].target[drawn].sum() == 8


def test_repeats_differ_and_arms_share_the_draw() -> None:
    first, second = (draw(Arm("real", ("real",)), SETS, repeat=r, seed=0, stratify=True)["real"] for r in (0, 1))
    joined = draw(Arm("real+kept", ("real", "kept")), SETS, repeat=0, seed=0, stratify=True)
    assert first.tolist() != second.tolist()
    assert first.tolist() == joined["real"].tolist()
    assert len(joined["kept"]) == 40


def test_a_class_of_one_is_always_drawn() -> None:
    sets = {"real": _prepared(np.r_[np.zeros(20), 1])}
    for repeat in range(5):
        assert 20 in draw(Arm("real", ("real",)), sets, repeat=repeat, seed=0, stratify=True)["real"]


def test_ratios_curves_and_mitigations_give_variants_of_the_joined_arms() -> None:
    arms = plan_arms(["all"], ratios=(0.5, 2), curve=(0, 0.25, 1), mitigations=("reweighing",))
    assert [arm.name for arm in arms] == [
        "real",
        "real[mitigation=reweighing]",
        "synthetic",
        "real+synthetic",
        "real+synthetic[mitigation=reweighing]",
        "real+synthetic[ratio=0.5]",
        "real+synthetic[ratio=2]",
        "real+synthetic[amount=0.25]",
    ]
    assert {arm.base for arm in arms[4:]} == {"real+synthetic"}


def test_an_included_arm_brings_its_variants() -> None:
    arms = plan_arms(["all", "kept"], ["real+kept"], ratios=(1.0,), curve=(0.5,))
    assert [arm.name for arm in arms] == ["real", "real+kept", "real+kept[ratio=1]", "real+kept[amount=0.5]"]
    only = plan_arms(["all"], ["real+synthetic[ratio=1]"], ratios=(1.0,))
    assert [arm.name for arm in only] == ["real", "real+synthetic[ratio=1]"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ratios": (0.0,)}, DataError, "a ratio is a number"),
        ({"ratios": (float("nan"),)}, DataError, "a ratio is a number"),
        ({"curve": (1.5,)}, DataError, "an amount of a learning curve"),
        ({"mitigations": ("reweigh",)}, UnknownNameError, "did you mean 'reweighing'"),
    ],
)
def test_variants_that_cannot_be_are_refused(options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        plan_arms(["all"], **options)


def _joined(**options: float) -> np.ndarray:
    arm = Arm("real+kept", ("real", "kept"), **options)
    return draw(arm, SETS, repeat=0, seed=0, stratify=True)["kept"]


def test_a_ratio_counts_synthetic_units_per_real_one_and_takes_what_there_is() -> None:
    assert len(_joined(ratio=0.25)) == 20  # of 80 real units drawn
    assert _joined(ratio=5.0).tolist() == _joined().tolist()


def test_smaller_amounts_draw_from_what_larger_ones_draw_and_keep_the_classes() -> None:
    quarter, half, everything = (_joined(amount=amount) for amount in (0.25, 0.5, 1.0))
    assert set(quarter) < set(half) < set(everything) == set(_joined())
    assert SETS["kept"].target[half].sum() == 10


def test_sets_made_for_a_repeat_are_drawn_whole() -> None:
    sets = {**SETS, "made#1": _prepared(np.arange(30) % 2)}
    arm = Arm("real+made", ("real", "made"))
    drawn = draw(arm, sets, repeat=1, seed=0, stratify=True, whole={"made": "made#1"})
    assert drawn["made#1"].tolist() == list(range(30))
