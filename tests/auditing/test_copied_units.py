"""Whole units that are copied, and units that only bear the same name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.metrics import partial_copy_excess

METRICS = ["copy_excess", "partial_copy_excess"]
COPIED = 40


def visits(n, seed):
    """Patients of three to six visits."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, 7, n)
    who = np.repeat(np.arange(n), counts)
    day = np.concatenate([np.arange(count) for count in counts])
    ward = rng.choice(list("abc"), len(who))
    pulse, steps = rng.integers(50, 120, len(who)), rng.integers(0, 900, len(who))
    return pd.DataFrame({"who": who, "day": day, "pulse": pulse, "steps": steps, "ward": ward})


REAL, HOLDOUT = visits(300, 0), visits(200, 1)
MADE = visits(160, 2)


def with_copies(change, *, made=MADE):
    """Synthetic visits, the first of whose units are training ones under other names, changed."""
    copies = REAL[REAL["who"] < COPIED]
    kept = made[made["who"] >= COPIED]
    copied = change(copies.copy()).assign(who=lambda table: table["who"] + 5000)
    return pd.concat([kept, copied], ignore_index=True)


def scores_of(synthetic, *, order="day"):
    sets = {"real": REAL, "synthetic": synthetic, "holdout": HOLDOUT}
    if order is None:
        sets = {role: table.drop(columns="day") for role, table in sets.items()}
    loaded = {role: ak.load(table, key="who", order=order) for role, table in sets.items()}
    return ak.audit(**loaded, metrics=METRICS).scores


def test_units_that_only_bear_the_keys_of_training_units_are_no_copies():
    assert set(MADE["who"]) < set(REAL["who"])
    scores = scores_of(MADE)
    for name in METRICS:
        assert scores[name].value == 0.0
        assert scores[name].details["identical_match_share"] == 0.0


def test_whole_units_under_other_names_are_copies():
    scores = scores_of(with_copies(lambda copies: copies))
    assert scores["copy_excess"].value == pytest.approx(COPIED / 160)
    assert scores["copy_excess"].details["identical_match_share"] == COPIED / 160
    assert scores["copy_excess"].excess.low > 0.1
    assert scores["partial_copy_excess"].excess.low > 0.1


def without_last(copies):
    return copies[copies["day"] < copies.groupby("who")["day"].transform("max")]


@pytest.mark.parametrize("order", ["day", None])
@pytest.mark.parametrize(
    "change",
    [
        lambda copies: copies[copies["day"] > 0],
        without_last,
        lambda copies: copies[copies["day"] > 0].assign(day=lambda table: table["day"] - 1),
    ],
    ids=["first", "last", "first-and-renumbered"],
)
def test_a_unit_of_which_a_row_is_lacking_is_a_copy_in_part(change, order):
    scores = scores_of(with_copies(change), order=order)
    assert scores["copy_excess"].value == 0.0
    partial = scores["partial_copy_excess"]
    assert partial.details["without"] == "(some rows)"
    assert partial.value == pytest.approx(COPIED / 160)
    assert partial.excess.low > 0.1


def test_units_that_share_too_few_rows_are_no_copies():
    scores = scores_of(with_copies(lambda copies: copies[copies["day"] == 0]))
    assert scores["partial_copy_excess"].value == 0.0


def test_the_gate_fails_and_says_that_a_run_of_rows_was_copied():
    sets = {"real": REAL, "synthetic": with_copies(without_last), "holdout": HOLDOUT}
    loaded = {role: ak.load(table, key="who", order="day") for role, table in sets.items()}
    verdict = ak.audit(**loaded, metrics=METRICS).check()
    (result,) = (item for item in verdict.results if item.gate == "partial-copies")
    assert result.verdict == "fail"
    assert "25.0 % of the synthetic units equal a training unit in a long run of its rows" in result.sentence


@pytest.mark.parametrize(
    ("change", "without"),
    [
        (lambda copies: copies.assign(day=copies["day"] + 100), "day"),
        (lambda copies: copies.assign(pulse=copies["pulse"] + 1), "pulse"),
    ],
)
def test_units_with_a_changed_column_equal_nothing_but_without_it(change, without):
    scores = scores_of(with_copies(change))
    assert scores["copy_excess"].value == 0.0
    assert scores["partial_copy_excess"].details["without"] == without
    assert scores["partial_copy_excess"].details["identical_match_share"] == COPIED / 160
    assert scores["partial_copy_excess"].excess.low > 0.1


def test_rows_that_no_column_orders_are_copied_in_any_order():
    def mixed(copies):
        return copies.sample(frac=1.0, random_state=0)

    scores = scores_of(with_copies(mixed), order=None)
    assert scores["copy_excess"].details["identical_match_share"] == COPIED / 160
    assert scores["partial_copy_excess"].details["identical_match_share"] == COPIED / 160


def test_the_order_of_rows_is_part_of_a_unit_where_a_column_orders_them():
    def reversed_rows(copies):
        return copies.assign(day=copies.groupby("who")["day"].transform(lambda cells: cells.to_numpy()[::-1]))

    scores = scores_of(with_copies(reversed_rows))
    assert scores["copy_excess"].value == scores["partial_copy_excess"].value == 0.0


def test_the_function_takes_sets_with_a_key():
    synthetic = with_copies(lambda copies: copies.assign(day=copies["day"] + 100))
    sets = {"real": REAL, "synthetic": synthetic, "holdout": HOLDOUT}
    loaded = {role: ak.load(table, key="who", order="day") for role, table in sets.items()}
    assert partial_copy_excess(**loaded) == scores_of(synthetic)["partial_copy_excess"].value


def test_records_of_units_are_those_of_a_dictionary():
    """Equal where all rows are, whatever they are called: the slow way."""
    small = [visits(60, seed).assign(pulse=lambda table: table["pulse"] % 2, ward="a", steps=0) for seed in range(3)]
    small = [table[table["day"] < 3] for table in small]
    found = scores_of_small(small)
    train, made, fresh = (
        {tuple(map(tuple, unit[["day", "pulse"]].to_numpy())) for _, unit in table.groupby("who")} for table in small
    )
    units = [tuple(map(tuple, unit[["day", "pulse"]].to_numpy())) for _, unit in small[1].groupby("who")]
    assert made >= set(units)
    assert found.details["identical_match_share"] == np.mean([unit in train for unit in units])
    assert found.details["holdout_match_share"] == np.mean([unit in fresh for unit in units])


def scores_of_small(sets):
    loaded = [
        ak.load(table, key="who", order="day", columns={"ward": "category", "steps": "integer"}) for table in sets
    ]
    audit = ak.audit(real=loaded[0], synthetic=loaded[1], holdout=loaded[2], metrics=["copy_excess"])
    return audit.scores["copy_excess"]
