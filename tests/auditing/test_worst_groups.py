"""The worst of several groups beside what chance alone gives: calibrated on groups that are alike."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.auditing.worst_groups import worst_fact, worst_groups
from auditkit.parts import part_name
from auditkit.results import Estimate, Score, Scores


def score(group: str, excess: float, error: float, **given) -> Score:
    options = {"metric": "coverage", "direction": "higher", "target": None, "unit": "share"} | given
    yardstick = Estimate(0.9, None, None, "", (1, 1))
    return Score(
        where={"team": group},
        estimate=Estimate(0.9 - excess, None, None, "", (1, 1)),
        references={"yardstick": yardstick},
        excess=Estimate(abs(excess) if options["direction"] == "match" else excess, None, None, "t", (1, 1)),
        bounds=(0.0, 1.0),
        status="ok",
        reason="",
        embedder="",
        parameters={},
        n_dropped=0,
        seed=0,
        details={"spread": {"kind": "t", "se": error, "df": 14}, "at_equal_size": 0.9 - excess},
        **options,
    )


def alike(rng: np.random.Generator, errors: np.ndarray, middle: float, **given) -> list[Score]:
    return [
        score(str(place), middle + error * rng.standard_t(14), error, **given) for place, error in enumerate(errors)
    ]


@pytest.mark.parametrize("direction", ["higher", "match"])
def test_alike_groups_rarely_have_a_worst_that_stands_out_and_it_is_as_bad_as_expected(direction):
    rng = np.random.default_rng(0)
    errors = np.array([0.01, 0.02, 0.03, 0.05, 0.08])
    found = [worst_groups(alike(rng, errors, 0.1, direction=direction), ["team"])[0] for _ in range(300)]
    assert np.mean([item.p <= 0.05 for item in found]) <= 0.08
    assert np.mean([item.p <= 0.5 for item in found]) >= 0.3
    assert np.mean([item.excess for item in found]) == pytest.approx(
        np.mean([item.by_chance for item in found]), abs=0.005
    )


def test_one_bad_group_stands_out_and_chance_has_a_small_share_of_it():
    scores = [score("a", 0.01, 0.01), score("b", 0.02, 0.01), score("c", 0.30, 0.02)]
    (item,) = worst_groups(scores, ["team"])
    assert (item.metric, item.group, item.n_groups) == ("coverage", "team=c", 3)
    assert item.excess == pytest.approx(0.3)
    assert item.chance_share == pytest.approx(item.by_chance / 0.3)
    assert item.p_adjusted < 1e-4
    told = worst_fact(Scores.of(scores), ["team"])["worst_groups"]
    assert told.startswith("coverage is worst for team=c, worse than for fresh real records by 30.0 percentage points")
    assert "of 3 groups that are alike" in told


def test_a_small_group_that_is_worst_by_chance_is_named_with_its_p_and_makes_no_finding():
    scores = [score("large", 0.02, 0.005), score("larger", 0.02, 0.005), score("small", 0.12, 0.08)]
    (item,) = worst_groups(scores, ["team"])
    assert item.group == "team=small"
    assert item.p > 0.05
    assert item.chance_share > 0.4
    assert worst_fact(Scores.of(scores), ["team"]) == {}


def test_gaps_are_held_against_none_and_may_point_either_way():
    scores = [score(name, step, 0.01, direction="match", target=0.0) for name, step in (("a", 0.1), ("b", -0.2))]
    (item,) = worst_groups(scores, ["team"])
    assert (item.group, item.excess) == ("team=b", pytest.approx(0.2))
    assert item.by_chance == pytest.approx(0.0122, abs=0.002)  # the larger of two |t| with 14 degrees of freedom


def test_one_group_groups_without_an_error_and_other_parts_are_left_out():
    assert worst_groups([score("a", 0.1, 0.01)], ["team"]) == ()
    assert worst_groups([score("a", 0.1, 0.01), score("b", 0.2, 0.01)], ["sex"]) == ()
    assert worst_groups([score("a", 0.1, 0.0), score("b", 0.2, 0.01)], ["team"]) == ()
    assert worst_groups([], ["team"]) == ()


def test_an_audit_has_a_row_per_score_that_was_read_in_groups(audited):
    table = audited.worst_groups.set_index("metric")
    assert {"coverage", "precision", "classifier_two_sample", "copy_excess"} <= set(table.index)
    row = table.loc["coverage"]
    parts = [item for item in audited.scores.parts("coverage") if item.excess and not {"class"} & item.where.keys()]
    assert row["excess"] == max(item.excess.value for item in parts)
    assert row["group"] == part_name(max(parts, key=lambda item: item.excess.value).where)
    assert row["n_groups"] == len(parts)
    assert (table["p_adjusted"] >= table["p"]).all()
    assert table["chance_share"].between(0, 1).all()
