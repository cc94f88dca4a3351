"""Is it realistic, varied and not copied, in one number? The likelihood of fresh real samples under the synthetic ones.

A Gaussian sits on each synthetic sample, its width fitted to the training samples. Samples that are unlike real ones,
miss modes or repeat training records (whose Gaussians shrink to a point) all make the holdout unlikely. It misleads on
few samples, and one number for three faults does not say which one it is: read precision, coverage and the copying
metrics beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.parameters import LEGACY_SEED, check_seed
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.sample_sizes import require_samples

__all__ = ["feature_likelihood_divergence"]

FloatArray = NDArray[np.float64]

MOST_SYNTHETIC = 10_000
BATCH = 10_000
EPOCHS = 50
LEARNING_RATE = 0.5
DECAYS = (0.9, 0.999)
TINY = 1e-8
SETTLED = 5e-4
PATIENCE = 5
LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE = -40.0, 40.0
SHRUNK = (1.0 - 0.1) ** 2
"""Factor of the squared distances to the mean, for the component that gives every sample some likelihood."""
ROWS = 64
CACHED = 100_000_000
"""Distances that are kept from epoch to epoch, at 4 bytes each; beyond, they are computed again."""


@dataclass(frozen=True)
class _Likelihoods:
    """Negative log-likelihoods per dimension, in nats: of train and holdout under the synthetic mixture.

    Attributes
    ----------
    real, holdout : float
    baseline : float
        Of the holdout under a mixture on half of the training samples, fitted to the other half.
    constant : int
        Features that do not vary in the holdout though in other sets; with any, nothing else is defined.
    left_out : int
        Features that have one value in all sets.
    """

    real: float
    holdout: float
    baseline: float
    constant: int = 0
    left_out: int = 0


def _likelihoods(real: Side, synthetic: Side, holdout: Side, *, seed: int) -> _Likelihoods:
    # The reference draws from the legacy generator, so its order of draws is kept.
    rng = np.random.RandomState(check_seed(seed, LEGACY_SEED))
    varied = ~_alike(real, synthetic, holdout)
    if not varied.any():
        return _Likelihoods(np.nan, np.nan, np.nan, len(varied), len(varied))
    train, made, fresh = (np.asarray(side.features[:, varied], np.float64) for side in (real, synthetic, holdout))
    mean, spread = fresh.mean(axis=0), fresh.std(axis=0, ddof=1)
    left_out = len(varied) - fresh.shape[1]
    if not spread.all():
        return _Likelihoods(np.nan, np.nan, np.nan, int((spread == 0).sum()), left_out)
    train, made, fresh = ((rows - mean) / spread for rows in (train, made, fresh))
    if len(made) > MOST_SYNTHETIC:
        made = made[rng.choice(len(made), MOST_SYNTHETIC, replace=False)]
    mixture = _Mixture.fit(made, train, rng)
    shuffled = train[rng.choice(len(train), len(train), replace=False)]
    half = min(len(made), len(train) // 2)
    baseline = _Mixture.fit(shuffled[:half], shuffled[half:], rng)
    return _Likelihoods(mixture.cost(train), mixture.cost(fresh), baseline.cost(fresh), left_out=left_out)


def _alike(*sides: Side) -> NDArray[np.bool_]:
    """Features that have one and the same value in all rows of all sets, and so say nothing of any."""
    first = sides[0].features[0]
    return np.asarray(np.all([(side.features == first).all(axis=0) for side in sides], axis=0), np.bool_)


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Equal Gaussians around some centres, each with a variance of its own for all dimensions."""

    centres: FloatArray
    log_variances: FloatArray

    @classmethod
    def fit(cls, centres: FloatArray, rows: FloatArray, rng: np.random.RandomState) -> _Mixture:
        """Fit the variances to some rows by Adam (Kingma and Ba 2015), as the reference does."""
        order = rng.choice(len(rows), len(rows), replace=False)
        distances = _Distances(rows[order], centres)
        origin = SHRUNK * np.square(rows[order] - rows.mean(axis=0)).sum(axis=1)
        width = centres.shape[1]
        # The last entry is the component around the mean, which only the fit knows.
        descent = _Descent(np.append(np.log((distances.least() + 1e-3) / width), 0.0))
        losses: list[float] = []
        for _ in range(EPOCHS):
            batches = split_blocks(len(rows), BATCH)
            found = []
            for batch in batches:
                loss, slope = _loss(distances, origin, batch, descent.at, width)
                descent.step(slope)
                found.append(loss)
            losses.append(sum(found) / len(found))
            if len(losses) > PATIENCE + 1 and max(abs(losses[-1] - one) for one in losses[-PATIENCE:]) < SETTLED:
                break
        return cls(centres, descent.at[:-1])

    def cost(self, rows: FloatArray) -> float:
        """Mean negative log-likelihood of some rows per dimension, in nats."""
        distances = _Distances(rows, self.centres, keep=False)
        width = self.centres.shape[1]

        def work(block: slice) -> float:
            terms = _log_terms(distances.of(block), self.log_variances, width) - np.log(len(self.centres))
            return float(_log_sums(terms)[0].sum())

        totals = run_blocks(work, split_blocks(len(rows), ROWS))
        return float(-sum(totals) / len(rows) / width)


class _Descent:
    """Adam on log-variances; all but the last stay where exponentials do."""

    def __init__(self, start: FloatArray) -> None:
        self.at = start
        self._first, self._second = np.zeros_like(start), np.zeros_like(start)
        self._steps = 0

    def step(self, slope: FloatArray) -> None:
        self._steps += 1
        self._first = DECAYS[0] * self._first + (1 - DECAYS[0]) * slope
        self._second = DECAYS[1] * self._second + (1 - DECAYS[1]) * slope**2
        scale = np.sqrt(self._second / (1 - DECAYS[1] ** self._steps)) + TINY
        self.at = self.at - LEARNING_RATE * (self._first / (1 - DECAYS[0] ** self._steps)) / scale
        self.at[:-1] = self.at[:-1].clip(LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE)


class _Distances:
    """Squared distances of rows to centres, by block of rows; kept where they are not too many."""

    def __init__(self, rows: FloatArray, centres: FloatArray, *, keep: bool = True) -> None:
        self._rows, self._centres = rows, centres
        self._norms = np.square(centres).sum(axis=1)
        self._kept: NDArray[np.float32] | None = None
        if keep and len(rows) * len(centres) <= CACHED:
            blocks = run_blocks(self._found, split_blocks(len(rows), ROWS))
            self._kept = np.concatenate([block.astype(np.float32) for block in blocks])

    def of(self, block: slice) -> FloatArray:
        """Distances of one block of rows, shape (rows, centres)."""
        return self._found(block) if self._kept is None else self._kept[block].astype(np.float64)

    def least(self) -> FloatArray:
        """Distance of each centre to its nearest row."""
        blocks = run_blocks(lambda block: self.of(block).min(axis=0), split_blocks(len(self._rows), ROWS))
        return np.asarray(np.min(blocks, axis=0))

    def _found(self, block: slice) -> FloatArray:
        rows = self._rows[block]
        squared = self._norms - 2.0 * rows @ self._centres.T + np.square(rows).sum(axis=1)[:, None]
        # A copy is at distance 0, which the difference of large numbers does not give.
        for row, column in zip(*np.nonzero(squared < 1e-6 * self._norms), strict=True):
            squared[row, column] = np.square(rows[row] - self._centres[column]).sum()
        return np.asarray(squared)


def _log_terms(squared: FloatArray, log_variances: FloatArray, width: int) -> FloatArray:
    constant = -0.5 * width * (log_variances + np.log(2.0 * np.pi))
    return np.asarray(-0.5 * squared * np.exp(-log_variances) + constant)


def _log_sums(terms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Logarithm of the sum of each row's exponentials, and the share of each in it."""
    most = terms.max(axis=1)
    shares = np.exp(terms - most[:, None])
    totals = shares.sum(axis=1)
    shares /= totals[:, None]
    return most + np.log(totals), shares


def _loss(
    distances: _Distances, origin: FloatArray, batch: slice, log_variances: FloatArray, width: int
) -> tuple[float, FloatArray]:
    """Mean negative log-likelihood of a batch per dimension and its slope in every log-variance."""
    n_centres = len(log_variances) - 1

    def work(block: slice) -> tuple[float, FloatArray]:
        squared = np.concatenate([distances.of(block), origin[block, None]], axis=1)
        terms = _log_terms(squared, log_variances, width)
        terms[:, :-1] -= np.log(n_centres)
        sums, shares = _log_sums(terms)
        slope = (shares * (0.5 * squared * np.exp(-log_variances) - 0.5 * width)).sum(axis=0)
        return float(sums.sum()), slope

    found = run_blocks(work, list(_blocks_of(batch)))
    scale = -1.0 / ((batch.stop - batch.start) * width)
    return scale * sum(one for one, _ in found), scale * np.sum([slope for _, slope in found], axis=0)


def _blocks_of(batch: slice) -> Iterator[slice]:
    for block in split_blocks(batch.stop - batch.start, ROWS):
        yield slice(batch.start + block.start, batch.start + block.stop)


def _feature_likelihood_divergence(real: Side, synthetic: Side, holdout: Side, *, seed: int) -> Reading:
    n = (len(real), len(synthetic))
    # Half of train is fitted to the other half.
    require_samples("feature_likelihood_divergence", 4, real=len(real))
    require_samples("feature_likelihood_divergence", 2, holdout=len(holdout))
    found = _likelihoods(real, synthetic, holdout, seed=seed)
    if found.constant:
        reason = f"{found.constant} features do not vary in `holdout`, so they cannot be standardised: drop them."
        return Reading(None, n, reason)
    details: dict[str, Any] = {
        "generalization_gap": 100.0 * (found.real - found.holdout),
        "likelihood_of_holdout": -found.holdout,
        "likelihood_of_train": -found.real,
        "baseline": -found.baseline,
        "constant_features_left_out": found.left_out,
    }
    return Reading(100.0 * (found.holdout - found.baseline), n, details=details)


@metric(
    reads=_feature_likelihood_divergence,
    family="realism",
    direction="lower",
    bounds=(None, None),
    unit="hundredths of a nat per dimension",
    interval="none",
    by_group=False,
    default=False,
    source="Jiralerspong et al. 2023, eq. 3-6 (feature likelihood divergence), with the settings of its authors' code",
    meaning="How unlikely fresh real samples are under Gaussians around the synthetic ones, against half of train.",
    misleads="Few samples; and one number stands for three faults, unlike, missing and copied, without saying which.",
    advice="Read precision, coverage and the copying metrics to see which fault it is; the gap far below 0 is copying.",
)
def feature_likelihood_divergence(*, real: ArrayLike, synthetic: ArrayLike, holdout: ArrayLike, seed: int = 0) -> float:
    """Negative log-likelihood of the holdout under the synthetic samples, above that under half of train.

    FLD = 100 (NLL(holdout; synthetic) - NLL(holdout; half of train)) / d, where NLL(x; s) = -mean_i log mean_j
    N(x_i; s_j, v_j I) and the variances v_j are fitted to the training samples.

    Parameters
    ----------
    real : array_like of shape (n, d)
        Training samples, n >= 4.
    synthetic : array_like of shape (m, d)
        Beyond 10,000 samples, 10,000 of them are drawn.
    holdout : array_like of shape (h, d)
        Real samples that the generator never saw, h >= 2. All sets are standardised by their mean and deviation;
        features that have one value in all sets are left out (the package returns NaN).
    seed : int, default 0
        Seed of the draws: of the half of train above all.

    Returns
    -------
    float in [-inf, inf], hundredths of a nat per dimension; lower is better, 0 is as good as half of train.

    Raises
    ------
    SampleSizeError
        If there are fewer than 4 training samples or 2 of the holdout.
    UndefinedError
        If a feature varies elsewhere and not in the holdout.

    Notes
    -----
    The definition of the authors' package, in float64: variances start at the nearest training sample and are fitted by
    Adam (rate 0.5, at most 50 epochs, until five losses agree within 5e-4), with a component around the training mean
    that only the fit sees. Draws come from `numpy.random.RandomState(seed)` in the package's order, where the package
    takes them from the global generator: after `numpy.random.seed(seed)` both agree to float32. Earlier versions of
    the package clip and stop differently. O(50 n m) time beyond the distances, at most 400 MB of them are kept.
    In an audit, `generalization_gap` in the details is 100 (NLL(train) - NLL(holdout)): far below 0 means copies.

    References
    ----------
    Jiralerspong et al. 2023, "Feature Likelihood Divergence: Evaluating the Generalization of Generative Models Using
    Samples", NeurIPS.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(3, 200, 2))
    >>> fld = [feature_likelihood_divergence(real=x[0], synthetic=x[1] + far, holdout=x[2]) for far in (0.0, 3.0)]
    >>> fld[0] < fld[1]
    True
    """
    return value_of(_feature_likelihood_divergence, feature_sides(real, synthetic, holdout=holdout), seed=seed)
