"""Sets that arrive in batches, the metrics that take them, and what the functions say of all rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit import metrics
from auditkit.metrics.streaming import (
    FrechetDistance,
    KernelDistance,
    Memorization,
    ModeCoverage,
    Neighbourhood,
    SubgroupShares,
)

# Chan's merge and one pass over all rows add the same numbers in another order.
CLOSE = 1e-10
GROUPS = ["Female", "Male", "other"]
NEIGHBOURS = ("precision", "recall", "density", "improved_precision", "improved_recall", "authenticity")
NEAR = ("distance_to_closest_record", "nearest_neighbour_distance_ratio", "identical_match_share")
ON_FEATURES = {
    "frechet": FrechetDistance,
    "kernel": KernelDistance,
    "neighbourhood": lambda **options: Neighbourhood(metrics=(*NEIGHBOURS, "coverage[k=3]"), **options),
    "memorization": Memorization,
}
ON_LABELS = {
    "modes": lambda **options: ModeCoverage(classes=GROUPS, **options),
    "groups": lambda **options: SubgroupShares(groups=GROUPS, **options),
}
ALL = ON_FEATURES | ON_LABELS

each = pytest.mark.parametrize("kind", ALL)
each_on_features = pytest.mark.parametrize("kind", ON_FEATURES)


def make_sets(kind, *, n=70, d=5, offset=0.0, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    if kind in ON_LABELS:
        return {"real": rng.choice(GROUPS, n, p=[0.5, 0.3, 0.2]), "synthetic": rng.choice(GROUPS[:2], n + 13)}
    real, holdout = rng.normal(size=(2, n, d)) + offset
    synthetic = rng.normal(size=(n + 13, d)) * 1.1 + 0.2 + offset
    synthetic[:9] = real[:9]
    return {"real": real.astype(dtype), "synthetic": synthetic.astype(dtype), "holdout": holdout.astype(dtype)}


def expected(kind, sets):
    """What the functions say about all rows."""
    pair = {role: sets[role] for role in ("real", "synthetic")}
    if kind == "frechet":
        return {"value": metrics.frechet_distance(**pair)}
    if kind == "kernel":
        return {"value": metrics.kernel_distance(**pair)}
    if kind == "modes":
        return {"value": metrics.mode_coverage(**pair)}
    if kind == "neighbourhood":
        return {name: getattr(metrics, name)(**pair) for name in NEIGHBOURS} | {
            "coverage[k=3]": metrics.coverage(**pair, k=3)
        }
    if kind == "memorization":
        alone = {name: getattr(metrics, name)(**pair) for name in NEAR}
        three = {name: getattr(metrics, name)(**sets) for name in ("holdout_share", "copy_excess") if "holdout" in sets}
        return alone | three
    shares = {role: {group: float(np.mean(pair[role] == group)) for group in GROUPS} for role in pair}
    gaps = {f"gap/{group}": shares["synthetic"][group] - shares["real"][group] for group in GROUPS}
    whole = {name: getattr(metrics, name)(**pair) for name in ("representation_gap", "missing_groups")}
    return whole | gaps


def batches(sets, *, cuts=7, seed=1):
    """Batches of all sets in a random order, of random sizes."""
    rng = np.random.default_rng(seed)
    parts = [
        (role, part)
        for role, rows in sets.items()
        for part in np.split(rows, np.sort(rng.integers(len(rows), size=cuts)))
    ]
    return [parts[position] for position in rng.permutation(len(parts))]


def feed(metric, parts):
    for role, part in parts:
        given = part if part.dtype.kind == "U" else torch.from_numpy(part.copy())
        metric.update(given, real=role != "synthetic", **({"holdout": True} if role == "holdout" else {}))
    return metric


def computed(metric):
    found = metric.compute()
    found = found if isinstance(found, dict) else {"value": found}
    assert {value.dtype for value in found.values()} == {torch.float64}
    return {name: value.item() for name, value in found.items()}


def close(values):
    return pytest.approx(values, rel=CLOSE, abs=CLOSE)


def both(sets):
    return {role: rows for role, rows in sets.items() if role != "holdout"}
