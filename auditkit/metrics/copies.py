"""Is it copied? Synthetic samples that are, or lie too near, records of the training set.

Distances alone mislead: anything fitted on real data lies near it. So the evidence is a comparison with a holdout that
the generator never saw, and records that both sets contain count for neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.intervals import clopper_pearson, normal_interval, wilson
from auditkit.metrics.arrays import feature_side, feature_sides
from auditkit.metrics.mixed_space import mixed_copy_excess, mixed_match_share, mixed_sides
from auditkit.metrics.products import Side
from auditkit.metrics.records import records_of
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.spaces import Space, is_mixed

__all__ = ["copy_excess", "duplicate_share", "identical_match_share"]

# Fewer repeats are rare events, whose number is spread unlike a normal one.
FEW_REPEATS = 20


def _copy_excess(real: Side, synthetic: Side, holdout: Side) -> Reading:
    return excess_of_records(*records_of(real, synthetic, holdout))


def excess_of_records(train: NDArray[np.int64], synthetic: NDArray[np.int64], fresh: NDArray[np.int64]) -> Reading:
    """Share of synthetic records that only train holds, less the share that only the holdout holds.

    Parameters
    ----------
    train, synthetic, fresh : ndarray of int64
        Numbers that are equal where records are.

    Returns
    -------
    Reading
        With the sign test's spread.
    """
    seen, repeats = np.unique(synthetic, return_counts=True)
    return excess_of_hits(_copies_of(seen, train), _copies_of(seen, fresh), repeats, sizes=(len(train), len(fresh)))


def excess_of_hits(
    in_train: NDArray[np.int64], in_holdout: NDArray[np.int64], repeats: NDArray[np.int64], *, sizes: tuple[int, int]
) -> Reading:
    """Share of synthetic records that only train holds, less the share that only the holdout holds.

    Parameters
    ----------
    in_train, in_holdout : ndarray of int64, shape (n_distinct,)
        How many records of each set a distinct synthetic one equals.
    repeats : ndarray of int64, shape (n_distinct,)
        How often the synthetic set holds each.
    sizes : tuple of (int, int)
        Records in train and in the holdout.

    Returns
    -------
    Reading
        With the sign test's spread.
    """
    n, size = (sizes[0], int(repeats.sum())), min(sizes)
    kept_train, kept_holdout = _chance_kept(in_train, sizes[0], size), _chance_kept(in_holdout, sizes[1], size)
    only_train, only_holdout = kept_train * (1.0 - kept_holdout), kept_holdout * (1.0 - kept_train)
    # Train was cut to the holdout's size, so what was found in it stands for that much more.
    scale = sizes[0] / size
    train_share, holdout_share = (float(hit @ repeats) / n[1] * scale for hit in (only_train, only_holdout))
    votes = (only_train + only_holdout) * repeats
    spread = {
        "kind": "sign",
        "train": float(only_train.sum()),
        "holdout": float(only_holdout.sum()),
        "scale": train_share + holdout_share,
        "effective": float(votes.sum() ** 2 / (votes @ votes)) if votes.any() else 0.0,
        "upper": clopper_pearson(0, n[1], level=0.9)[1],
    }
    details = {
        "identical_match_share": int(repeats[in_train > 0].sum()) / n[1],
        "holdout_match_share": float(repeats[in_holdout > 0].sum()) / n[1],
        "distinct_train_only": spread["train"],
        "distinct_holdout_only": spread["holdout"],
        "equal_size": size,
    }
    return Reading(train_share - holdout_share, n, spread=spread, details=details)


def _copies_of(seen: NDArray[np.int64], records: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often a set holds each record."""
    distinct, counts = np.unique(records, return_counts=True)
    place = np.minimum(np.searchsorted(distinct, seen), len(distinct) - 1)
    return np.where(distinct[place] == seen, counts[place], 0).astype(np.int64)


def _chance_kept(copies: NDArray[np.int64], n: int, size: int) -> NDArray[np.float64]:
    """Chance that of a record's copies in a set any is among `size` of its rows drawn without replacement."""
    drawn = np.arange(int(copies.max(initial=0)))
    missed = np.maximum(n - size - drawn, 0) / (n - drawn)
    return 1.0 - np.concatenate([[1.0], np.cumprod(missed)])[copies]


def _identical_match_share(real: Side, synthetic: Side) -> Reading:
    train, made = records_of(real, synthetic)
    hits = np.isin(made, train)
    n = (len(real), len(synthetic))
    return Reading(
        float(hits.mean()),
        n,
        contributions=hits.astype(np.float64),
    )


def _duplicate_share(synthetic: Side) -> Reading:
    _, counts = np.unique(records_of(synthetic)[0], return_counts=True)
    n = len(synthetic)
    value = 1.0 - len(counts) / n
    # Leaving out a row changes the number of distinct records only if the row is the only one of its kind.
    single = float((counts == 1).sum()) / n
    low, high = normal_interval(value, float(np.sqrt(single * (1.0 - single) / n)), bounds=(0.0, 1.0))
    method = "jackknife"
    if n - len(counts) < FEW_REPEATS:
        (low, high), method = wilson(n - len(counts), n), "wilson"
    details = {"distinct": len(counts), "largest_cluster": int(counts.max())}
    return Reading(value, (n, n), interval=(low, high), method=method, details=details)


@metric(
    reads=_copy_excess,
    family="copying",
    direction="lower",
    bounds=(None, None),
    unit="share",
    null=0.0,
    interval="none",
    embedded=False,
    sized_by=("real",),
    source="Share of train-only minus holdout-only matches, with the sign test on distinct records",
    meaning="The share of synthetic records that equal a training record, beyond what fresh real records would match.",
    misleads=(
        "It sees equal cells only: a copy with one cell redrawn, or a number blurred, does not count. Read "
        "partial_copy_excess and holdout_share beside it."
    ),
    advice="Remove the copies with the filter, then train for fewer steps, with more data or with noise.",
    mixed=mixed_copy_excess,
)
def copy_excess(*, real: Any, synthetic: Any, holdout: Any, space: Space = "features") -> float:
    """Share of synthetic rows that equal a train-only record minus the share that equal a holdout-only record.

    e(real, synthetic, holdout) = n / s mean_j (P[s_j in T only] - P[s_j in H only]), with T and H the records of s rows
    drawn from train and from the holdout, s = min(n, h).

    Parameters
    ----------
    real : array_like of shape (n, d)
        Training records.
    synthetic : array_like of shape (m, d)
    holdout : array_like of shape (h, d)
        Real records that the generator never saw.
    space : {"features", "mixed"}, default "features"
        With `"mixed"` the sets are tables, compared cell by cell.

    Returns
    -------
    float in [-n / s, n / s] with s = min(n, h); lower is better. 0 for a generator that does not copy.

    Raises
    ------
    ShapeError, SampleSizeError, UnknownNameError
    DataError
        With `space="mixed"`, if tables cannot be read.

    Notes
    -----
    Train and holdout are cut to equal size, in the mean over all cuts, and the difference is scaled back to the whole
    of train: what is found in the holdout stands for what fresh records as many as train would match. A record that
    occurs in both counts for neither: two halves of a table with few columns share many records honestly.

    References
    ----------
    Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data", Frontiers in Big
    Data 4 (identical match shares of train and holdout). Dixon and Mood 1946, "The Statistical Sign Test", JASA 41.

    Examples
    --------
    >>> x = np.arange(8.0).reshape(8, 1)
    >>> copy_excess(real=x[:4], synthetic=x[[0, 1]], holdout=x[4:])
    1.0
    """
    if is_mixed(space):
        return value_of(mixed_copy_excess, mixed_sides(real=real, synthetic=synthetic, holdout=holdout))
    return value_of(_copy_excess, feature_sides(real, synthetic, holdout=holdout))


@metric(
    reads=_identical_match_share,
    family="copying",
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    sized_by=("real",),
    embedded=False,
    source="Platzer and Reutterer 2021 (identical match share)",
    meaning="The share of synthetic records that equal a training record in every cell.",
    misleads=(
        "Tables with few columns, where fresh real records equal training records as often: two halves of one table "
        "may share a fifth of their rows."
    ),
    advice="Compare with the holdout: in tables with few columns real records repeat each other honestly.",
    mixed=mixed_match_share,
)
def identical_match_share(*, real: Any, synthetic: Any, space: Space = "features") -> float:
    """Share of synthetic rows that equal a real row in every cell.

    i(real, synthetic) = mean_j 1[ exists i: s_j = r_i ].

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    space : {"features", "mixed"}, default "features"
        With `"mixed"` the sets are tables, compared cell by cell: missing equals missing.

    Returns
    -------
    float in [0, 1]; nearest to the holdout's is best.

    Raises
    ------
    ShapeError, SampleSizeError, UnknownNameError
    DataError
        With `space="mixed"`, if tables cannot be read.

    Notes
    -----
    Depends on n: more training records are met more often by chance. O((n + m) log(n + m)).

    References
    ----------
    Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data", Frontiers in Big
    Data 4 (identical match share).

    Examples
    --------
    >>> x = np.arange(8.0).reshape(8, 1)
    >>> identical_match_share(real=x, synthetic=np.array([[0.0], [9.0]]))
    0.5
    """
    if is_mixed(space):
        return value_of(mixed_match_share, mixed_sides(real=real, synthetic=synthetic))
    return value_of(_identical_match_share, feature_sides(real, synthetic))


@metric(
    reads=_duplicate_share,
    family="variety",
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    embedded=False,
    sized_by=("synthetic",),
    source="1 - distinct / n; variance by the delete-one jackknife, Wilson's limits for a few repeats",
    meaning="The share of synthetic records that repeat an earlier synthetic record.",
    misleads=(
        "It grows with the number of samples, and coarse tables repeat themselves honestly; a collapsed generator with "
        "a little noise repeats nothing exactly."
    ),
    advice="A collapsed generator repeats itself: sample at a higher temperature, or train with more variety.",
)
def duplicate_share(*, synthetic: ArrayLike, real: ArrayLike | None = None) -> float:
    """Share of synthetic rows that repeat another synthetic row: 1 - distinct / n.

    Parameters
    ----------
    synthetic : array_like of shape (m, d)
    real : array_like of shape (n, d), optional
        Not looked at; accepted so that it can be called with the sets of a comparison.

    Returns
    -------
    float in [0, 1); nearest to the share in as many fresh real rows is best.

    Raises
    ------
    ShapeError, SampleSizeError

    Notes
    -----
    Grows with m: compare equal sizes. The variance is that of leaving one row out; fewer than 20 repeats have Wilson's
    limits. O(m log m).

    References
    ----------
    Efron and Stein 1981, "The Jackknife Estimate of Variance", Annals of Statistics 9.

    Examples
    --------
    >>> duplicate_share(synthetic=np.array([[1.0], [1.0], [2.0], [3.0]]))
    0.25
    """
    side = feature_side(synthetic, "synthetic", like=None if real is None else feature_side(real, "real"))
    return value_of(_duplicate_share, {"synthetic": side})
