"""Views and plan: who plays which role, at which size, and what is not asked at all."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import auditkit as ak
from auditkit.auditing.measure import Failure, measure
from auditkit.auditing.plan import Plan, make_plan
from auditkit.auditing.run import plan_audit
from auditkit.auditing.views import (
    BLOCKS,
    FEWEST_ROWS,
    KEPT,
    MAX_PARTS,
    MIN_SUPPORT,
    MOST_ROWS,
    SUBSAMPLES,
    part_count,
    views_of,
)
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.metrics import registry
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.neighbours import Neighbours
from auditkit.metrics.products import Side


def sides(seed=0, *, groups=None, levels=("a", "b", "rare"), **sizes):
    rng = np.random.default_rng(seed)
    made = {}
    for role, n in sizes.items():
        codes = np.minimum(rng.integers(0, 100, n) // 45, 2) if groups is None else rng.integers(0, groups, n)
        made[role] = Side(
            rng.normal(size=(n, 3)), records=rng.integers(0, 10**6, n), groups={"g": codes}, group_levels={"g": levels}
        )
    return made


def rows(view, role):
    return set(view.rows[role].index.tolist())


def test_the_whole_set_comes_first_and_is_complete():
    whole = views_of(sides(real=300, synthetic=200, holdout=100), seed=0)[0]
    assert whole.where == {}
    assert whole.support == {"real": 300, "synthetic": 200, "holdout": 100}
    assert all(item.index is None for item in whole.full.rows.values())


def test_the_larger_set_is_drawn_down_to_the_smaller_one():
    whole = views_of(sides(real=300, synthetic=200, holdout=120), seed=0)[0]
    assert len(whole.matched) == SUBSAMPLES
    assert {len(rows(view, "synthetic")) for view in whole.matched} == {120}
    assert len({frozenset(rows(view, "synthetic")) for view in whole.matched}) == SUBSAMPLES
    (yardstick,) = whole.yardstick
    assert yardstick.rows["synthetic"].source == "holdout"
    assert {view.rows["real"].key for view in (*whole.matched, yardstick)} == {("real", "all")}


def test_a_larger_holdout_is_drawn_down_too():
    whole = views_of(sides(real=300, synthetic=100, holdout=160), seed=0)[0]
    assert len(whole.matched) == 1
    assert {len(rows(view, "synthetic")) for view in whole.yardstick} == {100}


def test_sizes_may_be_left_as_they_are():
    whole = views_of(sides(real=300, synthetic=200, holdout=120), seed=0, matched=False)[0]
    assert [view.rows["synthetic"].key for view in whole.matched] == [("synthetic", "all")]
    assert [view.rows["synthetic"].key for view in whole.yardstick] == [("holdout", "all")]


def test_without_a_holdout_two_halves_of_the_real_rows_are_compared():
    whole = views_of(sides(real=301, synthetic=200), seed=0)[0]
    seen, fresh = rows(whole.matched[0], "real"), rows(whole.yardstick[0], "synthetic")
    assert whole.yardstick[0].rows["synthetic"].source == "real"
    assert not seen & fresh
    assert (len(seen), len(fresh)) == (151, 150)
    assert rows(whole.yardstick[0], "real") == seen


def test_a_quarter_of_both_sets_is_left_out_for_each_interval():
    whole = views_of(sides(real=400, synthetic=200, holdout=170), seed=0)[0]
    for blocks, n in ((whole.blocks, 200), (whole.matched_blocks, 170), (whole.yardstick_blocks, 170)):
        assert len(blocks.views) == len({frozenset(rows(view, "synthetic")) for view in blocks.views}) == BLOCKS
        assert {len(rows(view, "real")) for view in blocks.views} == {300}
        assert {len(rows(view, "synthetic")) for view in blocks.views} == {round(KEPT * n)}
        assert blocks.scale == pytest.approx(3.0)
    assert all(rows(view, "synthetic") < rows(whole.matched[0], "synthetic") for view in whole.matched_blocks.views)


def test_the_full_set_and_the_matched_one_share_what_is_left_where_they_are_the_same():
    whole = views_of(sides(real=300, synthetic=100, holdout=160), seed=0)[0]
    assert whole.matched_blocks is whole.blocks
    given = sides(real=300, synthetic=100, holdout=160)
    tasks = make_plan(views_of(given, seed=0)[:1], given, metrics=["coverage"]).tasks
    assert [task.purpose for task in tasks].count("block") == BLOCKS
    assert "matched block" not in {task.purpose for task in tasks}


def test_blocks_of_large_sets_are_cut_and_their_spread_scaled_back():
    whole = views_of(sides(real=8000, synthetic=4000, holdout=4000), seed=0)[0]
    assert {len(rows(view, "real")) for view in whole.blocks.views} == {int(KEPT * MOST_ROWS)}
    assert {len(rows(view, "synthetic")) for view in whole.blocks.views} == {int(KEPT * MOST_ROWS / 2)}
    assert whole.blocks.scale == pytest.approx(3.0 * MOST_ROWS / 8000)
    unequal = views_of(sides(real=8000, synthetic=300, holdout=300), seed=0)[0]
    assert {len(rows(view, "synthetic")) for view in unequal.blocks.views} == {round(KEPT * FEWEST_ROWS)}


def test_sets_below_support_leave_nothing_out():
    whole = views_of(sides(real=400, synthetic=20, holdout=100), seed=0)[0]
    assert whole.blocks.views == whole.yardstick_blocks.views == ()


def test_a_part_below_support_has_no_views_but_its_numbers():
    parts = {part.name: part for part in views_of(sides(real=300, synthetic=200, holdout=100), seed=0)}
    assert set(parts) == {"whole", "g=a", "g=b", "g=rare"}
    rare = parts["g=rare"]
    assert min(rare.support.values()) < MIN_SUPPORT
    assert (rare.full, rare.matched, rare.yardstick) == (None, (), ())


def test_the_views_of_a_part_hold_its_rows_only():
    given = sides(real=300, synthetic=200, holdout=150)
    part = next(part for part in views_of(given, seed=0) if part.where == {"g": "b"})
    for view in (part.full, *part.matched, *part.yardstick):
        for item in view.rows.values():
            assert set(given[item.source].groups["g"][item.index]) == {1}


def test_parts_are_cut_at_a_number_that_is_told():
    given = sides(real=900, synthetic=900, groups=60, levels=tuple(f"l{number:02d}" for number in range(60)))
    assert part_count(given) == 60
    assert len(views_of(given, seed=0)) == MAX_PARTS + 1


def test_another_seed_draws_other_rows():
    first, again, other = (views_of(sides(real=300, synthetic=200, holdout=120), seed=seed)[0] for seed in (1, 1, 2))
    assert [view.keys for view in first.matched] == [view.keys for view in again.matched]
    assert [view.keys for view in first.matched] != [view.keys for view in other.matched]


def test_the_plan_knows_what_is_not_asked_and_what_lacks_evidence():
    given = sides(real=300, synthetic=200)
    plan = make_plan(views_of(given, seed=0), given, metrics=["coverage", "mode_coverage", "holdout_share"])
    assert plan.skipped == {"mode_coverage": "no label was declared"}
    assert list(plan.lacking) == ["holdout_share"]
    assert plan.metrics == ("coverage", "holdout_share")
    assert {name for task in plan.tasks for name in task.metrics} == {"coverage"}
    assert plan.parameters["coverage"] == {"k": 5, "ties": "half"}


def test_a_metric_for_other_data_is_not_asked(monkeypatch):
    only_images = replace(registry.get("coverage"), modalities=("image",))
    monkeypatch.setitem(registry._METRICS, "coverage", only_images)
    given = sides(real=300, synthetic=200)
    plan = make_plan(views_of(given, seed=0), given, metrics=["coverage", "recall"], modality="tabular")
    assert plan.skipped == {"coverage": "it is for image data"}
    assert plan.metrics == ("recall",)
    assert "coverage" in make_plan(views_of(given, seed=0), given, metrics=["coverage"], modality="image").metrics


def test_a_detection_metric_that_trains_nothing_is_read_in_every_block():
    given = sides(real=400, synthetic=300, holdout=300)
    names = ["nearest_neighbour_accuracy", "classifier_two_sample"]
    plan = make_plan(views_of(given, seed=0), given, metrics=names)
    blocks = [task.metrics for task in plan.tasks if task.part == 0 and task.purpose == "block"]
    assert blocks == [("nearest_neighbour_accuracy",)] * BLOCKS


def test_audits_count_ties_one_half_unless_the_name_says_otherwise():
    given = sides(real=100, synthetic=100, holdout=100)
    names = ["improved_precision", "improved_precision[ties=inclusive]", "improved_precision[k=4]"]
    plan = make_plan(views_of(given, seed=0), given, metrics=names)
    assert [(asked["k"], asked["ties"]) for asked in plan.parameters.values()] == [
        (3, "half"),
        (3, "inclusive"),
        (4, "half"),
    ]


def test_the_plan_is_a_table_of_views_and_costs(sets):
    lines = str(plan_audit(**sets)).splitlines()
    assert lines[0].split() == ["view", "views", "metrics", "operations"]
    views = ("full", "matched", "block", "yardstick")
    costs = [float(line.split()[-1]) for line in lines[1:] if line.startswith(views)]
    assert costs == sorted(costs, reverse=True)
    assert any(line.startswith("full ") for line in lines)
    alone = str(plan_audit(real=sets["real"], synthetic=sets["synthetic"]))
    assert "lacks evidence: copy_excess" in alone
    assert re.search(r"^not asked here: \d+ metrics that are for other kinds of data$", alone, re.MULTILINE)
    assert "it is for image data" not in alone
    assert "Comparing rows takes seconds" in alone


def test_a_plan_says_how_long_many_rows_take():
    plan = Plan((), {}, {}, {}, {"full": 1e10, "matched": 5.65e12})
    assert str(plan).splitlines()[1].split()[0] == "matched"  # the costly first
    assert "about 5 minutes of one core" in str(plan)
    assert "about 30 seconds" in Plan((), {}, {}, {}, {"full": 6e11}).estimate


def test_progress_is_told_from_nothing_to_all_done():
    given = sides(real=200, synthetic=150, holdout=150)
    plan = make_plan(views_of(given, seed=0), given, metrics=["duplicate_share"])
    told = []
    readings = measure(plan, given, seed=0, progress=lambda *step: told.append(step))
    assert [step[0] for step in told] == list(range(len(plan.tasks) + 1))
    assert {step[1] for step in told} == {len(plan.tasks)}
    assert told[0][2] == "full"
    assert readings.one(0, "full", "duplicate_share").n == (150, 150)
    assert readings.one(0, "full", "recall") is None


def test_too_few_rows_are_a_failure_that_says_so():
    given = sides(real=200, synthetic=3, holdout=150)
    plan = make_plan(views_of(given, seed=0), given, metrics=["coverage"])
    found = measure(plan, given, seed=0).one(0, "full", "coverage")
    assert isinstance(found, Failure)
    assert found.status == "insufficient"
    assert "3 rows" in found.reason


def test_more_neighbours_than_rows_cost_the_others_nothing():
    given = sides(real=200, synthetic=150, holdout=150)
    plan = make_plan(views_of(given, seed=0), given, metrics=["coverage[k=170]", "coverage", "rarity[k=40]"])
    kept = []
    found = measure(plan, given, seed=0, keep=kept.append)
    refused = found.one(0, "full", "coverage[k=170]")
    assert refused.status == "insufficient"
    assert "got k=170 and 150 rows in `synthetic`" in refused.reason
    assert kept[0].parameters(Neighbours) == {"k": 40}
    assert kept[0].parameters(Crossing) == {"k": (5, 40)}
    assert found.one(0, "full", "coverage").value > 0
    assert found.one(0, "full", "rarity[k=40]").value > 0


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True])
def test_a_seed_that_is_none_is_refused(sets, seed):
    with pytest.raises(AuditkitError, match="`seed` must be a whole number from 0 on"):
        ak.audit(**sets, seed=seed)


def test_an_unknown_way_to_compare_sizes_is_refused(sets):
    with pytest.raises(UnknownNameError, match="did you mean 'matched'"):
        ak.audit(**sets, sizes="mtached")
