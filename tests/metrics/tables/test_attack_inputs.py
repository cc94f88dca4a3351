"""What the attacks take: tables of all kinds, columns that do not fit, types that differ between the sets."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import auditkit as ak
from auditkit.errors import DataError, SampleSizeError
from auditkit.metrics import disclosure_protection, membership_inference, singling_out_risk, smallest_cells

ATTACKS = {
    "disclosure": partial(disclosure_protection, known=["job", "age"], sensitive=["sex"], variant="zero_cap"),
    "singling out": partial(singling_out_risk, n_cols=2),
    "cells": smallest_cells,
    "membership": partial(membership_inference, space="mixed"),
}
attacks = pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)


def people(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "job": rng.choice(list("abcdef"), n),
            "sex": rng.choice(["f", "m"], n),
            "since": (pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")),
        }
    )


def shown(result):
    """The numbers of a result, whatever it is."""
    return [(item.columns, item.few, item.p) for item in result.sets] if hasattr(result, "sets") else float(result)


def assert_sound(result):
    """Each number lies where it can lie."""
    if hasattr(result, "sets"):
        assert result.sets
        assert all(0 <= item.few <= 1 and 0 <= item.p <= 1 for item in result.sets)
    else:
        value = float(result)
        low, high = (result.low, result.high) if hasattr(result, "low") else (0.0, 1.0)
        assert low <= value <= high <= 1


SETS = {"real": people(60, 0), "synthetic": people(50, 1), "holdout": people(40, 2)}


@attacks
@pytest.mark.parametrize(
    "form",
    [
        pa.Table.from_pandas,
        lambda frame: {name: frame[name].to_numpy() for name in frame},
        lambda frame: frame.astype({"age": "int16", "job": "category"}),
        lambda frame: frame.set_axis(np.arange(len(frame))[::-1], axis=0),
        lambda frame: frame[frame.columns[::-1]],
    ],
    ids=["arrow", "mapping", "other types", "other index", "other order of columns"],
)
def test_the_form_of_a_synthetic_table_does_not_matter(attack, form):
    expected = attack(**SETS)
    found = attack(**{**SETS, "synthetic": form(SETS["synthetic"])})
    assert shown(found) == shown(expected)


@attacks
def test_datasets_are_taken_and_names_of_records_are_left_out(attack):
    named = {
        role: ak.load(frame.assign(name=[f"{role}-{number}" for number in range(len(frame))]))
        for role, frame in SETS.items()
    }
    assert shown(attack(**named)) == shown(attack(**SETS))


@attacks
def test_columns_that_not_all_sets_have_are_left_out(attack):
    wide = {**SETS, "real": SETS["real"].assign(more=1), "synthetic": SETS["synthetic"].assign(other="x")}
    assert shown(attack(**wide)) == shown(attack(**SETS))


@attacks
def test_an_unseen_category_and_a_value_of_another_type_are_levels(attack):
    made = SETS["synthetic"].astype({"job": object})
    made.loc[:24, "job"], made.loc[25, "job"] = "never seen", 7
    found = shown(attack(**{**SETS, "synthetic": made}))
    other = made.replace({"job": {"never seen": "nor this", 7: 8}})
    seen = made.replace({"job": {"never seen": "a"}})
    assert found == shown(attack(**{**SETS, "synthetic": other}))
    assert found != shown(attack(**{**SETS, "synthetic": seen}))


@attacks
def test_a_column_with_one_value_and_a_missing_cell_does_no_harm(attack):
    part = {role: frame.assign(part=[None, *"x" * (len(frame) - 1)]) for role, frame in SETS.items()}
    assert_sound(attack(**part))


@pytest.mark.parametrize("name", ["disclosure", "membership"])
def test_columns_without_values_or_with_one_value_tell_nothing(name):
    attack = ATTACKS[name]
    more = {role: frame.assign(none=np.nan, same=1) for role, frame in SETS.items()}
    assert attack(**more) == pytest.approx(attack(**SETS), abs=1e-12)


def test_cells_of_columns_without_values_or_with_one_value_hold_everybody():
    more = {role: frame.assign(none=np.nan, same=1) for role, frame in SETS.items()}
    found = {item.columns: (item.few, item.smallest) for item in smallest_cells(**more).sets}
    assert found[("none",)] == found[("same",)] == found[("none", "same")] == (0.0, len(SETS["real"]))
    assert found[("job", "none")] == found[("job", "same")] == found[("job",)]


def test_a_column_that_is_empty_in_the_synthetic_table_tells_nothing():
    gone = {**SETS, "synthetic": SETS["synthetic"].assign(age=np.nan)}
    found = {name: attack(**gone) for name, attack in ATTACKS.items()}
    assert found["disclosure"] == 1.0
    (age,) = (item for item in found["cells"].sets if item.columns == ("age",))
    assert (age.few, age.once, age.smallest) == (0.0, 0.0, None)
    assert found["singling out"].low < 0 < found["singling out"].high
    assert 0.3 < found["membership"] < 0.7


@attacks
def test_one_synthetic_row_will_do(attack):
    assert_sound(attack(**{**SETS, "synthetic": SETS["synthetic"].head(1)}))


@attacks
def test_names_that_repeat_and_empty_tables_are_refused(attack):
    twice = SETS["synthetic"].set_axis(["age", "job", "sex", "age"], axis=1)
    with pytest.raises(DataError, match="age"):
        attack(**{**SETS, "synthetic": twice})
    with pytest.raises(SampleSizeError, match="`synthetic` has 0 rows"):
        attack(**{**SETS, "synthetic": SETS["synthetic"].head(0)})


@attacks
def test_words_in_a_column_of_numbers_are_refused_with_a_sentence(attack):
    words = SETS["synthetic"].astype({"age": object})
    words.loc[0, "age"] = "old"
    with pytest.raises(DataError, match="column 'age' of the synthetic set"):
        attack(**{**SETS, "synthetic": words})


@attacks
def test_tables_are_not_changed(attack):
    before = {role: frame.copy(deep=True) for role, frame in SETS.items()}
    attack(**SETS)
    for role, frame in before.items():
        pd.testing.assert_frame_equal(SETS[role], frame)
