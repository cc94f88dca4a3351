"""Scores of privacy by distance, from 0 to 1, as SDMetrics defines them; their defaults here are without its faults.

A score of 1 is no proof: both look at the bulk of the rows, and a few copies move neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells, even_numbers
from auditkit.errors import UndefinedError
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.metrics.tables.peers import SDMetrics, check_peer
from auditkit.metrics.tables.sides import named_sets, table_sides

__all__ = ["BaselineProtection", "OverfittingProtection", "baseline_protection", "overfitting_protection"]


@dataclass(frozen=True)
class OverfittingProtection:
    """How far synthetic rows are from preferring training rows to fresh ones.

    Attributes
    ----------
    score : float
        In [0, 1]; higher is better.
    closer_to_real, closer_to_holdout : float
        Shares of the synthetic rows; they sum to 1.
    """

    score: float
    closer_to_real: float
    closer_to_holdout: float

    def __float__(self) -> float:
        return self.score


@dataclass(frozen=True)
class BaselineProtection:
    """How far synthetic rows are from the training rows, beside random ones.

    Attributes
    ----------
    score : float
        In [0, 1]; higher is better.
    synthetic_median, random_median : float
        Median distances to the closest training row.
    """

    score: float
    synthetic_median: float
    random_median: float

    def __float__(self) -> float:
        return self.score


def overfitting_protection(
    *, real: Any, synthetic: Any, holdout: Any, compatible: SDMetrics | None = None
) -> OverfittingProtection:
    """Share of synthetic rows that are nearer to a holdout row, over the share that chance gives; at most 1.

    p = min((1 - s) / (1 - n / (n + h)), 1), s the holdout share.

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    holdout : table of h rows
        Real records that the generator never saw.
    compatible : {"sdmetrics"}, optional
        DCROverfittingProtection of SDMetrics 0.32: p = min(2 (1 - s), 1), where ties count for the holdout, each set
        is measured by its own ranges, and the sizes do not count.

    Returns
    -------
    OverfittingProtection
        `float()` of it is p in [0, 1]; higher is better.

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError

    Notes
    -----
    By default records tied for nearest share the vote and one range serves both sets: see `holdout_share`, which has
    an interval too. With as many holdout rows as training rows, no ties and equal ranges the two are one.

    Examples
    --------
    >>> x = np.arange(8.0)
    >>> protected = overfitting_protection(real={"x": x[::2]}, synthetic={"x": x[::2] + 0.1}, holdout={"x": x[1::2]})
    >>> float(protected), protected.closer_to_real
    (0.0, 1.0)
    """
    check_peer(compatible, SDMetrics)
    cells = table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout))
    train, made, fresh = cells["real"], cells["synthetic"], cells.get("holdout")
    if fresh is None:
        raise UndefinedError("overfitting_protection is undefined without a holdout: give rows that no one trained on.")
    if compatible == "sdmetrics":
        near, far = (nearest(made, [item], measure=spans(item)).distances[0, :, 0] for item in (train, fresh))
        share, chance = float((near < far).mean()), 0.5
    else:
        votes = nearest(made, [train, fresh], measure=spans(train, fresh), votes=True).share()
        share, chance = float(votes.mean()), len(train) / (len(train) + len(fresh))
    return OverfittingProtection(min((1 - share) / (1 - chance), 1.0), share, 1 - share)


def baseline_protection(*, real: Any, synthetic: Any, seed: int = 0) -> BaselineProtection:
    """Median distance of synthetic rows to their closest training row, over that of random rows; at most 1.

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    seed : int, default 0
        For the random rows.

    Returns
    -------
    BaselineProtection
        `float()` of it is the score in [0, 1]; higher is better.

    Raises
    ------
    UndefinedError
        If the median random row is a training row.
    DataError, SampleSizeError

    Notes
    -----
    DCRBaselineProtection of SDMetrics 0.32. Each column of the random rows is drawn by itself: categories from those of
    the training rows with equal chances, numbers and moments evenly between the least and the largest, whole where
    those of the training rows are; missing as often as there. On tables without missing cells, and with floats that
    are not all whole, the random rows are those that SDMetrics draws when its `_seed` is `seed`.

    A set of mere noise scores 1, and a useful set cannot: read it as a distance and not as privacy.

    Examples
    --------
    >>> x = np.arange(100.0) + 0.5
    >>> float(baseline_protection(real={"x": x}, synthetic={"x": x}))
    0.0
    """
    return baseline_of(**table_sides(named_sets(real=real, synthetic=synthetic)), seed=seed)


def baseline_of(real: Cells, synthetic: Cells, *, seed: int = 0) -> BaselineProtection:
    """The same on sets that are encoded together already."""
    rng = np.random.default_rng(check_seed(seed))
    chance = peer_random_rows(real, len(synthetic), rng)
    measure = spans(real)
    near, far = (
        float(np.median(nearest(item, [real], measure=measure).distances[0, :, 0])) for item in (synthetic, chance)
    )
    if far == 0:
        reason = "half of the random rows are training rows, so there is no distance to compare with"
        raise UndefinedError(f"baseline_protection is undefined: {reason}.")
    return BaselineProtection(min(near / far, 1.0), near, far)


def peer_random_rows(real: Cells, n: int, rng: np.random.Generator) -> Cells:
    """Rows whose cells are drawn evenly, column by column, in the order in which SDMetrics draws random numbers.

    Only for figures that are to be the peer's: `Cells.uniform` is the draw that scores are judged by.

    Parameters
    ----------
    real : Cells
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    Cells
        Of the same encoding.
    """
    drawn = [_random_column(real, place, n, rng) for place in range(len(real.columns))]
    return replace(
        real, values=tuple(values for values, _ in drawn), missing=tuple(absent for _, absent in drawn), n_rows=n
    )


def _random_column(
    real: Cells, place: int, n: int, rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    values, absent, present = real.values[place], real.missing[place], real.present(place)
    gone = None if absent is None else np.ones(n, np.bool_)
    if not len(present):
        return np.full(n, values[0], values.dtype), gone
    if real.columns[place].kind == "category":
        _, first = np.unique(present, return_index=True)
        levels = present[np.sort(first)]
        column = levels[rng.integers(0, len(levels), size=n)]
    elif real.columns[place].kind == "moment":
        seconds = (int(present.max()) - int(present.min())) / 1e9
        column = present.min() + np.round(rng.uniform(0, seconds, size=n) * 1e9).astype(np.int64)
    else:
        column = even_numbers(present, n, rng)
    if absent is None:
        return column, None
    gone = rng.random(n) < absent.mean()
    # A missing cell looks alike in all rows, so one of those given says how.
    return np.where(gone, values[absent][0], column), gone
