"""Every registered metric through an audit: on tables with groups, classes and repeats, and on images."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

import auditkit as ak
from auditkit.auditing.views import MIN_SUPPORT
from auditkit.metrics import registry

# Whole numbers and shares of few classes, and what is shown by its parts.
WITHOUT_LIMITS = {
    "representation_gap",
    "label_rate_gap",
    "bias_amplification",
    "differential_fairness_amplification",
    "leakage",
    "feature_likelihood_divergence",
}
NO_VALUE = {"insufficient", "undefined"}


def people(n, seed, *, drift=0.0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["Female", "Male"], n, p=[0.45, 0.55])
    region = rng.choice(["north", "south", "islands"], n, p=[0.55, 0.42, 0.03])
    age = np.clip(rng.normal(40 + drift, 12, n), 18, 90).round()
    return pd.DataFrame(
        {
            "age": age,
            "hours": rng.normal(38, 6, n).round(1),
            "work": rng.choice(["office", "field", "shop"], n, p=[0.5, 0.3, 0.2]),
            "sex": sex,
            "region": region,
            "good": np.where(rng.random(n) < 0.3 + 0.2 * (age > 45), "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def table():
    """An audit with all metrics of a drifted set with copies and repeats."""
    real, fake = people(260, 1), people(190, 2, drift=4.0)
    synthetic = pd.concat([fake, real.iloc[:10], fake.iloc[:10]], ignore_index=True)
    roles = {"label": "good", "groups": ["sex", "region"]}
    sets = {"real": real, "synthetic": synthetic, "holdout": people(180, 3)}
    return ak.audit(**{role: ak.load(frame, **roles) for role, frame in sets.items()}, metrics="all", seed=0)


@pytest.fixture(scope="module")
def images():
    """The same of small pictures with classes, ten of them copied."""
    digits = load_digits()
    pixels, label = (digits.images * 15).astype(np.uint8), (digits.target % 3).astype(str)
    cuts = {"real": np.arange(150), "holdout": np.arange(150, 260), "synthetic": np.r_[0:10, 300:400]}
    sets = {
        role: ak.load({"images": pixels[index], "label": label[index]}, name=role, label="label")
        for role, index in cuts.items()
    }
    return ak.audit(**sets, metrics="all", seed=0)


@pytest.mark.parametrize("name", registry.names())
@pytest.mark.parametrize("kind", ["table", "images"])
def test_each_metric_has_a_value_or_says_why_not_on_the_whole_and_on_every_part(kind, name, request):
    audit = request.getfixturevalue(kind)
    if name in audit.about["skipped"]:
        assert audit.about["skipped"][name]
        return
    scores = [score for score in audit.scores if score.metric == name]
    assert scores[0].where == {}
    for score in scores:
        assert score.status != "error", (score.where, score.reason)
        assert (score.value is None) == (score.status in NO_VALUE), (score.where, score.status)
        assert bool(score.reason) == (score.status != "ok"), score.where
        assert score.value is None or np.isfinite(score.value)


@pytest.mark.parametrize("name", registry.names())
@pytest.mark.parametrize("kind", ["table", "images"])
def test_each_interval_holds_its_value_and_names_its_method(kind, name, request):
    audit = request.getfixturevalue(kind)
    for score in [score for score in audit.scores if score.metric == name]:
        for item in [score.estimate, *score.references.values(), score.excess]:
            if item is not None and item.low is not None:
                assert item.method, score.where
                assert item.low <= item.value <= item.high, score.where
        if score.where == {} and score.status == "ok" and name not in WITHOUT_LIMITS:
            assert score.low is not None, "no limits"


def test_every_metric_by_group_is_told_for_every_group_and_class(table):
    for name in registry.names():
        if name in table.about["skipped"] or not registry.get(name).by_group:
            continue
        parts = {next(iter(score.where.items())): score for score in table.scores.parts(name)}
        assert {("sex", "Female"), ("region", "north"), ("class", "yes"), ("region", "islands")} <= set(parts), name
        rare = parts["region", "islands"]
        assert rare.status == "insufficient", name
        assert str(MIN_SUPPORT) in rare.reason, name


def test_what_is_judged_by_fresh_real_data_has_a_yardstick_with_limits(table):
    for score in table.scores:
        yardstick = score.references.get("yardstick")
        if yardstick is not None and score.where == {} and score.low is not None:
            assert yardstick.low is not None, score.metric
            assert yardstick.method == score.estimate.method, score.metric
