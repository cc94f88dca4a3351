"""Sequential tables: closed forms, slow loops, and figures measured with mostlyai-qa and SDMetrics."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset
from auditkit.errors import DataError, UndefinedError, UnknownNameError
from auditkit.metrics import registry
from auditkit.metrics.registry import evaluate
from auditkit.metrics.tables.group_copies import group_copies
from auditkit.metrics.tables.mostly_coherence import capped, mostly_coherence
from auditkit.metrics.tables.sequence_parts import step_similarity
from auditkit.metrics.tables.sequence_scores import named_unit_sides
from auditkit.metrics.tables.sequences import coherence, sequence_report
from auditkit.metrics.tables.unit_sides import unit_sides


def made(n_units: int, longest: int, step: int, shift: float) -> pd.DataFrame:
    """Units of different lengths without a random draw."""
    lengths = 1 + (np.arange(n_units) * step) % longest
    who = np.repeat(np.arange(n_units), lengths)
    i = np.arange(len(who)) * step
    table = pd.DataFrame(
        {
            "who": who,
            "state": [f"s{int(k)}" for k in np.sqrt((i * 7) % 169)],
            "x": np.round(((i * 37) % 101) ** 1.5 + shift, 1),
            "k": (i * 5) % 4 + who % 3,
        }
    )
    table.loc[i % 13 == 1, "x"] = np.nan
    table.loc[i % 17 == 2, "state"] = None
    return table


def walks(n_units: int, seed: int) -> pd.DataFrame:
    """Units that stay in a state and move slowly."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 9, n_units)
    who = np.repeat(np.arange(n_units), lengths)
    day = np.concatenate([np.arange(length) for length in lengths])
    home = rng.choice(list("abcd"), n_units)[who]
    state = np.where(rng.random(len(who)) < 0.9, home, rng.choice(list("abcd"), len(who)))
    x = rng.normal(0, 3, n_units)[who] + 0.2 * rng.normal(size=len(who))
    return pd.DataFrame({"who": who, "day": day, "state": state, "x": x})


def dealt(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same rows, each with another unit."""
    rows = np.random.default_rng(seed).permutation(len(table))
    return table.assign(state=table["state"].to_numpy()[rows], x=table["x"].to_numpy()[rows])


PAIRS = {
    ("next_row", "k"): (0.49394, 0.87613),
    ("next_row", "state"): (0.69, 0.79899),
    ("next_row", "x"): (0.50364, 0.79822),
    ("distinct_levels", "state"): (0.78364, 0.96856),
    ("distinct_levels", "x"): (1.0, 0.96459),
    ("distinct_levels", "k"): (1.0, 0.96459),
    ("units_per_level", "state"): (0.9741, 0.90957),
    ("units_per_level", "x"): (0.96616, 0.92408),
    ("units_per_level", "k"): (0.98869, 0.93739),
}
LONGER = {
    ("distinct_levels", "state"): (0.64848, 0.89476),
    ("distinct_levels", "x"): (0.77758, 0.89444),
    ("distinct_levels", "k"): (1.0, 0.9642),
    ("units_per_level", "state"): (0.92163, 0.95645),
    ("units_per_level", "x"): (0.90479, 0.94982),
    ("units_per_level", "k"): (0.99746, 0.96015),
}


@pytest.mark.parametrize(("longest", "measured"), [(2, PAIRS), (20, LONGER)])
def test_compatible_figures_are_those_measured_with_mostlyai_qa(longest, measured):
    given = {"real": made(300, longest, 1, 0.0), "synthetic": made(220, longest, 3, 40.0)}
    sets = unit_sides(given, key="who", order=None)
    found = mostly_coherence(sets["real"], sets["synthetic"], rng=np.random.default_rng(0))
    assert len(found) == 9
    for name, figures in measured.items():
        assert found[name] == pytest.approx(figures, abs=1e-9)
    if longest == 2:  # nothing is drawn
        measured_mean = 0.8222411111111111
        assert coherence(**given, key="who", compatible="mostlyai", seed=7) == pytest.approx(measured_mean, abs=1e-9)


def test_the_compatible_way_looks_at_a_hundred_rows_of_a_unit():
    table = pd.DataFrame({"u": np.repeat([1, 2, 3], [250, 100, 7]), "n": np.r_[np.arange(250), np.arange(107)] % 120})
    sets = unit_sides({"real": table, "synthetic": table}, key="u", order=None)
    rows = capped(sets["real"], np.random.default_rng(0))
    assert rows.lengths.tolist() == [100, 100, 7]
    kept = rows.cells.numbers(0)
    assert set(kept[:100]) <= set(table["n"][:250])
    assert kept[100:].tolist() == table["n"][250:].tolist()
    found = mostly_coherence(sets["real"], sets["synthetic"], rng=np.random.default_rng(0))
    assert found["units_per_level", "n"][0] > 0.8


def test_the_compatible_way_leaves_free_text_out():
    table = pd.DataFrame({"u": [1, 1, 2, 2], "note": list("wxyz")})
    with pytest.raises(UndefinedError, match="can be compared"):
        coherence(real=table, synthetic=table, key="u", compatible="mostlyai")


def test_distributions_are_those_measured_with_sdmetrics():
    measured = {
        ("length", "(rows)"): 0.8,
        ("step", "x"): 0.3756345177664975,
        ("mean", "x"): 0.6777777777777778,
        ("spread", "x"): 0.29729729729729726,
        ("step", "k"): 0.43193843193843195,
        ("mean", "k"): 0.8833333333333333,
        ("spread", "k"): 0.7760675273088381,
    }
    report = sequence_report(real=made(60, 9, 1, 0.0), synthetic=made(45, 7, 3, 40.0), key="who")
    found = dict(zip(report.measures, report.value, strict=True))
    assert {name: found[name] for name in measured} == pytest.approx(measured, abs=1e-9)
    assert report.length_similarity == pytest.approx(0.8)


def shares(counts: Counter) -> dict:
    total = sum(counts.values())
    return {cell: count / total for cell, count in counts.items()}


def overlap(one: Counter, two: Counter) -> float:
    left, right = shares(one), shares(two)
    return 1 - sum(abs(left.get(cell, 0) - right.get(cell, 0)) for cell in {*left, *right}) / 2


def slow(table: pd.DataFrame) -> dict[str, Counter]:
    found: dict[str, Counter] = {
        name: Counter() for name in ("next_row", "distinct_levels", "units_per_level", "pairs")
    }
    for _, unit in table.groupby("who"):
        states = unit["state"].tolist()
        for one, two in zip(states, [*states[1:], "(end)"], strict=True):
            if len(states) == 1:
                found["next_row"][one, two] += 1
            elif two != "(end)":
                found["next_row"][one, two] += 1 / (len(states) - 1)
                found["pairs"][one, two] += 1
        found["distinct_levels"][len(set(states))] += 1
        found["units_per_level"].update(set(states))
    return found


def test_levels_agree_as_a_slow_loop_says():
    real, synthetic = (walks(n, seed)[["who", "state"]] for n, seed in ((60, 0), (40, 1)))
    synthetic = pd.concat([synthetic, pd.DataFrame({"who": [99], "state": ["new"]})])
    one, two = slow(real), slow(synthetic)
    report = sequence_report(real=real, synthetic=synthetic, key="who")
    found = dict(zip(report.measures, report.value, strict=True))
    for measure in ("next_row", "distinct_levels", "units_per_level"):
        assert found[measure, "state"] == pytest.approx(overlap(one[measure], two[measure]), abs=1e-12)
    distance = 0.0
    for state in "abcd":
        left, right = (Counter({b: n for (a, b), n in item["pairs"].items() if a == state}) for item in (one, two))
        distance += sum(left.values()) / sum(one["pairs"].values()) * (1 - overlap(left, right))
    assert found["transition", "state"] == pytest.approx(1 - distance, abs=1e-12)
    mean = np.mean([found[measure, "state"] for measure in ("next_row", "distinct_levels", "units_per_level")])
    assert coherence(real=real, synthetic=synthetic, key="who") == pytest.approx(mean, abs=1e-12)
    assert report.coherence == pytest.approx(mean, abs=1e-12)


def test_fresh_units_are_at_the_ceiling_and_dealt_rows_at_the_floor():
    real, holdout, fresh = (walks(800, seed) for seed in (0, 1, 2))
    sets = {"real": real, "holdout": holdout, "key": "who", "order": "day"}
    good = sequence_report(**sets, synthetic=fresh).frame().set_index(["measure", "column"])
    bad = sequence_report(**sets, synthetic=dealt(fresh, 3)).frame().set_index(["measure", "column"])
    chosen = [
        ("next_row", "state"),
        ("next_row", "x"),
        ("distinct_levels", "state"),
        ("transition", "state"),
        ("step", "x"),
    ]
    assert good.loc[chosen, "normalised"].to_numpy() == pytest.approx(1.0, abs=0.1)
    assert bad.loc[chosen, "normalised"].to_numpy() == pytest.approx(0.0, abs=0.1)
    assert good.loc[("length", "(rows)"), "reason"] == "ceiling and floor are within 3 standard errors"


def test_steps_of_the_ordering_column_are_compared_and_its_values_are_not():
    real = walks(200, 0)
    every_other = real.assign(day=real["day"] * 2 + 1000)
    report = sequence_report(real=real, synthetic=every_other, key="who", order="day")
    found = dict(zip(report.measures, report.value, strict=True))
    assert found["step", "day"] == 0.0
    assert [measure for measure, column in found if column == "day"] == ["step", "mean_step"]
    assert report.coherence == 1.0


def test_rows_are_ordered_by_the_column_that_orders_them():
    real = walks(50, 0)
    mixed = real.sample(frac=1.0, random_state=1)
    assert coherence(real=real, synthetic=mixed, key="who", order="day") == 1.0
    assert coherence(real=real, synthetic=mixed, key="who") < 1.0


def test_a_unit_copied_whole_is_found_whatever_it_is_called():
    real, holdout, synthetic = (walks(60, seed) for seed in (0, 1, 2))
    stolen = real[real["who"].isin([5, 17, 40])].assign(
        who=lambda table: table["who"] + 1000, day=lambda t: t["day"] + 9
    )
    together = pd.concat([synthetic, stolen, stolen[stolen["who"] == 1005].assign(who=7777)])
    report = sequence_report(real=real, synthetic=together, holdout=holdout, key="who", order="day")
    units = report.units()
    assert units.index[units["copy"]].tolist() == ["1005", "1017", "1040", "7777"]
    assert units.loc[units["copy"], "source"].tolist() == [5, 17, 40, 5]
    assert units.index[units["repeated"]].tolist() == ["7777"]
    assert report.copies.share == pytest.approx(4 / 64)
    assert report.copies.excess == pytest.approx(4 / 64)
    assert report.copies.holdout_share == 0.0
    assert (report.copies.train_only, report.copies.holdout_only) == (3, 0)
    assert report.copies.p_value == pytest.approx(0.5**3)


def test_ids_that_repeat_are_not_copies():
    report = sequence_report(real=walks(50, 0), synthetic=walks(50, 1), key="who", order="day")
    assert report.copies.same_ids == 50
    assert report.copies.share == 0.0
    assert report.copies.excess is None
    assert report.copies.holdout_share is None


def test_an_order_makes_copies_keep_it_and_without_one_any_order_is_a_copy():
    real = pd.DataFrame({"u": [1, 1, 2], "t": [0, 1, 0], "c": ["a", "b", "c"]})
    turned = pd.DataFrame({"u": [8, 8], "t": [1, 0], "c": ["a", "b"]})
    for ordered, share in ((True, 0.0), (False, 1.0)):
        sets = unit_sides({"real": real, "synthetic": turned}, key="u", order="t")
        assert group_copies(sets, ordered=ordered).share == share


def test_units_that_both_real_sets_have_tell_nothing():
    same = pd.DataFrame({"u": np.arange(20), "c": ["a"] * 20})
    report = sequence_report(real=same, synthetic=same, holdout=same, key="u")
    assert report.copies.share == 1.0
    assert report.copies.excess == 0.0
    assert report.copies.p_value == 1.0


def test_new_transitions_are_counted_per_unit():
    real = pd.DataFrame({"u": [1, 1, 1, 2, 2], "c": list("abcab")})
    synthetic = pd.DataFrame({"u": [1, 1, 1, 2, 3, 3], "c": list("abaabc")})
    found = sequence_report(real=real, synthetic=synthetic, key="u").units()["new_transitions"]
    assert found.tolist()[::2] == [0.5, 0.0]
    assert np.isnan(found.iloc[1])


def test_a_dataset_brings_its_key_and_order():
    frame = walks(60, 0)
    data = Dataset.of_table(frame, key="who", order="day")
    assert coherence(real=data, synthetic=data) == 1.0
    mixed = sequence_report(real=data, synthetic=frame, seed=1)
    plain = sequence_report(real=frame, synthetic=frame, key="who", order="day", seed=1)
    pd.testing.assert_frame_equal(mixed.frame(), plain.frame())
    both = sequence_report(real=data, synthetic=data, holdout=Dataset.of_table(walks(30, 1), key="who", order="day"))
    assert both.matched_size == 30
    assert both.copies.share == 1.0


def test_missing_constant_and_unseen_columns_have_values_or_a_reason():
    real = pd.DataFrame({"u": [1, 1, 2, 2], "one": [3] * 4, "none": [np.nan] * 4, "c [x]": ["NA", "b", "NA", "b"]})
    synthetic = pd.DataFrame({"u": [1, 1], "c [x]": ["new", "b"], "one": [3, 3], "none": [np.nan] * 2, "extra": [1, 2]})
    report = sequence_report(real=real, synthetic=synthetic, key="u")
    frame = report.frame().set_index(["measure", "column"])
    assert frame.loc[("next_row", "one"), "value"] == 1.0
    assert frame.loc[("mean", "none"), "reason"] == "no unit has a value"
    assert frame.loc[("next_row", "c [x]"), "value"] == 0.0
    assert report.left_out == {"extra": "only the synthetic set has it"}
    assert frame.loc[("next_row", "none"), "value"] == 1.0


def test_one_unit_has_values_and_no_ceiling():
    report = sequence_report(real={"u": [1], "x": [2.0]}, synthetic={"u": [1], "x": [2.0]}, key="u")
    assert report.coherence == 1.0
    assert report.matched_size is None
    assert report.ceiling is None
    assert "ceiling" not in report.frame()


def test_a_table_of_key_and_order_alone_has_lengths_and_no_coherence():
    table = pd.DataFrame({"u": [1, 1, 2], "t": [0, 1, 0]})
    report = sequence_report(real=table, synthetic=table, key="u", order="t")
    assert report.length_similarity == 1.0
    assert report.coherence is None
    with pytest.raises(UndefinedError, match="no column but the key and the order"):
        coherence(real=table, synthetic=table, key="u", order="t")


def test_a_seed_gives_the_same_report():
    sets = {"real": walks(90, 0), "synthetic": walks(50, 1), "holdout": walks(30, 2), "key": "who", "order": "day"}
    one, two, other = (sequence_report(**sets, seed=seed).frame() for seed in (4, 4, 5))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert not one.equals(other)


def test_rows_of_many_modules_hang_together_in_real_data(shared_data):
    table = pd.read_csv(shared_data("tabular_oulad") / "oulad.csv.gz")
    key = table["code_module"] + table["code_presentation"] + table["region"]
    table = table.assign(key=key).drop(columns=["code_module", "code_presentation"])
    codes = pd.factorize(table["key"])[0]
    real, holdout = table[codes % 2 == 0], table[codes % 2 == 1]
    shuffled = real.assign(region=np.random.default_rng(0).permutation(real["region"].to_numpy()))
    report = sequence_report(real=real, synthetic=shuffled, holdout=holdout, key="key")
    found = dict(zip(report.measures, report.value, strict=True))
    assert found["distinct_levels", "region"] < 0.1  # a unit is of one region
    assert found["next_row", "region"] < 0.2
    assert dict(zip(report.measures, report.ceiling, strict=True))["next_row", "region"] > 0.8
    assert report.copies.share == 0.0


def test_mistakes_are_said_in_a_sentence():
    table = walks(5, 0)
    with pytest.raises(DataError, match="sequences need `key`"):
        coherence(real=table, synthetic=table)
    with pytest.raises(UnknownNameError, match=r"unknown key column 'whom'; did you mean 'who'"):
        coherence(real=table, synthetic=table, key="whom")
    with pytest.raises(UnknownNameError, match="unknown order column 'when'"):
        coherence(real=table, synthetic=table, key="who", order="when")
    with pytest.raises(DataError, match="are both 'who'"):
        coherence(real=table, synthetic=table, key="who", order="who")
    with pytest.raises(DataError, match="the key 'who' alone"):
        coherence(real=table[["who"]], synthetic=table, key="who")
    with pytest.raises(DataError, match="is missing in 1 row"):
        coherence(real=table, synthetic=table.assign(who=table["who"].where(table.index > 0)), key="who")
    with pytest.raises(UnknownNameError, match="'sdmetrics'"):
        coherence(real=table, synthetic=table, key="who", compatible="sdmetrics")


def test_steps_have_one_name_and_one_value_in_report_and_score():
    real = walks(60, 0)
    gaps = walks(60, 1)
    gaps["x"] = gaps["x"].where(gaps["day"] % 2 == 0)
    report = sequence_report(real=real, synthetic=gaps, key="who", order="day")
    found = dict(zip(report.measures, report.value, strict=True))
    assert found["step", "x"] == found["mean_step", "x"] == 0.0
    score = step_similarity(real=real, synthetic=gaps, key="who", order="day")
    assert score == np.mean([found["step", "x"], found["step", "day"]])


@pytest.mark.parametrize("order", [None, "k"])
def test_function_report_and_reading_give_one_coherence_to_the_last_digit(order):
    real, synthetic = made(60, 7, 3, 0.0), made(50, 9, 5, 1.0)
    sides = named_unit_sides(real=real, synthetic=synthetic, key="who", order=order)
    reading = evaluate(registry.get("coherence").reads, sides)
    report = sequence_report(real=real, synthetic=synthetic, key="who", order=order)
    assert coherence(real=real, synthetic=synthetic, key="who", order=order) == reading.value == report.coherence
    assert reading.value == np.mean(list(reading.details.values()))


def test_a_coherence_without_a_column_says_why_as_its_reading_does():
    table = {"who": [1, 1, 2, 2], "day": [1, 2, 1, 2]}
    with pytest.raises(UndefinedError, match=r"^no column but the key and the order can be compared\.$"):
        coherence(real=table, synthetic=table, key="who", order="day")
