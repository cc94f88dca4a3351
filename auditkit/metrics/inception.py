"""Are the classes that a classifier sees clear and varied? The inception score, kept for comparison with old papers.

It misleads more than it tells: it never looks at real data, is blind to collapse within a class, is easily gamed, and
means what the papers say only on the probabilities of the ImageNet classifier Inception-v3. Prefer precision, recall
and coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import SampleSizeError, ShapeError
from auditkit.metrics.arrays import feature_side
from auditkit.metrics.parameters import LEGACY_SEED, check_seed, whole

__all__ = ["inception_score", "inception_score_with_spread"]

# How far the probabilities of a sample may be from 1 in sum.
SLACK = 1e-6


@dataclass(frozen=True)
class InceptionScore:
    """Inception score with its spread over the splits.

    Attributes
    ----------
    mean : float
        Mean over the splits.
    deviation : float
        Standard deviation over the splits (over their number, as torch-fidelity has it); 0 for one split.
    splits : tuple of float
        Score of each split.
    """

    mean: float
    deviation: float
    splits: tuple[float, ...]


def inception_score(*, probabilities: ArrayLike, splits: int = 10, seed: int = 2020) -> float:
    """Exponential of the mean divergence between a sample's class probabilities and those of all samples.

    s = mean over splits of exp(mean_i KL(p_i || mean_j p_j)), i and j within one split.

    Parameters
    ----------
    probabilities : array_like of shape (n, c)
        Class probabilities of synthetic samples by one classifier; each row sums to 1.
    splits : int, default 10
        Parts of the shuffled samples; 1 <= splits <= n.
    seed : int, default 2020
        Order of the samples, by `numpy.random.RandomState(seed)`; torch-fidelity's own by default.

    Returns
    -------
    float in [1, c]; higher is better.

    Raises
    ------
    ShapeError
        If it is not a table of probabilities; rows that do not sum to 1 are counted.
    SampleSizeError
        If there are more splits than samples.

    Notes
    -----
    A warning: one perfect image per class scores as high as a whole data set, the real data play no part, and the
    number means what papers say only for the logits of Inception-v3 trained on ImageNet. An audit does not read it.

    The order and the splits `[i n / splits, (i + 1) n / splits)` are torch-fidelity's, so the values are equal to
    rounding. torchmetrics shuffles by the global generator and splits by `torch.chunk`; dgm-eval drops the remainder.
    Grows with n: compare only equal sizes. O(n c).

    References
    ----------
    Salimans et al. 2016, "Improved Techniques for Training GANs", NeurIPS, section 4; Barratt and Sharma 2018, "A Note
    on the Inception Score", on why not to use it.

    Examples
    --------
    >>> inception_score(probabilities=np.eye(4)[[0, 1, 2, 3] * 5], splits=1)
    4.0
    """
    return inception_score_with_spread(probabilities=probabilities, splits=splits, seed=seed).mean


def inception_score_with_spread(*, probabilities: ArrayLike, splits: int = 10, seed: int = 2020) -> InceptionScore:
    """Inception score of every split, their mean and standard deviation.

    Parameters
    ----------
    probabilities, splits, seed
        As for `inception_score`.

    Returns
    -------
    InceptionScore

    Examples
    --------
    >>> inception_score_with_spread(probabilities=np.full((6, 3), 1 / 3), splits=2).deviation
    0.0
    """
    table = _probabilities(probabilities)
    n = len(table)
    _check(splits, n, seed)
    # The peer's order; a local generator, so that no global state is read or written.
    shuffled = table[np.random.RandomState(seed).permutation(n)]
    scores = [_score(shuffled[i * n // splits : (i + 1) * n // splits]) for i in range(splits)]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)), tuple(scores))


def _score(table: NDArray[np.float64]) -> float:
    whole = np.broadcast_to(table.mean(axis=0), table.shape)
    # A class of probability 0 adds nothing: the limit of p log p.
    logs = np.log(np.divide(table, whole, out=np.ones_like(table), where=table > 0))
    return float(np.exp((table * logs).sum(axis=1).mean()))


def _probabilities(values: ArrayLike) -> NDArray[np.float64]:
    given = feature_side(values, "probabilities").features
    table: NDArray[Any] = given.astype(np.float64)
    # Each entry of a row that sums to 1 is rounded by a share of itself.
    slack = max(SLACK, 2.0 * float(np.finfo(given.dtype).eps))
    low, high = float(table.min()), float(table.max())
    if low < 0 or high > 1 + slack:
        message = (
            f"`probabilities` holds values from {low:.3g} to {high:.3g}: give probabilities, by a softmax of logits."
        )
        raise ShapeError(message)
    off = int(np.count_nonzero(np.abs(table.sum(axis=1) - 1) > slack))
    if off:
        message = (
            f"`probabilities` has {off} of {len(table)} rows that do not sum to 1 within {slack:.0e}: normalise them."
        )
        raise ShapeError(message)
    return table


def _check(splits: object, n: int, seed: int) -> None:
    if whole("splits", splits, 1, give=10) > n:
        message = f"`probabilities` has {n} rows for {splits} splits: give at least one row per split, or splits=1."
        raise SampleSizeError(message)
    check_seed(seed, LEGACY_SEED)
