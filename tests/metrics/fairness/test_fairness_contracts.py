"""What metrics of a group and a label keep: they take tables, and audits read them from counts."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

import auditkit.metrics
from auditkit.errors import UnknownNameError
from auditkit.metrics import (
    bias_amplification,
    differential_fairness,
    differential_fairness_amplification,
    differential_fairness_report,
    joint_drift,
    registry,
)
from auditkit.metrics.fairness.divergence import chance_of, distance_of, resampled_error
from auditkit.metrics.products import Side
from tests.oracles import read

OWN = ("bias_amplification", "differential_fairness_amplification", "joint_drift")
each = pytest.mark.parametrize("name", OWN)
LEVELS, CLASSES = ("a", "b", "c"), ("n", "y")


def table(n, seed, *, high=0.5, levels=LEVELS):
    rng = np.random.default_rng(seed)
    group = rng.choice(levels, n)
    return {
        "g": group,
        "h": rng.choice(["u", "v"], n),
        "y": np.where(rng.random(n) < 0.2 + high * (group == "a"), *"yn"),
    }


def sides(real, synthetic, *, labels=True):
    return {
        role: Side(
            np.zeros((len(rows["g"]), 0)),
            labels=np.searchsorted(CLASSES, rows["y"]) if labels else None,
            label_levels=CLASSES if labels else (),
            groups={"g": np.searchsorted(LEVELS, rows["g"]), "h": np.searchsorted(["u", "v"], rows["h"])},
            group_levels={"g": LEVELS, "h": ("u", "v")},
        )
        for role, rows in (("real", real), ("synthetic", synthetic))
    }


def call(name, real, synthetic, **parameters):
    return getattr(auditkit.metrics, name)(real=real, synthetic=synthetic, attribute="g", label="y", **parameters)


def part(reading, **where):
    return next(item.reading for item in reading.parts if item.where == where)


@pytest.mark.parametrize("name", [*OWN, "leakage"])
def test_the_registry_tells_all_of_it(name):
    metric = registry.get(name)
    assert metric.family == "fairness"
    assert set(metric.asks) == ({"groups"} if name == "leakage" else {"label", "groups"})
    assert metric.function is getattr(auditkit.metrics, name)
    text = inspect.getdoc(metric.function)
    for section in ("Parameters", "Returns", "Raises", "Notes", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}" in text
    assert {item.kind for item in inspect.signature(metric.function).parameters.values()} == {
        inspect.Parameter.KEYWORD_ONLY
    }
    for sentence in (metric.meaning, metric.advice):
        assert sentence.endswith(".")


@each
def test_the_same_set_twice_scores_zero(name):
    real = table(400, 0)
    assert call(name, real, real) == pytest.approx(0.0, abs=1e-12)


@each
def test_the_function_and_the_reading_agree(name):
    real, synthetic = table(600, 0), table(500, 1, high=0.7)
    found = read(name, **sides(real, synthetic))
    where = {"attribute": "g"} | ({"way": "attribute to label"} if name == "bias_amplification" else {})
    assert part(found, **where).value == pytest.approx(call(name, real, synthetic), abs=1e-12)
    for item in found.parts:
        low, high = item.reading.interval
        assert low <= item.reading.value <= high
    single = [item for item in found.parts if " and " not in item.where["attribute"]]
    worst = max(single, key=lambda item: abs(item.reading.value))
    assert found.value == worst.reading.value
    assert found.details["worst"] == worst.where


@each
def test_without_a_label_there_is_a_reason(name):
    real = table(100, 0)
    found = read(name, **sides(real, real, labels=False))
    assert (found.value, found.reason) == (None, "no label was declared.")


def test_zhaos_amplification_is_read_where_it_is_asked_for():
    real, synthetic = table(600, 0), table(500, 1, high=0.7)
    found = read("bias_amplification[definition=zhao]", **sides(real, synthetic))
    expected = bias_amplification(real=real, synthetic=synthetic, attribute="g", label="y", definition="zhao")
    assert part(found, attribute="g").value == pytest.approx(expected, abs=1e-12)


def test_the_raw_figure_stands_beside_that_at_real_shares():
    real, synthetic = table(20_000, 0), table(20_000, 1, levels=("a", "a", "b", "c"))
    way = part(read("bias_amplification", **sides(real, synthetic)), attribute="g", way="label to attribute")
    raw = bias_amplification(real=real, synthetic=synthetic, attribute="g", label="y", way="label_to_attribute_raw")
    assert way.details["raw"] == pytest.approx(raw, abs=1e-12)
    low, high = way.interval
    assert low < 0 < high < raw


def test_epsilon_grows_by_what_its_function_says():
    real, synthetic = table(900, 0), table(700, 1, high=0.7)
    found = differential_fairness_amplification(real=real, synthetic=synthetic, attribute=["g", "h"], label="y")
    values = [
        differential_fairness(labels=rows["y"], groups={"g": rows["g"], "h": rows["h"]}) for rows in (synthetic, real)
    ]
    assert found == pytest.approx(values[0] - values[1], abs=1e-12)
    reading = part(read("differential_fairness_amplification", **sides(real, synthetic)), attribute="g and h")
    assert reading.value == pytest.approx(found, abs=1e-12)
    behind = differential_fairness_report(labels=synthetic["y"], groups={"g": synthetic["g"], "h": synthetic["h"]})
    assert (reading.details["pair"], reading.details["class"]) == (list(behind.pair), behind.level)
    # Group a has the larger rate of y, so that another one has the largest rate of n and a the smallest.
    assert reading.details["class"] == "n"
    assert [name[:3] for name in reading.details["pair"]] == ["g=c", "g=a"]


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_scipy_and_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 20, size=(2, 9))
    p, q = first / first.sum(), second / second.sum()
    assert distance_of(first, second, "jensen_shannon") == pytest.approx(jensenshannon(p, q, base=2), abs=1e-12)
    slow = sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2
    assert distance_of(first, second, "total_variation") == pytest.approx(slow, abs=1e-12)


def test_apart_altogether_is_one():
    for distance in ("total_variation", "jensen_shannon"):
        assert distance_of(np.array([5, 0]), np.array([0, 3]), distance) == 1.0


def test_chance_is_what_dealing_the_samples_anew_gives():
    rng = np.random.default_rng(0)
    first, second = np.array([30, 20, 50]), np.array([40, 10, 10])
    labels = np.repeat([0, 1, 2], first + second)
    slow = []
    for _ in range(1500):
        dealt = rng.permutation(labels)
        slow.append(
            distance_of(*(np.bincount(part, minlength=3) for part in (dealt[:100], dealt[100:])), "total_variation")
        )
    mean, p = chance_of(first, second, "total_variation", draws=1500, rng=np.random.default_rng(1))
    assert mean == pytest.approx(np.mean(slow), abs=0.005)
    found = distance_of(first, second, "total_variation")
    assert p == pytest.approx(np.mean(np.array(slow) >= found - 1e-12), abs=0.01)


def test_the_error_of_a_distance_is_that_of_many_samples():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.3, 0.4])
    rng = np.random.default_rng(2)
    drawn = distance_of(rng.multinomial(500, p, 2000), rng.multinomial(400, q, 2000), "total_variation")
    first, second = (500 * p).astype(int), (400 * q).astype(int)
    error = resampled_error(first, second, "total_variation", draws=2000, rng=rng)
    assert error == pytest.approx(drawn.std(), rel=0.1)


def test_fresh_data_do_not_drift_and_moved_cells_do():
    real = table(3000, 0)
    fresh, moved = (read("joint_drift", **sides(real, table(3000, 7, high=high))) for high in (0.5, 0.1))
    assert fresh.value < 2 * fresh.null
    assert part(fresh, attribute="g").details["p"] > 0.01
    assert part(moved, attribute="g").details["p"] < 0.01
    assert moved.interval[0] > moved.null


def test_an_unknown_distance_is_refused():
    with pytest.raises(UnknownNameError, match="hellinger"):
        joint_drift(real=table(30, 0), synthetic=table(30, 1), attribute="g", label="y", distance="hellinger")
