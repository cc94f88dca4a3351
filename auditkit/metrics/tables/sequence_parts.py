"""What comes next in a unit, and how many rows it has: each on its own, so that it can be judged on its own."""

from __future__ import annotations

from typing import Any

from auditkit.metrics.registry import metric, value_of
from auditkit.metrics.tables.sequence_scores import length_reading, named_unit_sides, step_reading, transition_reading

__all__ = ["sequence_length_similarity", "step_similarity", "transition_similarity"]


@metric(
    reads=transition_reading,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="dealt",
    asks=("key", "steps"),
    source="One minus the total variation distance of the next row given a row, in the mean over real rows",
    meaning="How like the real data a row of a unit is followed by the next one, column by column.",
    misleads="It sees one step only and each column by itself; fewer rows lower it, fresh real units included.",
    advice="Condition each row on those before it, and check that rows are written in their order.",
)
def transition_similarity(*, real: Any, synthetic: Any, key: str | None = None, order: str | None = None) -> float:
    """How alike the next row is, given a row: mean over columns, each in bins of the real rows.

    t(column) = sum over bins a of P_real(a) (1 - 1/2 sum over b of |P_real(b | a) - P_synthetic(b | a)|), a being the
    bin of a row and b that of the next one of its unit. A bin that no synthetic row leaves counts as 0.

    Parameters
    ----------
    real, synthetic : table or Dataset
        Tables with several rows per unit; left as they are.
    key : str, optional
        Column that joins the rows of a unit; a Dataset has its own.
    order : str, optional
        Column that orders them; rows are taken as they stand without it. It is not compared itself.

    Returns
    -------
    float in [0, 1]; higher is better, 1 on identical sets.

    Raises
    ------
    DataError
        If there is no key.
    UnknownNameError
        If a set lacks the key or the order.
    UndefinedError
        If no column can be compared, or no unit has a second row.

    Notes
    -----
    O(n) per column. Unlike `coherence` it asks only what comes next: whether columns have the right shares counts for
    little. Falls with fewer rows, so compare it with that of as many fresh real units.

    References
    ----------
    Anderson and Goodman 1957, "Statistical Inference about Markov Chains" (the transition probabilities).

    Examples
    --------
    >>> real = {"who": [1, 1, 1, 2, 2, 2], "state": ["a", "b", "a", "b", "a", "b"]}
    >>> synthetic = {"who": [1, 1, 1, 2, 2, 2], "state": ["a", "a", "b", "b", "a", "a"]}
    >>> round(transition_similarity(real=real, synthetic=synthetic, key="who"), 4)
    0.6667
    """
    return value_of(transition_reading, named_unit_sides(real=real, synthetic=synthetic, key=key, order=order))


@metric(
    reads=step_reading,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    floor="dealt",
    asks=("key",),
    source="1 - Kolmogorov-Smirnov distance of changes from row to row; sdmetrics 0.32 (InterRowMSAS)",
    meaning="How like the real ones numbers and dates change from a row of a unit to the next, gaps in time included.",
    misleads=(
        "It sees the size of changes, not their order or what they depend on; long units count for more than short "
        "ones."
    ),
    advice="Learn changes rather than values, and the time between two rows as a column of its own.",
)
def step_similarity(*, real: Any, synthetic: Any, key: str | None = None, order: str | None = None) -> float:
    """How alike numbers and dates change from a row to the next: mean over these columns and the ordering one.

    s(column) = 1 - max over x of |P(a real change is at most x) - P(a synthetic change is at most x)|, a change being
    the next row's value less this one's, in one unit.

    Parameters
    ----------
    real, synthetic : table or Dataset
        Tables with several rows per unit; left as they are.
    key : str, optional
        Column that joins the rows of a unit; a Dataset has its own.
    order : str, optional
        Column that orders them; rows are taken as they stand without it. Its own changes count like any other's.

    Returns
    -------
    float in [0, 1]; higher is better, 1 on identical sets.

    Raises
    ------
    DataError
        If there is no key.
    UnknownNameError
        If a set lacks the key or the order.
    UndefinedError
        If there is no column of numbers or dates, or no unit has a second row.

    Notes
    -----
    O(n log n) per column. A pair of rows with a missing cell has no change; a column of which no synthetic pair has
    one, though real pairs do, scores 0. Longer units count for more.

    References
    ----------
    sdmetrics 0.32.0, InterRowMSAS.

    Examples
    --------
    >>> real = {"who": [1, 1, 1, 2, 2, 2], "x": [0, 1, 2, 5, 6, 7]}
    >>> synthetic = {"who": [1, 1, 1, 2, 2, 2], "x": [0, 1, 2, 5, 9, 13]}
    >>> step_similarity(real=real, synthetic=synthetic, key="who")
    0.5
    """
    return value_of(step_reading, named_unit_sides(real=real, synthetic=synthetic, key=key, order=order))


@metric(
    reads=length_reading,
    family="realism",
    modalities=("tabular",),
    direction="higher",
    bounds=(0.0, 1.0),
    asks=("key",),
    source="1 - Kolmogorov-Smirnov distance of the number of rows; sdmetrics 0.32 (SequenceLengthSimilarity)",
    meaning="How like the real ones units are in their number of rows.",
    misleads="It sees lengths only; the rows themselves may be anything.",
    advice="Draw the number of rows from the real one's distribution, or learn where a unit ends.",
)
def sequence_length_similarity(*, real: Any, synthetic: Any, key: str | None = None, order: str | None = None) -> float:
    """One less the largest difference of the distribution functions of the number of rows per unit.

    l = 1 - max over k of |P(a real unit has at most k rows) - P(a synthetic unit has at most k rows)|.

    Parameters
    ----------
    real, synthetic : table or Dataset
        Tables with several rows per unit; left as they are.
    key : str, optional
        Column that joins the rows of a unit; a Dataset has its own.
    order : str, optional
        Not looked at, for a number of rows has none; accepted so that all that looks at units is called alike.

    Returns
    -------
    float in [0, 1]; higher is better, 1 on identical sets.

    Raises
    ------
    DataError
        If there is no key.
    UnknownNameError
        If a set lacks the key or the order.

    Notes
    -----
    O(n log n). The same number as SequenceLengthSimilarity of sdmetrics.

    References
    ----------
    sdmetrics 0.32.0, SequenceLengthSimilarity.

    Examples
    --------
    >>> real = {"who": [1, 1, 2, 2], "x": [1, 2, 3, 4]}
    >>> sequence_length_similarity(real=real, synthetic={"who": [1, 1, 2], "x": [1, 2, 3]}, key="who")
    0.5
    """
    return value_of(length_reading, named_unit_sides(real=real, synthetic=synthetic, key=key, order=order))
