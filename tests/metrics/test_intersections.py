"""Intersections of two group columns: counted by hand, small ones hidden, missing ones named."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.intersections import hidden_cells_of
from auditkit.metrics.products import Side
from tests.oracles import read

SEX, RACE = ("f", "m"), ("b", "o", "w")


def sides(real, synthetic, labels=None):
    """Sides of two tables of counts, sex by race; each cell's positives are counted by `labels`."""
    made = {}
    for number, (role, counts) in enumerate((("real", real), ("synthetic", synthetic))):
        flat = np.asarray(counts).ravel()
        codes = np.repeat(np.arange(flat.size), flat)
        positives = None
        if labels is not None:
            yes = np.asarray(labels[number]).ravel()
            positives = np.concatenate([np.arange(n) < k for n, k in zip(flat, yes, strict=True)]).astype(np.int64)
        made[role] = Side(
            np.zeros((len(codes), 0)),
            labels=positives,
            label_levels=() if positives is None else ("n", "y"),
            groups={"sex": codes // 3, "race": codes % 3},
            group_levels={"sex": SEX, "race": RACE},
        )
    return made


def part(reading, **where):
    return next((item.reading for item in reading.parts if item.where == where), None)


def test_shares_of_intersections_are_those_of_a_count():
    given = sides([[40, 10, 50], [30, 20, 50]], [[10, 40, 50], [60, 20, 20]])
    found = read("representation_gap", **given)
    assert part(found, sex="f", race="b").value == pytest.approx(10 / 200 - 40 / 200)
    assert part(found, sex="m", race="b").value == pytest.approx(60 / 200 - 30 / 200)
    assert part(found, sex="f").value == pytest.approx(0.0)
    assert found.details["intersections"] == 6


def test_intersections_of_few_real_samples_are_not_told_nor_what_they_follow_from():
    given = sides([[40, 3, 50], [30, 8, 50]], [[40, 3, 50], [30, 8, 50]])
    found = read("representation_gap", **given)
    # With sex=m, race=o the three of sex=f would follow from all of race=o, and from them all of sex=f.
    told = {tuple(item.where.values()) for item in found.parts if len(item.where) == 2}
    assert not told & {("f", "o"), ("m", "o")}
    assert found.details["intersections_left_out"] == 6 - len(told)
    assert part(found, race="o").details["real"] == 11 / 181


@pytest.mark.parametrize("seed", range(20))
def test_what_is_hidden_cannot_be_had_from_the_sums(seed):
    counts = np.random.default_rng(seed).integers(0, 12, size=(4, 5))
    hidden = hidden_cells_of(counts)
    assert hidden[(counts > 0) & (counts < 5)].all()
    for table, mask in ((counts, hidden), (counts.T, hidden.T)):
        for row, own in zip(table, mask, strict=True):
            assert row[own].sum() == 0 or row[own].sum() >= 5 or not (~own & (row > 0)).any()


def test_nothing_is_hidden_where_all_cells_are_large():
    assert not hidden_cells_of(np.full((3, 3), 5)).any()
    assert not hidden_cells_of(np.array([[0, 7], [9, 0]])).any()


def test_rates_within_intersections_take_thirty_samples_of_both_sets():
    counts = [[40, 29, 50], [30, 40, 50]]
    given = sides(counts, counts, labels=([[20, 10, 10]] * 2, [[10, 10, 10]] * 2))
    found = read("label_rate_gap", **given)
    assert part(found, **{"sex": "f", "race": "b", "class": "y"}).value == pytest.approx(-0.25)
    assert part(found, **{"sex": "f", "race": "o", "class": "y"}) is None
    assert part(found, **{"sex": "m", "race": "b", "class": "y"}).value == pytest.approx(10 / 30 - 20 / 30)


def test_an_intersection_is_missing_though_both_of_its_levels_are_there():
    real = [[40, 40, 50], [30, 20, 50]]
    found = read("missing_groups", **sides(real, [[0, 60, 60], [40, 20, 50]]))
    assert (found.value, found.details["missing"]) == (1.0, ["sex=f and race=b"])
    # Where a level is gone, so are its intersections: that is one fact.
    found = read("missing_groups", **sides(real, [[0, 0, 0], [40, 20, 50]]))
    assert found.details["missing"] == ["sex=f"]


def test_no_intersection_is_missing_by_chance():
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.full(6, 0.4), 60)
    alarms = 0
    for p in shares:
        first, second = (rng.multinomial(size, p).reshape(2, 3) for size in (300, 300))
        if all((first.sum(axis=a) > 0).all() and (second.sum(axis=a) > 0).all() for a in (0, 1)):
            alarms += len(read("missing_groups", **sides(first, second)).details["missing"])
    assert alarms == 0


def test_one_column_of_groups_has_no_intersections():
    codes = np.array([0, 1] * 20)
    given = {
        role: Side(np.zeros((40, 0)), groups={"g": codes}, group_levels={"g": ("a", "b")})
        for role in ("real", "synthetic")
    }
    found = read("representation_gap", **given)
    assert "intersections" not in found.details
    assert {len(item.where) for item in found.parts} == {1}
