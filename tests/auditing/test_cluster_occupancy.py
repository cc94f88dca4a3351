"""How full clusters are: shares of the sets, and nothing of few real units."""

import numpy as np

from auditkit.auditing.cluster_occupancy import cluster_occupancy
from auditkit.metrics.slices.conditions import axis_of_levels


def exhibit(**sizes):
    """Clusters of the sizes given per role."""
    n = max(map(len, sizes.values()))
    codes = {role: np.repeat(np.arange(len(items)), items) for role, items in sizes.items()}
    names = [str(place + 1) for place in range(n)]
    axis, found = axis_of_levels("cluster", names, list(codes.values()), least=5, verb="")
    return cluster_occupancy(axis, dict(zip(codes, found, strict=True)))


def test_shares_are_those_of_each_set():
    data = exhibit(real=[60, 30, 10], synthetic=[90, 10, 0]).data
    assert data["levels"] == ["cluster 1", "cluster 2", "cluster 3"]
    assert data["real"] == [0.6, 0.3, 0.1]
    assert data["synthetic"] == [0.9, 0.1, 0.0]


def test_a_cluster_of_few_holdout_units_is_not_told_and_neither_is_a_second_one():
    data = exhibit(real=[60, 30, 10, 20], synthetic=[9, 9, 9, 9], holdout=[30, 15, 2, 10]).data
    assert data["levels"] == ["cluster 1", "cluster 2"]


def test_one_cluster_has_no_exhibit():
    assert exhibit(real=[50], synthetic=[50]) is None
