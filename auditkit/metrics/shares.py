"""Is it fair? Shares of groups and label rates within groups, synthetic against real.

A gap in a small group is mostly noise: every part carries its interval and its numbers, and a group that is absent is
missing only if its absence cannot be chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc

from auditkit.errors import ShapeError
from auditkit.metrics.intersections import MIN_RATE, Intersection, intersections, lost_intersections
from auditkit.metrics.level_sides import group_sides, joint_codes, label_sides, with_groups
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.rate_gaps import Rate, gap_of
from auditkit.metrics.registry import Part, Reading, metric, value_of
from auditkit.results import MIN_CELL

__all__ = ["label_rate_gap", "missing_groups", "representation_gap"]

# Chance that data without a missing level have one called so, over all levels together.
ALPHA_MISSING = 0.01
# Classes beyond which rates within intersections are too many to be read, and too small.
MOST_CROSSED_CLASSES = 20


def _largest(parts: tuple[Part, ...], n: tuple[int, int], reason: str) -> Reading:
    """Reading of the part with the largest absolute gap, with all parts."""
    measured = [part for part in parts if part.reading.value is not None]
    if not measured:
        return Reading(None, n, reason, parts=parts)
    worst = max(measured, key=lambda part: abs(part.reading.value or 0.0))
    return Reading(abs(worst.reading.value or 0.0), n, parts=parts, details={"worst": dict(worst.where)})


def _levels(real: Occupancy) -> Iterator[tuple[str, int, str]]:
    for name, levels in real.group_levels.items():
        for code, level in enumerate(levels):
            yield name, code, level


def _representation_gap(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy, synthetic_occupancy
    parts = tuple(
        Part(
            {name: level},
            gap_of(Rate(int(real.groups[name][code]), real.n), Rate(int(synthetic.groups[name][code]), synthetic.n)),
        )
        for name, code, level in _levels(real)
    )
    found = _largest(parts, (real.n, synthetic.n), "no groups were declared.")
    both, left_out = intersections(real, synthetic)
    crossed = tuple(
        Part(item.where, gap_of(Rate(int(item.real.sum()), real.n), Rate(int(item.synthetic.sum()), synthetic.n)))
        for item in both
    )
    details = (
        {**found.details, "intersections": len(both), "intersections_left_out": left_out} if both else found.details
    )
    return replace(found, parts=parts + crossed, details=details)


def _missing_groups(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy, synthetic_occupancy
    found = [
        absences(
            [
                (f"{name}={level}", int(real.groups[name][code]), int(synthetic.groups[name][code]))
                for code, level in enumerate(levels)
            ],
            (real.n, synthetic.n),
            columns=len(real.group_levels) + len(real.crossed),
        )
        for name, levels in real.group_levels.items()
    ]
    names = {key: [name for item in found for name in item.details[key]] for key in ("missing", "too_small_to_judge")}
    share = ALPHA_MISSING * len(real.crossed) / max(len(real.group_levels) + len(real.crossed), 1)
    names["missing"] += lost_intersections(real, synthetic, alpha=share)
    return Reading(float(len(names["missing"])), (real.n, synthetic.n), spread={"kind": "exact"}, details=names)


def absences(levels: Iterable[tuple[str, int, int]], n: tuple[int, int], *, columns: int = 1) -> Reading:
    """Number of levels of a column that are absent from the synthetic data beyond chance.

    Parameters
    ----------
    levels : iterable of (str, int, int)
        Name, real count and synthetic count.
    n : tuple of (int, int)
        All real and all synthetic units.
    columns : int, default 1
        How many columns are looked at.

    Returns
    -------
    Reading
        Its details name the levels that are missing, and those too small to judge. Where more levels are absent than
        chance leaves out, all that are absent are missing, however small each is.
    """
    levels = list(levels)
    occurring = [item for item in levels if item[1]]
    # Given that a level has k units in all, chance puts each of them among the real ones with n / (n + m) at most.
    chance = n[0] / max(sum(n), 1)
    # Half of it for each level on its own, half for all of them together.
    share = ALPHA_MISSING / 2 / columns
    alpha = share / max(len(occurring), 1)
    missing: list[str] = []
    small: list[str] = []
    for name, k, found in occurring:
        if not found:
            (missing if chance**k < alpha else small).append(name)
    expected = sum(chance ** (k + found) for _, k, found in levels if k + found)
    absent = len(missing) + len(small)
    # Their number varies less than a Poisson one: levels compete for the same places.
    if absent and gammainc(absent, expected) < share:
        missing, small = [name for name, _, found in occurring if not found], []
    return Reading(
        float(len(missing)),
        n,
        null=0.0,
        spread={"kind": "exact"},
        details={"missing": missing, "too_small_to_judge": small},
    )


def _label_rate_gap(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy, synthetic_occupancy
    n = (real.n, synthetic.n)
    if real.labels is None or synthetic.labels is None:
        return Reading(None, n, "no label was declared.")
    parts, crossed = [], []
    for code in _judged_classes(real.labels):
        named = real.label_levels[code]
        whole = gap_of(Rate(int(real.labels[code]), real.n), Rate(int(synthetic.labels[code]), synthetic.n))
        parts.append(Part({"class": named}, whole))
        for name, row, level in _levels(real):
            a, b = real.cells[name][row], synthetic.cells[name][row]
            parts.append(Part(_of_class({name: level}, named), _rate_gap(a, b, code)))
        crossed += [
            Part(_of_class(item.where, named), reading) for item, reading in _crossed_rates(real, synthetic, code)
        ]
    # A rate over few samples is far off by chance alone, unless the sets themselves are no larger.
    small = [len(part.where) > 1 and min(part.reading.n) < MIN_RATE <= min(n) for part in parts]
    judged = tuple(part for part, few in zip(parts, small, strict=True) if not few)
    found = _largest(judged, n, "no class could be compared.")
    left_out = [dict(part.where) for part, few in zip(parts, small, strict=True) if few]
    details = {**found.details, "too_small_to_judge": left_out} if left_out else found.details
    return replace(found, parts=(*parts, *crossed), details=details)


def _of_class(where: Mapping[str, str], named: str) -> dict[str, str]:
    """Part of a group that is about one class."""
    return {**where, "class" if "class" not in where else "label": named}


def _crossed_rates(real: Occupancy, synthetic: Occupancy, code: int) -> Iterator[tuple[Intersection, Reading]]:
    """Gap of a class's rate within the intersections of enough samples in both sets; of few classes only."""
    if len(real.label_levels) > MOST_CROSSED_CLASSES:
        return
    for item in intersections(real, synthetic)[0]:
        if min(item.real.sum(), item.synthetic.sum()) >= MIN_RATE:
            yield item, _rate_gap(item.real, item.synthetic, code)


def _rate_gap(real: NDArray[np.int64], synthetic: NDArray[np.int64], code: int) -> Reading:
    """Gap of a class's rate within a group, from the counts of its classes."""
    n = (int(real.sum()), int(synthetic.sum()))
    if n[1] and 0 < n[0] < MIN_CELL:
        return Reading(None, (0, n[1]), f"fewer than {MIN_CELL} real units are in the group: a rate would tell theirs.")
    return gap_of(Rate(int(real[code]), n[0]), Rate(int(synthetic[code]), n[1]))


def _judged_classes(counts: NDArray[np.int64]) -> list[int]:
    """Classes whose rate is compared: all of them, of two only the rarer (the other says the same)."""
    present = [int(code) for code in np.flatnonzero(counts)]
    return [min(present, key=lambda code: counts[code])] if len(present) == 2 else present  # noqa: PLR2004


@metric(
    reads=_representation_gap,
    family="fairness",
    direction="match",
    target=0.0,
    bounds=(-1.0, 1.0),
    unit="share",
    interval="reading",
    by_group=False,
    asks=("groups",),
    embedded=False,
    source="Share difference with MOVER limits: Newcombe 1998, method 10",
    meaning="How much larger or smaller each group's share is in the synthetic data than in the real data.",
    misleads=(
        "The largest gap of many small groups is wide by chance; and a set that copies the real shares copies their "
        "injustice too."
    ),
    advice="Generate with conditions per group, or resample to the real shares before training.",
)
def representation_gap(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Largest absolute difference between a group's synthetic and real share.

    max_g | m_g / m - n_g / n |, with n_g and m_g the counts of group g.

    Parameters
    ----------
    real : array_like of shape (n,)
        Group of each real sample.
    synthetic : array_like of shape (m,)
        Group of each synthetic sample.

    Returns
    -------
    float in [0, 1]; 0 is best: every group has its real share.

    Raises
    ------
    ShapeError
        If an array has another number of axes or is empty.

    Notes
    -----
    A largest difference is above 0 by chance alone, by some 1 / sqrt(min(n, m)): an audit judges each group by itself,
    with MOVER limits.

    References
    ----------
    Newcombe 1998, "Interval Estimation for the Difference Between Independent Proportions", method 10.

    Examples
    --------
    >>> representation_gap(real=["a", "a", "b", "b"], synthetic=["a", "a", "a", "b"])
    0.25
    """
    return value_of(_representation_gap, group_sides(real, synthetic))


@metric(
    reads=_missing_groups,
    family="fairness",
    direction="lower",
    target=0.0,
    bounds=(0.0, None),
    unit="count",
    null=0.0,
    interval="none",
    by_group=False,
    asks=("groups",),
    embedded=False,
    source="Fisher 1935: exact chance of absence given the counts, corrected for the number of groups",
    meaning="Groups of the real data that are absent from the synthetic data beyond what chance explains.",
    misleads="A group that is left with a single sample is not missing; groups of few real samples cannot be judged.",
    advice="Generate the missing groups with conditions, or collect more real records of them.",
)
def missing_groups(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Number of real groups that no synthetic sample belongs to, where chance cannot explain it.

    #{ g : m_g = 0 and (n / (n + m))^{n_g} < 0.005 / G }, with n_g and m_g the counts of group g, one of G.

    Parameters
    ----------
    real : array_like of shape (n,)
    synthetic : array_like of shape (m,)

    Returns
    -------
    float, a whole number; 0 is best.

    Raises
    ------
    ShapeError
        If an array has another number of axes, is empty or has missing names.

    Notes
    -----
    The same rule as that of `missing_classes`: a group of few real samples is not called missing.

    References
    ----------
    Fisher 1935, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98.

    Examples
    --------
    >>> missing_groups(real=["a", "b"] * 50, synthetic=["a"] * 100)
    1.0
    """
    return value_of(_missing_groups, group_sides(real, synthetic))


@metric(
    reads=_label_rate_gap,
    family="fairness",
    direction="match",
    target=0.0,
    bounds=(-1.0, 1.0),
    unit="share",
    interval="reading",
    by_group=False,
    asks=("label",),
    embedded=False,
    source="Difference of conditional rates with MOVER limits: Newcombe 1998, method 10",
    meaning="How much more or less often a class occurs in each group of the synthetic data than of the real data.",
    misleads=(
        "The largest gap of many small groups is wide by chance; and equal rates are those of the real data, not fair "
        "ones."
    ),
    advice="Condition the generator on group and label together, or reweigh the synthetic samples.",
)
def label_rate_gap(
    *,
    real: ArrayLike,
    synthetic: ArrayLike,
    real_groups: ArrayLike | None = None,
    synthetic_groups: ArrayLike | None = None,
) -> float:
    """Largest absolute difference between synthetic and real rate of a class, overall and within groups.

    max_{g,c} | m_gc / m_g - n_gc / n_g |, with n_gc and m_gc the counts of class c in group g, all samples being one of
    the groups.

    Parameters
    ----------
    real, synthetic : array_like of shape (n,) and (m,)
        Labels.
    real_groups, synthetic_groups : array_like of shape (n,) and (m,), optional
        Group of each sample.

    Returns
    -------
    float in [0, 1]; 0 is best.

    Raises
    ------
    ShapeError
        If lengths differ, an array is empty, or only one set has groups.
    UndefinedError
        If no class could be compared.

    Notes
    -----
    A largest difference is above 0 by chance alone: an audit judges each class of each group by itself, with MOVER
    limits. Groups that a set lacks, and those of very few real samples, are not compared; groups of fewer than 30
    samples in a set have a gap of their own but do not make the largest one, where both sets have 30 and more.

    References
    ----------
    Newcombe 1998, "Interval Estimation for the Difference Between Independent Proportions", method 10.

    Examples
    --------
    >>> label_rate_gap(real=["y", "n", "n", "n"], synthetic=["y", "y", "n", "n"])
    0.25
    """
    first, second, levels = joint_codes(real, synthetic)
    sides = label_sides(first, second, levels)
    if (real_groups is None) != (synthetic_groups is None):
        message = "label_rate_gap needs the groups of both sets or of none: give `real_groups` and `synthetic_groups`."
        raise ShapeError(message)
    if real_groups is not None and synthetic_groups is not None:
        grouped = group_sides(real_groups, synthetic_groups)
        sides = {role: with_groups(side, grouped[role], role) for role, side in sides.items()}
    return value_of(_label_rate_gap, sides)
