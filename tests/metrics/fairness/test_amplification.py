"""Bias amplification against slow loops written from the equations, and against what is known of real data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import auditkit as ak
from auditkit.errors import AuditkitError, DataError, ShapeError, UndefinedError, UnknownNameError
from auditkit.metrics import amplification_report, bias_amplification

REAL = {"sex": list("mmmmmmffffff"), "hired": list("yyynnnyynnnn")}
MORE = {"sex": list("mmmmmmffffff"), "hired": list("yyyynnynnnnn")}


def shares(table, attribute, label):
    """P(a, t), P(a) and P(t) as functions, by counting rows."""
    rows = list(zip(table[attribute], table[label], strict=True))
    n = len(rows)
    return (
        lambda a, t: sum(row == (a, t) for row in rows) / n,
        lambda a: sum(row[0] == a for row in rows) / n,
        lambda t: sum(row[1] == t for row in rows) / n,
    )


def slow_directional(real, other, attribute, label, *, towards):
    """Mean over levels and classes, one at a time; a cell that nobody could be in counts for nothing."""
    joint, of_level, of_class = shares(real, attribute, label)
    new, new_level, new_class = shares(other, attribute, label)
    terms = []
    for a in sorted({*real[attribute], *other[attribute]}):
        for t in sorted({*real[label], *other[label]}):
            given_real, given_new = (of_level(a), new_level(a)) if towards == "label" else (of_class(t), new_class(t))
            if given_real == 0 or given_new == 0:
                continue
            sign = np.sign(round(joint(a, t) - of_level(a) * of_class(t), 12))
            terms.append(sign * (new(a, t) / given_new - joint(a, t) / given_real))
    return float(np.mean(terms))


def slow_zhao(real, other, attribute, label):
    """Equation 2: over the pairs that are above an even share in the real data."""
    joint, _, of_class = shares(real, attribute, label)
    new, _, new_class = shares(other, attribute, label)
    levels, classes = sorted(set(real[attribute])), sorted(set(real[label]))
    total = 0.0
    for a in levels:
        for t in classes:
            if round(joint(a, t) / of_class(t) - 1 / len(levels), 12) > 0:
                total += new(a, t) / new_class(t) - joint(a, t) / of_class(t)
    return total / len(classes)


def tables(seed, n=300, m=200, levels="abc", classes="xyz"):
    rng = np.random.default_rng(seed)
    return tuple(
        {"g": rng.choice(list(levels), size).tolist(), "y": rng.choice(list(classes), size).tolist()} for size in (n, m)
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 3))
def test_all_definitions_are_those_of_slow_loops(seed, n_levels, n_classes):
    real, other = tables(seed, levels="abcd"[:n_levels], classes="xyz"[:n_classes])
    asked = {"real": real, "synthetic": other, "attribute": "g", "label": "y", "min_support": 1}
    assert bias_amplification(**asked) == pytest.approx(slow_directional(real, other, "g", "y", towards="label"))
    raw = bias_amplification(**asked, way="label_to_attribute_raw")
    assert raw == pytest.approx(slow_directional(real, other, "g", "y", towards="attribute"))
    assert bias_amplification(**asked, definition="zhao") == pytest.approx(slow_zhao(real, other, "g", "y"))


def test_the_same_data_amplify_nothing():
    for way in ("attribute_to_label", "label_to_attribute", "label_to_attribute_raw"):
        found = bias_amplification(real=REAL, synthetic=REAL, attribute="sex", label="hired", way=way, min_support=1)
        assert found == 0.0
    zhao = {"definition": "zhao", "min_support": 1}
    assert bias_amplification(real=REAL, synthetic=REAL, attribute="sex", label="hired", **zhao) == 0.0


def test_more_of_the_same_is_above_zero_and_less_below():
    assert bias_amplification(real=REAL, synthetic=MORE, attribute="sex", label="hired", min_support=1) > 0.1
    even = {"sex": list("mmffmmff"), "hired": list("ynynynyn")}
    assert bias_amplification(real=REAL, synthetic=even, attribute="sex", label="hired", min_support=1) < 0


def test_a_shift_of_shares_alone_amplifies_nothing_once_levels_have_their_real_shares():
    names = {name: np.array(values) for name, values in REAL.items()}
    men = names["sex"] == "m"
    many, shifted = (
        {name: np.concatenate([values, *[values[men]] * times]) for name, values in names.items()} for times in (1, 5)
    )
    asked = {"real": many, "synthetic": shifted, "attribute": "sex", "label": "hired", "min_support": 1}
    assert bias_amplification(**asked) == pytest.approx(0.0, abs=1e-12)
    assert bias_amplification(**asked, way="label_to_attribute") == pytest.approx(0.0, abs=1e-12)
    assert abs(bias_amplification(**asked, way="label_to_attribute_raw")) > 0.01
    # Zhao's asks who is above an even share, so men everywhere amplify.
    assert bias_amplification(**asked, definition="zhao") > 0.05


def test_small_levels_are_left_out_and_named():
    real = {"g": ["a"] * 50 + ["b"] * 50 + ["c"] * 3, "y": [0, 1] * 25 + [1] * 50 + [0] * 3}
    other = {"g": ["a"] * 50 + ["b"] * 50 + ["c"] * 3, "y": [0, 1] * 25 + [1] * 50 + [1] * 3}
    found = amplification_report(real=real, synthetic=other, attribute="g", label="y")
    assert found.dropped == ("g=c",)
    assert "left out, fewer than 10 samples: g=c" in str(found)
    assert found.measures["attribute_to_label"].value == 0.0
    assert bias_amplification(real=real, synthetic=other, attribute="g", label="y", min_support=3) < -0.1
    assert found.cells().loc[("b", "1"), ["real", "rate_real", "together"]].tolist() == [50, 1.0, 1]


def test_compas_changes_its_sign_with_the_smallest_groups(shared_data):
    table = pd.read_csv(shared_data("tabular_compas/compas_two_years.csv.gz"), keep_default_na=False)
    days = pd.to_numeric(table["days_b_screening_arrest"])
    table = table[(days.abs() <= 30) & (table["c_charge_degree"] != "O") & (table["score_text"] != "N/A")]
    asked = {"predictions": pd.to_numeric(table["decile_score"]) >= 5, "attribute": ["race", "sex"]}
    values = [
        bias_amplification(real=table, label="two_year_recid", min_support=least, **asked) for least in (1, 10, 30, 100)
    ]
    assert values == pytest.approx([-0.031, 0.051, 0.057, 0.038], abs=5e-4)


def test_predictions_of_the_real_rows_are_the_papers_form():
    rng = np.random.default_rng(1)
    real = {"g": rng.choice(list("ab"), 400), "y": rng.integers(0, 2, 400)}
    predicted = np.where(real["g"] == "a", 1, real["y"])
    as_table = {"g": real["g"], "y": predicted}
    ours = amplification_report(real=real, predictions=predicted, attribute="g", label="y")
    theirs = amplification_report(real=real, synthetic=as_table, attribute="g", label="y")
    for name, found in ours.measures.items():
        assert found.value == theirs.measures[name].value
    # Truth and prediction of the same rows move together.
    assert ours.measures["attribute_to_label"].error < theirs.measures["attribute_to_label"].error


def test_predictions_stand_for_the_label_of_the_synthetic_rows():
    without = {"sex": MORE["sex"]}
    found = bias_amplification(
        real=REAL, synthetic=without, predictions=MORE["hired"], attribute="sex", label="hired", min_support=1
    )
    assert found == bias_amplification(real=REAL, synthetic=MORE, attribute="sex", label="hired", min_support=1)


def test_truths_and_ones_are_the_same_classes():
    real = {"g": list("aabb") * 10, "y": [True, True, True, False] * 10}
    assert bias_amplification(real=real, predictions=[1, 1, 1, 0] * 10, attribute="g", label="y") == 0.0


@pytest.mark.parametrize("definition", ["directional", "zhao"])
def test_directions_may_be_read_elsewhere(definition):
    flipped = {"sex": list("mmmmmmffffff"), "hired": list("nnnnnnyyyyyy")}
    asked = {"real": REAL, "synthetic": MORE, "attribute": "sex", "label": "hired", "min_support": 1}
    asked["definition"] = definition
    assert bias_amplification(**asked) > 0
    assert bias_amplification(**asked, train=flipped) == pytest.approx(-bias_amplification(**asked))


def test_what_is_left_out_is_named_by_its_column_whatever_the_column_is_called():
    def asked(names):
        tables = [dict(zip(names, (item["sex"], item["hired"]), strict=True)) for item in (REAL, MORE)]
        tables[0] = {name: [*values, "few"] for name, values in tables[0].items()}
        return {"real": tables[0], "synthetic": tables[1], "attribute": names[0], "label": names[1], "min_support": 3}

    found = amplification_report(**asked(("sex, as told", "hired, or not")))
    assert found.dropped == ("sex, as told=few", "hired, or not=few")


def test_datasets_frames_and_mappings_are_taken():
    frames = [pd.DataFrame(table) for table in (REAL, MORE)]
    sets = [ak.load(frame, label="hired", groups=["sex"]) for frame in frames]
    expected = bias_amplification(real=REAL, synthetic=MORE, attribute="sex", label="hired", min_support=1)
    for real, other in (frames, sets, (frames[0], MORE)):
        found = bias_amplification(real=real, synthetic=other, attribute="sex", label="hired", min_support=1)
        assert found == expected


def test_limits_hold_the_truth():
    rng = np.random.default_rng(5)

    def drawn(size, high):
        sex = rng.random(size) < 0.4
        return {"g": np.where(sex, "f", "m"), "y": (rng.random(size) < np.where(sex, 0.1, high)).astype(int)}

    inside = {"attribute_to_label": 0, "label_to_attribute": 0, "zhao": 0}
    huge = amplification_report(real=drawn(400_000, 0.3), synthetic=drawn(400_000, 0.4), attribute="g", label="y")
    for seed in range(150):
        found = amplification_report(
            real=drawn(800, 0.3), synthetic=drawn(600, 0.4), attribute="g", label="y", seed=seed
        ).measures
        for name in inside:
            inside[name] += found[name].low <= huge.measures[name].value <= found[name].high
    assert min(inside.values()) >= 0.90 * 150


def test_limits_hold_zero_where_an_association_is_within_chance():
    # Twelve levels that say nothing of the label: the signs are noise, and the value is too small.
    inside, values = 0, []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        real, fresh = ({"g": rng.integers(0, 12, 1500), "y": (rng.random(1500) < 0.4).astype(int)} for _ in range(2))
        found = amplification_report(real=real, synthetic=fresh, attribute="g", label="y").measures[
            "attribute_to_label"
        ]
        inside += found.low <= 0 <= found.high
        values.append(found.value)
    assert np.mean(values) < -0.02
    assert inside >= 0.9 * 80


def test_the_same_seed_gives_the_same_limits():
    real, other = tables(0)
    first, second = (amplification_report(real=real, synthetic=other, attribute="g", label="y") for _ in range(2))
    pd.testing.assert_frame_equal(first.frame(), second.frame())
    assert first.frame().loc["zhao", "low"] < first.frame().loc["zhao", "value"]


def test_what_cannot_be_told_says_why():
    one = {"sex": ["m"] * 12, "hired": REAL["hired"]}
    with pytest.raises(UndefinedError, match="fewer than two levels of sex have 10 samples"):
        bias_amplification(real=REAL, synthetic=MORE, attribute="sex", label="hired")
    with pytest.raises(UndefinedError, match="fewer than two levels"):
        bias_amplification(real=REAL, synthetic=one, attribute="sex", label="hired", min_support=1)
    found = amplification_report(real=REAL, synthetic=one, attribute="sex", label="hired", min_support=1)
    assert found.measures["zhao"].value is None
    assert "fewer than two levels" in str(found)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({}, AuditkitError, "nothing to compare `real` with"),
        ({"predictions": ["y"]}, ShapeError, "`predictions` has 1 classes and `real` 12 rows"),
        ({"synthetic": {"sex": ["m"]}}, UnknownNameError, "hired"),
        ({"synthetic": MORE, "definition": "wang"}, UnknownNameError, "wang"),
        ({"synthetic": MORE, "way": "back"}, UnknownNameError, "back"),
        ({"synthetic": MORE, "min_support": 0}, AuditkitError, "`min_support`"),
    ],
)
def test_wrong_arguments_are_refused(asked, error, words):
    with pytest.raises(error, match=words):
        bias_amplification(real=REAL, attribute="sex", label="hired", **asked)


def test_amounts_are_cut_at_the_real_quartiles():
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], 2000)
    real, synthetic = ({"g": group, "pay": rng.gamma(2.0, 100.0, 2000) + lift * (group == "a")} for lift in (50, 150))
    found = amplification_report(real=real, synthetic=synthetic, attribute="g", label="pay")
    assert len(found.classes) == 4
    assert found.truth.sum(axis=0).tolist() == [500, 500, 500, 500]
    assert found.measures["attribute_to_label"].low > 0
    edges = np.quantile(real["pay"], [0.25, 0.5, 0.75])
    cut = [{"g": group, "pay": np.searchsorted(edges, table["pay"])} for table in (real, synthetic)]
    by_hand = bias_amplification(real=cut[0], synthetic=cut[1], attribute="g", label="pay")
    assert found.measures["attribute_to_label"].value == pytest.approx(by_hand, abs=1e-12)
    few = {"g": group, "pay": rng.integers(0, 20, 2000)}
    assert len(amplification_report(real=few, synthetic=few, attribute="g", label="pay").classes) == 20


def test_missing_groups_and_labels_are_levels_of_their_own():
    real = {"g": ["a"] * 20 + [None] * 20, "y": ["p", "n"] * 10 + ["p", None] * 10}
    found = amplification_report(real=real, synthetic=real, attribute="g", label="y")
    assert set(found.levels) == {"a", "(missing)"}
    assert set(found.classes) == {"n", "p", "(missing)"}


@pytest.mark.parametrize("measure", [bias_amplification, amplification_report])
def test_labels_that_cannot_be_compared_are_refused(measure):
    other = {"sex": MORE["sex"], "hired": [word.upper() for word in MORE["hired"]]}
    with pytest.raises(
        DataError, match="no class of 'hired' in `real`, as 'n', is in what it is compared with, as 'N'"
    ):
        measure(real=REAL, synthetic=other, attribute="sex", label="hired", min_support=1)
    for attribute in ("sex", ["hired", "sex"]):
        with pytest.raises(AuditkitError, match=r"the label '(sex|hired)' is the attribute, too"):
            measure(real=REAL, synthetic=MORE, attribute=attribute, label="sex" if attribute == "sex" else "hired")
