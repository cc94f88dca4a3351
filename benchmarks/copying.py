"""Copying metrics beside the formulas of those that others use: CPU seconds, ratios, and how far they are from float64.

Run `python benchmarks/copying.py`; `--small` for smaller sets. The peers are written out as their packages compute
them, on features: AuthPct (dgm-eval, fld: two float32 `torch.cdist`), distance and ratio to the closest records
(mostlyai-qa: `NearestNeighbors(2)` on train and on holdout) and C_T (data-copying: k-means, then neighbours and a rank
test per cell). The synthetic set holds 5 % copies. Truth is `cdist` in float64 on some of the rows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from measuring import claim, cpu_seconds, floor, table
from peers import of_authpct
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors

from auditkit.blocks import single_threaded
from auditkit.metrics import registry
from auditkit.metrics.products import Products, Rows, Side, View

SHAPES = ((5_000, 64, 3.0), (3_000, 2_048, 3.0), (4_000, 64, 1e3))
SMALL = ((2_000, 64, 3.0), (1_000, 512, 1e3))
CELLS = 3
CHECKED = 300
NAMES = (
    "authenticity",
    "distance_to_closest_record",
    "nearest_neighbour_distance_ratio",
    "holdout_share",
    "data_copying",
    "membership_inference",
    "near_duplicate_share",
)


def make(n: int, d: int, offset: float) -> dict[str, np.ndarray]:
    """Ten modes around a far mean; a twentieth of the synthetic rows are training rows."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(10, d))

    def draw(m: int) -> np.ndarray:
        rows = offset + centres[rng.integers(10, size=m)] + rng.normal(size=(m, d))
        return rows.astype(np.float32)

    sets = {"real": draw(n), "synthetic": draw(n), "holdout": draw(n // 2)}
    sets["synthetic"][: n // 20] = sets["real"][: n // 20]
    return sets


def ours(sets: dict[str, np.ndarray]) -> dict[str, float]:
    """Every metric from the same products."""
    sides = {role: Side(rows, name=role) for role, rows in sets.items()}
    readings = registry.read_all(sides, {name: registry.get(name) for name in NAMES})
    return {name: float(reading.value) for name, reading in readings.items()}


def closest_records(real: np.ndarray, synthetic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the closest record and its ratio to the next, as mostlyai-qa takes them."""
    distances, _ = NearestNeighbors(n_neighbors=2, algorithm="auto").fit(real).kneighbors(synthetic)
    return distances[:, 0], (distances[:, 0] + 1e-8) / (distances[:, 1] + 1e-8)


def data_copying_of_the_authors(real: np.ndarray, synthetic: np.ndarray, holdout: np.ndarray) -> float:
    """C_T by the formula of the data-copying package."""
    model = KMeans(CELLS, n_init=10, random_state=0).fit(real)
    cells = [model.predict(rows) for rows in (real, synthetic, holdout)]
    total = weight = 0.0
    for number in range(CELLS):
        search = NearestNeighbors(n_neighbors=1).fit(real[cells[0] == number])
        near, fresh = (
            search.kneighbors(rows[cell == number])[0].ravel()
            for rows, cell in zip((synthetic, holdout), cells[1:], strict=True)
        )
        m, h = len(near), len(fresh)
        if m > 20:
            u = mannwhitneyu(near, fresh, alternative="less").statistic
            total += h * (u - m * h / 2 + 0.5) / np.sqrt(m * h * (m + h + 1) / 12)
            weight += h
    return total / weight


def truth(real: np.ndarray, synthetic: np.ndarray) -> tuple[np.ndarray, float]:
    """Distances to the closest record, copies among them, and authenticity of those rows, in float64."""
    rows = np.concatenate([synthetic[: CHECKED // 3], synthetic[-2 * CHECKED // 3 :]]).astype(np.float64)
    records = real.astype(np.float64)
    between = cdist(rows, records)
    nearest = between.argmin(axis=1)
    own = cdist(records[nearest], records)
    own[np.arange(len(nearest)), nearest] = np.inf
    distances = between.min(axis=1)
    return distances, float((own.min(axis=1) < distances).mean())


def measure(n: int, d: int, offset: float) -> tuple[float, float]:
    """Print a table for one shape; CPU seconds of all of ours over those of all peers, and our error of a distance."""
    sets = make(n, d, offset)
    real, synthetic, holdout = sets["real"], sets["synthetic"], sets["holdout"]
    base = floor(n, d)
    peers: dict[str, Callable[[], object]] = {
        "AuthPct, float32": lambda: of_authpct(real, synthetic),
        "DCR and NNDR, train and holdout": lambda: (
            closest_records(real, synthetic),
            closest_records(holdout, synthetic),
        ),
        "C_T, authors' formula": lambda: data_copying_of_the_authors(real, synthetic, holdout),
    }
    with single_threaded():  # as ours is timed with all of its threads added up
        seconds = {name: cpu_seconds(task, 2) for name, task in peers.items()}
    mine = cpu_seconds(lambda: ours(sets), 2)
    rows = [(name, value, value / base, value / mine) for name, value in seconds.items()]
    total = sum(seconds.values())
    rows += [
        ("these three", total, total / base, total / mine),
        (f"ours, {len(NAMES)} metrics", mine, mine / base, 1.0),
    ]
    print(f"\nn={n:,} d={d:,} mean {offset:g}; floor {base:.3f} s")
    table(rows, ("what", "CPU s", "x floor", "x ours"))
    return mine / total, differences(sets)


def differences(sets: dict[str, np.ndarray]) -> float:
    """Print how far each is from float64; our largest error over the largest distance."""
    real, synthetic, holdout = sets["real"], sets["synthetic"], sets["holdout"]
    exact, share = truth(real, synthetic)
    kept = np.concatenate([synthetic[: CHECKED // 3], synthetic[-2 * CHECKED // 3 :]])
    sides = {"real": Side(real), "synthetic": Side(kept)}
    view = View("whole", {}, {role: Rows(role) for role in sides})
    found = registry.get("distance_to_closest_record").read(Products(sides), view).contributions
    ratio = registry.get("authenticity").function(real=real, synthetic=kept)
    c_t = registry.get("data_copying").function
    gap = abs(of_authpct(real, kept)["authenticity"] - share)
    rows = [
        ("ours", float(np.abs(found - exact).max()), abs(ratio - share)),
        ("peers", float(np.abs(closest_records(real, kept)[0] - exact).max()), gap),
    ]
    table(rows, ("largest difference to float64", "distance", "authenticity"))
    theirs = data_copying_of_the_authors(real, synthetic, holdout)
    paper, reference = (c_t(**sets, cells=CELLS, variant=variant) for variant in ("paper", "reference"))
    print(f"C_T: {paper:.2f}, variant='reference' {reference:.2f}, authors' formula {theirs:.2f} (its own clusters)")
    return float(np.abs(found - exact).max() / exact.max())


def main() -> int:
    """Measure every shape; 1 if a claim is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="smaller sets")
    ours(make(200, 8, 0.0))
    costs, errors = zip(*(measure(*shape) for shape in (SMALL if parser.parse_args().small else SHAPES)), strict=True)
    print()
    met = [
        claim(f"{len(NAMES)} metrics over the three peers, CPU seconds, worst shape", max(costs), 1.0),
        claim("error of a distance to the closest record over the largest one, worst shape", max(errors), 1e-13),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
