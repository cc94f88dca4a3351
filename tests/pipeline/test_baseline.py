"""A run compares at the size of the baseline that its config names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.gates.baseline import Baseline
from auditkit.gates.baseline_file import write_baseline

CONFIG = """extends = "none"
baseline = "kept/scores.json"

[data]
real = "real.csv"
synthetic = "synthetic.csv"
holdout = "holdout.csv"

[audit]
metrics = ["coverage", "copy_excess"]
rescore = false

[[gate]]
id = "holds"
metric = "coverage"
max_drop = 0.5
decide = "point"
"""


@pytest.fixture
def place(tmp_path):
    for seed, (name, n) in enumerate({"real": 200, "synthetic": 150, "holdout": 100}.items()):
        rng = np.random.default_rng(seed)
        pd.DataFrame({"x": rng.normal(size=n), "y": rng.normal(size=n)}).to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "auditkit.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def test_it_is_brought_to_the_size_of_its_baseline(place):
    real, holdout = (ak.load(place / f"{name}.csv") for name in ("real", "holdout"))
    small = ak.load(place / "synthetic.csv").take(np.arange(60))
    audit = ak.audit(real=real, synthetic=small, holdout=holdout, metrics=["coverage", "copy_excess"])
    kept = Baseline.of(audit.scores, audit.about, reason="the first", date="2026-01-31")
    write_baseline(place / "kept" / "scores.json", kept)
    done = ak.run(place / "auditkit.toml", out=place / "out")
    assert done.audit.scores["coverage"].compared.n == (200, 60)
    assert not done.verdict.results[0].awaits_baseline
    assert done.verdict.exit_code == 0
