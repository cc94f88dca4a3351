"""Flow matching for tables: columns tied to each other, atoms kept, guidance towards label and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import load
from auditkit.generators.tabular.flow import TabularFlow


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(2)
    kind = rng.choice(["low", "high"], 500, p=[0.6, 0.4])
    size = np.where(kind == "low", 0.0, 4.0) + rng.normal(0, 0.5, 500)
    gain = np.where(rng.random(500) < 0.7, 0, rng.integers(1, 900, 500))
    mark = np.where(rng.random(500) < 0.9, kind, "low")
    return load(pd.DataFrame({"size": size.round(3), "gain": gain, "mark": mark, "kind": kind}), label="kind")


@pytest.fixture(scope="module")
def flow(data):
    return TabularFlow(steps=400, hidden=48, batch=128, layers=2, learning_rate=5e-3, path=10).fit(data, seed=0)


def test_numbers_atoms_and_categories_follow_the_label(data, flow):
    made = flow.sample(1000, seed=1).table
    means = made.groupby("kind")["size"].mean()
    assert means["low"] == pytest.approx(0, abs=0.4)
    assert means["high"] == pytest.approx(4, abs=0.4)
    assert (made["gain"] == 0).mean() == pytest.approx((data.table["gain"] == 0).mean(), abs=0.1)
    assert (made["mark"] == made["kind"]).mean() > 0.85
    assert made["gain"].between(0, data.table["gain"].max()).all()


def test_guidance_exaggerates_what_sets_labels_apart(flow):
    ties = []
    for guidance in (0.0, 1.0, 3.0):
        flow.guidance = guidance
        made = flow.sample(800, seed=1).table
        ties.append(made.groupby("kind")["size"].mean()["high"] - made.groupby("kind")["size"].mean()["low"])
    flow.guidance = 1.0
    assert ties[0] < 1.5 < ties[1] <= ties[2] + 0.3


def test_the_loss_falls(flow):
    losses = [loss for _, loss in flow.fit_report.curve]
    assert losses[-1] < losses[0]
