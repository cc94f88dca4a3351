"""The data-copying test: scipy's rank test, the authors' formula, sets without copies, and its blind spot."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm
from sklearn.neighbors import NearestNeighbors

from auditkit.errors import AuditkitError, SampleSizeError, UndefinedError, UnknownNameError
from auditkit.metrics import data_copying
from tests.oracles import read

CENTRES = np.array([[0.0, 0.0], [50.0, 0.0], [0.0, 80.0]])


def clusters(rng, sizes, *, lattice=False):
    """Three clusters so far apart that k-means cannot mistake them, and the cluster of each row."""
    label = np.repeat(np.arange(3), sizes)
    step = rng.integers(-7, 8, (len(label), 2)).astype(float) if lattice else rng.normal(size=(len(label), 2))
    return CENTRES[label] + step, label


def nearest(rows, records):
    return np.sqrt(((rows[:, None] - records[None]) ** 2).sum(axis=2).min(axis=1))


def z_of(near, fresh, *, reference=False):
    """z of the rank test by counting pairs one by one."""
    m, h = len(near), len(fresh)
    wins = sum((a > b) + 0.5 * (a == b) for a in near for b in fresh)
    ties = np.unique(np.concatenate([near, fresh]), return_counts=True)[1].astype(float)
    tied = 0.0 if reference else (ties**3 - ties).sum() / ((m + h) * (m + h - 1))
    return (wins - m * h / 2 + 0.5 * reference) / np.sqrt(m * h * (m + h + 1 - tied) / 12)


@pytest.mark.parametrize("lattice", [False, True])
def test_one_cell_is_scipys_rank_test(lattice):
    rng = np.random.default_rng(0)
    make = (lambda n: rng.integers(0, 9, (n, 2)).astype(float)) if lattice else (lambda n: rng.normal(size=(n, 3)))
    real, synthetic, holdout = make(90), make(70), make(80)
    found = read("data_copying", real, synthetic, holdout, cells=1)
    test = mannwhitneyu(
        nearest(synthetic, real), nearest(holdout, real), method="asymptotic", use_continuity=False, alternative="less"
    )
    assert found.details["p"] == pytest.approx(test.pvalue, rel=1e-9)
    assert found.value == pytest.approx(norm.ppf(test.pvalue), abs=1e-9)


@pytest.mark.parametrize("lattice", [False, True])
def test_cells_are_weighted_with_their_share_of_the_holdout(lattice):
    rng = np.random.default_rng(1)
    real, _ = clusters(rng, [80, 60, 50], lattice=lattice)
    synthetic, ours = clusters(rng, [40, 70, 25], lattice=lattice)
    holdout, theirs = clusters(rng, [60, 30, 21], lattice=lattice)
    near, fresh = nearest(synthetic, real), nearest(holdout, real)
    z = np.array([z_of(near[ours == c], fresh[theirs == c]) for c in range(3)])
    weights = np.array([60, 30, 21]) / 111
    found = read("data_copying", real, synthetic, holdout, cells=3)
    assert found.value == pytest.approx(weights @ z, abs=1e-9)
    assert found.spread["se"] >= np.sqrt((weights**2).sum())
    assert found.details["p"] == pytest.approx(norm.cdf(weights @ z / np.sqrt((weights**2).sum())), rel=1e-9)
    assert sorted(cell["z"] for cell in found.details["cells"]) == pytest.approx(sorted(z), abs=1e-9)


def test_a_cell_that_one_set_hardly_reaches_is_left_out():
    rng = np.random.default_rng(2)
    real, _ = clusters(rng, [80, 60, 50])
    synthetic, ours = clusters(rng, [40, 70, 19])
    holdout, theirs = clusters(rng, [60, 30, 30])
    near, fresh = nearest(synthetic, real), nearest(holdout, real)
    z = [z_of(near[ours == c], fresh[theirs == c]) for c in range(2)]
    found = read("data_copying", real, synthetic, holdout, cells=3)
    assert found.value == pytest.approx((60 * z[0] + 30 * z[1]) / 90, abs=1e-9)
    assert found.details["share_judged"] == pytest.approx(90 / 120)


@pytest.mark.parametrize("lattice", [False, True])
def test_the_reference_variant_is_the_authors_formula(lattice):
    rng = np.random.default_rng(3)
    real, cell = clusters(rng, [80, 60, 50], lattice=lattice)
    synthetic, ours = clusters(rng, [40, 70, 20], lattice=lattice)
    holdout, theirs = clusters(rng, [60, 30, 9], lattice=lattice)
    total, weight = 0.0, 0.0
    for c in range(3):
        search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(real[cell == c])
        near, fresh = (search.kneighbors(rows)[0].ravel() for rows in (synthetic[ours == c], holdout[theirs == c]))
        # Twenty synthetic samples are not more than twenty.
        if (ours == c).sum() > 20:
            u = mannwhitneyu(near, fresh, alternative="less").statistic
            m, h = len(near), len(fresh)
            total += h / 99 * (u - m * h / 2 + 0.5) / np.sqrt(m * h * (m + h + 1) / 12)
            weight += h / 99
    value = data_copying(real=real, synthetic=synthetic, holdout=holdout, cells=3, variant="reference")
    assert value == pytest.approx(total / weight, abs=1e-9)


def test_the_reference_variant_needs_every_set_in_every_cell():
    rng = np.random.default_rng(4)
    real, synthetic, holdout = (clusters(rng, sizes)[0] for sizes in ([40, 40, 40], [30, 30, 30], [50, 50, 0]))
    with pytest.raises(SampleSizeError, match=r"got real=40 and holdout=0 in one"):
        data_copying(real=real, synthetic=synthetic, holdout=holdout, cells=3, variant="reference")
    assert abs(data_copying(real=real, synthetic=synthetic, holdout=holdout, cells=3)) < 4


def test_without_copies_it_varies_as_its_spread_says_and_is_seldom_judged_lower():
    values, spreads, judged = [], [], []
    for seed in range(200):
        rng = np.random.default_rng([5, seed])
        found = read("data_copying", *(clusters(rng, [40, 30, 30])[0] for _ in range(3)), cells=3)
        values.append(found.value)
        if found.null == 0:
            spreads.append(found.spread["se"])
        judged.append((found.value - found.null) / found.spread["se"])
    assert np.mean(values) == pytest.approx(0.0, abs=0.15)
    assert np.std(values) == pytest.approx(np.mean(spreads), rel=0.15)
    assert np.mean(np.array(judged) < -1.645) <= 0.05


def test_swapped_is_the_same_test_with_train_and_holdout_in_each_others_place():
    rng = np.random.default_rng(14)
    real, synthetic, holdout = rng.normal(size=(90, 3)), 0.8 * rng.normal(size=(70, 3)), rng.normal(size=(80, 3))
    found = read("data_copying", real, synthetic, holdout, cells=1)
    turned = read("data_copying", holdout, synthetic, real, cells=1)
    scale = np.sqrt((70 + 90 + 1) / 90 / ((70 + 80 + 1) / 80))
    assert found.details["swapped"] == pytest.approx(turned.value * scale, abs=1e-9)
    assert found.null == min(0.0, found.details["swapped"])


def test_collapse_into_the_dense_middle_is_not_judged_to_be_copying():
    judged = []
    for seed in range(40):
        rng = np.random.default_rng([15, seed])
        real, holdout = rng.normal(size=(500, 4)), rng.normal(size=(400, 4))
        found = read("data_copying", real, 0.6 * rng.normal(size=(400, 4)), holdout)
        assert found.value < -3
        assert found.details["p"] < 1e-6
        judged.append((found.value - found.null) / found.spread["se"])
    assert np.mean(judged) == pytest.approx(0.0, abs=0.4)
    assert np.std(judged) < 1.1
    copied = read("data_copying", real, real[:400] + 0.05 * rng.normal(size=(400, 4)), holdout)
    assert copied.value - copied.null < -8 * copied.spread["se"]


def test_a_generator_that_repeats_itself_is_not_accused_of_copying():
    z = []
    for seed in range(100):
        rng = np.random.default_rng([12, seed])
        centres = np.repeat(rng.normal(size=(50, 4)), 10, axis=0)
        real, holdout = rng.normal(size=(500, 4)), rng.normal(size=(250, 4))
        found = read("data_copying", real, centres + 0.02 * rng.normal(size=centres.shape), holdout)
        z.append((found.value / found.spread["se"], norm.ppf(found.details["p"])))
    clustered, independent = np.std(z, axis=0)
    assert clustered < 1.25
    assert independent > 1.6


def test_rows_of_one_cluster_count_as_one_where_they_agree():
    rng = np.random.default_rng(13)
    real, holdout, few = rng.normal(size=(60, 2)), rng.normal(size=(50, 2)), rng.normal(size=(20, 2))
    once, often = (read("data_copying", real, np.repeat(few, times, axis=0), holdout, cells=1) for times in (1, 30))
    # The area is the same, so is its error: only the scale of z has changed.
    assert np.ptp(often.interval) / often.value == pytest.approx(np.ptp(once.interval) / once.value, rel=0.15)


def test_copying_is_far_below_zero_and_blur_far_above():
    rng = np.random.default_rng(6)
    real, holdout = rng.normal(size=(600, 3)), rng.normal(size=(300, 3))
    copied = real[:300] + 0.01 * rng.normal(size=(300, 3))
    found = read("data_copying", real, copied, holdout)
    assert found.value < -8
    assert len(found.details["cells"]) == 3
    assert found.interval[0] < found.value < found.interval[1] < 0
    assert data_copying(real=real, synthetic=1.5 * rng.normal(size=(300, 3)), holdout=holdout) > 3


def area_of(near, fresh):
    return np.mean((near[:, None] > fresh) + 0.5 * (near[:, None] == fresh))


def test_the_error_is_delongs_and_that_of_leaving_out_each_training_record():
    rng = np.random.default_rng(16)
    real, synthetic, holdout = rng.normal(size=(60, 2)), 0.5 * rng.normal(size=(50, 2)), rng.normal(size=(45, 2))
    near, fresh = nearest(synthetic, real), nearest(holdout, real)
    area = area_of(near, fresh)
    left_out = [
        area_of(*(nearest(rows, np.delete(real, i, axis=0)) for rows in (synthetic, holdout))) for i in range(60)
    ]
    wins = near[:, None] > fresh
    centred = wins.mean(axis=1) - area
    clusters = np.bincount(((synthetic[:, None] - real) ** 2).sum(axis=2).argmin(axis=1), centred)
    effect = max(1.0, (clusters**2).sum() / (centred**2).sum())
    rows = wins.mean(axis=1).var(ddof=1) * effect / 50 + wins.mean(axis=0).var(ddof=1) / 45
    scale = np.sqrt((50 + 45 + 1) / (12 * 50 * 45))
    expected = np.sqrt(rows + np.sum((np.array(left_out) - area) ** 2)) / scale
    found = read("data_copying", real, synthetic, holdout, cells=1)
    # The reading leaves out that a synthetic and a holdout row may lose the same record.
    assert np.ptp(found.interval) / 2 / 1.96 == pytest.approx(expected, rel=0.05)


def test_limits_hold_where_all_samples_crowd_around_few_records():
    found = []
    for seed in range(80):
        rng = np.random.default_rng([17, seed])
        sets = rng.normal(size=(500, 4)), 0.3 * rng.normal(size=(400, 4)), rng.normal(size=(400, 4))
        reading = read("data_copying", *sets, cells=1)
        found.append((reading.value, *reading.interval))
    values, lows, highs = np.transpose(found)
    assert np.mean((lows <= values.mean()) & (values.mean() <= highs)) >= 0.93
    assert np.mean(highs - lows) < 2 * 2 * 1.96 * np.std(values)


def test_a_copied_minority_is_not_seen():
    rng = np.random.default_rng(7)
    real, holdout, synthetic = (rng.normal(size=(500, 3)) for _ in range(3))
    synthetic = np.concatenate([real[:50], 1.2 * synthetic[50:]])
    assert data_copying(real=real, synthetic=synthetic, holdout=holdout) > 0


def test_sets_that_do_not_overlap_in_distance_still_have_an_interval():
    rng = np.random.default_rng(8)
    real, holdout = rng.normal(size=(60, 2)), 9 + rng.normal(size=(40, 2))
    found = read("data_copying", real, real[:30], holdout)
    assert np.ptp(found.interval) == pytest.approx(2 * 1.96, abs=0.01)


def test_where_all_distances_are_equal_nothing_is_said():
    rows = np.repeat(np.arange(4.0), 10)[:, None]
    assert data_copying(real=rows, synthetic=rows, holdout=rows) == 0.0


def test_clusters_depend_on_the_seed_alone(monkeypatch):
    rng = np.random.default_rng(9)
    real, synthetic, holdout = (rng.normal(size=(400, 5)) for _ in range(3))
    values = {}
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        values[threads] = [data_copying(real=real, synthetic=synthetic, holdout=holdout, seed=s) for s in (0, 1)]
    assert values["1"] == values["2"]
    assert values["1"][0] != values["1"][1]


def test_distances_far_from_the_origin_are_as_good():
    rng = np.random.default_rng(10)
    sets = [rng.integers(0, 1000, (250, 3)).astype(float) for _ in range(3)]
    near = data_copying(**dict(zip(("real", "synthetic", "holdout"), sets, strict=True)))
    far = data_copying(**dict(zip(("real", "synthetic", "holdout"), [item + 2.0**23 for item in sets], strict=True)))
    assert near == far


@pytest.mark.parametrize(
    ("cells", "kind", "message"),
    [
        (0, AuditkitError, "must be a whole number from 1 on, got 0"),
        (6, SampleSizeError, "got 6: ask for fewer"),
        (1.5, AuditkitError, "must be a whole number from 1 on, got 1.5"),
        (True, AuditkitError, "must be a whole number from 1 on, got True"),
    ],
)
def test_an_impossible_number_of_cells_is_refused(cells, kind, message):
    rows = np.arange(5.0)[:, None]
    with pytest.raises(kind, match=message):
        data_copying(real=rows, synthetic=rows, holdout=rows, cells=cells)


def test_cells_too_small_for_a_test_leave_no_value_but_a_reason():
    rng = np.random.default_rng(11)
    real, synthetic, holdout = (rng.normal(size=(30, 2)) for _ in range(3))
    with pytest.raises(UndefinedError, match=r"none of the 3 cells holds enough of the 30 synthetic and 30 holdout"):
        data_copying(real=real, synthetic=synthetic, holdout=holdout, cells=3)
    with pytest.raises(UnknownNameError, match="did you mean 'reference'"):
        data_copying(real=real, synthetic=synthetic, holdout=holdout, variant="referenc")
