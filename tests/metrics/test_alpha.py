"""Alpha-precision and beta-recall: the paper's curves on a fine grid, synthcity's numbers by its own steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import MinMaxScaler

from auditkit.errors import SampleSizeError, UnknownNameError
from auditkit.metrics import alpha_precision, beta_recall, registry
from auditkit.metrics.products import Products, Rows, Side, View

FINE = (np.arange(200_000) + 0.5) / 200_000


def to_centre(x, centre):
    return np.sqrt(((x - centre) ** 2).sum(axis=1))


def integrated(distances, reference):
    """1 - 2 * mean |P - alpha| on a fine grid, the quantile being the least distance that holds a share of alpha."""
    ordered = np.sort(reference)
    radii = ordered[np.ceil(FINE * len(ordered)).astype(int) - 1]
    curve = np.searchsorted(np.sort(distances), radii, side="right") / len(distances)
    return 1 - 2 * np.abs(curve - FINE).mean()


def paper(real, synthetic):
    """Both scores by the definition, for data without ties."""
    centre = real.mean(axis=0)
    precision = integrated(to_centre(synthetic, centre), to_centre(real, centre))
    centre = synthetic.mean(axis=0)
    typicality = to_centre(synthetic, centre)
    own = np.sqrt(((real[:, None] - real[None]) ** 2).sum(axis=2))
    np.fill_diagonal(own, np.inf)
    between = np.sqrt(((real[:, None] - synthetic[None]) ** 2).sum(axis=2))
    inside = between <= own.min(axis=1)[:, None]
    first = np.where(inside, typicality, np.inf).min(axis=1)
    return precision, integrated(first, typicality)


def synthcity(real, synthetic):
    """The package's numbers, step by step with the tools it uses."""
    scaler = MinMaxScaler().fit(real)
    x, y = scaler.transform(real), scaler.transform(synthetic)
    alphas = np.linspace(0, 1, 30)
    radii = np.quantile(to_centre(x, x.mean(axis=0)), alphas)
    own = NearestNeighbors(n_neighbors=2).fit(x).kneighbors(x)[0][:, 1]
    distance, nearest = (found.ravel() for found in NearestNeighbors(n_neighbors=1).fit(y).kneighbors(x))
    typicality = to_centre(y[nearest], y.mean(axis=0))
    limits = np.quantile(typicality, alphas)
    alpha = [(to_centre(y, x.mean(axis=0)) <= radius).mean() for radius in radii]
    beta = [((distance <= own) & (typicality <= limit)).mean() for limit in limits]
    return tuple(1 - np.abs(alphas - curve).sum() / alphas.sum() for curve in (alpha, beta))


def both(real, synthetic, **parameters):
    return tuple(function(real=real, synthetic=synthetic, **parameters) for function in (alpha_precision, beta_recall))


SHIFTS = {"alike": (0.0, 1.0), "narrow": (0.0, 0.5), "wide": (0.1, 2.0), "aside": (1.5, 1.0)}


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize(("n", "m"), [(90, 90), (60, 130), (130, 60)])
def test_the_papers_definition(shift, n, m):
    rng = np.random.default_rng(n)
    offset, scale = SHIFTS[shift]
    real, synthetic = rng.normal(size=(n, 3)), offset + scale * rng.normal(size=(m, 3))
    precision, recall = both(real, synthetic)
    expected = paper(real, synthetic)
    # The grid of the oracle sees each step up to 1 / 200,000.
    assert precision == pytest.approx(expected[0], abs=1e-4)
    # Here a synthetic row takes its place among its own set in the mean, there at once: half a step, 1 / m, apart.
    assert recall == pytest.approx(expected[1], abs=1.0 / m + 1e-4)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_the_numbers_of_synthcity(shift, offset):
    rng = np.random.default_rng(11)
    move, scale = SHIFTS[shift]
    real = rng.normal(size=(120, 4)) * [1.0, 10.0, 0.1, 3.0]
    synthetic = (move + scale * rng.normal(size=(120, 4))) * [1.0, 10.0, 0.1, 3.0]
    found = both(offset + real, offset + synthetic, variant="synthcity")
    assert found == pytest.approx(synthcity(offset + real, offset + synthetic), abs=1e-9)


def test_the_numbers_of_synthcity_with_copies_and_a_constant_column():
    rng = np.random.default_rng(12)
    real, synthetic = rng.normal(size=(100, 3)), rng.normal(size=(100, 3))
    real[:, 1] = synthetic[:, 1] = 7.0
    synthetic[:40] = real[:40]
    assert both(real, synthetic, variant="synthcity") == pytest.approx(synthcity(real, synthetic), abs=1e-9)


def test_synthcity_needs_equal_sizes_and_the_paper_does_not():
    rng = np.random.default_rng(13)
    real, synthetic = rng.normal(size=(50, 3)), rng.normal(size=(40, 3))
    for function in (alpha_precision, beta_recall):
        assert 0.0 < function(real=real, synthetic=synthetic) < 1.0
        with pytest.raises(SampleSizeError, match="`real` with 50 and `synthetic` with 40"):
            function(real=real, synthetic=synthetic, variant="synthcity")


def test_an_unknown_variant_is_refused():
    for function in (alpha_precision, beta_recall):
        with pytest.raises(UnknownNameError, match="did you mean 'paper'"):
            function(real=np.eye(5), synthetic=np.eye(5), variant="papr")


def test_four_points_that_can_be_integrated_by_hand():
    # Real distances to the centre are 1, 1, 3, 3; the synthetic sample at 2 is inside from one half on.
    real = np.array([[-3.0], [-1.0], [1.0], [3.0]])
    assert alpha_precision(real=real, synthetic=[[2.0]]) == pytest.approx(0.5)
    # At 1 it ties with the first two: P = 2 alpha up to one half, then 1.
    assert alpha_precision(real=real, synthetic=[[1.0]]) == pytest.approx(0.5)
    # At 3 the line rises on the other side.
    assert alpha_precision(real=real, synthetic=[[1.0], [3.0]]) == pytest.approx(1.0)


@pytest.mark.parametrize("make", [lambda rng: rng.normal(size=(80, 3)), lambda rng: rng.integers(0, 3, (80, 3))])
def test_identical_sets_have_full_precision_also_where_distances_tie(make):
    x = make(np.random.default_rng(14))
    assert alpha_precision(real=x, synthetic=x) == pytest.approx(1.0, abs=1e-12)


def test_twice_the_same_samples_change_nothing():
    rng = np.random.default_rng(15)
    real, synthetic = rng.normal(size=(60, 2)), rng.normal(size=(50, 2))
    twice = np.concatenate([synthetic, synthetic])
    assert both(real, twice) == pytest.approx(both(real, synthetic), abs=1e-12)


def test_all_beyond_the_real_set_and_all_on_its_centre_score_zero():
    x = np.random.default_rng(16).normal(size=(60, 3))
    assert both(x, x + 100.0) == (0.0, 0.0)
    assert alpha_precision(real=x, synthetic=np.tile(x.mean(axis=0), (60, 1))) == pytest.approx(0.0, abs=1e-12)


def test_an_offset_of_the_mean_changes_nothing():
    rng = np.random.default_rng(17)
    sets = [np.round(64 * rng.normal(size=(90, 3))) / 64 for _ in range(2)]
    assert both(*(1e6 + x for x in sets)) == pytest.approx(both(*sets), abs=1e-9)


def test_beta_recall_reads_the_same_beside_metrics_with_more_neighbours():
    rng = np.random.default_rng(18)
    sets = {"real": rng.normal(size=(70, 3)), "synthetic": rng.normal(size=(60, 3))}
    sides = {role: Side(x) for role, x in sets.items()}
    products = Products(sides, parameters={"build_neighbours": {"k": 9}, "build_crossing": {"k": 9}})
    reading = registry.get("beta_recall").read(products, View("whole", {}, {role: Rows(role) for role in sides}))
    assert reading.value == beta_recall(**sets)
    assert 0.2 < reading.details["recalled"] < 0.8


def test_pairs_that_were_not_kept_are_found_again_or_said_to_be_too_many():
    rng = np.random.default_rng(19)
    sets = {"real": rng.normal(size=(70, 3)), "synthetic": rng.normal(size=(60, 3))}
    sides = {role: Side(x) for role, x in sets.items()}
    view = View("whole", {}, {role: Rows(role) for role in sides})
    metric = registry.get("beta_recall")
    for k, value in ((3, beta_recall(**sets)), (1, None)):
        products = Products(sides, parameters={"build_neighbours": {"k": k}, "build_crossing": {"k": k}})
        given = products.arguments(metric.needs, view)
        given["crossing"] = replace(given["crossing"], pairs_in_real=None)
        reading = metric.reads(**given, variant="paper")
        assert reading.value == value
    assert "70 real and 60 synthetic samples have too many" in reading.reason
