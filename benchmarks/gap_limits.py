"""How often limits of a gap hold the true one: those of all pairs of groups at once, and percentiles of resamples.

python benchmarks/gap_limits.py
python benchmarks/gap_limits.py --sets 200
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.fairness.confusion import rates_of, resampled_cells, supports_of
from auditkit.metrics.fairness.gaps import GAPS, Form, Method, gaps_of
from auditkit.metrics.fairness.simultaneous import RateSample, gap_limits

SETTINGS = (
    ([0.3, 0.5], [500, 500]),
    ([0.3, 0.5], [50, 500]),
    ([0.3] * 3 + [0.5] * 3, [300] * 6),
    ([0.3] * 3 + [0.4] * 3, [1000, 500, 200, 100, 60, 30]),
    ([0.3] * 4, [200] * 4),
)
RESAMPLES = 200


def true_gap(rates: NDArray[np.float64], sizes: NDArray[np.int64], form: Form, method: Method) -> float:
    """Gap between the rates that sets are drawn from."""
    overall = float((rates * sizes).sum() / sizes.sum())
    if method == "between_groups":
        return float(np.ptp(rates) if form == "difference" else rates.min() / rates.max())
    if form == "difference":
        return float(np.abs(rates - overall).max())
    return float(np.minimum(rates / overall, overall / rates).min())


def held(rates: list[float], sizes: list[int], form: Form, method: Method, n_sets: int) -> tuple[float, float]:
    """Shares of sets whose limits, and whose percentiles, hold the true gap."""
    p, n, rng = np.array(rates), np.array(sizes), np.random.default_rng(0)
    truth, kind = true_gap(p, n, form, method), GAPS[f"demographic_parity_{form}"]
    hits = np.zeros(2)
    for _ in range(n_sets):
        cells = np.zeros((len(p), 2, 2), np.int64)
        cells[:, 0, 1] = rng.binomial(n, p)
        cells[:, 0, 0] = n - cells[:, 0, 1]
        everyone = cells.sum(axis=0, keepdims=True)
        sample = RateSample(rates_of(cells, (1,)), supports_of(cells, (1,)), rates_of(everyone, (1,)), {})
        drawn = np.concatenate(list(resampled_cells(cells, RESAMPLES, rng)))
        gaps = gaps_of(drawn, (1,), kind, method=method)
        low, high = gap_limits(sample, kind, method=method, agg="worst_case") or (np.nan, np.nan)
        first, last = np.nanquantile(gaps, [0.025, 0.975])
        hits += [low <= truth <= high, first <= truth <= last]
    return float(hits[0] / n_sets), float(hits[1] / n_sets)


def main() -> None:
    """Print a line per setting and what the worst of them holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=2000, help="sets that are drawn per setting")
    n_sets = parser.parse_args().sets
    found = []
    for rates, sizes in SETTINGS:
        for form in ("difference", "ratio"):
            for method in ("between_groups", "to_overall"):
                found.append(held(rates, sizes, form, method, n_sets))
                ours, percentiles = found[-1]
                print(f"rates {rates} of {sizes}, {form} {method}: limits {ours:.1%}, percentiles {percentiles:.1%}")
    worst = np.min(found, axis=0)
    print(f"of {n_sets} sets each, at least: limits {worst[0]:.1%}, percentiles {worst[1]:.1%}")


if __name__ == "__main__":
    main()
