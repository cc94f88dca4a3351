"""Rejection to quotas: the shares that are asked for, the best kept, and a reason for everybody who goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset
from auditkit.errors import DataError, SampleSizeError, ShapeError, UnknownNameError
from auditkit.filtering import Quota
from auditkit.filtering import filter as keep


def counts(dataset: Dataset, *by: str) -> dict[Any, int]:
    return dataset.table[list(by)].astype(str).value_counts().to_dict()


def test_equal_shares_keep_as_many_as_the_scarcest_allows(synthetic: Dataset, audit: Any) -> None:
    selection = keep(synthetic, audit, quotas=[Quota("sex")])
    assert counts(selection.kept, "sex") == {("Female",): 10, ("Male",): 10}
    assert len(selection.rejected) == 20
    assert set(selection.reasons["reason"]) == {"over the quota of sex = Male"}
    assert set(selection.reasons["rule"]) == {"quota[sex]"}
    assert set(selection.reasons["limit"]) == {"10 of 30"}
    assert set(selection.reasons["id"]) == set(selection.rejected.ids)
    assert selection.notes[0] == (
        "the quota on sex keeps 20 of 40 samples, because there are 10 with sex = Female: generate more of them to "
        "keep more."
    )
    alone = keep(synthetic, audit, quotas=Quota("sex"))
    assert alone.kept.ids.tolist() == selection.kept.ids.tolist()
    # What quotas do to others is said: all of the women here have good = yes.
    assert selection.notes[1].startswith("good = no lost far more than the others")


def test_shares_of_the_real_data_and_of_the_user(
    synthetic: Dataset, audit: Any, make_set: Callable[..., Dataset]
) -> None:
    real = make_set()
    audit.inputs["real"] = real.take(np.r_[np.arange(0, 40, 4)[:6], np.arange(40)[np.arange(40) % 4 != 0][:6]])
    for quota in (Quota("sex", target="real"), Quota("sex", target={"Female": 1, "Male": 1})):
        assert counts(keep(synthetic, audit, quotas=[quota]).kept, "sex") == {("Female",): 10, ("Male",): 10}
    thirds = keep(synthetic, audit, quotas=[Quota("sex", target={"Female": 0.25, "Male": 0.75}, size=12)])
    assert counts(thirds.kept, "sex") == {("Female",): 3, ("Male",): 9}
    alone = keep(synthetic, audit, quotas=[Quota("sex", target={"Female": 1})])
    assert counts(alone.kept, "sex") == {("Female",): 10}


def test_several_columns_are_intersections(synthetic: Dataset, audit: Any) -> None:
    kept = keep(synthetic, audit, quotas=[Quota(("sex", "good"))]).kept
    # No Female has "no", so three intersections occur.
    assert set(counts(kept, "sex", "good").values()) == {10}
    asked = {("Female", "yes"): 0.5, ("Male", "no"): 0.5}
    assert set(counts(keep(synthetic, audit, quotas=[Quota(("sex", "good"), asked)]).kept, "sex", "good")) == set(asked)


def test_quotas_come_after_the_rules(synthetic: Dataset, audit: Any) -> None:
    audit.samples.loc[[0, 4], "copy"] = True
    selection = keep(synthetic, audit, quotas=[Quota("sex")])
    assert counts(selection.kept, "sex") == {("Female",): 8, ("Male",): 8}
    assert sorted(selection.reasons.query("rule == 'copies'")["id"]) == ["0", "4"]
    assert selection.reasons["id"].is_unique
    among = keep(synthetic, audit, ["copies", Quota("sex")])
    assert among.kept.ids.tolist() == selection.kept.ids.tolist()
    mapped = keep(synthetic, audit, ["copies", {"by": "sex", "target": "equal"}])
    assert mapped.kept.ids.tolist() == selection.kept.ids.tolist()
    assert [rule.name for rule in mapped.rules] == ["copies", "quota[sex]"]
    assert mapped.to_json()["rules"][1] == {
        "name": "quota[sex]", "reason": "over the quota", "limit": "equal shares", "columns": ["sex"], "rejected": 22,
    }  # fmt: skip


def test_the_best_stay_where_a_column_is_preferred(synthetic: Dataset, audit: Any) -> None:
    audit.samples["realism"] = np.arange(40.0)
    audit.samples.loc[39, "realism"] = np.nan
    best = keep(synthetic, audit, quotas=[Quota("sex", prefer="realism")]).kept
    males = best.table.loc[best.table["sex"] == "Male", "age"] - 20
    assert males.tolist() == [25, 26, 27, 29, 30, 31, 33, 34, 35, 37, 38][-10:]
    worst = keep(synthetic, audit, quotas=[Quota("sex", prefer="-realism")]).kept
    assert (worst.table.loc[worst.table["sex"] == "Male", "age"] - 20).tolist() == [1, 2, 3, 5, 6, 7, 9, 10, 11, 13]


def test_the_seed_draws_the_lot(synthetic: Dataset, audit: Any) -> None:
    first, again, other = (
        keep(synthetic, audit, quotas=[Quota("sex")], seed=seed).kept.ids.tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_what_is_missing_is_said(synthetic: Dataset, audit: Any, make_set: Callable[..., Dataset]) -> None:
    rows = make_set().table.copy()
    rows["sex"] = rows["sex"].astype(str).where(np.arange(len(rows)) > 0, "X")
    audit.inputs["real"] = Dataset.of_table(rows, groups=["sex"])
    selection = keep(synthetic, audit, quotas=[Quota("sex", {"Female": 0.5, "Male": 0.25, "X": 0.25}, size=40)])
    assert counts(selection.kept, "sex") == {("Female",): 10, ("Male",): 10}
    assert selection.notes[:2] == (
        "the quota on sex asks for sex = X, of which no sample is left: generate some.",
        "the quota on sex asks for 20 samples with sex = Female, and 10 are left: 10 are missing.",
    )
    rest = keep(synthetic, audit, quotas=[Quota("sex", {"Female": 0.25, "Male": 0.25, "X": 0.5})])
    assert counts(rest.kept, "sex") == {("Female",): 10, ("Male",): 10}


@pytest.mark.parametrize("level", ["male", "Man"])
def test_a_level_that_is_nowhere_is_refused_and_rejects_nobody(synthetic: Dataset, audit: Any, level: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown level of sex '{level}'.*Male"):
        keep(synthetic, audit, quotas=[Quota("sex", {"Female": 0.3, level: 0.7})])
    with pytest.raises(UnknownNameError, match="unknown level of good 'yess'; did you mean 'yes'"):
        keep(synthetic, audit, quotas=[Quota(("sex", "good"), {("Female", "yess"): 1})])


def test_a_quota_does_not_complain_of_what_was_asked_for(synthetic: Dataset, audit: Any) -> None:
    selection = keep(synthetic, audit, quotas=[Quota("sex", {"Female": 1})])
    assert not any("lost far more" in note or "nothing of sex" in note for note in selection.notes)


@pytest.mark.parametrize(
    ("quota", "error", "said"),
    [
        ({"by": "sex", "target": "real"}, DataError, "the target 'real' needs the real data"),
        ({"by": "sex", "target": "equals"}, UnknownNameError, "did you mean 'equal'"),
        ({"by": "gender"}, UnknownNameError, "unknown column 'gender'"),
        ({"by": []}, DataError, "need at least one column"),
        ({"by": "sex", "wanted": 3}, UnknownNameError, "unknown key of a quota 'wanted'"),
        ({"by": "sex", "size": 0}, SampleSizeError, "got size=0"),
        ({"by": "sex", "prefer": "realistic"}, UnknownNameError, "did you mean 'realism'"),
        ({"by": "sex", "prefer": "violations"}, DataError, "holds no number"),
        ({"by": "sex", "target": {"Female": -1}}, DataError, "must be a number from 0 on, got -1"),
        ({"by": "sex", "target": {"Female": 0}}, DataError, "add up to 0"),
        ({"by": "sex", "target": {("Female", "yes"): 1}}, ShapeError, "needs 1 level per share"),
    ],
)
def test_what_cannot_be_met_is_told(
    quota: dict[str, Any], error: type, said: str, synthetic: Dataset, audit: Any
) -> None:
    with pytest.raises(error, match=said):
        keep(synthetic, audit, [quota])


def test_reasons_are_text(synthetic: Dataset, audit: Any) -> None:
    reasons = keep(synthetic, audit, Quota("good", {"yes": 1}, reason="too many of these")).reasons
    assert set(reasons["reason"]) == {"too many of these"}
    assert all(pd.api.types.is_string_dtype(dtype) for dtype in reasons.dtypes)
