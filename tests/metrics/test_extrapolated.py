"""The extrapolated Fréchet distance: its line, its sizes, its error, and what it aims at."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.metrics import frechet_distance, frechet_distance_infinity
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.extrapolated import _frechet_distance_infinity, _line, _subsets
from auditkit.metrics.registry import evaluate


def read(real, synthetic, *, points=15, seed=0, reference="corrected"):
    sides = feature_sides(real, synthetic)
    return evaluate(_frechet_distance_infinity, sides, points=points, seed=seed, reference=reference)


def test_line_is_that_of_least_squares():
    sizes = np.array([10, 20, 50, 90])
    distances = np.array([3.0, 2.2, 1.5, 1.6])
    line = _line(sizes, distances)
    slope, intercept = np.polyfit(1 / sizes, distances, 1)
    assert (line.slope, line.intercept) == pytest.approx((slope, intercept), rel=1e-12)
    assert line.fit == pytest.approx(np.corrcoef(1 / sizes, distances)[0, 1] ** 2, rel=1e-12)
    assert line.weights @ distances == pytest.approx(intercept, rel=1e-12)
    assert (line.weights.sum(), line.weights @ (1 / sizes)) == pytest.approx((1.0, 0.0), abs=1e-12)


@pytest.mark.parametrize(("m", "d", "smallest"), [(60_000, 8, 5000), (3000, 8, 300), (3000, 200, 800), (300, 200, 150)])
def test_sizes_run_from_a_tenth_or_four_rows_per_feature_to_all(m, d, smallest):
    drawn = _subsets(m, d, 15, np.random.default_rng(0))
    assert [len(rows) for rows in drawn] == np.linspace(smallest, m, 15).astype(int).tolist()
    assert all(len(np.unique(rows)) == len(rows) for rows in drawn)
    times = np.bincount(np.concatenate(drawn), minlength=m)
    assert times.max() - times.min() <= 1


def test_value_is_the_intercept_of_the_distances_at_these_sizes():
    rng = np.random.default_rng(1)
    real, synthetic = rng.normal(size=(300, 5)), 0.4 + rng.normal(size=(200, 5))
    drawn = _subsets(200, 5, 6, np.random.default_rng(7))
    distances = [frechet_distance(real=real, synthetic=synthetic[rows]) for rows in drawn]
    expected = np.polyfit([1 / len(rows) for rows in drawn], distances, 1)[1]
    found = frechet_distance_infinity(real=real, synthetic=synthetic, points=6, seed=7, reference="fixed")
    assert found == pytest.approx(expected, rel=1e-9)


def test_bias_of_the_reference_is_what_two_halves_show():
    rng = np.random.default_rng(2)
    real, synthetic = rng.normal(size=(300, 5)), 0.4 + rng.normal(size=(200, 5))
    corrected, fixed = (read(real, synthetic, reference=reference) for reference in ("corrected", "fixed"))
    assert fixed.details["reference_bias"] == 0.0
    assert corrected.value == pytest.approx(fixed.value - corrected.details["reference_bias"], rel=1e-12)
    # For normal features of one covariance the distance is biased by about d (d + 7) / 8 / n from each side.
    assert corrected.details["reference_bias"] == pytest.approx(5 * 12 / 8 / 300, abs=0.03)


def test_samples_of_one_distribution_are_at_distance_zero_where_the_plain_distance_is_far():
    rng = np.random.default_rng(3)
    values, plain = [], []
    for _ in range(12):
        real, synthetic = rng.normal(size=(400, 16)), rng.normal(size=(300, 16))
        values.append(frechet_distance_infinity(real=real, synthetic=synthetic, points=8))
        plain.append(frechet_distance(real=real, synthetic=synthetic))
    assert np.mean(plain) > 0.2
    assert abs(np.mean(values)) < 0.03


def test_interval_covers_the_population_value_and_is_no_wider_than_needed():
    rng = np.random.default_rng(4)
    truth = 3 * (0.5**2 + 0.3**2)
    values, covered, widths = [], [], []
    for _ in range(120):
        reading = read(rng.normal(size=(300, 3)), 0.5 + 1.3 * rng.normal(size=(250, 3)), points=6).settled(shown=True)
        low, high = reading.interval
        values.append(reading.value)
        covered.append(low <= truth <= high)
        widths.append((high - low) / 2)
    assert reading.method == "influence"
    assert np.mean(values) == pytest.approx(truth, abs=0.08)
    assert np.mean(covered) >= 0.9
    assert np.mean(widths) == pytest.approx(1.96 * np.std(values), rel=0.2)


def test_seed_decides_the_order():
    rng = np.random.default_rng(5)
    sets = {"real": rng.normal(size=(80, 3)), "synthetic": rng.normal(size=(70, 3))}
    assert frechet_distance_infinity(**sets) == frechet_distance_infinity(**sets, seed=0)
    assert frechet_distance_infinity(**sets) != frechet_distance_infinity(**sets, seed=1)


def test_details_say_how_well_a_line_fits():
    rng = np.random.default_rng(6)
    found = read(rng.normal(size=(500, 20)), rng.normal(size=(500, 20))).details
    assert found["r_squared"] > 0.9
    assert found["slope"] > 0
    assert found["smallest_size"] == 80


def test_too_few_samples_have_no_value():
    with pytest.raises(SampleSizeError, match="at least 8 samples per set, got real=7, synthetic=20"):
        frechet_distance_infinity(real=np.eye(7), synthetic=np.zeros((20, 7)))


@pytest.mark.parametrize("points", [0, 2, 2.5, "15", True, None])
def test_impossible_numbers_of_sizes_are_refused(points):
    with pytest.raises(AuditkitError, match="`points` must be a whole number from 3 on"):
        frechet_distance_infinity(real=np.eye(9), synthetic=np.eye(9), points=points)


def test_an_unknown_treatment_of_the_reference_is_refused():
    with pytest.raises(AuditkitError, match="did you mean 'fixed'"):
        frechet_distance_infinity(real=np.eye(9), synthetic=np.eye(9), reference="fixd")
