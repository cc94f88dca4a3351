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
