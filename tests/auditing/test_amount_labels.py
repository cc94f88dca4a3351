"""A label of many numbers is an amount: an audit speaks of its quarters, not of hundreds of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.auditing.private_quarters import private_edges
from auditkit.metrics.fairness.amounts import QUARTILES


def people(seed, *, n=1200, shift=0.0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    amount = rng.normal(1000, 80, n) - shift * (sex == "f")
    return auditkit.load(
        pd.DataFrame({"x": rng.normal(size=n).round(3), "sex": sex, "y": amount.round().astype(int)}),
        label="y",
        groups=["sex"],
    )


@pytest.fixture(scope="module")
def unfair():
    real, holdout, synthetic = people(0, shift=30.0), people(1, shift=30.0), people(2, shift=110.0)
    metrics = ["label_rate_gap", "bias_amplification", "joint_drift"]
    return real, holdout, synthetic, metrics


def test_classes_of_an_amount_are_quarters_and_unfairness_fails(unfair):
    real, holdout, synthetic, metrics = unfair
    report = auditkit.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=metrics, seed=0)
    classes = {score.where["class"] for score in report.scores if "class" in score.where}
    assert len(classes) == 4
    assert all(name.startswith(("y to ", "y above ")) for name in classes)
    assert any("is an amount" in note for note in report.about["notes"])
    assert report.scores.get("bias_amplification", {}).value > 0
    assert report.scores.get("joint_drift", {}).value > 0.1
    verdict = report.check()
    assert any(item.gate == "label-rates" and item.verdict == "fail" for item in verdict.results)


def test_a_reference_cuts_amounts_alike(unfair):
    real, holdout, synthetic, metrics = unfair
    kept = auditkit.build_reference(real=real, holdout=holdout, seed=0)
    ours = auditkit.audit(real=kept, synthetic=synthetic, metrics=metrics)
    theirs = auditkit.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=metrics, seed=0)
    assert [score.value for score in ours.scores] == [score.value for score in theirs.scores]


def test_a_private_reference_cuts_where_no_limit_is_of_a_single_record(unfair):
    real, holdout, synthetic, _ = unfair
    amounts = np.sort(real.table["y"].to_numpy(dtype=float))
    edges = private_edges(real.label_values)
    assert len(edges) == 3
    moved = private_edges(np.array([str(value + (value == amounts[299])) for value in amounts], object))
    assert moved == edges  # an amount more or less at a quartile does not show
    assert all(abs(edge - quartile) < 6 for edge, quartile in zip(edges, np.quantile(amounts, QUARTILES), strict=True))
    kept = auditkit.build_reference(real=real, holdout=holdout, seed=0, private=True)
    report = auditkit.audit(real=kept, synthetic=synthetic, metrics=["label_rate_gap"], seed=0)
    assert {score.where["class"] for score in report.scores if "class" in score.where} == {
        f"y to {edges[0]:g}",
        f"y above {edges[0]:g} to {edges[1]:g}",
        f"y above {edges[1]:g} to {edges[2]:g}",
        f"y above {edges[2]:g}",
    }
    assert any(item.gate == "label-rates" and item.verdict == "fail" for item in report.check().results)


def test_a_number_that_is_called_a_category_has_classes():
    rng = np.random.default_rng(1)
    sets = [
        auditkit.load(
            pd.DataFrame({"x": rng.normal(size=300), "zip": rng.choice(8000 + np.arange(30) * 3, 300)}),
            label="zip",
            columns={"zip": "category"},
        )
        for _ in range(2)
    ]
    report = auditkit.audit(real=sets[0], synthetic=sets[1], metrics=["missing_classes"], show_real=True, seed=0)
    assert not any("is an amount" in note for note in report.about["notes"])


def test_labels_of_images_are_classes_however_many():
    rng = np.random.default_rng(0)
    sets = [
        auditkit.load({"images": rng.integers(0, 255, (150, 4, 4, 1), dtype=np.uint8), "label": np.arange(150) % 30})
        for _ in range(2)
    ]
    report = auditkit.audit(real=sets[0], synthetic=sets[1], metrics=["missing_classes"], show_real=True, seed=0)
    assert not any("is an amount" in note for note in report.about["notes"])
