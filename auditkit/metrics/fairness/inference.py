"""How sure rates and gaps are: limits from resamples of the rows, and gaps that chance makes by dealing groups out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auditkit.intervals import wilson
from auditkit.metrics.fairness.confusion import RATES, Array
from auditkit.metrics.fairness.contrasts import largest_contrast
from auditkit.metrics.fairness.gaps import Agg, GapKind, Method, gap_of
from auditkit.metrics.fairness.sources import Rates, Source, State

__all__ = ["Inferred", "Wanted", "chance_of", "infer", "joined", "limits_of", "rate_limits"]

_LEVEL = 0.95
_FEW_ROWS, _FEW_UNITS = 200, 30


@dataclass(frozen=True)
class Wanted:
    """What is to be inferred.

    Attributes
    ----------
    kinds : tuple of GapKind
    method : {"between_groups", "to_overall"}
    agg : {"worst_case", "mean"}
    n_resamples : int
        0 for values alone.
    """

    kinds: tuple[GapKind, ...]
    method: Method
    agg: Agg
    n_resamples: int

    def gaps(self, source: Source, state: State) -> dict[str, Array]:
        """Every gap of a state, by name."""
        by_group, overall = source.rates(state), source.overall(state)
        return {kind.name: gap_of(by_group, overall, kind, method=self.method, agg=self.agg) for kind in self.kinds}

    def contrasts(self, source: Source, state: State) -> dict[str, Array]:
        """The largest standardised difference behind every gap of a state."""
        by_group, overall, supports = source.rates(state), source.overall(state), source.supports()
        return {
            kind.name: largest_contrast(by_group, overall, supports, kind, method=self.method) for kind in self.kinds
        }


@dataclass(frozen=True, eq=False)
class Inferred:
    """Rates and gaps of one source.

    Attributes
    ----------
    rates, supports : dict of str to ndarray of shape (n_groups, classes)
    overall : dict of str to ndarray of shape (1, classes)
    rate_draws : dict of str to ndarray of shape (b, n_groups, classes)
    gaps : dict of str to float
        NaN where undefined.
    gap_draws, gap_nulls : dict of str to ndarray of shape (b,)
    p : dict of str to float
        Share of deals whose largest standardised difference is as large, the data themselves among them.
    """

    rates: Rates
    supports: Rates
    overall: Rates
    rate_draws: Rates
    gaps: dict[str, float]
    gap_draws: dict[str, Array]
    gap_nulls: dict[str, Array]
    p: dict[str, float]


def infer(source: Source, wanted: Wanted, rng: np.random.Generator) -> Inferred:
    """Values, resamples and nulls of everything that a source tells."""
    observed = source.observed
    resamples, deals = rng.spawn(2)
    rate_draws, gap_draws = _drawn(source, wanted, resamples)
    nulls: dict[str, Array] = {}
    contrasts: dict[str, Array] = {}
    for within in (False, True):
        asked = Wanted(
            tuple(kind for kind in wanted.kinds if kind.within_truth == within),
            wanted.method,
            wanted.agg,
            wanted.n_resamples,
        )
        if asked.kinds and wanted.n_resamples:
            told = [
                (asked.gaps(source, state), asked.contrasts(source, state))
                for state in source.dealt(wanted.n_resamples, deals, within_truth=within)
            ]
            nulls |= joined([gaps for gaps, _ in told])
            contrasts |= joined([found for _, found in told])
    own = wanted.contrasts(source, observed)
    return Inferred(
        source.rates(observed),
        source.supports(),
        source.overall(observed),
        rate_draws,
        {name: float(value) for name, value in wanted.gaps(source, observed).items()},
        gap_draws,
        nulls,
        {name: _share(float(own[name]), drawn) for name, drawn in contrasts.items()},
    )


def _drawn(source: Source, wanted: Wanted, rng: np.random.Generator) -> tuple[Rates, dict[str, Array]]:
    if not wanted.n_resamples:
        return {}, {}
    rates, gaps = [], []
    for state in source.resampled(wanted.n_resamples, rng):
        rates.append(source.rates(state))
        gaps.append(wanted.gaps(source, state))
    return joined(rates), joined(gaps)


def joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Arrays by name, those of all parts in order."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def limits_of(draws: Array | None) -> tuple[float, float] | None:
    """95 % percentile limits of the draws that are defined; None of fewer than two."""
    known = np.empty(0) if draws is None else draws[~np.isnan(draws)]
    if len(known) < 2:  # noqa: PLR2004 - a single one has no spread
        return None
    low, high = np.quantile(known, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def rate_limits(
    name: str, value: float, n: int, n_group: int, percentile: tuple[float, float] | None
) -> tuple[tuple[float, float] | None, str]:
    """Limits of a rate over n units of a group, and how they were made.

    Percentiles of resamples are too narrow where units are few, and have no width where the rate is 0 or 1.
    """
    few = percentile is None or n_group <= _FEW_ROWS or n < _FEW_UNITS or value in (0.0, 1.0)
    if name in RATES and few:
        return wilson(value * n, n), "wilson"
    return percentile, "percentile bootstrap" if percentile else ""


def chance_of(null: Array | None) -> float | None:
    """Mean of a gap under chance; None where it is never defined."""
    known = np.empty(0) if null is None else null[~np.isnan(null)]
    return float(known.mean()) if len(known) else None


def _share(value: float, drawn: Array) -> float:
    # Draws that are equal but for rounding are as large.
    return float((1 + (drawn >= value * (1 - 1e-9)).sum()) / (1 + len(drawn)))
