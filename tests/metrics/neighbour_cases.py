"""Pairs of sets that make trouble for nearest neighbours: ties, copies, large means, far clusters, odd types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def gaussian(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((600, 12)), rng.standard_normal((450, 12)) * 0.9


def lattice(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.integers(0, 5, (500, 3)).astype(float), rng.integers(0, 5, (300, 3)).astype(float)


def duplicated(rng: np.random.Generator) -> tuple[Array, Array]:
    real = rng.standard_normal((400, 6))
    real[300:] = real[:100]
    real[100:112] = real[100]
    synthetic = rng.standard_normal((350, 6))
    synthetic[:150] = real[:150]
    synthetic[200:210] = synthetic[200]
    return real, synthetic


def one_hot(rng: np.random.Generator) -> tuple[Array, Array]:
    tables = []
    for n in (500, 400):
        codes = rng.integers(0, 6, (n, 5))
        tables.append(np.eye(6)[codes].reshape(n, -1) / np.sqrt(2.0))
    return tables[0], tables[1]


def large_mean(rng: np.random.Generator) -> tuple[Array, Array]:
    return 1000.0 + 0.05 * rng.standard_normal((400, 8)), 1000.01 + 0.05 * rng.standard_normal((380, 8))


def near_copies(rng: np.random.Generator) -> tuple[Array, Array]:
    real = 3.0 + rng.standard_normal((500, 64))
    synthetic = 3.0 + rng.standard_normal((400, 64))
    synthetic[:100] = real[:100] + 1e-4 * rng.standard_normal((100, 64))
    return real, synthetic


def far_clusters(rng: np.random.Generator) -> tuple[Array, Array]:
    """Float32 products cannot tell apart the members of one cluster."""
    side = np.where(np.arange(400) % 2, 1e6, -1e6)[:, None]
    return side + rng.standard_normal((400, 5)), side[:300] + rng.standard_normal((300, 5))


def one_column(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((700, 1)), rng.standard_normal((300, 1))


def wide(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((150, 2048)), rng.standard_normal((120, 2048)) + 0.01


def tiny(rng: np.random.Generator) -> tuple[Array, Array]:
    return 1e-30 * rng.standard_normal((300, 4)), 1e-30 * rng.standard_normal((200, 4))


def crowded_middle(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((400, 48)), 0.01 * rng.standard_normal((300, 48))


def mixed_scales(rng: np.random.Generator) -> tuple[Array, Array]:
    scales = 10.0 ** rng.uniform(-9, 3, (400, 1))
    return scales * rng.standard_normal((400, 3)), scales[:250] * rng.standard_normal((250, 3))


def single_precision(rng: np.random.Generator) -> tuple[Array, Array]:
    real, synthetic = near_copies(rng)
    return real.astype(np.float32), synthetic.astype(np.float32)


CASES: dict[str, Callable[[np.random.Generator], tuple[Array, Array]]] = {
    maker.__name__.strip("_"): maker
    for maker in (
        gaussian, lattice, duplicated, one_hot, large_mean, near_copies, far_clusters, one_column, wide,
        tiny, crowded_middle, mixed_scales, single_precision,
    )
}  # fmt: skip
