"""Representation of groups against closed forms, scipy and counting."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon

import auditkit as ak
from auditkit.errors import AuditkitError, ShapeError, UnknownNameError
from auditkit.intervals import wilson
from auditkit.metrics import label_rate_gap, representation_gap, representation_report

REAL = {"sex": ["f"] * 40 + ["m"] * 60, "race": ["w", "b"] * 50, "y": ["n"] * 50 + ["p"] * 50}
SYNTHETIC = {"sex": ["f"] * 60 + ["m"] * 140, "race": ["w", "w", "b", "w"] * 50, "y": ["p", "n"] * 100}


def row(frame, **named):
    found = frame
    for name, value in named.items():
        found = found[found[name] == value]
    return found.iloc[0]


def test_shares_gaps_and_ratios_have_their_closed_forms():
    found = row(representation_report(real=REAL["sex"], synthetic=SYNTHETIC["sex"]).groups, group="f")
    assert (found.n_real, found.n_synthetic, found.real, found.synthetic) == (40, 60, 0.4, 0.3)
    (low, high), (low_2, high_2) = wilson(40, 100), wilson(60, 200)
    assert (found.real_low, found.real_high) == pytest.approx((low, high))
    assert found.gap == pytest.approx(-0.1)
    assert found.gap_low == pytest.approx(-0.1 - math.hypot(0.3 - low_2, high - 0.4))
    assert found.gap_high == pytest.approx(-0.1 + math.hypot(high_2 - 0.3, 0.4 - low))
    assert found.ratio == pytest.approx(0.75)
    half = 1.959964 * math.sqrt(1 / 60 - 1 / 200 + 1 / 40 - 1 / 100)
    assert (found.ratio_low, found.ratio_high) == pytest.approx((0.75 * math.exp(-half), 0.75 * math.exp(half)))


def test_simultaneous_limits_are_goodmans():
    both = [
        representation_report(real=list("abcd") * 25, synthetic=list("abcd") * 25, simultaneous=wide).groups
        for wide in (False, True)
    ]
    assert (row(both[1], group="a").real_low, row(both[1], group="a").real_high) == pytest.approx(
        wilson(25, 100, level=1 - 0.05 / 4)
    )
    assert row(both[0], group="a").real_low == pytest.approx(wilson(25, 100)[0])


def test_simultaneous_limits_hold_all_together():
    rng = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.15, 0.05])
    held = 0
    for _ in range(80):
        names = rng.choice(list("abcd"), 300, p=p)
        found = representation_report(real=names, synthetic=names, simultaneous=True).groups.set_index("group")
        held += all(
            found.real_low.get(name, 0.0) <= share <= found.real_high.get(name, 1.0)
            for name, share in zip("abcd", p, strict=True)
        )
    assert held >= 0.9 * 80


def test_distances_are_scipys_and_the_largest_gap_is_the_metrics():
    found = representation_report(real=REAL, synthetic=SYNTHETIC, attributes=["sex", "race"], label="y")
    line = row(found.distances, attribute="race")
    assert line.total_variation == pytest.approx(0.25)
    assert line.jensen_shannon == pytest.approx(jensenshannon([0.5, 0.5], [0.25, 0.75], base=2), abs=1e-12)
    assert line.p < 0.01
    assert 0 < line.chance < 0.1
    assert found.distances["attribute"].tolist() == [
        "sex",
        "race",
        "sex and race",
        "sex, y",
        "race, y",
        "sex and race, y",
    ]
    groups = found.groups[found.groups["attribute"] == "race"]
    assert groups["gap"].abs().max() == pytest.approx(
        representation_gap(real=REAL["race"], synthetic=SYNTHETIC["race"])
    )


def test_rates_of_the_label_are_those_of_the_metric():
    found = representation_report(real=REAL, synthetic=SYNTHETIC, attributes=["sex"], label="y").rates
    line = row(found, group="sex=f")
    assert line["class"] == "n"
    assert (line.n_real, line.real) == (40, 1.0)
    assert line.synthetic == 0.5
    assert line.gap_low < line.gap < line.gap_high
    largest = label_rate_gap(
        real=REAL["y"], synthetic=SYNTHETIC["y"], real_groups=REAL["sex"], synthetic_groups=SYNTHETIC["sex"]
    )
    assert found["gap"].abs().max() == pytest.approx(largest)


def test_intersections_are_counted_and_missing_groups_stand_first():
    men = {
        name: [value for value, sex in zip(values, REAL["sex"], strict=True) if sex == "m"]
        for name, values in REAL.items()
    }
    found = representation_report(real=REAL, synthetic=men, attributes=["sex", "race"])
    assert found.missing == ("sex=f",)
    assert found.frame().iloc[0].group == "sex=f"
    assert row(found.groups, group="sex=f, race=b").status == "missing"
    assert row(found.groups, group="sex=m, race=b").n_real == 30
    text = str(found).splitlines()
    assert text[1] == "  missing: sex=f"
    assert "sex=f: 0.0 % of the synthetic and 40.0 % of the real samples" in text[2]
    assert "base 2" in text[-1]


def test_an_intersection_is_missing_where_both_levels_are_there():
    real = {"sex": list("ffmm") * 30, "race": list("bwbw") * 30}
    without = {"sex": list("fmm") * 30, "race": list("wbw") * 30}
    assert representation_report(real=real, synthetic=without, attributes=["sex", "race"]).missing == ("sex=f, race=b",)


def test_few_real_samples_are_absent_and_not_missing_and_new_groups_are_told():
    found = representation_report(real=["a"] * 99 + ["b"], synthetic=["a"] * 99 + ["c"])
    assert found.missing == ()
    assert row(found.groups, group="b").status == "absent"
    assert row(found.groups, group="c").status == "new"
    assert math.isnan(row(found.groups, group="c").ratio)
    gone = row(found.groups, group="b")
    assert (gone.ratio, gone.ratio_low) == (0.0, 0.0)
    assert gone.ratio_high > 1


def test_datasets_bring_their_groups_and_label():
    sets = [ak.load(pd.DataFrame(table), label="y", groups=["sex", "race"]) for table in (REAL, SYNTHETIC)]
    found = representation_report(real=sets[0], synthetic=sets[1])
    expected = representation_report(real=REAL, synthetic=SYNTHETIC, attributes=["sex", "race"], label="y")
    pd.testing.assert_frame_equal(found.groups, expected.groups)
    pd.testing.assert_frame_equal(found.distances, expected.distances)


def test_missing_names_are_a_group():
    found = representation_report(real=["a", None] * 50, synthetic=["a"] * 100)
    assert found.missing == ("(missing)",)


def test_wrong_arguments_are_refused():
    with pytest.raises(ShapeError, match="give attributes="):
        representation_report(real=REAL, synthetic=SYNTHETIC)
    with pytest.raises(UnknownNameError, match="age"):
        representation_report(real=REAL, synthetic=SYNTHETIC, attributes=["age"])
    with pytest.raises(AuditkitError, match="`level`"):
        representation_report(real=["a"], synthetic=["a"], level=1.0)


def test_names_with_commas_and_with_and_are_taken_as_they_are():
    # "b, c" and "a and b" are names, and a level of one column is no level of another that is spelled alike.
    real = {"home and work": ["b, c"] * 60 + ["d"] * 60, "sex": (["f"] * 30 + ["m"] * 30) * 2}
    synthetic = {"home and work": ["d"] * 120, "sex": ["f"] * 60 + ["m"] * 60}
    found = representation_report(real=real, synthetic=synthetic, attributes=["home and work", "sex"])
    assert found.missing == ("home and work=b, c",)
    alone = representation_report(real=real, synthetic=synthetic, attributes=["home and work"])
    assert set(alone.groups["group"]) == {"home and work=b, c", "home and work=d"}
    crossed = representation_report(
        real={"a": ["x", "y"] * 60, "b": ["u"] * 60 + ["v"] * 60},
        synthetic={"a": ["x"] * 60 + ["y"] * 60, "b": ["u"] * 60 + ["v"] * 60},
        attributes=["a", "b"],
    )
    assert set(crossed.missing) == {"a=x, b=v", "a=y, b=u"}
