"""Synthetic sets of Adult whose faults towards groups are known: each is described by the right sentence."""

from __future__ import annotations

import pandas as pd
import pytest

import auditkit as ak

METRICS = ["missing_groups", "representation_gap", "label_rate_gap", "bias_amplification"]


@pytest.fixture(scope="module")
def told(shared_data):
    """Sentences of an audit of one file by kind and severity, and its amplification of sex and income."""
    folder = shared_data("pairs_adult")

    def rows(name):
        # Only the columns that are asked about, and few others: the rest only costs time.
        found = pd.read_csv(folder / f"{name}.csv.gz", usecols=["age", "sex", "race", "income"], nrows=9000)
        return ak.load(found, label="income", groups=["sex", "race"])

    real, holdout = rows("real_trn"), rows("real_hol")

    def judge(name):
        audit = ak.audit(real=real, synthetic=rows(f"syn_{name}"), holdout=holdout, metrics=METRICS)
        found = {(item.kind, item.severity): item.sentence for item in audit.check().findings}
        return found, audit.scores["bias_amplification"].at(attribute="sex", way="attribute to label")

    return judge


GAP = "Between sex=Male and sex=Female the gap in '>50K' "


@pytest.mark.parametrize(
    ("name", "fate"), [("2021_tvae", "is amplified"), ("2021_flip90", "is erased"), ("2021_ctgan", "shrinks")]
)
def test_what_became_of_the_gap_between_men_and_women_is_told(told, name, fate):
    found, amplification = told(name)
    text = found["label_rate", "error"]
    assert GAP + fate in text
    assert "sex=Female" in text
    assert amplification.low > 0 if fate == "is amplified" else amplification.high < 0


def test_a_lost_share_is_told_with_both_numbers_of_men_and_women(told):
    found, _ = told("2021_gaussian_copula")
    text = found["group_share", "error"]
    assert "sex=Female makes up 8." in text
    assert "sex=Male (91." in text


def test_a_smaller_share_of_women_is_a_warning_and_nothing_worse(told):
    found, amplification = told("2024_mostlyai")
    assert "sex=Female makes up 27.7 % of the synthetic and 34.2 % of the real" in found["group_share", "warn"]
    assert not [kind for kind, severity in found if severity == "error" and kind != "not_measured"]
    assert amplification.low < 0 < amplification.high < 0.03
