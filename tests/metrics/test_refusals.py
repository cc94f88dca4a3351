"""What every registered metric says of input, parameters and sizes that it cannot take."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import AuditkitError, SampleSizeError, UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.products import ROLES
from tests.metrics.contracts import (
    NAMES,
    argument_of,
    ask,
    asks_names,
    call,
    each,
    make_sets,
    make_sides,
    read,
)

BAD_FEATURES = {
    "NaN": lambda x: np.where(np.arange(len(x))[:, None] == 2, np.nan, x),
    "infinite": lambda x: np.where(np.arange(len(x))[:, None] == 2, np.inf, x),
    "one axis": lambda x: x[:, 0],
    "three axes": lambda x: x[:, :, None],
    "no rows": lambda x: x[:0],
    "no columns": lambda x: x[:, :0],
    "words": lambda x: x.astype(str),
    "objects": lambda x: x.astype(object),
    "complex": lambda x: x.astype(complex),
    "ragged": lambda _: [[1.0, 2.0, 3.0], [4.0]],
    "nothing": lambda _: None,
    "huge": lambda x: x * 1e200,
    "tiny": lambda x: x * 1e-200,
    "masked": lambda x: np.ma.masked_array(x, mask=x > np.median(x)),
    "NA inside": lambda x: pd.DataFrame(x).astype("Float64").where(x < x.max()),
}
BAD_NAMES = {
    "two axes": lambda x: x[:, None],
    "no rows": lambda x: x[:0],
    "ragged": lambda _: [["a"], ["b", "c"]],
    "nothing": lambda _: None,
    "None inside": lambda x: [None, *x[1:]],
    "NaN inside": lambda x: np.where(np.arange(len(x)) == 2, np.nan, 1.0),
    "NA inside": lambda x: [pd.NA, *x[1:]],
}


# Every set that every function takes.
TAKEN = [(name, role) for name in NAMES for role in make_sets(name) if argument_of(name, role)]


def test_every_argument_that_is_a_set_is_tried():
    arguments = {
        (name, argument)
        for name in NAMES
        for argument in inspect.signature(registry.get(name).function).parameters
        if argument in {*ROLES, "features"}
    }
    assert {(name, argument_of(name, role)) for name, role in TAKEN} == arguments


@pytest.mark.parametrize(("name", "role"), TAKEN)
def test_bad_input_is_our_error_and_names_the_set(name, role):
    sets = make_sets(name)
    optional = inspect.signature(registry.get(name).function).parameters[argument_of(name, role)].default is None
    for kind, spoil in (BAD_NAMES if asks_names(name) else BAD_FEATURES).items():
        if optional and kind == "nothing":
            continue
        with pytest.raises(AuditkitError) as raised:
            ask(name, sets | {role: spoil(sets[role])})
        assert f"`{argument_of(name, role)}`" in str(raised.value), kind
        assert str(raised.value).endswith("."), kind


@pytest.mark.parametrize("name", [name for name, role in TAKEN if role == "real" and not asks_names(name)])
def test_sets_of_other_widths_are_refused(name):
    sets = make_sets(name)
    with pytest.raises(AuditkitError, match=r"`synthetic` has 2 features, `real` has 3"):
        registry.get(name).function(**sets | {"synthetic": sets["synthetic"][:, :2]})


@each
@pytest.mark.parametrize("small", [("real",), ("synthetic",), ("holdout",), ROLES], ids="-".join)
def test_a_single_sample_has_a_value_or_a_sentence(name, small):
    sets = {role: values[:1] if role in small else values for role, values in make_sets(name).items()}
    value = value_or_sentence(name, sets)
    if isinstance(value, str):
        assert len(value) > 20
        assert value.endswith(".")
    else:
        low, high = registry.get(name).bounds
        assert math.isfinite(value)
        assert low is None or value >= low
        assert high is None or value <= high


def value_or_sentence(name, sets):
    try:
        return call(name, sets)
    except AuditkitError as error:
        return str(error)


@pytest.mark.parametrize("name", [name for name in NAMES if "k" in registry.get(name).parameters])
@pytest.mark.parametrize("k", [0, -1, 45, 1000, 2.5, "5", True, None])
def test_an_impossible_number_of_neighbours_is_refused(name, k):
    with pytest.raises(AuditkitError, match=f"got (k=)?{k!r}"):
        ask(name, make_sets(name), k=k)


@pytest.mark.parametrize("name", [name for name in NAMES if "ties" in registry.get(name).parameters])
def test_an_unknown_tie_rule_is_refused(name):
    with pytest.raises(AuditkitError, match="did you mean 'half'"):
        ask(name, make_sets(name), ties="haf")


def test_an_undefined_value_is_an_error_with_the_reason():
    rows = [[1.0], [2.0]]
    with pytest.raises(UndefinedError, match="no two of the 2 synthetic samples are equal"):
        call("support_estimate", {"synthetic": rows})


NEEDY = {
    "frechet_distance": 2,
    "frechet_distance_infinity": 8,
    "memorization_informed_frechet_distance": 2,
    "kernel_distance": 2,
    "support_estimate": 2,
    "feature_likelihood_divergence": 2,
}


@pytest.mark.parametrize("name", NEEDY)
def test_too_few_samples_are_their_own_error_and_say_the_fix(name):
    sets = make_sets(name)
    role = [role for role in ROLES if role in registry.get(name).roles][-1]
    sets[role] = sets[role][: NEEDY[name] - 1]
    with pytest.raises(SampleSizeError, match=rf"needs at least {NEEDY[name]} samples.* {role}={NEEDY[name] - 1}"):
        read(name, make_sides(name, sets))
    with pytest.raises(SampleSizeError, match=r": add samples\.$"):
        call(name, sets)


@pytest.mark.parametrize("name", ["near_duplicate_share", "nearest_neighbour_accuracy"])
def test_where_no_number_of_neighbours_is_given_none_is_to_be_lowered(name):
    sets = make_sets(name)
    with pytest.raises(SampleSizeError, match=r": add rows\.$"):
        call(name, sets | {"synthetic": sets["synthetic"][:1]})


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None])
@pytest.mark.parametrize(
    "name", [name for name in NAMES if "seed" in inspect.signature(registry.get(name).function).parameters]
)
def test_an_impossible_seed_is_refused(name, seed):
    with pytest.raises(AuditkitError, match="`seed` must be a whole number"):
        call(name, make_sets(name), seed=seed)


@pytest.mark.parametrize("name", [name for name in NAMES if "seed" in registry.get(name).parameters])
def test_a_seed_in_a_name_is_checked(name):
    sides = make_sides(name, make_sets(name))
    with pytest.raises(AuditkitError, match="`seed` must be a whole number"):
        read(f"{name}[seed=-1]", sides)
    # Beyond what numpy's old generators take.
    try:
        assert math.isfinite(read(f"{name}[seed={2**40}]", sides).value)
    except AuditkitError as error:
        assert "`seed` must be a whole number from 0 to 4294967295" in str(error)  # noqa: PT017
