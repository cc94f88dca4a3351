"""Discriminator rejection sampling: thin out what is more frequent among synthetic than among real samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from auditkit.errors import DataError
from auditkit.filtering.conditions import texts_of
from auditkit.filtering.rejected import Rejected, numbers_of, reason_table

__all__ = ["RejectionSampling", "acceptance"]

Floats = NDArray[np.float64]

_LOGIT = "discriminator_logit"
_PERCENTILE = 80.0
_EPSILON = 1e-8
_LEAST = 1e-15
_FEW = 0.1
_POINTS = 199
_NO_LOGITS = frozenset(
    {
        "realism",
        "density",
        "rarity",
        "oddness",
        "label_agreement",
        "confidence",
        "distance_real",
        "distance_holdout",
        "copied_bits",
        "copy",
        "near_copy",
        "duplicate",
        "duplicate_cluster",
        "violations",
        "human",
        "id",
        "discriminator_logit",
    }
)
_WHOLE = 0.9
"""Share that the table of real logits must reach to tell of all of them, not of a tail."""


@dataclass(frozen=True)
class RejectionSampling:
    """Keep each sample with a probability that a discriminator's logit gives.

    With D the logit of being real and D_M its largest value among the samples,

        F = D - D_M - log(1 - exp(D - D_M - eps)) - gamma,   P(keep) = 1 / (1 + exp(-F)),

    so that with gamma = 0 what stays has the density of the real data where D = log(p_real / p_synthetic), at the
    price of few samples; a larger gamma keeps fewer, a smaller one more, the best ones first.

    Attributes
    ----------
    column : str, default "discriminator"
        Out-of-fold probability of being synthetic, or `own_score`, the generator's own logit of being real (a
        log-likelihood or a hinge score is none).
    accept : float in (0, 1), optional
        Share that is expected to stay: gamma is set so.
    percentile : float in [0, 100], optional
        gamma is that percentile of F at gamma = 0; 80 by default.
    reason : str

    Notes
    -----
    The probabilities are out of fold, so they are not those of a classifier that has seen the sample. Where the audit
    knows what the same classifier says of real samples, the logits are calibrated by a logistic regression (Platt)
    before; a note says where it does not. eps is 1e-8. Each sample is drawn on its own from the filter's seed.

    References
    ----------
    Azadi et al. 2019, "Discriminator Rejection Sampling", ICLR, equations 3 to 8.
    Platt 1999, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin Classifiers.
    """

    column: str = "discriminator"
    accept: float | None = None
    percentile: float | None = None
    reason: str = "drawn out: a discriminator finds such samples among synthetic ones more often than among real ones"

    def __post_init__(self) -> None:
        """Refuse shares and percentiles that are none.

        Raises
        ------
        DataError
            If they are out of range or both are given.
        """
        if self.column in _NO_LOGITS:
            raise DataError(
                f"rejection-sampling needs the logit of being real, and {self.column!r} is none: leave column out for "
                "the audit's own discriminator, or give evidence with the generator's `own_score`."
            )
        if self.accept is not None and self.percentile is not None:
            raise DataError("rejection-sampling takes accept or percentile, not both: leave one out.")
        if self.accept is not None and not 0.0 < self.accept < 1.0:
            raise DataError(f"accept of rejection-sampling must be a share between 0 and 1, got {self.accept!r}.")
        if self.percentile is not None and not 0.0 <= self.percentile <= 100.0:  # noqa: PLR2004 - a percentile
            raise DataError(f"percentile of rejection-sampling must be from 0 to 100, got {self.percentile!r}.")

    @property
    def name(self) -> str:
        """`"rejection-sampling"`."""
        return "rejection-sampling"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are read."""
        return (self.column,)

    def limit(self) -> str:
        """What sets the acceptance, in words."""
        if self.accept is not None:
            return f"{self.accept:.4g} of the samples accepted"
        return f"gamma at percentile {_PERCENTILE if self.percentile is None else self.percentile:g}"

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        return {"name": self.name, "reason": self.reason, "limit": self.limit(), "columns": list(self.columns)}

    def choose(
        self,
        evidence: pd.DataFrame,
        left: NDArray[np.bool_],
        *,
        rng: np.random.Generator,
        real: Mapping[str, float] | None = None,
    ) -> Rejected:
        """Draw which samples stay.

        Parameters
        ----------
        evidence : pandas.DataFrame
            A row per sample.
        left : ndarray of bool, shape (n,)
            What is not rejected yet.
        rng : numpy.random.Generator
        real : mapping of share to value, optional
            Logits of being synthetic that so many real samples exceed, to calibrate by.

        Returns
        -------
        Rejected

        Raises
        ------
        DataError
            If the column holds no number.
        """
        logits, notes = self._logits(evidence)
        draws = rng.random(len(evidence))
        known = np.isfinite(logits)
        asked = left & known
        if not known.any():
            raise DataError(f"rejection-sampling reads {self.column!r}, which holds no number: name another column.")
        scale, more = self._calibrated(logits[known], real)
        logits, notes = logits * scale, [*notes, *more]
        chance = np.ones(len(evidence))
        chance[asked], gamma = acceptance(logits[asked], accept=self.accept, percentile=self.percentile)
        gone = asked & (draws >= chance)
        missing = int((left & ~known).sum())
        if missing:
            notes.append(
                f"the rule 'rejection-sampling' could not judge {missing} of {len(evidence)} samples, whose "
                f"{self.column} is missing: it kept them."
            )
        table = self._table(evidence, np.flatnonzero(gone), chance)
        worth = _worth(logits[asked])
        if asked.any() and worth < _FEW * asked.sum():
            notes.append(
                f"a discriminator tells these {int(asked.sum()):,} samples from real ones so well that they are worth "
                f"about {worth:.0f} samples of the real distribution: a better generator serves better than drawing."
            )
        about = {
            "column": self.column,
            "calibration": scale,
            "gamma": gamma,
            "asked": int(asked.sum()),
            "expected_share": float(chance[asked].mean()) if asked.any() else None,
            "worth": worth,
        }
        return Rejected(gone, (table,) if gone.any() else (), tuple(notes), 0, {"rejection_sampling": about})

    def _logits(self, evidence: pd.DataFrame) -> tuple[Floats, list[str]]:
        """Logit of being real of each sample."""
        if self.column == "discriminator" and _LOGIT in evidence.columns:
            return -evidence[_LOGIT].to_numpy(dtype=np.float64, na_value=np.nan), []
        numbers = numbers_of(evidence[self.column])
        if self.column != "discriminator":
            return numbers, []
        return -logit(np.clip(numbers, _LEAST, 1.0 - _LEAST)), []

    def _calibrated(self, logits: Floats, real: Mapping[str, float] | None) -> tuple[float, list[str]]:
        if self.column != "discriminator":
            return 1.0, []
        if not real or max(map(float, real)) < _WHOLE:
            note = (
                "rejection sampling took the discriminator's logits as they are: the audit does not tell what it says "
                "of real samples, so they could not be calibrated."
            )
            return 1.0, [note]
        shares = np.array([float(share) for share in real])
        order = np.argsort(shares)
        values = -np.array(list(real.values()), dtype=np.float64)
        fresh = np.interp((np.arange(_POINTS) + 0.5) / _POINTS, shares[order], values[order])
        return _slope(fresh, logits), []

    def _table(self, evidence: pd.DataFrame, gone: NDArray[np.intp], chance: Floats) -> pd.DataFrame:
        rows = evidence.iloc[gone]
        limit = [f"kept with probability {share:.3g}" for share in chance[gone].tolist()]
        return reason_table(
            rows["id"], reason=self.reason, rule=self.name, value=texts_of(rows[self.column]), limit=limit
        )


def acceptance(logits: Floats, *, accept: float | None = None, percentile: float | None = None) -> tuple[Floats, float]:
    """Probability to keep each sample, and gamma.

    Parameters
    ----------
    logits : ndarray of float64, shape (n,)
        Logit of being real.
    accept : float, optional
        Mean probability that is asked for.
    percentile : float, optional
        Percentile of F at gamma = 0 that gamma is; 80 by default.

    Returns
    -------
    probabilities : ndarray of float64, shape (n,)
    gamma : float

    Examples
    --------
    >>> chance, gamma = acceptance(np.array([-2.0, 0.0, 2.0]), accept=0.5)
    >>> [round(float(share), 3) for share in chance], round(float(chance.mean()), 6)
    ([0.08, 0.42, 1.0], 0.5)
    """
    if not len(logits):
        return np.ones(0), 0.0
    behind = logits - logits.max()
    # log(1 - exp(x)) by expm1, exact where x is near 0.
    shift = behind - np.log(-np.expm1(behind - _EPSILON))
    if accept is None:
        gamma = float(np.percentile(shift, _PERCENTILE if percentile is None else percentile))
    else:
        gamma = _gamma(shift, accept)
    return np.asarray(expit(shift - gamma)), gamma


def _gamma(shift: Floats, accept: float) -> float:
    """Shift at which the mean probability is the one asked for, by bisection."""
    low, high = float(shift.min()) - 40.0, float(shift.max()) + 40.0
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if float(expit(shift - middle).mean()) > accept else (low, middle)
    return (low + high) / 2.0


def _slope(real: Floats, synthetic: Floats) -> float:
    """Slope of a logistic regression of being real on the logit, both sets with equal weight; never below 0."""
    x = np.concatenate([real, synthetic])
    y = np.concatenate([np.ones(len(real)), np.zeros(len(synthetic))])
    weight = np.concatenate([np.full(len(real), 0.5 / len(real)), np.full(len(synthetic), 0.5 / len(synthetic))])
    slope, offset = 1.0, 0.0
    for _ in range(50):
        p = expit(slope * x + offset)
        curve = weight * p * (1.0 - p)
        # A little ridge towards a slope of 1, so that sets that are told apart entirely have one.
        gradient = np.array([(weight * (y - p) * x).sum() - 1e-4 * (slope - 1.0), (weight * (y - p)).sum()])
        bend = np.array([[(curve * x * x).sum() + 1e-4, (curve * x).sum()], [(curve * x).sum(), curve.sum() + 1e-9]])
        step = np.linalg.solve(bend, gradient)
        slope, offset = slope + float(np.clip(step[0], -1.0, 1.0)), offset + float(np.clip(step[1], -5.0, 5.0))
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004 - far below what changes a draw
            break
    return max(slope, 0.0)


def _worth(logits: Floats) -> float:
    """Samples of the real distribution that weighing by the odds would make of these: (sum w)^2 / sum w^2."""
    if not len(logits):
        return 0.0
    odds = np.exp(logits - logits.max())
    return float(odds.sum() ** 2 / (odds**2).sum())
