"""The neighbour passes against float64 brute force, scikit-learn and the published definitions."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from auditkit.errors import AuditkitError, SampleSizeError, ShapeError
from auditkit.metrics.crossing import Crossing, Pairs, crossing, weighted_median
from auditkit.metrics.neighbours import merge_rows, neighbours
from auditkit.metrics.operands import centre_of, operands, scale_factor
from auditkit.metrics.tiles import compiled
from tests.metrics.neighbour_cases import CASES, Array, crowded_middle, near_copies
from tests.oracles import squared_distances, squared_radii

TIE = 1e-12


@pytest.fixture(params=sorted(CASES))
def sets(request: pytest.FixtureRequest) -> tuple[Array, Array]:
    return CASES[request.param](np.random.default_rng(7))


def _cross(real: Array, synthetic: Array, k: int = 5) -> Crossing:
    points = merge_rows(real), merge_rows(synthetic)
    near = [neighbours(each, k=k) for each in points]
    return crossing(*points, real_neighbours=near[0], synthetic_neighbours=near[1], k=k)


def _dense(pairs: Pairs, shape: tuple[int, int]) -> NDArray[np.bool_]:
    dense = np.zeros(shape, dtype=bool)
    dense[pairs.real, pairs.synthetic] = True
    return dense


def test_equal_rows_are_merged_in_order_of_appearance_and_zeros_have_no_sign() -> None:
    points = merge_rows(np.array([[1.0, 0.0], [2.0, 2.0], [1.0, -0.0], [0.0, 0.0]]))
    assert points.counts.tolist() == [2, 1, 1]
    assert points.inverse.tolist() == [0, 1, 0, 2]
    assert points.rows.tolist() == [[1.0, 0.0], [2.0, 2.0], [0.0, 0.0]]
    assert (len(points), points.n_distinct) == (4, 3)


def test_means_over_distinct_rows_count_copies() -> None:
    points = merge_rows(np.array([[1.0], [2.0], [1.0], [1.0]]))
    assert points.mean(np.array([2.0, 10.0])) == 4.0


def test_neighbour_distances_equal_brute_force(sets: tuple[Array, Array]) -> None:
    for features in sets:
        points = merge_rows(features)
        found = neighbours(points, k=7)
        expected = squared_radii(features, 7)
        np.testing.assert_allclose(found.squared_distances[points.inverse], expected, rtol=1e-12, atol=0)
        squared = squared_distances(points.rows, points.rows)
        at_indices = np.take_along_axis(squared, found.indices, axis=1)
        np.testing.assert_allclose(at_indices, found.squared_distances, rtol=1e-12, atol=0)


def test_each_row_has_as_many_copies_for_neighbours_as_there_are() -> None:
    points = merge_rows(np.repeat(np.array([[0.0], [1.0], [5.0]]), (3, 1, 2), axis=0))
    found = neighbours(points, k=4)
    assert found.indices.tolist() == [[0, 0, 1, 2], [0, 0, 0, 2], [2, 1, 0, 0]]
    assert np.sqrt(found.squared_distances).tolist() == [
        [0.0, 0.0, 1.0, 5.0],
        [1.0, 1.0, 1.0, 4.0],
        [0.0, 4.0, 5.0, 5.0],
    ]
    assert found.squared_radius(3).tolist() == [1.0, 1.0, 25.0]


def test_scikit_learn_finds_the_same_distances(sets: tuple[Array, Array]) -> None:
    features = sets[0].astype(np.float64)
    points = merge_rows(features)
    distances, _ = NearestNeighbors(n_neighbors=4, algorithm="kd_tree").fit(features).kneighbors()
    found = np.sqrt(neighbours(points, k=4).squared_distances)[points.inverse]
    np.testing.assert_allclose(found, distances, rtol=1e-9, atol=0)


def test_pairs_and_counts_equal_brute_force(sets: tuple[Array, Array]) -> None:
    real, synthetic = merge_rows(sets[0]), merge_rows(sets[1])
    found = _cross(*sets)
    squared = squared_distances(real.rows, synthetic.rows)
    for side, radii in ((0, squared_radii(sets[0], 5)), (1, squared_radii(sets[1], 5))):
        points = (real, synthetic)[side]
        first = np.zeros_like(points.counts)
        first[points.inverse[::-1]] = np.arange(len(points))[::-1]
        pairs = (found.pairs_in_real, found.pairs_in_synthetic)[side]
        for k in (1, 3, 5):
            radius = radii[first, k - 1][:, None] if side == 0 else radii[first, k - 1][None, :]
            strict, rim = squared < radius * (1 - TIE), np.abs(squared - radius) <= radius * TIE
            inside = (found.inside_real, found.inside_synthetic)[side](k)
            weights = points.counts[:, None] if side == 0 else points.counts[None, :]
            np.testing.assert_array_equal(inside.strict, (strict * weights).sum(axis=side))
            np.testing.assert_array_equal(inside.tied, (rim * weights).sum(axis=side))
            if side == 0:
                smallest = np.where(strict, radius, np.inf).min(axis=0)
                np.testing.assert_allclose(found.smallest_radius(k, tied=False), np.sqrt(smallest), rtol=1e-12)
                smallest = np.where(strict | rim, radius, np.inf).min(axis=0)
                np.testing.assert_allclose(found.smallest_radius(k, tied=True), np.sqrt(smallest), rtol=1e-12)
        assert pairs is not None
        np.testing.assert_array_equal(_dense(pairs, squared.shape), strict | rim)
        np.testing.assert_allclose(pairs.squared_distances, squared[pairs.real, pairs.synthetic], rtol=1e-12)


def test_nearest_rows_and_their_ties_equal_brute_force(sets: tuple[Array, Array]) -> None:
    real, synthetic = merge_rows(sets[0]), merge_rows(sets[1])
    found = _cross(*sets)
    squared = squared_distances(real.rows, synthetic.rows)
    np.testing.assert_allclose(found.nearest_real_squared, squared.min(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.nearest_synthetic_squared, squared.min(axis=1), rtol=1e-12)
    second = np.sort(np.repeat(squared, real.counts, axis=0), axis=0)[1]
    np.testing.assert_allclose(found.second_real_squared, second, rtol=1e-12)
    tied = squared <= squared.min(axis=0) * (1 + TIE)
    np.testing.assert_array_equal(_dense(found.nearest_real_ties, squared.shape), tied)
    np.testing.assert_array_equal(found.nearest_real, tied.argmax(axis=0))
    at = np.take_along_axis(squared, found.nearest_synthetic[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(at, squared.min(axis=1), rtol=1e-12)


def test_bounds_from_single_precision_enclose_the_distance(sets: tuple[Array, Array]) -> None:
    real, synthetic = merge_rows(sets[0]), merge_rows(sets[1])
    centre = centre_of(real)
    factor = scale_factor((real, synthetic), centre)
    left, right = operands((real, synthetic), centre=centre, factor=factor)
    scale = left.factor**2
    assert left.features is not None
    assert right.features is not None
    lower = left.features @ (np.float32(-2.0) * right.features).T + left.low[:, None] + right.low
    upper = lower + left.error[:, None] + right.error
    squared = squared_distances(real.rows, synthetic.rows) * scale
    assert (lower <= squared).all()
    assert (squared <= upper).all()


def test_realism_equals_brute_force(sets: tuple[Array, Array]) -> None:
    real, synthetic = merge_rows(sets[0]), merge_rows(sets[1])
    radius = np.sqrt(squared_radii(sets[0], 3)[:, 2])
    distances = np.sqrt(squared_distances(sets[0], synthetic.rows))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = radius[:, None] / distances
    ratio[(distances == 0) & (radius[:, None] == 0)] = 1.0
    expected = ratio[radius <= np.median(radius)].max(axis=0)
    assert real.n_distinct <= len(radius)
    np.testing.assert_allclose(_cross(*sets).realism, expected, rtol=1e-11)


@pytest.mark.parametrize("case", ["gaussian", "duplicated", "lattice"])
def test_precision_recall_density_coverage_follow_from_the_crossing(case: str) -> None:
    real, synthetic = CASES[case](np.random.default_rng(3))
    k = 5
    squared = squared_distances(real, synthetic)
    real_radius, synthetic_radius = squared_radii(real, k)[:, k - 1], squared_radii(synthetic, k)[:, k - 1]
    found, n_real, n_synthetic = _cross(real, synthetic, k), merge_rows(real), merge_rows(synthetic)
    in_real = found.inside_real(k).strict[n_synthetic.inverse]
    in_synthetic = found.inside_synthetic(k).strict[n_real.inverse]
    inner = 1 - TIE
    assert (in_real > 0).mean() == (squared < real_radius[:, None] * inner).any(axis=0).mean()
    assert (in_synthetic > 0).mean() == (squared < synthetic_radius[None, :] * inner).any(axis=1).mean()
    assert in_real.mean() / k == (squared < real_radius[:, None] * inner).sum(axis=0).mean() / k
    nearest = found.nearest_synthetic_squared[n_real.inverse]
    covered = nearest < neighbours(n_real, k=k).squared_radius(k)[n_real.inverse] * inner
    assert covered.mean() == (squared.min(axis=1) < real_radius * inner).mean()


def _bytes(found: Crossing) -> list[bytes]:
    arrays: list[NDArray[Any]] = []
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, Pairs):
            arrays += [value.offsets, value.real, value.squared_distances]
        else:
            arrays.append(np.asarray(value))
    return [array.tobytes() for array in arrays]


@pytest.mark.parametrize("case", ["near_copies", "lattice", "far_clusters", "duplicated"])
def test_threads_do_not_change_a_byte(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, synthetic = (np.concatenate([part, part[::-1] * 1.25]) for part in CASES[case](np.random.default_rng(5)))
    seen = []
    for threads in ("1", "2", "2", "3"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found = neighbours(merge_rows(real), k=5)
        seen.append([found.indices.tobytes(), found.squared_distances.tobytes(), *_bytes(_cross(real, synthetic))])
    assert all(other == seen[0] for other in seen[1:])


def test_order_of_rows_only_permutes_the_results(sets: tuple[Array, Array]) -> None:
    real, synthetic = sets
    rng = np.random.default_rng(1)
    order = rng.permutation(len(synthetic))
    there, back = merge_rows(synthetic), merge_rows(synthetic[order])
    one, two = _cross(real, synthetic), _cross(real[rng.permutation(len(real))], synthetic[order])
    for name in ("realism", "nearest_real_squared"):
        expected = getattr(one, name)[there.inverse][order]
        np.testing.assert_allclose(getattr(two, name)[back.inverse], expected, rtol=1e-12)
    expected_counts = one.inside_real(5).strict[there.inverse][order]
    np.testing.assert_array_equal(two.inside_real(5).strict[back.inverse], expected_counts)


def test_more_pairs_than_allowed_are_left_out_but_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    real, synthetic = crowded_middle(np.random.default_rng(0))
    points = merge_rows(real), merge_rows(synthetic)
    near = [neighbours(each, k=5) for each in points]
    whole = _cross(real, synthetic)
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found = crossing(*points, real_neighbours=near[0], synthetic_neighbours=near[1], k=5, most_pairs=10_000)
        assert found.pairs_in_real is None
        assert found.pairs_in_synthetic is not None
        np.testing.assert_array_equal(found.inside_real(5).strict, whole.inside_real(5).strict)
        np.testing.assert_array_equal(found.realism, whole.realism)


def test_too_many_ties_for_nearest_are_refused() -> None:
    real, synthetic = merge_rows(np.eye(40)), merge_rows(2 + np.eye(40)[:, ::-1] * 0.5)
    near = [neighbours(each, k=2) for each in (real, synthetic)]
    with pytest.raises(SampleSizeError, match="tie for nearest"):
        crossing(real, synthetic, real_neighbours=near[0], synthetic_neighbours=near[1], k=2, most_pairs=30)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, np.bool_])
def test_every_real_type_is_taken_for_what_it_says(dtype: type) -> None:
    features: NDArray[Any] = np.random.default_rng(0).integers(0, 2, (60, 9)).astype(dtype)
    before = features.copy()
    found = neighbours(merge_rows(features), k=3).squared_distances
    np.testing.assert_array_equal(found, neighbours(merge_rows(features.astype(float)), k=3).squared_distances)
    np.testing.assert_array_equal(features, before)


def test_sets_of_different_types_meet_in_double_precision() -> None:
    real, synthetic = near_copies(np.random.default_rng(0))
    single = real.astype(np.float32)
    found = _cross(single, synthetic)
    np.testing.assert_allclose(found.nearest_real_squared, squared_distances(single, synthetic).min(axis=0), rtol=1e-12)


def test_identical_rows_have_distance_zero_and_lie_on_the_rim() -> None:
    ones = np.ones((30, 4))
    found = neighbours(merge_rows(ones), k=5)
    assert found.squared_distances.tolist() == [[0.0] * 5]
    met = _cross(ones, ones)
    assert (met.inside_real(5).strict.tolist(), met.inside_real(5).tied.tolist()) == ([0], [30])
    assert met.realism.tolist() == [1.0]


def test_exact_copy_of_a_lone_row_has_infinite_realism() -> None:
    real = np.arange(10.0)[:, None] ** 2
    assert np.isinf(_cross(real, real[:6]).realism[0])


@pytest.mark.parametrize("k", [4, 9])
def test_k_must_leave_a_row_out(k: int) -> None:
    with pytest.raises(SampleSizeError, match=f"got k={k} and 4 rows in `features`: lower k or add rows."):
        neighbours(merge_rows(np.eye(4)), k=k)


def test_a_single_row_has_no_neighbour() -> None:
    with pytest.raises(SampleSizeError, match=r"got k=1 and 1 rows in `features`: add rows\."):
        neighbours(merge_rows(np.eye(1)), k=1)


def test_k_must_be_a_number_of_neighbours() -> None:
    with pytest.raises(AuditkitError, match="`k` must be a whole number from 1 on, got 0"):
        neighbours(merge_rows(np.eye(4)), k=0)


def test_radius_beyond_k_is_refused() -> None:
    found = neighbours(merge_rows(np.eye(6)), k=2)
    with pytest.raises(SampleSizeError, match="got k=3"):
        found.squared_radius(3)


@pytest.mark.parametrize(
    ("features", "error", "words"),
    [
        (np.ones(3), ShapeError, "must be a matrix"),
        (np.ones((3, 0)), ShapeError, "must be a matrix"),
        (np.ones((0, 3)), ShapeError, "must be a matrix"),
        (np.array([["a"], ["b"]]), ShapeError, "must be a matrix"),
        (np.ones((3, 2), dtype=complex), ShapeError, "must be a matrix"),
        (np.array([[1.0, np.nan], [np.inf, np.nan], [0.0, 0.0]]), AuditkitError, "3 values .* in 2 of 3 rows"),
        (np.array([[1e19], [0.0]]), ShapeError, "as large as 1e\\+19"),
    ],
)
def test_unusable_features_are_refused(features: NDArray[np.generic], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        merge_rows(features, name="real")


def test_sets_of_different_width_are_refused() -> None:
    near = [neighbours(merge_rows(np.eye(size)), k=1) for size in (4, 5)]
    with pytest.raises(ShapeError, match="5 features, `real` has 4"):
        crossing(
            merge_rows(np.eye(4)), merge_rows(np.eye(5)), real_neighbours=near[0], synthetic_neighbours=near[1], k=1
        )


def test_many_strips_and_tiles_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    features = rng.standard_normal((4500, 10))
    distances, indices = NearestNeighbors(n_neighbors=5, algorithm="kd_tree").fit(features).kneighbors()
    found = neighbours(merge_rows(features), k=5)
    np.testing.assert_allclose(np.sqrt(found.squared_distances), distances, rtol=1e-9)
    np.testing.assert_array_equal(found.indices, indices)
    other = rng.standard_normal((3000, 10))
    nearest = NearestNeighbors(n_neighbors=1, algorithm="kd_tree").fit(features).kneighbors(other)
    met = _cross(features, other)
    np.testing.assert_array_equal(met.nearest_real, nearest[1][:, 0])


def test_weighted_median_is_the_median_of_the_repeated_values() -> None:
    values, counts = np.array([3.0, 1.0, 7.0, 2.0]), np.array([2, 3, 1, 4])
    assert weighted_median(values, counts=counts) == np.median(np.repeat(values, counts))
    assert weighted_median(values[:2], counts=np.array([1, 1])) == 2.0


def test_loops_compile_where_nothing_can_be_kept_on_disk() -> None:
    space: dict[str, Any] = {}
    exec("def twice(x):\n    return x + x", space)  # noqa: S102 - code without a file has no cache folder
    assert compiled()(space["twice"])(4) == 8


def test_realism_looks_only_at_the_smaller_half_of_the_balls() -> None:
    real = np.array([[0.0], [1.0], [2.0], [3.0], [100.0], [200.0], [300.0]])
    points, copy_of_an_outlier = merge_rows(real), merge_rows(np.array([[200.0], [1.5]]))
    near = [neighbours(each, k=1) for each in (points, copy_of_an_outlier)]
    found = crossing(points, copy_of_an_outlier, real_neighbours=near[0], synthetic_neighbours=near[1], k=1)
    assert found.realism.tolist() == [1.0 / 197.0, 2.0]


def test_realism_may_use_fewer_neighbours_than_the_balls() -> None:
    real, synthetic = CASES["gaussian"](np.random.default_rng(1))
    points = merge_rows(real), merge_rows(synthetic)
    near = [neighbours(each, k=8) for each in points]
    options: dict[str, Any] = {"real_neighbours": near[0], "synthetic_neighbours": near[1]}
    narrow, wide = crossing(*points, **options, k=3), crossing(*points, **options, k=8)
    np.testing.assert_array_equal(narrow.realism, wide.realism)
    np.testing.assert_array_equal(narrow.inside_real(3).strict, wide.inside_real(3).strict)
    with pytest.raises(SampleSizeError, match="realism_k"):
        crossing(*points, **options, k=3, realism_k=4)


@pytest.mark.parametrize("k", [32, 33, 100, 399])
@pytest.mark.parametrize("case", ["duplicated", "lattice", "one_hot"])
def test_long_lists_of_neighbours_keep_the_order_of_distance_and_index(case: str, k: int) -> None:
    real, _ = CASES[case](np.random.default_rng(7))
    points = merge_rows(real[:400])
    found, rows = neighbours(points, k=k), points.rows.astype(np.float64)
    for i in range(points.n_distinct):
        others = np.repeat(np.arange(points.n_distinct), points.counts - (np.arange(points.n_distinct) == i))
        squared = np.round(np.square(rows - rows[i]).sum(axis=1), 9)[others]
        order = np.lexsort((others, squared))[:k]
        # Equal to 1e-9: the order of a sum differs.
        np.testing.assert_allclose(found.squared_distances[i], squared[order], atol=1e-8)
        assert (np.diff(found.squared_distances[i]) >= 0).all()
        if case != "duplicated":
            np.testing.assert_array_equal(np.sort(found.indices[i][squared[order] < squared[order[-1]]]),
                                          np.sort(others[order][squared[order] < squared[order[-1]]]))  # fmt: skip


def test_crossing_may_look_at_some_numbers_of_neighbours_only() -> None:
    points = [merge_rows(rows) for rows in CASES["lattice"](np.random.default_rng(3))]
    near = [neighbours(each, k=12) for each in points]
    options: dict[str, Any] = {"real_neighbours": near[0], "synthetic_neighbours": near[1], "k": 12}
    every, some = crossing(*points, **options), crossing(*points, **options, ks=(3, 7))
    assert (some.ks, some.k) == ((3, 7, 12), 12)
    for k in some.ks:
        np.testing.assert_array_equal(some.inside_real(k).tied, every.inside_real(k).tied)
        np.testing.assert_array_equal(some.inside_synthetic(k).strict, every.inside_synthetic(k).strict)
        np.testing.assert_array_equal(some.smallest_radius(k, tied=True), every.smallest_radius(k, tied=True))
    np.testing.assert_array_equal(some.realism, every.realism)
    with pytest.raises(SampleSizeError, match="k=5"):
        some.inside_real(5)
    with pytest.raises(SampleSizeError, match="`ks` must hold numbers from 1 to k=12, got 3 to 13"):
        crossing(*points, **options, ks=(3, 13))
