"""How far apart the rates of any class are between any two groups: differential fairness, smoothed.

It looks at the worst pair of groups, so that small ones must be smoothed, and more groups make it larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import ShapeError, UndefinedError
from auditkit.intervals import normal_interval
from auditkit.metrics.cross_tables import cross_table
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.fairness.association import Association, associations_of_tables
from auditkit.metrics.fairness.attributes import associations, crossed_associations, draws_for, worst_of
from auditkit.metrics.fairness.level_names import column_levels, group_levels, numbered
from auditkit.metrics.fairness.smoothed import DifferentialFairness, epsilon_of, fairness_of_counts
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.parameters import number, whole
from auditkit.metrics.registry import Part, Reading, metric

__all__ = [
    "DifferentialFairness",
    "differential_fairness",
    "differential_fairness_amplification",
    "differential_fairness_report",
]

MIN_SUPPORT = 10
DRAWS = 400


def _differential_fairness_amplification(
    real_occupancy: Occupancy, synthetic_occupancy: Occupancy, *, concentration: float, min_support: int
) -> Reading:
    real, synthetic = real_occupancy, synthetic_occupancy
    least = whole("min_support", min_support, 1, give=MIN_SUPPORT)
    single, crossed = (
        tuple(
            Part({"attribute": found.attribute}, _change(found, concentration, least))
            for found in tables(real, synthetic)
        )
        for tables in (associations, crossed_associations)
    )
    reason = single[0].reading.reason if single else "no label was declared."
    return worst_of(single, (real.n, synthetic.n), reason, further=crossed)


def _kept(found: Association, min_support: int) -> tuple[NDArray[np.bool_], str]:
    """Groups with enough samples in both sets, and why there is no pair of them if there is none."""
    kept = np.minimum(found.truth.sum(axis=1), found.other.sum(axis=1)) >= min_support
    if kept.sum() < 2:  # noqa: PLR2004 - a pair
        return kept, f"fewer than two levels of {found.attribute} have {min_support} samples."
    return kept, ""


def _change(found: Association, concentration: float, min_support: int) -> Reading:
    n = (int(found.truth.sum()), int(found.other.sum()))
    kept, reason = _kept(found, min_support)
    if reason:
        return Reading(None, n, reason)
    names = [name for name, stays in zip(found.levels, kept, strict=True) if stays]
    before, after = (
        fairness_of_counts(counts[kept], names, found.classes, concentration=concentration)
        for counts in (found.truth, found.other)
    )
    drawn = found.resampled(draws_for(found, DRAWS), np.random.default_rng(0))
    first, second = (epsilon_of(counts[:, kept], concentration) for counts in drawn)
    error = float(np.std(second - first, ddof=1))
    value = after.epsilon - before.epsilon
    return Reading(
        value,
        n,
        interval=normal_interval(value, error),
        method="multinomial resampling",
        spread={"kind": "normal", "se": error},
        details={
            "real": before.epsilon,
            "synthetic": after.epsilon,
            "pair": list(after.pair),
            "class": after.level,
            "left_out": int((~kept).sum()),
        },
    )


def differential_fairness(
    *,
    labels: ArrayLike,
    groups: Any,
    classes: Sequence[Any] | None = None,
    concentration: float = 1.0,
    min_support: int = 1,
) -> float:
    """Largest log-ratio of a class's rates between two groups, smoothed.

    epsilon = max_{y, g, h} log ( p(y | g) / p(y | h) ), with p(y | g) = (n_gy + c / K) / (n_g + c), K classes and
    concentration c.

    Parameters
    ----------
    labels : array_like of shape (n,)
        True labels, or predicted ones; amounts, numbers of more than 20 values, are cut into four at their quartiles.
    groups : array_like of shape (n,), or table of n rows
        Of several columns their intersection.
    classes : sequence, optional
        All classes there are; by default those that occur. Name them where a set may lack one: K counts them.
    concentration : float, default 1.0
        Weight of the prior, in samples, spread evenly over the K classes.
    min_support : int, default 1
        Groups with fewer samples are left out.

    Returns
    -------
    float in [0, inf]; lower is better, 0 where all groups have the same rates.

    Raises
    ------
    AuditkitError
        If `concentration` or `min_support` is no number that it can be.
    ShapeError
        If one is empty, lengths differ, or a label is none of `classes`.
    UndefinedError
        If fewer than two groups are left.

    Notes
    -----
    K is the same in every group. AIF360 0.6.1 counts the classes inside each group, so that one with a single class is
    not smoothed at all and the value is infinite. Without smoothing (a concentration near 0) a group of a few samples
    decides. `differential_fairness_report` names the two groups and the class.

    References
    ----------
    Foulds, Islam, Keya and Pan 2020, "An Intersectional Definition of Fairness", ICDE, definition 3.1 and equation 8.

    Examples
    --------
    >>> value = differential_fairness(labels=["y", "n", "n", "n", "y", "y", "y", "n"], groups=list("aaaabbbb"))
    >>> round(value, 4)  # log of (3 + 1/2) / (1 + 1/2)
    0.8473
    """
    found = differential_fairness_report(
        labels=labels, groups=groups, classes=classes, concentration=concentration, min_support=min_support
    )
    return found.epsilon


def differential_fairness_report(
    *,
    labels: ArrayLike,
    groups: Any,
    classes: Sequence[Any] | None = None,
    concentration: float = 1.0,
    min_support: int = 1,
) -> DifferentialFairness:
    """Differential fairness with the pair of groups and the class behind it.

    Parameters
    ----------
    labels, groups, classes, concentration, min_support
        As for `differential_fairness`.

    Returns
    -------
    DifferentialFairness
        `float()` of it is epsilon.

    Raises
    ------
    AuditkitError, ShapeError, UndefinedError
        As for `differential_fairness`.

    Examples
    --------
    >>> found = differential_fairness_report(labels=["y", "n", "n", "n", "y", "y", "y", "n"], groups=list("aaaabbbb"))
    >>> found.pair, found.level
    (('a', 'b'), 'n')
    """
    outcome = column_levels(labels, name="labels")
    named = group_levels(groups, n=len(outcome))
    if classes is None:
        (outcome,) = cut_amounts(outcome)
    known = None if classes is None else column_levels(list(classes), name="classes")
    rows, columns = numbered(named), numbered(outcome, *([] if known is None else [known]))
    if known is not None and len(columns.names) > len(set(known.tolist())):
        unknown = sorted(set(outcome.tolist()) - set(known.tolist()))
        message = f"`labels` holds {unknown[0]!r}, which `classes` does not name: name every class."
        raise ShapeError(message)
    shape = (len(rows.names), len(columns.names))
    counts = cross_table(rows.codes[0], columns.codes[0], shape)
    return fairness_of_counts(
        counts, rows.names, columns.names, concentration=concentration, min_support=whole("min_support", min_support, 1)
    )


@metric(
    reads=_differential_fairness_amplification,
    family="fairness",
    direction="match",
    target=0.0,
    bounds=(None, None),
    interval="reading",
    by_group=False,
    asks=("label", "groups"),
    embedded=False,
    source="Foulds, Islam, Keya and Pan 2020, definition 3.1 and section on bias amplification",
    meaning="How much larger the largest ratio between two groups' label rates is than in the real data, as a log.",
    misleads=(
        "It looks at the worst pair only, so more groups and smaller ones make it larger; the worst pair may differ "
        "between real and synthetic data."
    ),
    advice="See which two groups and which class the details name; condition the generator on group and label.",
)
def differential_fairness_amplification(
    *,
    real: Any,
    synthetic: Any = None,
    attribute: str | Sequence[str],
    label: str,
    predictions: Any = None,
    concentration: float = 1.0,
    min_support: int = MIN_SUPPORT,
) -> float:
    """Differential fairness of the synthetic data less that of the real data.

    epsilon(synthetic) - epsilon(real), with epsilon = max_{y, g, h} log ( p(y | g) / p(y | h) ) of smoothed rates.

    Parameters
    ----------
    real : table
        Dataset, frame or mapping of columns.
    synthetic : table, optional
        With the same columns.
    attribute : str or sequence of str
        Column of the groups; several stand for their intersection.
    label : str
        Column of the classes.
    predictions : array_like, optional
        Predicted classes, one per row of `synthetic`, or of `real` where there is no `synthetic`.
    concentration : float, default 1.0
        As for `differential_fairness`.
    min_support : int, default 10
        Groups with fewer samples in either set are left out of both.

    Returns
    -------
    float in [-inf, inf]; 0 is best: above it the worst pair of groups is farther apart than in the real data.

    Raises
    ------
    AuditkitError
        If there is nothing to compare with, or a parameter is no number that it can be.
    DataError, SampleSizeError, ShapeError, UnknownNameError
        If a set is no table, is empty or lacks a column, or there is not one prediction per row.
    UndefinedError
        If fewer than two groups have enough samples.

    Notes
    -----
    Both sets have the same groups and the same classes. The worst pair may be another one in each: `details` of the
    score of an audit name that of the synthetic data.

    References
    ----------
    Foulds, Islam, Keya and Pan 2020, "An Intersectional Definition of Fairness", ICDE, definition 3.1.

    Examples
    --------
    >>> real = {"sex": ["f"] * 20 + ["m"] * 20, "hired": ["y", "n"] * 20}
    >>> synthetic = {"sex": ["f"] * 20 + ["m"] * 20, "hired": ["y", "n", "n", "n"] * 5 + ["y", "n"] * 10}
    >>> asked = {"attribute": "sex", "label": "hired"}
    >>> round(differential_fairness_amplification(real=real, synthetic=synthetic, **asked), 4)  # log(10.5 / 5.5)
    0.6466
    """
    weight = number("concentration", concentration, give=1.0, above=0.0)
    least = whole("min_support", min_support, 1, give=MIN_SUPPORT)
    found = associations_of_tables(
        real=real, synthetic=synthetic, attribute=attribute, label=label, predictions=predictions
    )
    kept, reason = _kept(found, least)
    if reason:
        raise UndefinedError(reason)
    return float(epsilon_of(found.other[kept], weight) - epsilon_of(found.truth[kept], weight))
