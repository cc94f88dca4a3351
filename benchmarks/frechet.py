"""What a Fréchet distance costs beside one float32 product of n x n x d, and beside the ways of the peers.

Run `python benchmarks/frechet.py`. Times are CPU seconds over the floor, in one process. *cached* is a further
candidate against a real set whose factor is known. The last column is the difference from singular values in float64,
over the sum of both traces.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from measuring import claim, floor, peer, ratio, table

from auditkit.blocks import single_threaded
from auditkit.metrics import frechet_distance
from auditkit.metrics.frechet import distance_of_gaussians
from auditkit.metrics.gaussians import Gaussian

Sets = tuple[np.ndarray, np.ndarray]


def gaussian(n: int, d: int) -> Sets:
    """Two normal samples, the second a tenth wider."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d), dtype=np.float32), 1.1 * rng.standard_normal((n, d), dtype=np.float32)


def rectified(n: int, d: int) -> Sets:
    """Few causes and some noise behind a rectifier, as activations have them."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((256, d)) * (1.0 / np.arange(1, 257))[:, None]
    made = [
        np.maximum(rng.standard_normal((n, 256)) @ weights + 0.1 * rng.standard_normal((n, d)) + shift, 0.0)
        for shift in (0.0, 0.05)
    ]
    return made[0].astype(np.float32), made[1].astype(np.float32)


def by_singular_values(real: np.ndarray, synthetic: np.ndarray) -> tuple[float, float]:
    """Distance and sum of traces: the nuclear norm of the product of the centred rows."""
    first, second = (rows.astype(np.float64) for rows in (real, synthetic))
    step = first.mean(axis=0) - second.mean(axis=0)
    first, second = ((rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1) for rows in (first, second))
    spread = float((first**2).sum() + (second**2).sum())
    one, two = (np.linalg.qr(rows, mode="r") if len(rows) > rows.shape[1] else rows for rows in (first, second))
    trace = float(np.linalg.svd(one @ two.T, compute_uv=False).sum())
    return float(step @ step) + spread - 2.0 * trace, spread


def of_torch_fidelity(sets: Sets) -> Callable[[], object] | None:
    """Statistics and distance of torch-fidelity; None where it is not installed."""
    import torch  # noqa: PLC0415 - only for the peer

    module = peer("torch_fidelity.metric_fid")
    if module is None:
        return None
    real, synthetic = (torch.from_numpy(rows) for rows in sets)

    def distance() -> object:
        first, second = (module.fid_features_to_statistics(rows) for rows in (real, synthetic))
        return module.fid_statistics_to_metric(first, second, verbose=False)

    return distance


def of_root(sets: Sets) -> Callable[[], object]:
    """Covariances by numpy and scipy's root of their product, as pytorch-fid and clean-fid take it."""
    from scipy.linalg import sqrtm  # noqa: PLC0415 - only for the peers' way

    def distance() -> float:
        first, second = (np.cov(rows, rowvar=False) for rows in sets)
        step = sets[0].mean(axis=0) - sets[1].mean(axis=0)
        return float(step @ step + np.trace(first) + np.trace(second) - 2 * np.trace(sqrtm(first @ second).real))

    return distance


def main() -> int:
    """Measure every case; 1 if a claim is not met."""
    met, rows = True, []
    for name, make, n, d in (
        ("normal", gaussian, 5_000, 2048), ("rectified", rectified, 5_000, 2048), ("normal", gaussian, 1_000, 2048),
    ):  # fmt: skip
        sets = make(n, d)
        ours = ratio(lambda sets=sets: frechet_distance(real=sets[0], synthetic=sets[1]), n, d, 2)
        known = Gaussian.of(sets[0])

        def candidate(sets: Sets = sets, known: Gaussian = known) -> float:
            return distance_of_gaussians(known, Gaussian.of(sets[1]))

        candidate()
        with single_threaded():
            cached = ratio(candidate, n, d, 2)
            peers = [ratio(made, n, d, 1) if made else None for made in (of_torch_fidelity(sets), of_root(sets))]
        value, spread = by_singular_values(*sets)
        error = abs(frechet_distance(real=sets[0], synthetic=sets[1]) - value) / spread
        rows.append([name, n, d, floor(n, d), ours, cached, *peers, error])
        if n > d:
            met &= claim(f"{name}, n={n}, d={d}: over the floor", ours, 2.5)
        met &= claim(f"{name}, n={n}, d={d}: error over the traces", error, 1e-10)
    print()
    table(rows, ("features", "rows", "d", "floor s", "ours", "cached", "torch-fidelity", "sqrtm", "error"))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
