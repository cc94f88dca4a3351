"""What planted records showed: guesses of three attackers as bounds on epsilon, and how far canaries stood out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.metrics.epsilon import epsilon_from_guesses, epsilon_from_rates
from auditkit.metrics.tables.shown import Shown, short_text

__all__ = ["CanaryAudit", "canary_summary"]

LEVEL = 0.95
RANKS = (0.01, 0.05, 0.25)
"""A canary is taken for planted where at most this share of records like it is nearer: three attackers."""

Distances = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class CanaryAudit(Shown):
    """What planted records showed.

    Attributes
    ----------
    epsilon : float
        Lower bound, at 95 % confidence, on the epsilon of any differential privacy that the generator can have; 0 where
        nothing was shown. The best of three attackers, corrected for having tried three.
    epsilon_by_rates : float
        The same from true and false positive rates of one canary over the runs, the best of all canaries and corrected
        for it: valid too, but it takes hundreds of runs to be large.
    delta : float
    correct, guesses : int
        Of the attacker who bounds `epsilon`.
    exposure, exposure_left_out : float or None
        Mean bits by which planted canaries stood out of records like them, and those that were left out: 1.44 where
        nothing is remembered. None if in no run any was planted, or left out.
    found, found_left_out : float or None
        Share of planted canaries that a synthetic row equals in all columns compared, and of those left out.
    canaries : pandas.DataFrame
        The records.
    planted : ndarray of shape (repeats, n_canaries), bool
        Which were planted in which run.
    nearer : ndarray of shape (repeats, n_canaries), float64
        How many of the candidates were nearer to the synthetic set of the run; ties count one half.
    distances : ndarray of shape (repeats, n_canaries), float64
        Of each canary to the nearest synthetic row.
    n_candidates : int
        Records like the canaries that were never planted.
    """

    epsilon: float
    epsilon_by_rates: float
    delta: float
    correct: int
    guesses: int
    exposure: float | None
    exposure_left_out: float | None
    found: float | None
    found_left_out: float | None
    canaries: pd.DataFrame = field(repr=False)
    planted: Flags = field(repr=False)
    nearer: Distances = field(repr=False)
    distances: Distances = field(repr=False)
    n_candidates: int

    def __str__(self) -> str:
        runs, n = self.planted.shape
        shown = f"epsilon is at least {self.epsilon:.2f}" if self.epsilon > 0 else "no bound on epsilon was shown"
        head = (
            f"{n} canaries in {runs} runs: {shown} ({self.correct} of {self.guesses} guesses were right); "
            f"planted ones stood out by {_bits(self.exposure)}, others by {_bits(self.exposure_left_out)}"
        )
        frame = self.frame().sort_values("exposure", ascending=False, kind="stable").astype(float)
        names = ("canary", "runs with it", "exposure", "left out", "found", "found left out")
        rows = [
            (place, int(row[0]), *row[1:]) for place, row in zip(frame.index, frame.to_numpy().tolist(), strict=True)
        ]
        return short_text(head, names, rows)

    def frame(self) -> pd.DataFrame:
        """A row per canary: runs with it, mean exposure and share of exact matches when planted and when not."""
        bits = _exposures(self.nearer, self.n_candidates)
        here, away = self.planted, ~self.planted
        return pd.DataFrame(
            {
                "planted": here.sum(axis=0),
                "exposure": _means(bits, here),
                "exposure_left_out": _means(bits, away),
                "found": _means(self.distances == 0, here),
                "found_left_out": _means(self.distances == 0, away),
            }
        )


def canary_summary(
    canaries: pd.DataFrame, planted: Flags, nearer: Distances, distances: Distances, n_candidates: int, delta: float
) -> CanaryAudit:
    """What the guesses of all runs come to; the parameters are as the attributes of `CanaryAudit`."""
    bounds = []
    level = 1 - (1 - LEVEL) / len(RANKS)
    for share in RANKS:
        guessed = nearer <= share * n_candidates
        correct, guesses = int((guessed & planted).sum()), int(guessed.sum())
        epsilon = epsilon_from_guesses(
            correct=correct, guesses=guesses, canaries=planted.size, delta=delta, level=level
        )
        bounds.append((epsilon, correct, guesses))
    epsilon, correct, guesses = max(bounds, key=lambda item: (item[0], item[2]))
    bits = _exposures(nearer, n_candidates)
    return CanaryAudit(
        epsilon=epsilon,
        epsilon_by_rates=_by_rates(planted, nearer, n_candidates, delta),
        delta=delta,
        correct=correct,
        guesses=guesses,
        exposure=_mean(bits, planted),
        exposure_left_out=_mean(bits, ~planted),
        found=_mean(distances == 0, planted),
        found_left_out=_mean(distances == 0, ~planted),
        canaries=canaries,
        planted=planted,
        nearer=nearer,
        distances=distances,
        n_candidates=n_candidates,
    )


def _by_rates(planted: Flags, nearer: Distances, n_candidates: int, delta: float) -> float:
    """The best bound of the attackers and canaries, corrected for their number."""
    level = 1 - (1 - LEVEL) / (len(RANKS) * planted.shape[1])
    best = 0.0
    for share in RANKS:
        guessed = nearer <= share * n_candidates
        for coins, said in zip(planted.T, guessed.T, strict=True):
            bound = epsilon_from_rates(
                true_positives=int((said & coins).sum()),
                members=int(coins.sum()),
                false_positives=int((said & ~coins).sum()),
                strangers=int((~coins).sum()),
                delta=delta,
                level=level,
            )
            best = max(best, bound)
    return best


def _exposures(nearer: Distances, n_candidates: int) -> Distances:
    bits: Distances = np.log2(n_candidates + 1) - np.log2(1 + nearer)
    return bits


def _mean(values: NDArray[Any], where: Flags) -> float | None:
    return float(values[where].mean()) if where.any() else None


def _means(values: NDArray[Any], where: Flags) -> pd.Series:
    """Means per column where there is anything to take the mean of."""
    counts = where.sum(axis=0)
    sums = np.where(where, values, 0).sum(axis=0)
    return pd.Series(sums / np.maximum(counts, 1), dtype="Float64").mask(counts == 0)


def _bits(bits: float | None) -> str:
    return "nothing known" if bits is None else f"{bits:.1f} bits"
