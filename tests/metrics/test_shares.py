"""Modes, groups and label rates: counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.errors import ShapeError
from auditkit.intervals import wilson
from auditkit.metrics import (
    label_rate_gap,
    missing_classes,
    missing_groups,
    mode_coverage,
    representation_gap,
)
from auditkit.metrics.products import Side
from tests.oracles import read


def sides(real, synthetic, *, labels=None, levels=("a", "b"), classes=("n", "y")):
    """Sides with one group `g`, from lists of codes."""
    made = {}
    for number, (role, codes) in enumerate((("real", real), ("synthetic", synthetic))):
        label = None if labels is None else np.asarray(labels[number])
        groups = {"g": np.asarray(codes)}
        made[role] = Side(
            np.zeros((len(codes), 0)),
            labels=label,
            label_levels=classes,
            groups=groups,
            group_levels={"g": levels},
        )
    return made


def test_mode_coverage_is_the_share_of_real_classes_reached():
    assert mode_coverage(real=list("aabbccdd"), synthetic=list("aaad")) == 0.5
    assert mode_coverage(real=list("ab"), synthetic=list("abz")) == 1.0


def test_mode_coverage_stands_beside_what_chance_reaches():
    real = np.repeat([0, 1, 2], [90, 9, 1])
    given = sides(real, [0] * 20, labels=(real, [0] * 20), levels=("x",) * 3, classes=("a", "b", "c"))
    found = read("mode_coverage", **given)
    assert found.value == pytest.approx(1 / 3)
    assert found.null == pytest.approx(np.mean([1 - (1 - p) ** 20 for p in (0.9, 0.09, 0.01)]))
    assert found.details["missed"] == ["b", "c"]


def test_representation_gap_is_synthetic_less_real_in_each_group():
    found = read("representation_gap", **sides([0] * 60 + [1] * 40, [0] * 90 + [1] * 10))
    gaps = {part.where["g"]: part.reading.value for part in found.parts}
    assert gaps == pytest.approx({"a": 0.3, "b": -0.3})
    assert found.value == pytest.approx(0.3)
    assert representation_gap(real=list("aaab"), synthetic=list("aabb")) == pytest.approx(0.25)


def test_a_gap_has_newcombes_limits():
    part = read("representation_gap", **sides([0] * 60 + [1] * 40, [0] * 90 + [1] * 10)).parts[0].reading
    (low_real, high_real), (low, high) = wilson(60, 100), wilson(90, 100)
    below, above = np.hypot(0.9 - low, high_real - 0.6), np.hypot(high - 0.9, 0.6 - low_real)
    assert part.interval == pytest.approx((0.3 - below, 0.3 + above))


def test_a_group_that_only_the_synthetic_data_have_is_a_gap():
    assert representation_gap(real=["a"] * 9 + ["b"], synthetic=["c"] * 10) == pytest.approx(1.0)


def test_a_group_is_missing_only_where_chance_cannot_explain_it():
    found = read("missing_groups", **sides([0] * 50 + [1] * 50, [0] * 100))
    assert (found.value, found.details["missing"]) == (1.0, ["g=b"])
    found = read("missing_groups", **sides([0] * 99 + [1], [0] * 100))
    assert (found.value, found.details["too_small_to_judge"]) == (0.0, ["g=b"])
    # A common group is no less missing when only few samples were drawn, but that cannot be told.
    assert missing_groups(real=list("ab") * 50, synthetic=["a"] * 3) == 0.0


def test_a_lost_class_is_missing_however_rare_it_is():
    real = ["ok"] * 980 + ["fraud"] * 20
    found = read("missing_classes", **sides([0] * 1000, [0] * 1000, labels=([0] * 980 + [1] * 20, [0] * 1000)))
    assert found.value == 1.0
    assert missing_classes(real=real, synthetic=["ok"] * 1000) == 1.0
    assert missing_classes(real=["ok"] * 999 + ["fraud"], synthetic=["ok"] * 1000) == 0.0
    assert missing_classes(real=real, synthetic=["ok"] * 30) == 0.0


def test_many_lost_levels_are_missing_together_though_each_is_too_small():
    rng = np.random.default_rng(0)
    real, fresh = rng.integers(0, 400, 2000), rng.integers(0, 400, 2000)
    assert missing_groups(real=real, synthetic=fresh) == 0.0
    assert missing_groups(real=real, synthetic=fresh % 200) > 190
    assert missing_classes(real=real, synthetic=fresh % 200) > 190


@pytest.mark.parametrize(("n", "m"), [(1000, 1000), (500, 50_000)])
def test_many_small_levels_are_not_called_missing_by_chance(n, m):
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, 501.0) ** 2
    draws = [rng.choice(500, size, p=shares / shares.sum()) for _ in range(20) for size in (n, m)]
    alarms = [missing_groups(real=real, synthetic=fresh) for real, fresh in zip(draws[::2], draws[1::2], strict=True)]
    assert sum(alarms) == 0


def test_a_rate_among_fewer_than_five_real_units_is_not_told():
    real = ([0] * 96 + [1] * 4, [0] * 60 + [1] * 40)
    found = read("label_rate_gap", **sides(real[0], real[0], labels=(real[1], real[1])))
    small = [part.reading for part in found.parts if part.where.get("g") == "b"]
    assert small
    assert all(item.value is None and "fewer than 5" in item.reason for item in small)


def test_label_rates_are_compared_within_groups_and_as_a_whole():
    groups = [0] * 40 + [1] * 40
    real = [1] * 20 + [0] * 20 + [1] * 8 + [0] * 32
    synthetic = [1] * 20 + [0] * 20 + [1] * 0 + [0] * 40
    found = read("label_rate_gap", **sides(groups, groups, labels=(real, synthetic)))
    gaps = {tuple(part.where.items()): part.reading.value for part in found.parts}
    assert gaps == pytest.approx(
        {(("class", "y"),): -0.1, (("g", "a"), ("class", "y")): 0.0, (("g", "b"), ("class", "y")): -0.2}
    )
    assert found.value == pytest.approx(0.2)
    names = np.array(["n", "y"])
    value = label_rate_gap(
        real=names[real], synthetic=names[synthetic], real_groups=groups, synthetic_groups=np.array(groups, float)
    )
    assert value == pytest.approx(0.2)


def test_of_two_classes_only_the_rarer_is_compared_and_of_more_all():
    found = read("label_rate_gap", **sides([0] * 9, [0] * 9, labels=([0] * 6 + [1] * 3, [0] * 3 + [1] * 6)))
    assert {part.where["class"] for part in found.parts} == {"y"}
    labels = ([0, 1, 2] * 3, [0, 1, 1] * 3)
    found = read("label_rate_gap", **sides([0] * 9, [0] * 9, labels=labels, classes=("x", "y", "z")))
    assert {part.where["class"] for part in found.parts} == {"x", "y", "z"}


def test_a_group_that_is_empty_on_one_side_has_no_rate_but_a_reason():
    found = read("label_rate_gap", **sides([0] * 9 + [1], [0] * 10, labels=([0, 1] * 5, [0, 1] * 5)))
    empty = next(part.reading for part in found.parts if part.where.get("g") == "b")
    assert empty.value is None
    assert "no synthetic unit" in empty.reason
    assert found.value == pytest.approx(5 / 10 - 4 / 9)


def test_a_group_called_class_does_not_hide_the_class():
    given = {
        role: Side(
            np.zeros((6, 0)),
            labels=np.array([0, 1] * 3),
            label_levels=("n", "y"),
            groups={"class": np.array([0, 0, 0, 1, 1, 1])},
            group_levels={"class": ("first", "second")},
        )
        for role in ("real", "synthetic")
    }
    keys = {tuple(sorted(part.where.items())) for part in read("label_rate_gap", **given).parts}
    assert (("class", "first"), ("label", "n")) in keys


def test_numbers_and_words_for_the_same_groups_are_matched():
    assert mode_coverage(real=[1, 2], synthetic=np.array([1.0, 2.0])) == 1.0
    assert mode_coverage(real=[1, 2], synthetic=["1", "2"]) == 1.0


def test_groups_of_one_set_only_are_refused():
    with pytest.raises(ShapeError, match="both sets or of none"):
        label_rate_gap(real=["a", "b"], synthetic=["a", "b"], real_groups=["x", "y"])


def test_as_many_groups_as_labels_are_asked_for():
    with pytest.raises(ShapeError, match="`synthetic` has 2 labels and 3 groups"):
        label_rate_gap(real=["a", "b"], synthetic=["a", "b"], real_groups=["x", "y"], synthetic_groups=["x", "y", "y"])


def test_a_group_too_small_to_judge_does_not_make_the_largest_label_rate_gap():
    groups = [0] * 400 + [1] * 7
    real, synthetic = [0, 1] * 200 + [0] * 7, [0, 1] * 200 + [0, 0, 0, 0, 1, 1, 1]
    found = read("label_rate_gap", **sides(groups, groups, labels=(real, synthetic)))
    assert found.value < 0.01
    assert any(part.reading.value is not None and abs(part.reading.value) > 0.4 for part in found.parts)
    (small,) = found.details["too_small_to_judge"]
    assert len(small) == 2
