"""Pruned and plain neighbour passes give the bytes of float64 brute force, in tiles of any size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from auditkit.metrics import operands, points
from auditkit.metrics.crossing import Crossing, Pairs, crossing
from auditkit.metrics.neighbours import Neighbours, merge_rows, neighbours
from auditkit.metrics.operands import Tiling, centre_of, scale_factor
from auditkit.metrics.sketches import WIDTHS, chosen_operands, principal_directions, sketched, worthwhile_width
from tests.oracles import squared_distances, squared_radii

Array = NDArray[Any]
TIE = 1e-12
TILES = [Tiling(7, 5), Tiling(64, 100), Tiling(600, 33)]


def _gaussian(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((300, 12)), rng.standard_normal((250, 12)) * 0.9


def _activations(rng: np.random.Generator) -> tuple[Array, Array]:
    """Many columns that follow a few causes, cut off at zero, in single precision."""
    weights = rng.standard_normal((6, 260))
    sets = [np.maximum(rng.standard_normal((n, 6)) @ weights, 0.0).astype(np.float32) for n in (320, 280)]
    return sets[0], sets[1]


def _lattice(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.integers(0, 4, (300, 3)).astype(float), rng.integers(0, 4, (200, 3)).astype(float)


def _duplicated(rng: np.random.Generator) -> tuple[Array, Array]:
    real, synthetic = rng.standard_normal((260, 6)), rng.standard_normal((220, 6))
    real[200:] = real[:60]
    real[100:130] = real[100]
    synthetic[:90] = real[:90]
    synthetic[200:210] = synthetic[200]
    return real, synthetic


def _constant(_: np.random.Generator) -> tuple[Array, Array]:
    return np.full((40, 5), 3.25), np.full((30, 5), 3.25)


def _large_mean(rng: np.random.Generator) -> tuple[Array, Array]:
    return 1e7 + rng.standard_normal((240, 40)), 1e7 + rng.standard_normal((220, 40))


def _large_mean_in_single_precision(rng: np.random.Generator) -> tuple[Array, Array]:
    """At 1e7 a float32 is a whole number: near rows tie and repeat."""
    sets = [(1e7 + 2.0 * rng.standard_normal((n, 3))).astype(np.float32) for n in (240, 220)]
    return sets[0], sets[1]


def _fewer_rows_than_columns(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((50, 300)), rng.standard_normal((40, 300))


def _identical(rng: np.random.Generator) -> tuple[Array, Array]:
    rows = rng.standard_normal((200, 30)).astype(np.float32)
    return rows, rows.copy()


def _near_copies(rng: np.random.Generator) -> tuple[Array, Array]:
    real, synthetic = 3.0 + rng.standard_normal((250, 48)), 3.0 + rng.standard_normal((220, 48))
    synthetic[:80] = real[:80] + 1e-6 * rng.standard_normal((80, 48))
    return real, synthetic


CASES: dict[str, Callable[[np.random.Generator], tuple[Array, Array]]] = {
    maker.__name__.strip("_"): maker
    for maker in (
        _gaussian, _activations, _lattice, _duplicated, _constant, _large_mean, _large_mean_in_single_precision,
        _fewer_rows_than_columns, _identical, _near_copies,
    )
}  # fmt: skip


@pytest.fixture(params=sorted(CASES))
def sets(request: pytest.FixtureRequest) -> tuple[Array, Array]:
    return CASES[request.param](np.random.default_rng(11))


def _found(sets: tuple[Array, Array], *, pruned: bool | None, k: int = 5) -> tuple[Neighbours, Neighbours, Crossing]:
    real, synthetic = (merge_rows(features) for features in sets)
    near = neighbours(real, k=k, pruned=pruned), neighbours(synthetic, k=k, pruned=pruned)
    met = crossing(real, synthetic, real_neighbours=near[0], synthetic_neighbours=near[1], k=k, pruned=pruned)
    return *near, met


def _bytes(found: tuple[Neighbours, Neighbours, Crossing]) -> list[bytes]:
    arrays: list[Array] = []
    for part in found:
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, Pairs):
                arrays += [value.offsets, value.real, value.squared_distances]
            elif isinstance(value, np.ndarray):
                arrays.append(value)
    return [array.tobytes() for array in arrays]


def test_pruned_and_plain_passes_give_the_same_bytes(sets: tuple[Array, Array]) -> None:
    assert _bytes(_found(sets, pruned=True)) == _bytes(_found(sets, pruned=False))


@pytest.mark.parametrize("tiles", TILES)
@pytest.mark.parametrize("pruned", [False, True])
def test_tiles_do_not_change_a_byte(
    sets: tuple[Array, Array], tiles: Tiling, pruned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _bytes(_found(sets, pruned=False))
    monkeypatch.setattr(operands, "RESIDENT", 0)
    for module in ("neighbours", "crossing", "seeds"):
        monkeypatch.setattr(f"auditkit.metrics.{module}.tiling", lambda _: tiles)
    for module in ("neighbours", "crossing"):
        monkeypatch.setattr(f"auditkit.metrics.{module}.FLUSH", 50)
    assert _bytes(_found(sets, pruned=pruned)) == expected


@pytest.mark.parametrize("pruned", [False, True])
def test_threads_do_not_change_a_byte(pruned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("neighbours", "crossing", "seeds"):
        monkeypatch.setattr(f"auditkit.metrics.{module}.tiling", lambda _: Tiling(32, 64))
    for case in ("activations", "lattice", "duplicated"):
        seen = []
        for threads in ("1", "2", "3"):
            monkeypatch.setenv("AUDITKIT_THREADS", threads)
            seen.append(_bytes(_found(CASES[case](np.random.default_rng(2)), pruned=pruned)))
        assert seen[1:] == seen[:1] * 2


@pytest.mark.parametrize("pruned", [False, True])
def test_neighbours_of_every_k_equal_brute_force(sets: tuple[Array, Array], pruned: bool) -> None:
    features = sets[0]
    expected = squared_radii(features, 20)
    points = merge_rows(features)
    for k in (1, 2, 3, 5, 8, 13, 20):
        found = neighbours(points, k=k, pruned=pruned)
        np.testing.assert_allclose(found.squared_distances[points.inverse], expected[:, :k], rtol=1e-12, atol=0)


@pytest.mark.parametrize("pruned", [False, True])
@pytest.mark.parametrize("k", [1, 5, 20])
def test_a_crossing_equals_brute_force(sets: tuple[Array, Array], k: int, pruned: bool) -> None:
    real, synthetic = merge_rows(sets[0]), merge_rows(sets[1])
    _, _, found = _found(sets, pruned=pruned, k=k)
    squared = squared_distances(sets[0], sets[1])
    radii, own = squared_radii(sets[0], k)[:, -1:], squared_radii(sets[1], k)[:, -1]
    for limit, inside, axis, inverse in (
        (radii, found.inside_real(k), 0, synthetic.inverse),
        (own, found.inside_synthetic(k), 1, real.inverse),
    ):
        np.testing.assert_array_equal(inside.strict[inverse], (squared < limit * (1 - TIE)).sum(axis=axis))
        rim = np.abs(squared - limit) <= limit * TIE
        np.testing.assert_array_equal(inside.tied[inverse], rim.sum(axis=axis))
    smallest = np.sort(squared, axis=0)
    np.testing.assert_allclose(found.nearest_real_squared[synthetic.inverse], smallest[0], rtol=1e-12)
    np.testing.assert_allclose(found.second_real_squared[synthetic.inverse], smallest[1], rtol=1e-12)
    np.testing.assert_allclose(found.nearest_synthetic_squared[real.inverse], squared.min(axis=1), rtol=1e-12)


def test_few_coordinates_never_overstate_a_distance(sets: tuple[Array, Array]) -> None:
    real, synthetic = merge_rows(sets[0]), merge_rows(sets[1])
    centre = centre_of(real)
    factor = scale_factor((real, synthetic), centre)
    squared = squared_distances(real.rows, synthetic.rows) * factor**2
    random = np.linalg.qr(np.random.default_rng(0).standard_normal((len(centre), min(len(centre), 4))))[0]
    for basis in (random, principal_directions(((real.rows - centre) * factor).astype(np.float32), 8)):
        if basis is not None:
            left, right = (sketched(part, basis, centre=centre, factor=factor) for part in (real, synthetic))
            assert left.features is not None
            assert right.features is not None
            lower = left.features @ (np.float32(-2.0) * right.features).T + left.low[:, None] + right.low
            assert (lower <= squared).all()


def test_principal_directions_are_orthonormal_and_those_of_a_decomposition() -> None:
    rng = np.random.default_rng(4)
    rows = (rng.standard_normal((200, 12)) * 2.0 ** -np.arange(12) @ rng.standard_normal((12, 300))).astype(np.float32)
    basis = principal_directions(rows, 3)
    assert basis is not None
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-13)
    expected = np.linalg.svd(rows.astype(np.float64), full_matrices=False)[2][:3]
    np.testing.assert_allclose(np.abs(expected @ basis), np.eye(3), atol=1e-4)
    assert principal_directions(np.zeros((20, 5), dtype=np.float32), 3) is None


def _chosen(features: Array) -> int:
    points = merge_rows(features.astype(np.float32))
    centre = centre_of(points)
    return worthwhile_width((points,), centre=centre, factor=scale_factor((points,), centre))


def test_pruning_is_chosen_for_few_causes_and_never_for_isotropic_or_small_features() -> None:
    rng = np.random.default_rng(0)
    isotropic = rng.standard_normal((6400, 512))
    causes = np.maximum(rng.standard_normal((6400, 12)) @ rng.standard_normal((12, 512)), 0.0)
    apart = isotropic + 3.0 * rng.standard_normal((10, 512))[rng.integers(0, 10, 6400)]
    assert _chosen(causes) in WIDTHS
    assert (_chosen(isotropic), _chosen(apart)) == (0, 0)
    assert (_chosen(causes[:500]), _chosen(causes[:, :64]), _chosen(np.zeros((6400, 512)))) == (0, 0, 0)
    assert chosen_operands((merge_rows(np.ones((9, 2))),), pruned=True)[1] is False


def test_the_measured_rule_changes_no_byte() -> None:
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((8, 1024))
    real, synthetic = (np.maximum(rng.standard_normal((4300, 8)) @ weights, 0.0).astype(np.float32) for _ in "rs")
    assert _chosen(real) in WIDTHS
    assert _bytes(_found((real, synthetic), pruned=None)) == _bytes(_found((real, synthetic), pruned=False))


def test_nothing_as_large_as_all_pairs_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_THREADS", "1")
    rng = np.random.default_rng(0)
    n = 6000
    rows = [rng.standard_normal((n, 24)).astype(np.float32) for _ in "rs"]
    for pruned in (False, True):
        tracemalloc.start()
        _found((rows[0], rows[1]), pruned=pruned)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 * n * n / 3


def test_rows_are_the_callers_own_where_none_repeats() -> None:
    rows = np.array(np.random.default_rng(0).standard_normal((30, 4)), dtype=np.float32)
    assert merge_rows(rows).rows is rows
    locked = rows.copy()
    locked.flags.writeable = False
    merged = merge_rows(locked)
    np.testing.assert_array_equal(merged.rows, locked)
    assert np.shares_memory(merged.rows, locked) is False
    np.testing.assert_array_equal(merge_rows(rows[:, ::2]).rows, rows[:, ::2])


def test_rows_of_one_digest_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def same_for_all(rows: Array) -> tuple[NDArray[np.uint64], float]:
        return np.zeros(len(rows), dtype=np.uint64), 1.0

    monkeypatch.setattr(points, "_digested", same_for_all)
    merged = merge_rows(np.array([[1.0, 0.0], [2.0, 2.0], [1.0, -0.0], [2.0, 2.0], [0.5, 0.0]]))
    assert merged.counts.tolist() == [2, 2, 1]
    assert merged.inverse.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_signs_and_permutations_have_digests_of_their_own(dtype: type) -> None:
    rows = np.array([[1, 2], [2, 1], [-1, 2], [1, -2], [-1, -2], [0, 0], [2, 2]], dtype=dtype)
    assert merge_rows(rows).n_distinct == len(rows)
    assert len(set(points._digested(rows)[0].tolist())) == len(rows)


def test_no_global_random_state_is_touched(twice_in_other_worlds: Any) -> None:
    twice_in_other_worlds(lambda: _found(_activations(np.random.default_rng(0)), pruned=True))
