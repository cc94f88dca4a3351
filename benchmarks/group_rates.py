"""Are rates per group and their intervals those of fairlearn's MetricFrame, and how much sooner are they there?

Run `python benchmarks/group_rates.py`, with `--small` for seconds instead of a minute, or with `--resamples 10000` for
the whole agreement (20 minutes, all of them MetricFrame's). Times are CPU seconds in one process; MetricFrame's two
bootstraps, of group and of difference, are one call, as are ours, which also draw nulls.
"""

from __future__ import annotations

import argparse
import functools
from typing import Any

import numpy as np
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from measuring import claim, cpu_seconds, said, table

from auditkit.metrics import fairness_report

N, GROUPS, RESAMPLES = 6_000, 6, 100
TIMES_AS_FAST = 300
MOST_DIFFERENCE = 1e-9
# Of a limit, at 10,000 resamples on both sides; fewer leave more of an error.
MOST_AWAY = 0.01
LARGE = 200
QUANTILES = [0.025, 0.975]


def predictions(n: int = N) -> dict[str, Any]:
    """Truth, predictions and groups of very different size, of which some are treated worse."""
    rng = np.random.default_rng(0)
    groups = rng.choice(list("abcdef"), n, p=[0.4, 0.25, 0.2, 0.1, 0.04, 0.01])
    truth = (rng.random(n) < 0.4).astype(int)
    wrong = rng.random(n) < np.where(groups == "b", 0.3, 0.2)
    return {"y_true": truth, "y_pred": np.where(wrong, 1 - truth, truth), "groups": groups}


def peers_frame(given: dict[str, Any], n_boot: int) -> Any:
    """MetricFrame of three rates with its bootstrap."""
    return MetricFrame(
        metrics={"selection_rate": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate},
        y_true=given["y_true"],
        y_pred=given["y_pred"],
        sensitive_features=given["groups"],
        n_boot=n_boot,
        ci_quantiles=QUANTILES,
        random_state=0,
    )


def peers_bootstrap(given: dict[str, Any], n_boot: int) -> Any:
    """MetricFrame's intervals of groups and of differences."""
    frame = peers_frame(given, n_boot)
    return frame, frame.by_group_ci, frame.difference_ci()


def speed(given: dict[str, Any]) -> list[bool]:
    """Time of 100 resamples of 6,000 rows in 6 groups."""
    theirs = cpu_seconds(functools.partial(peers_bootstrap, given, RESAMPLES), 1)
    ours = cpu_seconds(lambda: fairness_report(**given, n_resamples=RESAMPLES), 5)
    print(f"\n{N:,} rows, {GROUPS} groups, {RESAMPLES} resamples")
    table([["MetricFrame, 3 rates", theirs], ["fairness_report, 6 rates, 8 gaps, nulls", ours]], ["", "CPU s"])
    found = theirs / ours
    return [said(f"at least {TIMES_AS_FAST} times as fast", f"{found:.0f} times", met=found >= TIMES_AS_FAST)]


def agreement(given: dict[str, Any], n_boot: int) -> list[bool]:
    """Values, and limits of all groups over 200 rows and of differences."""
    frame, by_group, difference = peers_bootstrap(given, n_boot)
    report = fairness_report(**given, n_resamples=10_000)
    sizes = report.rates["n"]
    rows, away = [], []
    for rate in report.group_rates:
        if rate.name not in frame.by_group.columns or sizes[rate.group] <= LARGE:
            continue
        limits = [float(item.loc[rate.group, rate.name]) for item in by_group]
        low, high = rate.percentile
        away.append(max(abs(limits[0] - low), abs(limits[1] - high)))
        rows.append([f"{rate.name} of {rate.group}", low, limits[0], high, limits[1]])
    print(f"\nLimits at 10,000 resamples of ours and {n_boot:,} of MetricFrame's, groups over {LARGE} rows")
    table(rows, ["", "low", "theirs", "high", "theirs"])
    gap = report.gaps["demographic_parity_difference"]
    limits = [float(item["selection_rate"]) for item in difference]
    ours = f"{gap.percentile[0]:.4f} to {gap.percentile[1]:.4f}"
    print(f"difference of selection rates, percentiles: {ours}, theirs {limits[0]:.4f} to {limits[1]:.4f}")
    values = np.abs(report.rates[frame.by_group.columns] - frame.by_group.astype(float)).to_numpy().max()
    limit = MOST_AWAY * max(1.0, (1_000 / n_boot) ** 0.5)
    return [
        claim("largest difference of rates", float(values), MOST_DIFFERENCE),
        claim("largest difference of limits", max(away), limit),
    ]


def main() -> int:
    """Exit code 1 if a claim is not met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--resamples", type=int, default=1_000, help="of MetricFrame, for the agreement")
    asked = parser.parse_args()
    given = predictions()
    met = [*speed(given), *agreement(given, 100 if asked.small else asked.resamples)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
