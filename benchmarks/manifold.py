"""Do the neighbour metrics give the peers' numbers, and at what share of their time?

Run `python benchmarks/manifold.py`, with `--small` for seconds instead of minutes. Times are CPU seconds over one
float32 product of n x n x d in the same process. prdc and torch-fidelity are called as installed; AuthPct and the
rarity score, whose packages need more than features, stand here as their authors compute them, with full matrices.
Times are taken on float32 features and values compared on float64 ones, where no peer loses digits.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from measuring import claim, cpu_seconds, floor, peer, table
from peers import PRDC, TORCH_FIDELITY, Values, of_authpct, of_prdc, of_torch_fidelity

from auditkit.blocks import single_threaded
from auditkit.metrics import registry
from auditkit.metrics.products import Side

SHAPES = ((5_000, 64), (10_000, 64), (5_000, 2048))
SMALL = ((1_000, 64), (1_000, 512))
EXACT = (1_500, 16)
FOUR = ("precision", "recall", "density", "coverage")
IMPROVED = ("improved_precision", "improved_recall")
ALL = (
    *FOUR,
    *IMPROVED,
    "beta_recall",
    "realism",
    "rarity",
    "nearest_neighbour_accuracy",
    "authenticity",
    "distance_to_closest_record",
    "nearest_neighbour_distance_ratio",
)
ALL_AT_ONCE = "all of ours, all peers"
# One of the others alone needs less than the pass that all metrics share, where sets are small.
CLAIMED = ("prdc", "torch-fidelity", ALL_AT_ONCE)
Peer = Callable[[np.ndarray, np.ndarray], Values]


def ours(names: tuple[str, ...], real: np.ndarray, synthetic: np.ndarray) -> dict[str, float]:
    """Scores of some metrics from one pass."""
    sides = {"real": Side(real, name="real"), "synthetic": Side(synthetic, name="synthetic")}
    readings = registry.read_all(sides, {name: registry.get(name) for name in names})
    return {name: reading.value for name, reading in readings.items()}


def of_rarity(real: np.ndarray, synthetic: np.ndarray) -> Values:
    """Median rarity score as its authors compute it, from full matrices."""

    def distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        squared = (left**2).sum(1)[:, None] - 2 * left @ right.T + (right**2).sum(1)
        return np.sqrt(np.maximum(squared, 0.0))

    radius = np.sort(distances(real, real), axis=1)[:, 3, None]
    found = np.where(distances(real, synthetic) < radius, radius, np.inf).min(axis=0)
    return {"rarity": float(np.median(found[np.isfinite(found)]))}


PEERS: tuple[tuple[str, tuple[str, ...], Peer, str | None], ...] = (
    ("prdc", FOUR, of_prdc, PRDC),
    ("torch-fidelity", IMPROVED, of_torch_fidelity, TORCH_FIDELITY),
    ("AuthPct", ("authenticity",), of_authpct, None),
    ("rarity score", ("rarity",), of_rarity, None),
)


def features(n: int, d: int, kind: type) -> tuple[np.ndarray, np.ndarray]:
    """Ten clusters; the synthetic set lacks one of them and is a little narrower."""
    rng = np.random.default_rng(0)
    centres = 2.0 * rng.normal(size=(10, d))
    real = centres[rng.integers(10, size=n)] + rng.normal(size=(n, d))
    synthetic = centres[rng.integers(9, size=n)] + 0.97 * rng.normal(size=(n, d))
    return real.astype(kind), synthetic.astype(kind)


def difference(left: Values, right: Values, names: tuple[str, ...]) -> float:
    """Largest difference of some values, relative where they are large."""
    return max(abs(left[name] - right[name]) / max(1.0, abs(right[name])) for name in names)


def known() -> list[tuple[str, tuple[str, ...], Peer]]:
    """Peers that are installed or written out, with what they compute."""
    return [(name, names, call) for name, names, call, module in PEERS if module is None or peer(module)]


def times(shapes: tuple[tuple[int, int], ...], repeats: int) -> bool:
    """Print times beside the peers'; whether ours are no longer."""
    rows, met = [], True
    for n, d in shapes:
        real, synthetic = features(n, d, np.float32)
        theirs_in_all = 0.0
        for name, names, call in known():
            mine = cpu_seconds(lambda: ours(names, real, synthetic), repeats) / floor(n, d)  # noqa: B023
            with single_threaded():
                theirs = cpu_seconds(lambda: call(real, synthetic), repeats) / floor(n, d)  # noqa: B023
            theirs_in_all += theirs
            rows.append((name, n, d, len(names), mine, theirs, theirs / mine))
        mine = cpu_seconds(lambda: ours(ALL, real, synthetic), repeats) / floor(n, d)  # noqa: B023
        rows.append((ALL_AT_ONCE, n, d, len(ALL), mine, theirs_in_all, theirs_in_all / mine))
    table(rows, ("", "rows", "d", "metrics", "ours / floor", "peer / floor", "peer / ours"))
    for name, n, d, *_, gain in rows:
        if name in CLAIMED:
            met &= claim(f"time over that of {name}, n={n}, d={d}", 1.0 / gain, 1.0)
    return met


def values() -> bool:
    """Whether the peers' numbers are ours on float64 features."""
    real, synthetic = features(*EXACT, np.float64)
    met = True
    for name, names, call in known():
        found = difference(ours(names, real, synthetic), call(real, synthetic), names)
        # torch-fidelity means float32 indicators.
        met &= claim(f"largest difference to {name} on float64 features", found, 1e-6 if "torch" in name else 1e-12)
    return met


def far_from_zero() -> bool:
    """float32 features with a mean of 1000, where distances that are not centred lose all digits."""
    rng = np.random.default_rng(1)
    sets = [(1000.0 + 0.05 * rng.normal(size=(400, 16))).astype(np.float32) for _ in range(2)]
    names = ("improved_precision", "improved_recall", "authenticity")
    exact = ours(names, *(features.astype(np.float64) for features in sets))
    rows = [("float64", *exact.values()), ("auditkit, float32", *ours(names, *sets).values())]
    peers = {name: call(*sets) for name, _, call in known() if name in {"torch-fidelity", "AuthPct"}}
    for name, found in peers.items():
        rows.append((f"{name}, float32", *(found.get(metric) for metric in names)))
    table(rows, ("mean 1000, sd 0.05", *names))
    return claim("largest difference between float32 and float64", difference(ours(names, *sets), exact, names), 0.0)


def main() -> None:
    """Compare values, then times; exits 1 if a claim is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few rows")
    small = parser.parse_args().small
    met = values()
    met &= far_from_zero()
    met &= times(SMALL if small else SHAPES, repeats=3 if small else 2)
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
