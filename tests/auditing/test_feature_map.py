"""The map of the features tells no single real unit."""

import numpy as np
import pytest

from auditkit.auditing.exhibits import _distances
from auditkit.auditing.feature_map import POINTS, SCALE, feature_map
from auditkit.metrics.products import Side


def sides(n=600, m=300, d=6, seed=0):
    rng = np.random.default_rng(seed)
    spread = np.array([5.0, 3.0, *[0.5] * (d - 2)])[:d]
    parts = {"real": n, "synthetic": m, "holdout": n // 3}
    return {role: Side(rng.normal(size=(size, d)) * spread) for role, size in parts.items()}


def drawn(found, *, show_real=False, allowed=None):
    n = len(found["synthetic"])
    places = np.arange(n) if allowed is None else allowed
    return feature_map(found, np.random.default_rng(1), places, show_real=show_real).data


def test_cells_hold_five_real_units_or_none_is_told():
    data = drawn(sides())
    assert {"real", "holdout"}.isdisjoint(data)
    for role, n in (("real", 600), ("holdout", 200)):
        shares = np.array(data[f"{role}_cells"])
        counts = shares[shares > 0] * n
        assert counts.min() >= 4.9
        assert counts.sum() > 0.8 * n


def test_an_outlier_moves_nothing():
    found = sides()
    far = found["real"].features.copy()
    centre = far.mean(axis=0)
    # Both lie on the first direction, whose mean and order they leave as they are.
    step = np.array([14.0, *[0.0] * 5])
    far[0], far[1] = centre + step, centre - step
    further = far.copy()
    further[0], further[1] = centre + 1.02 * step, centre - 1.02 * step
    one, two = (np.array(drawn({**found, "real": Side(item)})["real_cells"]) for item in (far, further))
    assert one.shape == two.shape
    assert np.abs(one - two).sum() < 0.2


def test_synthetic_points_are_few_and_only_those_that_may_be_shown():
    data = drawn(sides(m=2000), allowed=np.arange(5))
    assert len(data["synthetic"]) <= 5
    assert data["n_hidden"] == 1995
    many = drawn(sides(m=2000))["synthetic"]
    assert len(many) == POINTS
    assert np.min(many) >= 0
    assert np.max(many) <= SCALE


def test_real_units_are_points_where_they_are_shown():
    data = drawn(sides(), show_real=True)
    assert len(data["real"]) > 500
    assert "real_cells" not in data


@pytest.mark.parametrize(("n", "d"), [(2, 1), (2, 3), (6, 2), (40, 1)])
def test_small_and_flat_sets_have_a_map(n, d):
    found = {role: Side(np.zeros((n, d))) for role in ("real", "synthetic")}
    data = drawn(found)
    assert data["n"] == {"real": n, "synthetic": n}
    assert np.isfinite(np.array(data["synthetic"], float)).all()


def test_holdout_distances_are_told_in_steps_of_five_and_without_the_furthest():
    rng = np.random.default_rng(0)
    fresh = np.append(rng.gamma(3.0, size=99), 1e6)
    data = _distances(rng.gamma(3.0, size=500), fresh).data
    told = [value for value in data["holdout"] if value is not None]
    steps = np.diff(np.array([0.0, *told])) * 100
    assert all(step == pytest.approx(0) or step > 4.9 for step in steps)
    assert data["x"][-1] < 100
