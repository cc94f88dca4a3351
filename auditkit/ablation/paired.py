"""Intervals of scores and paired differences over repeats on one test part.

Two things move a result: which rows were drawn to train on (seen by the repeats) and which units the test part holds
(seen by resampling them). Repeats share most of their training rows, so their plain t interval is far too narrow;
Nadeau and Bengio's correction widens it. The two variances are added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import SHARE
from auditkit.intervals import NORMAL_95, wilson, within

__all__ = ["Paired", "bootstrap_weights", "corrected_variance", "summarize"]

_RESAMPLES = 200
_CELLS = 10_000_000
_LEVEL = 0.95
_MOST_OVERLAP = SHARE / (1 - SHARE)


@dataclass(frozen=True)
class Paired:
    """A mean over repeats and how sure it is.

    Attributes
    ----------
    value : float
    low, high : float or None
        95 % limits; None from a single repeat.
    spread : mapping
        How the value is distributed: `{"kind": "t", "se": ..., "df": ...}`, `{"kind": "exact"}` when nothing moved
        it, or empty.
    """

    value: float
    low: float | None
    high: float | None
    spread: dict[str, Any]


def bootstrap_weights(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each test unit is drawn, per resample; the first row is all ones.

    Parameters
    ----------
    n : int
        Test units.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (1 + b, n)
        b is 200, less for more than 50,000 units.
    """
    rows = min(_RESAMPLES, max(50, _CELLS // n))
    drawn = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(rows)]
    return np.concatenate([np.ones((1, n)), np.asarray(drawn, dtype=np.float64)])


def corrected_variance(values: NDArray[np.float64], *, n_train: int, n_test: int) -> float:
    """Variance of the mean over repeats that share training rows: s^2 (1 / J + overlap).

    The overlap is n_test / n_train, but at least 1 / 4 and at most 4.

    Parameters
    ----------
    values : ndarray of shape (repeats,)
        One value, or paired difference, per repeat; at least two.
    n_train, n_test : int
        Units trained on in a repeat, and units tested on.

    Returns
    -------
    float

    Notes
    -----
    Nadeau and Bengio's n_test / n_train is the share of units that a repeat leaves out to test on, relative to those
    that it draws: here (1 - 0.8) / 0.8 = 1 / 4, and a small test part must not make it less. The test part of an
    ablation is another set, which may be many times larger than what is trained on, and whose own noise the
    bootstrap adds: without a bound the interval would widen with every further test unit. One fourth alone is too
    little there: draws of 80 % share most of the noise of the one training set that they come from, up to
    0.8 / (1 - 0.8) = 4 times what they differ by when a model is a smooth function of its rows, 0 times when its fits
    are independent. In 150 simulated ablations each (logistic regression and trees, 150 real rows, fresh training
    sets, 5,000 test rows), 1 / 4 covered 74 to 89 %, 1 covered 88 to 97 %, 4 covered 96 to 100 %; of
    least-squares lines 2 covered 88 %, 4 covers 93 %.

    References
    ----------
    Nadeau and Bengio 2003, "Inference for the Generalization Error", Machine Learning 52, section 3.
    """
    overlap = min(max(n_test / n_train, (1 - SHARE) / SHARE), _MOST_OVERLAP)
    return float(values.var(ddof=1)) * (1 / len(values) + overlap)


def summarize(
    values: NDArray[np.float64],
    resampled: NDArray[np.float64],
    *,
    n_train: int,
    n_test: int,
    bounds: tuple[float | None, float | None] = (None, None),
    other: NDArray[np.float64] | None = None,
    unit: float | None = None,
) -> Paired:
    """Mean over repeats with its 95 % interval.

    Parameters
    ----------
    values : ndarray of shape (repeats,)
        One value per repeat.
    resampled : ndarray of shape (b,)
        The mean over repeats on each resample of the test units; undefined ones are NaN and left out.
    n_train, n_test : int
    bounds : tuple of (float or None, float or None)
        Where the value can lie.
    other : ndarray of shape (b,), optional
        For a difference between two independent sets of test units: the mean over repeats on each resample of the
        second set, whose variance is added.
    unit : float, optional
        The most that a share of the test units moves the value by, per share: the width of the measure's range. The
        standard error is then at least that of a disagreement which `n_test` units happen not to show.

    Returns
    -------
    Paired

    Notes
    -----
    The degrees of freedom are Welch and Satterthwaite's: the part from the repeats has repeats - 1, the part from the
    resampled test units has no practical limit.

    Resampling units that all agree gives no spread, however few they are. The least standard error is the upper limit
    of Wilson's interval for 0 of `n_test`, 3.84 / (n_test + 3.84), over 1.96.
    """
    value = float(values.mean())
    if len(values) < 2:  # noqa: PLR2004 - one repeat has no spread
        return Paired(value, None, None, {})
    repeats = corrected_variance(values, n_train=n_train, n_test=n_test)
    units = sum(_variance(item) for item in (resampled, other) if item is not None)
    if unit is not None:
        units = max(units, (unit * wilson(0, n_test)[1] / NORMAL_95) ** 2)
    total = repeats + units
    if total <= 0.0:
        return Paired(value, value, value, {"kind": "exact"})
    df = _degrees(repeats, total, len(values) - 1)
    half = _quantile(df) * math.sqrt(total)
    low, high = within(value - half, value + half, bounds)
    return Paired(value, low, high, {"kind": "t", "se": math.sqrt(total), "df": df})


def _variance(resampled: NDArray[np.float64]) -> float:
    known = resampled[~np.isnan(resampled)]
    return float(known.var(ddof=1)) if len(known) > 1 else 0.0


def _degrees(part: float, total: float, df: int) -> float:
    share = part / total
    # A million is the normal distribution for every purpose, and stays a number when the repeats did not differ.
    return min(df / share**2, 1e6) if share > 1e-6 else 1e6  # noqa: PLR2004


def _quantile(df: float) -> float:
    from scipy.stats import t  # noqa: PLC0415

    return float(t.ppf(0.5 + _LEVEL / 2, df))
