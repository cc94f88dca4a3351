"""What every registered metric keeps: one table of contracts, run over the whole registry."""

from __future__ import annotations

import inspect
import math
import random

import numpy as np
import pandas as pd
import pytest
import torch

import auditkit.metrics
from auditkit.errors import UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.products import ROLES, builds_of
from tests.metrics.contracts import (
    LETTERS,
    NAMES,
    PER_SAMPLE,
    ask,
    asks_names,
    call,
    each,
    make_sets,
    make_sides,
    read,
)

DIRECTED = [name for name in NAMES if registry.get(name).direction in {"higher", "lower"}]
# What identity gives on the samples made here, where no formula says it without them: snapshots, held against unnoticed
# change only. That these numbers are right is held by each metric's own tests.
SNAPSHOTS = {
    "kernel_distance": -0.43644864736892747,  # it has no bias, so identity is below 0
    "vendi_score": 2.9952523888234737,
    "beta_recall": 679 / 900,
    "rarity": 0.7785639286375957,
    "local_intrinsic_dimension": 3.0046873886192267,
}
# Value where the synthetic set is the real one; a holdout, where one is asked for, shares no record with it.
IDENTITY = SNAPSHOTS | {
    "frechet_distance": 0.0,
    "frechet_distance_infinity": None,  # parts of a set are not at distance 0 from the whole
    "memorization_informed_frechet_distance": "all of them are copies",
    "cmmd": 0.0,
    "sliced_wasserstein": 0.0,
    "precision": 1.0,
    "recall": 1.0,
    "density": 1.0,
    "coverage": 1.0,
    "improved_precision": 1.0,
    "improved_recall": 1.0,
    "alpha_precision": 1.0,
    "realism": math.inf,
    "nearest_neighbour_accuracy": 0.0,
    "authenticity": 0.0,
    "distance_to_closest_record": 0.0,
    "nearest_neighbour_distance_ratio": 0.0,
    # Sixty distances of 0 against sixty larger ones: U = 0 over its standard error.
    "data_copying": -0.5 / math.sqrt((121 - (60**3 - 60) / (120 * 119)) / (12 * 60 * 60)),
    "membership_inference": 1.0,
    "holdout_share": 1.0,
    "copy_excess": 1.0,
    "identical_match_share": 1.0,
    "duplicate_share": 0.0,
    "near_duplicate_share": 2 / 60,
    # There are nineteen pairs of equal rows among the sixty.
    "support_estimate": 60 * 59 / 2 / 19,
    "reverse_kl": 0.0,
    "mode_coverage": 1.0,
    "missing_classes": 0.0,
    "missing_groups": 0.0,
    "representation_gap": 0.0,
    "label_rate_gap": 0.0,
    "classifier_two_sample": 0.5,
    "feature_likelihood_divergence": None,  # copies of train: whatever the holdout makes of them
}
# Folds and halves follow the order of rows, so what does not change its question changes its answer a little.
SLACK = {"frechet_distance_infinity": 1.0, "classifier_two_sample": 0.15, "feature_likelihood_divergence": 15.0}
FAMILIES = {"realism", "variety", "copying", "fairness", "detection"}


def test_every_metric_stands_in_the_table():
    assert sorted(IDENTITY) == sorted(NAMES)


@each
def test_registered_name_is_the_functions_and_the_exported_one(name):
    metric = registry.get(name)
    assert metric.name == name == metric.function.__name__
    assert name in auditkit.metrics.__all__
    assert getattr(auditkit.metrics, name) is metric.function


@each
def test_every_parameter_is_keyword_only(name):
    kinds = {item.kind for item in inspect.signature(registry.get(name).function).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@each
def test_metadata_are_complete(name):
    metric = registry.get(name)
    assert metric.family in FAMILIES
    assert metric.direction in {"higher", "lower", "match", "none"}
    assert len(metric.bounds) == 2
    low, high = metric.bounds
    assert low is None or high is None or low < high
    assert metric.modalities
    for sentence in (metric.meaning, metric.advice):
        assert len(sentence) >= 30
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert len(metric.source) >= 20
    assert metric.source[-1].isalnum() or metric.source[-1] in ")]"


@each
def test_docstring_says_range_direction_and_shows_an_example(name):
    text = inspect.getdoc(registry.get(name).function)
    assert text.splitlines()[0].endswith(".")
    for section in ("Parameters", "Returns", "Raises", "Notes", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}" in text
    returned = text.split("Returns\n-------\n")[1].split("\n\n")[0]
    assert returned.startswith("ndarray of shape (m,)" if name in PER_SAMPLE else "float")
    assert "[" in returned or "whole number" in returned
    assert "better" in returned or "best" in returned


@each
def test_parameters_are_the_public_functions_defaults(name):
    metric = registry.get(name)
    public = inspect.signature(metric.function).parameters
    asked = set(public) - {*ROLES, "features", "real_groups", "synthetic_groups", "space"}
    # A seed is a parameter of the reading only where it draws otherwise than from the products' own generator.
    assert set(metric.parameters) | {"seed"} == asked | {"seed"}
    assert all(public[parameter].default == value for parameter, value in metric.parameters.items())


@each
def test_identical_sets_have_the_known_value(name):
    sets = make_sets(name)
    if isinstance(IDENTITY[name], str):
        with pytest.raises(UndefinedError, match=IDENTITY[name]):
            call(name, sets | {"synthetic": sets["real"]})
        return
    value = call(name, sets | {"synthetic": sets["real"]})
    assert math.isfinite(value) if IDENTITY[name] is None else value == pytest.approx(IDENTITY[name], abs=1e-12)


@each
@pytest.mark.parametrize("noise", [0.0, 0.5, 3.0])
@pytest.mark.parametrize(("n", "m"), [(60, 45), (40, 90)])
def test_values_stay_within_their_bounds(name, noise, n, m):
    value = call(name, make_sets(name, noise=noise, n=n, m=m))
    low, high = registry.get(name).bounds
    assert math.isfinite(value)
    assert low is None or value >= low
    assert high is None or value <= high


@pytest.mark.parametrize("name", DIRECTED)
def test_more_damage_is_worse(name):
    values = [call(name, make_sets(name, noise=noise, n=300, m=300)) for noise in (0.0, 1.0, 3.0)]
    upwards = registry.get(name).direction == "lower"
    # Of a generator that copies, noise is not the damage but the remedy.
    if registry.get(name).family == "copying":
        values = [values[0], values[-1]]
        upwards = not upwards
    assert values == sorted(values, reverse=not upwards)
    assert values[0] != values[-1]


@each
def test_order_of_rows_does_not_matter(name):
    sets = make_sets(name)
    rng = np.random.default_rng(0)
    shuffled = {role: rng.permutation(values) for role, values in sets.items()}
    assert call(name, shuffled) == pytest.approx(call(name, sets), abs=SLACK.get(name, 1e-12))


@each
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "int32", "uint8"])
def test_equal_numbers_of_another_type_give_the_same_value(name, dtype):
    if asks_names(name):
        sets = {role: np.searchsorted(LETTERS, values) for role, values in make_sets(name).items()}
    else:
        sets = make_sets(name, whole=True)
    given = {role: values.astype(dtype) for role, values in sets.items()}
    assert call(name, given) == pytest.approx(call(name, sets), abs=1e-12)
    # The two sets may also differ in type.
    assert call(name, sets | {"synthetic": given["synthetic"]}) == pytest.approx(call(name, sets), abs=1e-12)


@each
def test_nested_lists_and_frames_are_taken(name):
    sets = make_sets(name)
    expected = pytest.approx(call(name, sets), abs=1e-12)
    frame = pd.Series if asks_names(name) else pd.DataFrame
    assert call(name, {role: values.tolist() for role, values in sets.items()}) == expected
    assert call(name, {role: frame(values) for role, values in sets.items()}) == expected


@each
@pytest.mark.parametrize("layout", ["read-only", "fortran", "negative stride", "strided"])
def test_memory_layout_does_not_matter_and_input_stays(name, layout):
    sets = make_sets(name)
    given = {role: laid_out(values.copy(), layout) for role, values in sets.items()}
    for values in given.values():
        values.flags.writeable = False
    assert call(name, given) == pytest.approx(call(name, sets), abs=1e-12)
    for role, values in sets.items():
        np.testing.assert_array_equal(values, given[role])


def laid_out(values, layout):
    if layout == "fortran":
        return np.asfortranarray(values)
    if layout == "negative stride":
        return values[::-1].copy()[::-1]
    return np.repeat(values, 2, axis=0)[::2] if layout == "strided" else values


@each
def test_writable_input_is_not_changed(name):
    sets = make_sets(name)
    given = {role: values.copy() for role, values in sets.items()}
    call(name, given)
    for role, values in sets.items():
        np.testing.assert_array_equal(values, given[role])


@each
def test_same_call_same_value_and_no_global_random_state(name, twice_in_other_worlds):
    sets = make_sets(name)
    first, second = twice_in_other_worlds(lambda: call(name, sets))
    assert first == second
    if "seed" in inspect.signature(registry.get(name).function).parameters:
        assert call(name, sets, seed=5) == call(name, sets, seed=5)


DRAWS = (random.random, np.random.random, lambda: np.random.randint(5), lambda: torch.rand(1))  # noqa: NPY002


@pytest.mark.parametrize("draw", DRAWS)
def test_a_metric_that_draws_from_a_global_generator_is_found_out(draw, twice_in_other_worlds):
    sets = make_sets("precision")
    with pytest.raises(AssertionError, match="a global random state was changed"):
        twice_in_other_worlds(lambda: (draw(), call("precision", sets)))


def test_a_metric_that_reads_a_global_generator_is_found_out(twice_in_other_worlds):
    first, second = twice_in_other_worlds(lambda: np.random.get_state()[1][0])  # noqa: NPY002
    assert first != second


@each
def test_public_function_and_reading_agree(name):
    sets = make_sets(name)
    reading = read(name, make_sides(name, sets))
    assert reading.value == call(name, sets)
    assert reading.reason == ""
    if reading.interval is not None:
        low, high = reading.interval
        assert low <= reading.value <= high
        assert reading.method
    if reading.limits is not None:
        low, high = reading.settled(shown=True).interval
        assert low <= reading.value <= high
        assert reading.method
    if reading.contributions is not None:
        assert reading.contributions.shape == (len(sets["synthetic"]),)
        assert name in PER_SAMPLE or np.isfinite(reading.contributions).all()
    assert {type(item) for item in reading.n} == {int}


@each
def test_reading_does_not_know_its_view(name):
    sets = make_sets(name)
    index = {role: np.arange(0, len(values), 2) for role, values in sets.items()}
    expected = call(name, {role: values[index[role]] for role, values in sets.items()})
    value = read(name, make_sides(name, sets), index).value
    assert value == pytest.approx(expected, abs=2 * SLACK.get(name, 5e-13))


NEIGHBOURLY = [
    name
    for name in NAMES
    if {"build_crossing", "build_neighbours"} & {b.name for b in builds_of(registry.get(name).needs)}
]


@pytest.mark.parametrize("name", NEIGHBOURLY)
@pytest.mark.parametrize("scale", [0.1, 0.7, 1 / 3])
def test_a_unit_does_not_decide_between_equal_distances(name, scale):
    rng = np.random.default_rng(2)
    known = inspect.signature(registry.get(name).function).parameters
    sets = {role: np.round(1.5 * rng.normal(size=(400, 17))) for role in ROLES if role in known}
    sets["synthetic"] = sets["synthetic"][:350]
    value = np.asarray(ask(name, sets), float)
    scaled = np.asarray(ask(name, {role: scale * rows for role, rows in sets.items()}), float)
    unit = scale if registry.get(name).unit == "feature units" else 1.0
    np.testing.assert_allclose(scaled, unit * value, rtol=1e-9, atol=1e-12)
