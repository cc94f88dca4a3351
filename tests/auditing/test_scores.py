"""Scores of an audit: values beside yardsticks, excesses with the right sign, parts, and reasons for what is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest

import auditkit as ak
from auditkit.auditing.plan import judged_by_yardstick
from auditkit.auditing.views import MIN_SUPPORT
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UnknownNameError
from auditkit.metrics import registry
from auditkit.metrics.moments import Moments
from auditkit.metrics.registry import Reading, metric

WORSE = {"lower": 1.0, "higher": -1.0}
OF_UNITS = ("coherence", "transition_similarity", "step_similarity", "sequence_length_similarity")


def of_others():
    """Default metrics of other kinds of data than tables."""
    found = (registry.get(name) for name in registry.names())
    return {item.name for item in found if item.default and "tabular" not in item.modalities}


def whole(audit):
    return [score for score in audit.scores if not score.where]


def test_every_default_metric_has_a_score(audited):
    skipped = audited.about["skipped"]
    assert audited.scores.metrics == [
        name for name in registry.names() if registry.get(name).default and name not in skipped
    ]
    assert set(skipped) <= {*OF_UNITS, "verbatim_leak_share", *of_others()}
    assert {score.status for score in whole(audited)} == {"ok"}


def test_what_is_judged_by_fresh_real_data_has_a_yardstick_and_an_excess(audited):
    for score in whole(audited):
        if not judged_by_yardstick(score.metric):
            continue
        assert score.yardstick is not None, score.metric
        step = score.details["at_equal_size"] - score.yardstick
        expected = abs(step) if score.direction == "match" else WORSE[score.direction] * step
        assert score.excess.value == pytest.approx(expected, abs=1e-12), score.metric


def test_what_knows_its_own_null_is_judged_against_it(audited):
    copies, share = audited.scores["copy_excess"], audited.scores["holdout_share"]
    assert copies.excess.value == copies.value == pytest.approx(30 / 300)
    assert copies.details["spread"]["kind"] == "sign"
    assert share.references["chance"].value == pytest.approx(500 / 750)
    assert share.excess.value == pytest.approx((share.value - 500 / 750) * 0.5 / (250 / 750))
    missing = audited.scores["missing_groups"]
    assert (missing.value, missing.excess.value, missing.details["spread"]) == (0.0, 0.0, {"kind": "exact"})


def test_a_worse_set_has_a_positive_excess(audited):
    for name in ("frechet_distance", "coverage", "copy_excess", "duplicate_share", "classifier_two_sample"):
        score = audited.scores[name]
        assert score.excess.value > 0, name
        assert score.excess.low < score.excess.value <= score.excess.high, name


def test_fresh_real_data_in_the_synthetic_place_have_almost_no_excess(make_set):
    real, fresh, holdout = make_set(500, 11), make_set(300, 12), make_set(300, 13)
    scores = ak.audit(real=real, synthetic=fresh, holdout=holdout, seed=1).scores
    for name in ("precision", "coverage", "duplicate_share", "copy_excess", "holdout_share", "frechet_distance"):
        excess = scores[name].excess
        assert excess.low <= 0.02, name
        assert abs(excess.value) < 0.08, name


def test_values_limits_and_yardsticks_are_finite_and_within_bounds(audited):
    for score in audited.scores:
        estimates = [item for item in (score.estimate, *score.references.values()) if item is not None]
        for item in estimates:
            numbers = [number for number in (item.value, item.low, item.high) if number is not None]
            assert all(map(math.isfinite, numbers))
            assert numbers == [item.value] or item.low <= item.value <= item.high
            low, high = score.bounds
            assert low is None or min(numbers) >= low, (score.metric, score.where, item)
            assert high is None or max(numbers) <= high, (score.metric, score.where, item)
            assert (item.low is None) == (item.high is None)
            assert item.low is None or item.method


def test_limits_of_a_yardstick_moved_to_the_mean_of_subsamples_stay_within_bounds(make_set):
    for seed in range(2):
        sets = {"real": make_set(300, 1, bare=True), "synthetic": make_set(230, 2, bare=True)}
        audit = ak.audit(**sets, holdout=make_set(260, 3, bare=True), seed=seed, metrics=["recall", "frechet_distance"])
        yardsticks = [score.references["yardstick"] for score in audit.scores]
        assert yardsticks[0].high <= 1.0
        assert yardsticks[1].low >= 0.0


def test_a_score_without_a_value_says_why(audited, bare):
    for score in (*audited.scores, *bare.scores):
        assert (score.value is None) == (score.status in {"undefined", "insufficient", "error"})
        assert bool(score.reason) == (score.status != "ok")


def test_parts_are_reached_by_name(audited):
    women = audited.scores["coverage"].at(sex="Female")
    assert women.where == {"sex": "Female"}
    assert women.value != audited.scores["coverage"].value
    assert audited.scores["label_rate_gap"].at(**{"sex": "Female", "class": "yes"}).value is not None
    assert audited.scores["coverage"].at(**{"class": "no"}).status == "ok"
    with pytest.raises(UnknownNameError, match="unknown sex 'female'; did you mean 'Female'"):
        audited.scores["coverage"].at(sex="female")
    with pytest.raises(UnknownNameError, match="did you mean 'coverage'"):
        audited.scores["covrage"]


def test_a_group_below_support_is_insufficient_with_a_reason(audited):
    score = audited.scores["precision"].at(region="islands")
    assert (score.status, score.value) == ("insufficient", None)
    assert str(MIN_SUPPORT) in score.reason
    # Shares carry their own intervals, so they are told however small the group is.
    assert audited.scores["representation_gap"].at(region="islands").status == "ok"


def test_a_missing_group_is_named(sets):
    real = sets["real"]
    men = real.take(np.flatnonzero(real.group_values("sex") == "Male"))
    audit = ak.audit(real=real, synthetic=men, holdout=sets["holdout"], metrics=["missing_groups", "precision"])
    assert audit.scores["missing_groups"].details["missing"] == ["sex=Female"]
    assert audit.scores["missing_groups"].excess.value == 1.0
    assert audit.scores["precision"].at(sex="Female").status == "insufficient"
    assert audit.scores["precision"].at(sex="Male").status == "ok"


def test_the_table_of_scores_has_a_row_for_each(audited):
    frame = audited.scores.frame()
    assert len(frame) == len(audited.scores)
    row = frame[(frame["metric"] == "coverage") & (frame["where"] == "sex=Female")].iloc[0]
    score = audited.scores["coverage"].at(sex="Female")
    assert (row["value"], row["yardstick"], row["excess"]) == (score.value, score.yardstick, score.excess.value)


def test_the_table_of_groups_is_a_pivot_of_the_scores(audited):
    groups = audited.groups
    assert list(groups.index[:5]) == ["sex=Female", "sex=Male", "region=islands", "region=north", "region=south"]
    assert groups.loc["sex=Male", "coverage"] == audited.scores["coverage"].at(sex="Male").value
    assert math.isnan(groups.loc["region=islands", "coverage"])
    assert not {"mode_coverage", "missing_groups"}.intersection(groups)
    assert (
        groups.loc["sex=Male", "classifier_two_sample"] == audited.scores["classifier_two_sample"].at(sex="Male").value
    )


def test_without_label_groups_and_holdout_the_audit_says_what_is_lost(bare):
    assert set(bare.about["skipped"]) == {
        "mode_coverage",
        "missing_classes",
        "label_rate_gap",
        "missing_groups",
        "representation_gap",
        "bias_amplification",
        "differential_fairness_amplification",
        "joint_drift",
        *OF_UNITS,
        *of_others(),
    }
    assert bare.about["skipped"]["mode_coverage"] == "no label was declared"
    for word in ("holdout", "label", "groups"):
        assert any(f"No {word}" in note and note.endswith(".") for note in bare.about["notes"])
    for name in ("copy_excess", "holdout_share"):
        assert bare.scores[name].status == "insufficient"
        assert "holdout" in bare.scores[name].reason
    # Fidelity is judged against two halves of the real data.
    assert bare.scores["coverage"].yardstick is not None
    assert bare.scores["coverage"].excess.n[0] == 150
    assert bare.groups.empty


@pytest.mark.parametrize("roles", [{"label": "good"}, {"groups": ["sex"]}], ids=["label only", "groups only"])
def test_label_and_groups_each_work_alone(make_set, roles):
    real, synthetic = (make_set(n, seed, bare=True).with_roles(**roles) for n, seed in ((300, 6), (200, 7)))
    audit = ak.audit(real=real, synthetic=synthetic, metrics=["precision", "mode_coverage", "representation_gap"])
    parts = {tuple(score.where) for score in audit.scores.parts("precision")}
    assert parts == ({("class",)} if "label" in roles else {("sex",)})
    assert set(audit.about["skipped"]) == ({"representation_gap"} if "label" in roles else {"mode_coverage"})


def test_sizes_are_matched_before_comparing(sets):
    names = ["precision", "frechet_distance"]
    matched = ak.audit(**sets, metrics=names)
    full = ak.audit(**sets, metrics=names, sizes="full")
    for name in names:
        assert matched.scores[name].references["yardstick"].n == (500, 250)
        assert matched.scores[name].excess.n == (500, 250)
        assert full.scores[name].excess.n == (500, 300)
        assert matched.scores[name].value == full.scores[name].value
        assert matched.scores[name].estimate.n == (500, 300)


def test_a_larger_holdout_is_cut_to_the_synthetic_set(make_set):
    audit = ak.audit(real=make_set(200, 1), synthetic=make_set(90, 2), holdout=make_set(150, 3), metrics=["coverage"])
    score = audit.scores["coverage"]
    assert score.excess.n == score.references["yardstick"].n == (200, 90)


def test_a_value_without_comparison_is_degraded_and_says_why(make_set):
    real, synthetic, holdout = make_set(200, 1, bare=True), make_set(90, 2, bare=True), make_set(4, 3, bare=True)
    score = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=["coverage"]).scores["coverage"]
    assert (score.status, score.excess) == ("degraded", None)
    assert score.value is not None
    assert "no comparison with fresh real data" in score.reason
    assert "4 rows" in score.reason
    score = ak.audit(real=holdout, synthetic=synthetic, metrics=["duplicate_share"]).scores["duplicate_share"]
    assert (score.status, score.value) == ("degraded", 0.0)
    assert "too few real units" in score.reason


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_tiny_synthetic_set_is_audited_and_said_to_be_tiny(make_set, n):
    audit = ak.audit(real=make_set(120, 1), synthetic=make_set(n, 2), holdout=make_set(60, 3))
    assert audit.scores["precision"].status == "insufficient"
    assert "`synthetic`" in audit.scores["precision"].reason
    assert audit.scores["classifier_two_sample"].status in {"undefined", "ok"}
    assert audit.scores["duplicate_share"].value == 0.0
    assert len(audit.samples) == n
    assert any(f"only {n} unit" in note for note in audit.about["notes"])


@pytest.mark.parametrize("n", [1, 2, 8])
def test_a_tiny_real_set_is_audited(make_set, n):
    audit = ak.audit(real=make_set(n, 1), synthetic=make_set(40, 2), holdout=make_set(40, 3))
    assert {score.status for score in audit.scores} <= {"ok", "degraded", "undefined", "insufficient"}
    assert all(score.reason for score in audit.scores if score.value is None)


@pytest.fixture
def broken():
    """A metric that raises, and one whose product does; both are gone afterwards."""

    def _raises(*, k: int = 1) -> Reading:
        message = f"canary {k}"
        raise RuntimeError(message)

    def _refuses(real_moments: Moments) -> Reading:
        message = f"it will not take {real_moments.n} rows."
        raise AuditkitError(message)

    def always_failing(*, k=1):
        return _raises(k=k)

    def always_refusing():
        return 0.0

    _refuses.__annotations__ = {"real_moments": Moments, "return": Reading}
    for function, reads in ((always_failing, _raises), (always_refusing, _refuses)):
        metric(
            reads=reads, family="realism", direction="lower", bounds=(0.0, None), source="", meaning="", advice="",
            default=False,
        )(function)  # fmt: skip
    yield ["always_failing", "always_refusing"]
    for name in ("always_failing", "always_refusing"):
        del registry._METRICS[name]


def test_a_metric_that_fails_is_a_score_with_a_reason_and_the_audit_lives(sets, broken, caplog):
    with caplog.at_level("DEBUG", logger="auditkit"):
        audit = ak.audit(**sets, metrics=[*broken, "precision"])
    # Whoever asks for it sees the whole of it, on their own screen.
    assert "RuntimeError: canary 1" in caplog.text
    failed, refused = (audit.scores[name] for name in broken)
    assert (failed.status, failed.value, failed.excess) == ("error", None, None)
    assert "RuntimeError" in failed.reason
    # What a foreign error says can hold values of real records.
    assert "canary" not in failed.reason
    assert (refused.status, refused.reason) == ("undefined", "it will not take 500 rows.")
    assert audit.scores["precision"].status == "ok"
    assert audit.scores["precision"].at(sex="Male").status == "ok"


def test_metrics_can_be_chosen(sets):
    audit = ak.audit(**sets, metrics="recall")
    assert audit.scores.metrics == ["recall"]
    with pytest.raises(UnknownNameError, match="did you mean 'recall'"):
        ak.audit(**sets, metrics=["recal"])


def test_groups_can_be_chosen(sets):
    audit = ak.audit(**sets, metrics=["precision"], groups=["work"])
    assert {name for score in audit.scores.parts("precision") for name in score.where} == {"work", "class"}
    assert audit.about["groups"] == ["work"]
    with pytest.raises(UnknownNameError, match="did you mean 'sex'"):
        ak.audit(**sets, groups=["sexx"])


def test_a_contaminated_holdout_is_told(sets):
    real, holdout = sets["real"], sets["holdout"]
    mixed = holdout.take(np.arange(150)).concat(real.take(np.arange(100)))
    audit = ak.audit(real=real, synthetic=sets["synthetic"], holdout=mixed, metrics=["copy_excess"])
    told = audit.about["facts"]["contaminated_holdout"]
    assert told.startswith("100 of 250 holdout units")
    assert "contaminated" in told


def test_natural_repeats_do_not_count_as_contamination(make_set):
    frames = [make_set(n, seed).table[["work", "sex", "good"]] for n, seed in ((400, 1), (200, 2), (200, 3))]
    real, synthetic, holdout = (ak.load(frame, label="good", groups=["sex"]) for frame in frames)
    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=["copy_excess", "holdout_share"])
    assert audit.about["facts"] == {}
    assert abs(audit.scores["copy_excess"].value) < 0.02
    excess = audit.scores["holdout_share"].excess
    assert excess.low < 0 < excess.high


def test_bad_sets_are_refused_in_a_sentence(sets):
    with pytest.raises(DataError, match="`synthetic` must be a Dataset, got DataFrame"):
        ak.audit(real=sets["real"], synthetic=sets["synthetic"].table)
    with pytest.raises(SampleSizeError, match=r"the synthetic set \(synthetic\.csv\) is empty"):
        ak.audit(real=sets["real"], synthetic=sets["synthetic"].take(np.array([], int)))
    other = sets["synthetic"].table.drop(columns="work")
    with pytest.raises(DataError, match="lacks 'work'"):
        ak.audit(real=sets["real"], synthetic=ak.load(other, label="good"))
