"""Synthetic samples beside their nearest training record: which are shown, what is told, and both sides if asked."""

import json

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.near_pairs import among_themselves, closest_limit


def people(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "pay": np.round(rng.normal(1000, 200, n), 2),
            "age": rng.integers(18, 80, n),
            "town": rng.choice(["North", "South", "East"], n),
            "label": rng.choice(["a", "b"], n),
        }
    )


TRAIN, HOLDOUT, OWN = people(200, 0), people(100, 1), people(80, 2)
NEAR = TRAIN.iloc[30:50].assign(pay=lambda item: item["pay"] + 0.5)
MADE = pd.concat([OWN, TRAIN.iloc[:20], NEAR], ignore_index=True)


def audited(**other):
    sets = {"real": TRAIN, "synthetic": MADE, "holdout": HOLDOUT}
    return ak.audit(**{role: ak.load(item, label="label") for role, item in sets.items()}, **other)


def pairs(audit):
    return next(item.data for item in audit.exhibits if item.kind == "pairs")


@pytest.fixture(scope="module")
def hidden():
    return audited(metrics=["copy_excess"])


@pytest.fixture(scope="module")
def shown():
    return audited(metrics=["copy_excess"], show_real=True)


def test_copies_near_copies_and_the_closest_others_are_among_them(shown):
    data = pairs(shown)
    whys = [item["why"] for item in data["items"]]
    assert len(whys) == 12
    assert whys[:8] == ["copy"] * 4 + ["near copy"] * 4
    assert data["n_copies"] == 20
    assert 20 <= data["n_near_copies"] <= 22


def test_numbers_are_those_of_the_features(shown):
    closest = [item for item in pairs(shown)["items"] if item["why"] == "closest"]
    assert all(0 < item["ratio"] <= 1 for item in closest)
    assert all(item["nearer"] >= 0.05 for item in closest)
    copy = pairs(shown)["items"][0]
    assert (copy["distance"], copy["ratio"], copy["fewer"]) == (0.0, 0.0, True)


def test_both_sides_have_all_cells_and_say_which_differ(shown):
    near = next(item for item in pairs(shown)["items"] if item["why"] == "near copy")
    assert [cell["column"] for cell in near["cells"] if cell["differs"]] == ["pay"]
    assert len(near["cells"]) == 4
    assert near["cells"][0]["synthetic"] != near["cells"][0]["real"]


def test_nothing_of_copies_is_told_by_default(hidden):
    data = pairs(hidden)
    for item in data["items"]:
        assert not any("real" in cell for cell in item.get("cells", ()))
        if item["why"] != "closest":
            assert item["hidden"]
            assert "cells" not in item
    assert data["n_hidden"] >= 40
    assert any("cells" in item for item in data["items"])


def test_no_number_of_a_real_record_stands_in_any_exhibit(hidden):
    told = json.dumps([item.to_json() for item in hidden.exhibits])
    pays = {cell["synthetic"] for item in pairs(hidden)["items"] for cell in item.get("cells", ())}
    assert not any(f'"{pay:.6g}"' in told for pay in TRAIN["pay"])
    assert pays


def test_what_is_shown_is_the_same_twice(hidden):
    again = audited(metrics=["copy_excess"])
    assert [item.to_json() for item in again.exhibits] == [item.to_json() for item in hidden.exhibits]


def test_without_a_holdout_training_records_are_the_measure():
    features = np.random.default_rng(0).normal(size=(300, 3))
    fresh = among_themselves(features, np.random.default_rng(1))
    assert fresh is not None
    assert 0 < closest_limit(fresh) < np.median(fresh)
    assert among_themselves(features[:1], np.random.default_rng(1)) is None
    assert closest_limit(None) is None
