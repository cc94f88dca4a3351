"""What is asked of a generator in a wrong way is refused with one sentence, whatever the generator."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.generators import Budget, create
from auditkit.training import derive_seed

NAMES = ["tabular/cart", "tabular/vae", "any/bootstrap", "any/external", "image/gaussian", "series/augment"]


@pytest.fixture(scope="module")
def fitted(people, stripes, tides):
    """One generator of each way of drawing."""
    plain = Dataset.of_table(people.table[["age", "sex", "income"]], label="income", groups=["sex"])
    data = {"tabular": plain, "any": plain, "image": stripes, "series": tides}
    made = {}
    for name in NAMES:
        params = {"function": plain.table.head} if name == "any/external" else {}
        made[name] = create(name, **params).fit(data[name.split("/")[0]], budget=Budget(steps=1))
    return made


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1.5, "3", None, True, -1, math.nan])
def test_a_number_of_units_is_whole(fitted, name, n):
    with pytest.raises(AuditkitError, match=r"^`n` must be a whole number of at least 0, got .*\.$"):
        fitted[name].sample(n)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [-1, 1.5, "x", None, True])
def test_a_seed_is_whole(fitted, name, seed):
    with pytest.raises(AuditkitError, match=r"^`seed` must be a whole number of at least 0, got .*\.$"):
        fitted[name].sample(3, seed=seed)


@pytest.mark.parametrize("name", ["any/bootstrap", "image/gaussian", "tabular/copula", "tabular/vae"])
def test_a_seed_of_a_fit_is_whole(people, stripes, name):
    data = stripes if name == "image/gaussian" else people
    with pytest.raises(AuditkitError, match="`seed` must be a whole number"):
        create(name).fit(data, seed=-1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("conditions", [[1], "lab=a", 3, np.array(["a"])])
def test_conditions_are_a_mapping_or_a_frame(fitted, name, conditions):
    with pytest.raises(AuditkitError, match=r"^`conditions` must be a mapping"):
        fitted[name].sample(3, conditions=conditions)


@pytest.mark.parametrize("count", [1.5, "3", None, True, -1])
def test_counts_of_conditions_are_whole(fitted, count):
    with pytest.raises(AuditkitError, match=rf"whole number of at least 0, got {count!r}\."):
        fitted["tabular/cart"].sample(3, conditions={"sex": {"Male": count}})


def test_a_level_is_counted_once():
    data = Dataset.of_table(pd.DataFrame({"grade": ["1", "2"] * 20, "x": range(40)}), label="grade")
    cart = create("cart", modality="tabular").fit(data)
    with pytest.raises(AuditkitError, match="count the level '1' of 'grade' twice"):
        cart.sample(3, conditions={"grade": {"1": 1, 1: 2}})


def test_numbers_of_numpy_are_whole(fitted):
    cart = fitted["tabular/cart"]
    asked = {"sex": {"Male": np.int64(2), "Female": np.int32(1)}}
    assert (
        cart.sample(np.int64(3), seed=np.uint8(4), conditions=asked).hash
        == cart.sample(3, seed=4, conditions={"sex": {"Male": 2, "Female": 1}}).hash
    )


@pytest.mark.parametrize("seed", [-1, 1.5, "x", None])
def test_a_seed_of_training_is_whole(seed):
    with pytest.raises(AuditkitError, match="`seed` must be a whole number"):
        derive_seed(seed, 3)


@pytest.mark.parametrize(
    "limits",
    [{"steps": 1.5}, {"steps": "x"}, {"steps": 0}, {"steps": True}, {"steps": math.nan}]
    + [{"seconds": seconds} for seconds in (0, -1.0, math.nan, math.inf, "x", True)],
)
def test_a_budget_is_made_of_numbers_above_zero(limits):
    with pytest.raises(AuditkitError, match=r"^`(steps|seconds)` .* got .*\.$"):
        Budget(**limits)
