"""Sets for every metric of features, and how each is called and read: what the table of contracts is run with."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from auditkit.metrics import registry
from auditkit.metrics.products import ROLES, Products, Rows, Side, View
from auditkit.metrics.records import number_rows

# Metrics of tables take frames: tests/metrics/tables/test_table_contracts.py. So do those of an attribute:
# tests/metrics/fairness/test_fairness_contracts.py. Metrics of one modality take its samples: tests/metrics/audio.
NAMES = [
    name
    for name in registry.names()
    if len(registry.get(name).modalities) > 1
    and "attribute" not in inspect.signature(registry.get(name).function).parameters
]
# One number per synthetic sample; what is compared here is their median.
PER_SAMPLE = {"rarity", "realism"}
# Undefined where no two samples are equal.
REPEATING = {"support_estimate"}
LETTERS = np.array(list("abcdef"))

each = pytest.mark.parametrize("name", NAMES)


def asks_names(name):
    """Whether a metric takes a list of names instead of features."""
    return bool(registry.get(name).asks)


def make_sets(name, *, n=60, m=45, noise=0.3, seed=3, whole=False):
    """Arguments of a metric: more noise is worse for what is to be realistic, less noise for what is not to copy."""
    rng = np.random.default_rng(seed)
    roles = [role for role in ROLES if role in registry.get(name).roles or role == "real"]
    sizes = {"real": n, "synthetic": m, "holdout": n}
    if asks_names(name):
        n_levels = len(LETTERS) - round(noise)
        return {
            role: LETTERS[rng.integers(n_levels if role == "synthetic" else len(LETTERS), size=sizes[role])]
            for role in roles
        }
    sets = {role: rng.normal(size=(sizes[role], 3)) for role in roles}
    step = 1.0 + 0.3 * rng.normal(size=(m, 3))
    if registry.get(name).family == "copying":
        sets["synthetic"] = sets["real"][rng.integers(n, size=m)]
        step[1::2] = 0.0
    sets["synthetic"] = sets["synthetic"] + noise * step
    if name in REPEATING:
        return {role: np.round(values) + 64.0 for role, values in sets.items()}
    return {role: np.round(8.0 * values) + 64.0 for role, values in sets.items()} if whole else sets


def ask(name, sets, **parameters):
    """What the public function returns; one that takes `features` is given the synthetic ones."""
    function = registry.get(name).function
    if "features" in inspect.signature(function).parameters:
        sets = {"features": sets["synthetic"]}
    return function(**sets, **parameters)


def argument_of(name, role):
    """Argument that carries a set; None where the function does not take it."""
    known = inspect.signature(registry.get(name).function).parameters
    return role if role in known else "features" if role == "synthetic" and "features" in known else None


def call(name, sets, **parameters):
    value = ask(name, sets, **parameters)
    if name in PER_SAMPLE:
        assert value.shape == (len(sets["synthetic"]),)
        assert value.dtype == np.float64
        return float(np.median(value[~np.isnan(value)])) if not np.isnan(value).all() else 0.0
    assert type(value) is float
    return value


def make_sides(name, sets):
    """Sides as an audit makes them."""
    if asks_names(name):
        codes = {role: np.searchsorted(LETTERS, values) for role, values in sets.items()}
        levels = tuple(LETTERS.tolist())
        if "groups" in registry.get(name).asks:
            return {
                role: Side(np.zeros((len(item), 0)), groups={"group": item}, group_levels={"group": levels})
                for role, item in codes.items()
            }
        return {role: Side(np.zeros((len(item), 0)), labels=item, label_levels=levels) for role, item in codes.items()}
    records = number_rows(*sets.values())
    return {role: Side(sets[role], records=record) for role, record in zip(sets, records, strict=True)}


def read(name, sides, index=None):
    metric = registry.get(name)
    asked = {name: metric.parameters}
    view = View("any", {}, {role: Rows(role, None if index is None else index[role]) for role in sides})
    return metric.read(Products(sides, parameters=registry.unified_parameters(asked.items())), view)
