"""Filtering: what is kept, every reason told, and nobody deleted in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditkit.auditing.run import audit as audited
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UnknownNameError
from auditkit.filtering import filter as keep
from auditkit.results import Estimate, Score, Scores
from auditkit.store import read_json, read_table


def _planted(audit: Any) -> None:
    samples = audit.samples
    samples.loc[3, "copy"] = True
    samples.loc[5, "violations"] = "age: above the real range"
    samples.loc[[7, 8, 9], "duplicate_cluster"] = 1
    samples.loc[11, ["density", "discriminator"]] = [0.0, 0.97]
    samples.loc[12, "density"] = 0.0  # alone it is no reason
    samples.loc[13, "discriminator"] = 0.99  # nor is this
    samples.loc[15, "label_agreement"] = 0.01
    samples.loc[3, "label_agreement"] = 0.02


def test_built_in_rules_reject_the_planted_samples_and_tell_every_reason(synthetic: Dataset, audit: Any) -> None:
    _planted(audit)
    selection = keep(synthetic, audit)
    assert selection.rejected.ids.tolist() == ["3", "5", "8", "9", "11", "15"]
    assert set(synthetic.ids) == set(selection.kept.ids) | set(selection.rejected.ids)
    assert selection.kept.table.loc[0].to_dict() == synthetic.table.loc[0].to_dict()
    reasons = selection.reasons.set_index(["id", "rule"])
    assert sorted(selection.reasons.query("id == '3'")["rule"]) == ["copies", "label"]
    assert reasons.loc[("11", "outside"), "value"] == "density 0, discriminator 0.97"
    assert reasons.loc[("11", "outside"), "limit"] == "density > 0 or discriminator <= 0.9"
    assert reasons.loc[("5", "violations"), "value"] == "age: above the real range"
    assert selection.about["kept"] == len(selection.kept) == 34


def test_nothing_is_mutated(synthetic: Dataset, audit: Any) -> None:
    before = audit.samples.copy(deep=True)
    keep(synthetic, audit)
    assert before.equals(audit.samples)
    assert "duplicate" not in audit.samples


def test_retention_counts_each_class_and_group(synthetic: Dataset, audit: Any) -> None:
    selection = keep(synthetic, audit, [{"column": "density", "min": 0.5}])
    retention = selection.retention.set_index(["part", "level"])
    assert retention.loc[("good", "yes"), "n"] == 20
    assert retention.loc[("sex", "Female"), "share"] == 1.0
    assert selection.notes == ()


def test_a_group_that_loses_far_more_is_named(synthetic: Dataset, audit: Any) -> None:
    women = synthetic.group_values("sex") == "Female"
    audit.samples.loc[women, "discriminator"] = 0.99
    notes = " ".join(keep(synthetic, audit, {"column": "discriminator", "max": 0.9}).notes)
    assert "nothing of sex = Female is left" in notes
    audit.samples.loc[0, "discriminator"] = 0.1
    notes = " ".join(keep(synthetic, audit, {"column": "discriminator", "max": 0.9}).notes)
    assert "sex = Female lost far more than the others: 10% of its 10 samples were kept, 100% of the others" in notes


def test_rejecting_everything_is_an_empty_set_and_a_sentence(synthetic: Dataset, audit: Any, tmp_path: Path) -> None:
    selection = keep(synthetic, audit, {"column": "density", "min": 5})
    assert len(selection.kept) == 0
    assert "nothing is left" in selection.notes[0]
    with pytest.raises(SampleSizeError, match="kept none"):
        selection.rescore()
    with pytest.raises(SampleSizeError, match="nothing to save"):
        selection.save(tmp_path / "kept.csv")


def test_rejecting_more_than_half_is_noted(synthetic: Dataset, audit: Any) -> None:
    audit.samples.loc[:29, "density"] = 0.0
    (note,) = keep(synthetic, audit, {"column": "density", "min": 0.5}).notes
    assert note.startswith("30 of 40 samples were rejected by rules that judge each of them: a better generator")
    assert "better generator" not in " ".join(keep(synthetic, audit, {"rule": "best", "keep": 4}).notes)


def test_missing_values_never_reject_and_are_counted(synthetic: Dataset, audit: Any) -> None:
    audit.samples.loc[:9, "label_agreement"] = np.nan
    audit.about["sample_reasons"] = {"label_agreement": "some labels are missing."}
    selection = keep(synthetic, audit)
    assert len(selection.kept) == 40
    assert (
        "the rule 'label' could not judge 10 of 40 samples, whose label_agreement is missing "
        "(some labels are missing): it kept them." in selection.notes
    )


def test_an_absent_column_leaves_a_built_in_rule_out_with_a_note(synthetic: Dataset, audit: Any) -> None:
    audit.samples = audit.samples.drop(columns="label_agreement")
    assert "the rule 'label' was left out" in keep(synthetic, audit).notes[0]


def test_unknown_column_offers_the_nearest(synthetic: Dataset, audit: Any) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'realism'"):
        keep(synthetic, audit, [{"column": "realisn", "min": 0.1}])


def test_samples_are_matched_by_id_whatever_their_order(synthetic: Dataset, audit: Any) -> None:
    _planted(audit)
    turned = synthetic.take(np.arange(40)[::-1])
    assert set(keep(turned, audit).kept.ids) == {str(i) for i in range(40)} - {"3", "5", "7", "8", "11", "15"}
    assert keep(synthetic.take([1, 2, 3]), audit).kept.ids.tolist() == ["1", "2"]


def test_strangers_are_refused(synthetic: Dataset, audit: Any) -> None:
    audit.samples = audit.samples.iloc[:30]
    with pytest.raises(DataError, match="does not know 10 of the 40 samples"):
        keep(synthetic, audit)


def test_what_is_no_set_no_audit_and_no_evidence_is_told(synthetic: Dataset, audit: Any) -> None:
    given: Any = synthetic.table
    with pytest.raises(DataError, match=r"`synthetic` must be a Dataset, got DataFrame: make one with auditkit\.load"):
        keep(given, audit)
    given_array: Any = np.zeros(40)
    no_audit: Any = "audit"
    with pytest.raises(DataError, match="`audit` must be an Audit, got str"):
        keep(synthetic, no_audit)
    with pytest.raises(DataError, match="evidence must be a frame or a mapping of columns, got ndarray"):
        keep(synthetic, audit, evidence=given_array)


def test_the_same_ids_with_other_content_are_refused(
    synthetic: Dataset, audit: Any, make_set: Callable[..., Dataset]
) -> None:
    audit.inputs = {"synthetic": synthetic}
    with pytest.raises(DataError, match="other content"):
        keep(make_set(seed=1), audit)
    with pytest.raises(DataError, match="other content"):
        keep(make_set(seed=1).take([3, 1, 2]), audit)
    assert len(keep(synthetic.take([3, 1, 2]), audit).kept) == 3


def test_a_saved_audit_recognises_its_set_in_any_order_and_refuses_another(
    synthetic: Dataset, audit: Any, make_set: Callable[..., Dataset]
) -> None:
    audit.about |= {"hashes": {"synthetic": synthetic.hash}, "label": "good", "groups": ("sex",)}
    assert keep(synthetic, audit).notes == ()
    assert keep(synthetic.take(np.arange(40)[::-1]), audit).notes == ()
    assert keep(synthetic.with_roles(label=None, groups=[]), audit).notes == ()
    with pytest.raises(DataError, match=r"other content.*schema=real\.schema"):
        keep(make_set(seed=1), audit)


def test_a_part_of_the_set_of_a_saved_audit_is_taken_by_its_ids_with_a_note(synthetic: Dataset, audit: Any) -> None:
    audit.about["hashes"] = {"synthetic": synthetic.hash}
    (note,) = keep(synthetic.take([3, 1, 2]), audit).notes
    assert "these 3 of 40 audited samples were recognised by their ids alone" in note


def _score(metric: str, yardstick: float, excess: float) -> Scores:
    score = Score(
        metric=metric, where={}, estimate=Estimate(0.2), references={"yardstick": Estimate(yardstick)},
        excess=Estimate(excess), direction="match", target=None, bounds=(0, 1), unit="", status="ok", reason="",
        embedder="", parameters={}, n_dropped=0, seed=0,
    )  # fmt: skip
    return Scores.of([score])


@pytest.mark.parametrize(("yardstick", "excess", "kept"), [(0.2, 0.01, 40), (0.2, 0.2, 38), (0.0, 0.01, 38)])
def test_repeats_stay_where_real_data_repeat_as_much(
    synthetic: Dataset, audit: Any, yardstick: float, excess: float, kept: int
) -> None:
    audit.samples.loc[[7, 8, 9], "duplicate_cluster"] = 1
    audit.scores = _score("duplicate_share", yardstick, excess)
    selection = keep(synthetic, audit)
    assert len(selection.kept) == kept
    assert any("repeated samples were kept" in note for note in selection.notes) == (kept == 40)


def test_copies_that_chance_makes_are_rejected_with_a_warning(synthetic: Dataset, audit: Any) -> None:
    audit.scores = _score("identical_match_share", 0.21, 0.0)
    assert keep(synthetic, audit).notes == ()
    audit.samples.loc[3, "copy"] = True
    assert "21.0% of the real holdout equal a training record by chance" in keep(synthetic, audit).notes[0]


def test_saved_selection_reads_back(synthetic: Dataset, audit: Any, tmp_path: Path) -> None:
    _planted(audit)
    selection = keep(synthetic, audit)
    path = selection.save(tmp_path / "kept.csv")
    assert len(path.read_text().splitlines()) == 35
    decisions = read_table(tmp_path / "kept.csv.selection.parquet").set_index("id")
    assert decisions.loc["3", "reasons"] == "copy of a training record; its label does not fit its features"
    assert bool(decisions.loc["0", "kept"])
    summary = read_json(tmp_path / "kept.csv.selection.json")
    assert summary == json.loads(json.dumps(selection.to_json()))
    assert {rule["name"]: rule["rejected"] for rule in summary["rules"]}["duplicates"] == 2
    assert "kept 34 of 40" in str(selection)


def test_rescore_needs_real_data(synthetic: Dataset, audit: Any) -> None:
    with pytest.raises(AuditkitError, match="pass real="):
        keep(synthetic, audit).rescore()


def test_a_real_audit_is_filtered_and_rescored(make_set: Callable[..., Dataset]) -> None:
    real, holdout, made = (make_set(seed=seed, n=n) for seed, n in ((0, 120), (1, 60), (2, 60)))
    pasted = made.concat(real.take(np.arange(5)))
    first = audited(real=real, synthetic=pasted, holdout=holdout, seed=0)
    selection = keep(pasted, first, "copies")
    assert len(selection.rejected) == 5
    again = selection.rescore().after
    assert again is not None
    assert again.about["n"]["synthetic"] == 60
    assert again.scores["identical_match_share"].value == 0
    assert first.scores["identical_match_share"].value == pytest.approx(5 / 65)


def test_numeric_labels_are_no_classes(make_set: Callable[..., Dataset], make_audit: Callable[..., Any]) -> None:
    numbers = make_set(label="age")
    assert keep(numbers, make_audit(numbers)).retention["part"].tolist() == ["sex", "sex"]


def test_selection_is_frozen(synthetic: Dataset, audit: Any) -> None:
    selection = keep(synthetic, audit)
    assert replace(selection, notes=("x",)).notes == ("x",)
    with pytest.raises(AttributeError):
        selection.notes = ()  # type: ignore[misc]
