"""Generation to a target as an arm, from Python and by name."""

from __future__ import annotations

import pandas as pd
import pytest

import auditkit as ak
from auditkit.ablation import conditional
from auditkit.config import ConditionalConfig
from auditkit.errors import DataError
from auditkit.generators.interface import NotFittedError, ShortfallWarning
from auditkit.pipeline.recipes import recipe_names, recipe_of


def people(n=120, **roles):
    frame = pd.DataFrame({"sex": ["f", "m", "m", "m"] * (n // 4), "y": ["n", "p"] * (n // 2), "x": range(n)})
    return ak.load(frame, **({"label": "y", "groups": ["sex"]} | roles))


@pytest.mark.parametrize(
    ("target", "women"), [("equal", 60), ("real", 30), ({"f": 0.75, "m": 0.25}, 90)], ids=["equal", "real", "given"]
)
def test_groups_have_the_shares_of_the_target(target, women):
    made = conditional(by="sex", target=target, generator="cart")(people(), 0)
    assert (made.table["sex"] == "f").sum() == women
    assert len(made) == 120


def test_without_columns_it_takes_the_groups_or_else_the_label():
    assert (conditional(n=40)(people(), 0).table["sex"] == "f").sum() == 20
    assert (conditional(n=40)(people(groups=()), 0).table["y"] == "p").sum() == 20
    with pytest.raises(DataError, match="give by="):
        conditional()(people(label=None, groups=()), 0)


def test_a_given_generator_stays_as_it_was_and_what_is_short_is_said():
    given = ak.generators.create("cart", modality="tabular")
    with pytest.warns(ShortfallWarning, match="sex = x"):
        made = conditional(generator=given, by="sex", target={"f": 0.5, "x": 0.5}, n=20)(people(), 0)
    assert len(made) == 10
    with pytest.raises(NotFittedError):
        given.sample(1, seed=0)


def test_it_is_an_arm_by_name():
    assert "conditional" in recipe_names("tabular")
    recipe = recipe_of("conditional", modality="tabular", asked=ConditionalConfig(by=("sex",), target={"f": 1.0}))
    found = ak.ablate(real=people(), test=people(40), arms={"conditional": recipe}, models=("logistic",), repeats=1)
    assert {item.arm for item in found.verdicts} == {"conditional", "real+conditional"}
