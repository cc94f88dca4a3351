"""An audit that knows its baseline compares at the baseline's sizes."""

from __future__ import annotations

import pytest

import auditkit as ak
from auditkit.auditing.run import plan_audit
from auditkit.errors import ConfigError
from auditkit.gates.baseline import Baseline
from auditkit.gates.baseline_file import write_baseline

METRICS = ("coverage", "precision", "label_rate_gap", "representation_gap", "copy_excess", "duplicate_share")


@pytest.fixture(scope="module")
def parts(make_set):
    return {"real": make_set(300, 1), "holdout": make_set(120, 2), "metrics": METRICS}


@pytest.fixture(scope="module")
def of_80(parts, make_set):
    """Audit of few samples without a baseline."""
    return ak.audit(**parts, exhibits=False, synthetic=make_set(80, 3))


@pytest.fixture(scope="module")
def small(of_80):
    return Baseline.of(of_80.scores, of_80.about, reason="the first", date="2026-01-31")


@pytest.fixture(scope="module")
def larger(parts, make_set, small):
    """A larger synthetic set, audited without and with the baseline."""
    synthetic = make_set(200, 4)
    return ak.audit(**parts, exhibits=False, synthetic=synthetic), ak.audit(
        **parts, exhibits=False, synthetic=synthetic, baseline=small
    )


def refused(audit, baseline):
    beside = baseline.beside(audit.scores, audit.about)
    return {score.metric for score in beside if not score.where and "baseline_refused" in score.details}


def test_without_it_what_depends_on_size_is_refused(larger, small):
    assert refused(larger[0], small) == {"coverage", "label_rate_gap", "representation_gap", "duplicate_share"}


def test_with_it_nothing_is(larger, small):
    assert refused(larger[1], small) == set()
    beside = small.beside(larger[1].scores, larger[1].about)
    for score in beside:
        if not score.where:
            assert score.references["baseline"].n[1] in (80, 200), score.metric
    assert beside["coverage"].compared.n == (300, 80)
    assert beside["label_rate_gap"].compared.n[1] == 80


def test_values_of_the_whole_sets_do_not_change(larger):
    plain, brought = larger
    assert [score.estimate for score in plain.scores] == [score.estimate for score in brought.scores]
    assert plain.samples.equals(brought.samples)


def test_it_says_so(larger):
    plain, brought = larger
    said = [note for note in brought.about["notes"] if "the baseline's size" in note]
    assert len(said) == 2
    assert not any("baseline" in note for note in plain.about["notes"])


def test_a_baseline_of_larger_sets_changes_nothing(larger, parts, of_80, make_set):
    kept = Baseline.of(larger[0].scores, larger[0].about, reason="large", date="2026-01-31")
    assert ak.audit(**parts, exhibits=False, synthetic=make_set(80, 3), baseline=kept).to_json() == of_80.to_json()


def test_the_same_audit_against_its_own_baseline_is_the_same_audit(parts, make_set, small):
    again = ak.audit(**parts, exhibits=False, synthetic=make_set(80, 3), baseline=small)
    beside = small.beside(again.scores, again.about)
    values = {score.key: score.references["baseline"] for score in beside if score.compared is not None}
    assert values == {score.key: score.compared for score in again.scores if score.compared is not None}


def test_a_file_will_do_and_one_that_is_not_there_yet_too(tmp_path, parts, make_set, small):
    write_baseline(tmp_path / "b.json", small)
    synthetic = make_set(200, 4)
    plans = [
        str(plan_audit(**parts, synthetic=synthetic, baseline=place))
        for place in (tmp_path / "b.json", small, tmp_path / "absent.json", None)
    ]
    assert plans[0] == plans[1]
    assert plans[2] == plans[3]
    assert "at baseline" in plans[0]
    assert "at baseline" not in plans[3]


def test_unequal_sizes_and_a_baseline_exclude_each_other(parts, make_set, small):
    with pytest.raises(ConfigError, match='sizes = "full" keeps an audit from its baseline'):
        ak.audit(**parts, exhibits=False, synthetic=make_set(80, 3), baseline=small, sizes="full")


def test_the_check_reads_the_baseline_of_the_config(tmp_path, larger, small):
    gate = '[[gate]]\nid = "holds"\nmetric = "coverage"\nmax_drop = 0.5\ndecide = "point"\n'
    config = tmp_path / "auditkit.toml"
    config.write_text(f'extends = "none"\nbaseline = "b.json"\n{gate}', encoding="utf-8")
    first = larger[1].check(config)
    assert (first.exit_code, first.results[0].awaits_baseline) == (0, True)
    assert any("There is no baseline 'b.json' yet" in note for note in first.notes)
    write_baseline(tmp_path / "b.json", small)
    second = larger[1].check(config)
    assert (second.exit_code, second.results[0].awaits_baseline) == (0, False)
    assert larger[0].check(config).exit_code == 3
    assert larger[0].check(config, baseline=small).exit_code == 3
