"""Are predictions alike for all groups? Rates per group and the gaps between them, from one count of cells.

A gap is a maximum over groups, so the smallest group decides it: a group of two people has a rate of 0, 1/2 or 1.
`min_support` leaves such rates out, and `fairness_report` says how large a gap chance alone would make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditkit.metrics.fairness.confusion import RATES, rates_of, supports_of
from auditkit.metrics.fairness.counting import count_units, gap_value
from auditkit.metrics.fairness.gaps import Agg, Method
from auditkit.metrics.parameters import whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "group_rates",
]


def group_rates(*, y_true: Any, y_pred: Any, groups: Any, min_support: int = 1, positive: Any = None) -> pd.DataFrame:
    """Rates of predictions in each group: how often positive, how often right.

    With TP, FP, TN, FN the counts of a group: selection_rate = (TP + FP) / n, tpr = TP / (TP + FN),
    fpr = FP / (FP + TN), tnr = TN / (FP + TN), fnr = FN / (TP + FN), accuracy = right / n.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Labels of any type: numbers, truths, text.
    groups : array-like of shape (n,), or (n, c), frame or mapping for the intersections of several columns
        A missing value is a group of its own, `"(missing)"`.
    min_support : int, default 1
        A rate taken over fewer units than this is missing.
    positive : object, optional
        The positive class. By default 1 among 0 and 1 (or -1 and 1, or truths); else the rarer of two classes in
        `y_true`; of three and more each one against the rest.

    Returns
    -------
    pandas.DataFrame
        A row per group (per group and class where there are several): n, selection_rate, tpr, fpr, tnr, fnr, accuracy.
        Rates are in [0, 1]; a rate over no unit is missing (NaN), never 0. The accuracy is that of all classes.

    Raises
    ------
    DataError
        If labels are missing, predictions are probabilities, or nothing says what is positive.
    ShapeError
        If lengths differ.
    SampleSizeError
        If there are no units.
    UnknownNameError
        If `positive` is none of the classes.

    Notes
    -----
    fairlearn 0.15 gives 0 where there is nothing to divide by: a group without positives gets a tpr of 0, and with
    text labels its demographic_parity_difference is 0 whatever the data. One bincount, O(n).

    Examples
    --------
    >>> rates = group_rates(y_true=[1, 0, 1, 1], y_pred=[1, 0, 0, 1], groups=["a", "a", "b", "b"])
    >>> print(rates[["n", "selection_rate", "tpr", "fpr"]].reset_index().to_string(index=False))
    group  n  selection_rate  tpr  fpr
        a  2             0.5  1.0  0.0
        b  2             0.5  0.5  NaN
    """
    import pandas as pd  # noqa: PLC0415

    counted = count_units(y_true, y_pred, groups, positive)
    labels, levels, cells = counted.labels, counted.groups, counted.cells
    least = whole("min_support", min_support, 1)
    rates = rates_of(cells, labels.asked, min_support=least)
    counts = supports_of(cells, labels.asked)["accuracy"]
    columns = {"n": counts.astype("int64"), **{name: rates[name] for name in RATES}}
    index = levels.index()
    if len(labels.asked) > 1:
        tuples = [(*row, labels.classes[place]) for row in levels.levels for place in labels.asked]
        index = pd.MultiIndex.from_tuples(tuples, names=[*levels.names, "class"])
    return pd.DataFrame({name: values.reshape(-1) for name, values in columns.items()}, index=index)


def demographic_parity_difference(
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method = "between_groups",
    min_support: int = 1,
    positive: Any = None,
) -> float:
    """Largest difference in how often groups are predicted positive.

    max_a P(pred = 1 | a) - min_a P(pred = 1 | a); to overall: max_a |P(pred = 1 | a) - P(pred = 1)|.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        The truth only says which class is positive.
    groups : array-like of shape (n,), or several columns
    method : {"between_groups", "to_overall"}, default "between_groups"
    min_support : int, default 1
        Groups of fewer units do not count.
    positive : object, optional
        As in `group_rates`; of several classes the one with the largest difference counts.

    Returns
    -------
    float in [0, 1]; lower is better, 0 with a single group.

    Raises
    ------
    UndefinedError
        If fewer than two of several groups have a rate.
    AuditkitError
        As `group_rates`.

    Notes
    -----
    Equal to fairlearn's for 0 and 1. Ignores the truth: where base rates differ, right predictions have a gap too.

    References
    ----------
    Dwork et al. 2012, "Fairness through Awareness", ITCS, section 3.

    Examples
    --------
    >>> demographic_parity_difference(y_true=[1, 0, 1, 0], y_pred=[1, 1, 1, 0], groups=list("aabb"))
    0.5
    """
    return gap_value(
        "demographic_parity_difference", y_true, y_pred, groups, method, "worst_case", min_support, positive
    )


def demographic_parity_ratio(
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method = "between_groups",
    min_support: int = 1,
    positive: Any = None,
) -> float:
    """Smallest ratio between how often groups are predicted positive.

    min_a P(pred = 1 | a) / max_a P(pred = 1 | a); to overall: min_a min(r_a, 1 / r_a), r_a the ratio to all units.

    Parameters
    ----------
    y_true, y_pred, groups, method, min_support, positive
        As in `demographic_parity_difference`.

    Returns
    -------
    float in [0, 1]; higher is better, 1 where all groups are alike.

    Raises
    ------
    UndefinedError
        If fewer than two of several groups have a rate, or nobody is predicted positive (0 to 0).

    Notes
    -----
    Equal to fairlearn's where that is a number. "Four fifths" is a rule of thumb of courts, not of statistics.

    References
    ----------
    Feldman et al. 2015, "Certifying and Removing Disparate Impact", KDD, definition 1.1.

    Examples
    --------
    >>> demographic_parity_ratio(y_true=[1, 0, 1, 0], y_pred=[1, 1, 1, 0], groups=list("aabb"))
    0.5
    """
    return gap_value("demographic_parity_ratio", y_true, y_pred, groups, method, "worst_case", min_support, positive)


def equalized_odds_difference(
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    min_support: int = 1,
    positive: Any = None,
) -> float:
    """Larger of the differences in true and false positive rates between groups.

    max over y in {0, 1} of max_a P(pred = 1 | a, y) - min_a P(pred = 1 | a, y).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
    groups : array-like of shape (n,), or several columns
    method : {"between_groups", "to_overall"}, default "between_groups"
    agg : {"worst_case", "mean"}, default "worst_case"
        The larger of the two differences, or their mean.
    min_support : int, default 1
        Rates over fewer units (positives for the tpr, negatives for the fpr) do not count.
    positive : object, optional
        As in `group_rates`; of several classes the one with the largest difference counts.

    Returns
    -------
    float in [0, 1]; lower is better, 0 with a single group.

    Raises
    ------
    UndefinedError
        If neither rate is defined in two groups; with `agg="mean"` if either is not.
    AuditkitError
        As `group_rates`.

    Notes
    -----
    Equal to fairlearn's where every group has positives and negatives. A group without positives has no true positive
    rate and is left out of that maximum; fairlearn gives it a rate of 0, which often is the largest gap of all.

    References
    ----------
    Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning", NeurIPS, definition 2.1.

    Examples
    --------
    >>> equalized_odds_difference(y_true=[1, 0, 1, 1], y_pred=[1, 0, 0, 1], groups=list("aabb"))
    0.5
    """
    return gap_value("equalized_odds_difference", y_true, y_pred, groups, method, agg, min_support, positive)


def equalized_odds_ratio(
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    min_support: int = 1,
    positive: Any = None,
) -> float:
    """Smaller of the ratios between groups of true and of false positive rates.

    min over y in {0, 1} of min_a P(pred = 1 | a, y) / max_a P(pred = 1 | a, y).

    Parameters
    ----------
    y_true, y_pred, groups, method, agg, min_support, positive
        As in `equalized_odds_difference`.

    Returns
    -------
    float in [0, 1]; higher is better, 1 where all groups are alike.

    Raises
    ------
    UndefinedError
        If neither ratio is defined; with `agg="mean"` if either is not. A ratio of 0 to 0 is not.

    Notes
    -----
    Equal to fairlearn's where every denominator, of rates and of ratios, exists.

    References
    ----------
    Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning", NeurIPS, definition 2.1.

    Examples
    --------
    >>> equalized_odds_ratio(y_true=[1, 0, 1, 1], y_pred=[1, 0, 0, 1], groups=list("aabb"))
    0.5
    """
    return gap_value("equalized_odds_ratio", y_true, y_pred, groups, method, agg, min_support, positive)


def equal_opportunity_difference(
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method = "between_groups",
    min_support: int = 1,
    positive: Any = None,
) -> float:
    """Largest difference between groups in true positive rates.

    max_a P(pred = 1 | a, y = 1) - min_a P(pred = 1 | a, y = 1).

    Parameters
    ----------
    y_true, y_pred, groups, method, min_support, positive
        As in `equalized_odds_difference`.

    Returns
    -------
    float in [0, 1]; lower is better, 0 with a single group.

    Raises
    ------
    UndefinedError
        If fewer than two of several groups have positives.

    Notes
    -----
    Equal to fairlearn's where every group has positives.

    References
    ----------
    Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning", NeurIPS, definition 2.2.

    Examples
    --------
    >>> equal_opportunity_difference(y_true=[1, 0, 1, 1], y_pred=[1, 0, 0, 1], groups=list("aabb"))
    0.5
    """
    return gap_value(
        "equal_opportunity_difference", y_true, y_pred, groups, method, "worst_case", min_support, positive
    )


def equal_opportunity_ratio(
    *,
    y_true: Any,
    y_pred: Any,
    groups: Any,
    method: Method = "between_groups",
    min_support: int = 1,
    positive: Any = None,
) -> float:
    """Smallest ratio between groups of true positive rates.

    min_a P(pred = 1 | a, y = 1) / max_a P(pred = 1 | a, y = 1).

    Parameters
    ----------
    y_true, y_pred, groups, method, min_support, positive
        As in `equalized_odds_difference`.

    Returns
    -------
    float in [0, 1]; higher is better, 1 where all groups are alike.

    Raises
    ------
    UndefinedError
        If fewer than two of several groups have positives, or all their rates are 0.

    Notes
    -----
    Equal to fairlearn's where every denominator exists.

    References
    ----------
    Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning", NeurIPS, definition 2.2.

    Examples
    --------
    >>> equal_opportunity_ratio(y_true=[1, 0, 1, 1], y_pred=[1, 0, 0, 1], groups=list("aabb"))
    0.5
    """
    return gap_value("equal_opportunity_ratio", y_true, y_pred, groups, method, "worst_case", min_support, positive)
