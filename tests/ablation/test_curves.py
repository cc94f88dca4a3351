"""Learning curves over the amount of synthetic data, the trade with gaps between groups, names, and cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditkit.ablation import Ablation, ablate
from auditkit.config import CheckConfig, GateRule
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError
from auditkit.gates import judge
from auditkit.store import read_json, write_json

MakeSet = Callable[..., Dataset]


@pytest.fixture(scope="module")
def found(make_set: MakeSet) -> Ablation:
    return ablate(
        real=make_set(60),
        test=make_set(150, seed=1),
        arms={"all": make_set(300, seed=2)},
        repeats=3,
        models=("logistic",),
        measures=("accuracy", "auroc"),
        curve=(1, 0, 0.1, 0.5),
        mitigations=("reweighing",),
        include=["synthetic", "real+synthetic"],
    )


def test_a_curve_runs_from_the_real_arm_to_the_joined_one(found: Ablation) -> None:
    curve, frame = found.curve(), found.frame()
    points = curve[curve["measure"] == "auroc"]
    assert points["amount"].tolist() == [0.0, 0.1, 0.5, 1.0]
    assert points["n_synthetic"].tolist() == [0, 24, 120, 240]
    ends = [frame.query("arm == @arm and measure == 'auroc'")["value"].item() for arm in ("real", "real+synthetic")]
    assert [points["value"].iloc[0], points["value"].iloc[-1]] == ends
    assert points["difference"].iloc[0] == 0.0
    assert points["difference"].iloc[-1] == pytest.approx(ends[1] - ends[0])


def test_points_of_a_curve_are_no_arms(found: Ablation) -> None:
    assert not [name for name in found.about["arms"] if "amount" in name]
    assert {item.arm for item in found.verdicts} == {
        "synthetic",
        "real+synthetic",
        "real[mitigation=reweighing]",
        "real+synthetic[mitigation=reweighing]",
    }


def test_without_amounts_there_is_no_curve(make_set: MakeSet) -> None:
    plain = ablate(real=make_set(), test=make_set(60, seed=1), arms={}, repeats=2, models=("logistic",))
    assert plain.curve().empty
    assert "amount" in plain.curve().columns


def test_frames_name_the_ways_to_train_and_test(found: Ablation) -> None:
    frame = found.frame().set_index(["arm", "measure"])["protocol"]
    assert frame["real", "accuracy"] == "TRTR"
    assert frame["synthetic", "accuracy"] == "TSTR (CAS)"
    assert frame["synthetic", "auroc"] == "TSTR"
    assert frame["real+synthetic", "auroc"] == "augmented"


def test_gaps_between_groups_are_compared_with_the_real_arm_like_any_measure(found: Ablation) -> None:
    trade = found.trade()
    assert set(trade["group"]) == {"sex"}
    assert {"demographic_parity_difference", "equalized_odds_difference"} <= set(trade["gap"])
    where = {"measure": "demographic_parity_difference", "group": "sex"}
    real, other = (
        found.scores.get("ablation_score", {"arm": arm, **where}) for arm in ("real", "real[mitigation=reweighing]")
    )
    difference = found.scores.get("ablation_difference", {"arm": "real[mitigation=reweighing]", **where})
    assert difference.value == pytest.approx(other.value - real.value)
    assert difference.direction == "lower"
    row = trade.query("arm == 'real[mitigation=reweighing]' and gap == 'demographic_parity_difference'").iloc[0]
    assert row["difference"] == difference.value
    assert row["measure"] == "accuracy"
    assert (
        row["measure_value"]
        == found.scores.get("ablation_score", {"arm": "real[mitigation=reweighing]", "measure": "accuracy"}).value
    )


def test_mitigation_needs_groups(make_set: MakeSet) -> None:
    plain = Dataset.of_table(make_set().frame, label="y")
    with pytest.raises(DataError, match="mitigation needs groups"):
        ablate(real=plain, test=make_set(60, seed=1), arms={}, mitigations=("reweighing",))


def test_the_margin_is_the_users(make_set: MakeSet) -> None:
    sets = {"real": make_set(), "test": make_set(120, seed=1), "arms": {"all": make_set(seed=2)}}
    wide = ablate(**sets, repeats=3, models=("logistic",), margin=0.5)
    assert {item.word for item in wide.verdicts} == {"no difference"}
    assert "beyond 0.5" in wide.verdicts[0].sentence
    with pytest.raises(AuditkitError, match="the margin of no difference"):
        ablate(**sets, margin=0)


def test_cost_is_kept_beside_the_results(found: Ablation, tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"seconds": 1.0, "ablation": {"old": True}})
    found.save(tmp_path)
    record = read_json(tmp_path / "run.json")
    assert record["seconds"] == 1.0
    assert record["ablation"]["arms"]["real (logistic)"]["fits"] == 3
    assert record["ablation"]["arms"]["real (logistic)"]["seconds"] > 0
    assert "seconds" not in (tmp_path / "ablation.json").read_text()


def test_filters_of_warnings_stay_whole(make_set: MakeSet) -> None:
    import warnings

    before = list(warnings.filters)
    ablate(real=make_set(60), test=make_set(60, seed=1), arms={"all": make_set(60, seed=2)}, repeats=2)
    assert warnings.filters == before


def _judged(found: Ablation, **rule: object):
    asked = GateRule.model_validate({"id": "g", "min_support": 0, **rule})
    return judge(found.scores, [asked], check=CheckConfig()).results


def test_gates_judge_gaps_of_arms_as_they_judge_measures(found: Ablation) -> None:
    where = {"arm": "real+synthetic", "measure": "equalized_odds_difference"}
    (result,) = _judged(found, metric="ablation_difference", where=where, max_excess=0.9)
    assert result.verdict == "pass"
    assert result.where == {**where, "group": "sex"}
    assert "equalized odds difference between the groups of 'sex' than one trained" in result.sentence
    (failed,) = _judged(found, metric="ablation_difference", where=where, max_excess=-0.9)
    assert failed.verdict == "fail"


def test_a_gate_on_an_arm_does_not_judge_its_gaps_groups_and_other_tests(found: Ablation) -> None:
    results = _judged(found, metric="ablation_difference", where={"arm": "synthetic"}, max_excess=0.5)
    assert [item.where for item in results] == [{"arm": "synthetic", "measure": m} for m in ("accuracy", "auroc")]


def test_gates_judge_the_gap_to_what_was_trained_on(found: Ablation) -> None:
    where = {"arm": "real", "measure": "accuracy"}
    (result,) = _judged(found, metric="ablation_train_gap", where=where, max=0.9)
    assert result.verdict == "pass"
    assert "on the records that it was trained on" in result.sentence
