"""Who is in the synthetic data: shares of groups and of intersections, label rates, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import ShapeError
from auditkit.intervals import NORMAL_95, mover_difference, wilson
from auditkit.metrics.cross_tables import cross_table
from auditkit.metrics.fairness.amounts import cut_amounts
from auditkit.metrics.fairness.divergence import chance_of, distance_of
from auditkit.metrics.fairness.level_names import Names, column_levels, group_levels, numbered, table_levels
from auditkit.metrics.fairness.represented import RepresentationReport
from auditkit.metrics.parameters import check_seed, number
from auditkit.metrics.rate_gaps import Rate, gap_of
from auditkit.metrics.shares import absences
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RepresentationReport", "representation_report"]

Both = tuple[Names, Names]
DRAWS = 1000
_NAMELESS = ""
Counts = NDArray[np.int64]
_GROUPS = ("attribute", "group", "n_real", "n_synthetic")
_SHARES = ("real", "real_low", "real_high", "synthetic", "synthetic_low", "synthetic_high")
_GAPS = ("gap", "gap_low", "gap_high", "ratio", "ratio_low", "ratio_high", "status")


def representation_report(
    *,
    real: Any,
    synthetic: Any,
    attributes: Sequence[str] | None = None,
    label: str | None = None,
    level: float = 0.95,
    simultaneous: bool = False,
    seed: int = 0,
) -> RepresentationReport:
    """Shares of groups and intersections, synthetic beside real, with intervals; missing groups first.

    Parameters
    ----------
    real, synthetic : table, or array_like of shape (n,) and (m,)
        Datasets, frames or mappings of columns with the attributes; or the group of each sample.
    attributes : sequence of str, optional
        Columns of groups; those of a Dataset by default. Every two of them are crossed, too.
    label : str, optional
        Column of the classes, for label rates and the joint drift; that of a Dataset by default. Amounts, numbers of
        more than 20 values, are cut into four at the real quartiles.
    level : float, default 0.95
        Of the intervals.
    simultaneous : bool, default False
        Widen the intervals of shares so that all those of an attribute hold together.
    seed : int, default 0
        Of the permutations behind `chance` and `p`.

    Returns
    -------
    RepresentationReport
        `.groups` (also `.frame()`), `.distances`, `.rates`, `.missing`; printed, the worst groups in words.

    Raises
    ------
    AuditkitError
        If `level` is not between 0 and 1.
    DataError, SampleSizeError, ShapeError, UnknownNameError
        If a set is no table or list, is empty, or lacks a column; or no attribute is known.

    Notes
    -----
    Shares have Wilson's limits; simultaneous ones those of Goodman, which are Wilson's at level 1 - (1 - level) / K for
    K groups. Gaps have Newcombe's, by his method 10 from the same limits. Ratios have Katz's, with half a sample added
    to a count of 0. A group is missing where (n / (n + m))^k, the chance that all of its k samples go to the real
    set, is below 0.5 % divided by the number of attributes, their pairs and the groups of each.
    Samples dealt anew to both sets, 1,000 times, give `chance` and `p`. O(n) and 1,000 draws per table.

    References
    ----------
    Goodman 1965, "On Simultaneous Confidence Intervals for Multinomial Proportions", Technometrics 7.
    Newcombe 1998, "Interval Estimation for the Difference Between Independent Proportions", method 10.
    Katz, Baptista, Azen and Pike 1978, "Obtaining Confidence Intervals for the Risk Ratio", Biometrics 34.

    Examples
    --------
    >>> found = representation_report(real=["a"] * 60 + ["b"] * 40, synthetic=["a"] * 100)
    >>> found.missing
    ('b',)
    >>> found.groups["ratio"].round(2).tolist()
    [0.0, 1.67]
    """
    columns, outcome = _columns(real, synthetic, attributes, label)
    confidence = number("level", level, give=0.95, above=0.0, below=1.0)
    rng = np.random.default_rng(check_seed(seed))
    n = tuple(len(item) for item in next(iter(columns.values())))
    groupings = list(_groupings(columns))
    lines = [
        line
        for grouping in groupings
        for line in _group_lines(grouping, len(groupings), confidence, simultaneous=simultaneous)
    ]
    lines.sort(key=_missing_first)
    return RepresentationReport(
        groups=_frame((*_GROUPS, *_SHARES, *_GAPS), [line.cells for line in lines]),
        distances=_distances({item.name: item.names for item in groupings}, outcome, rng),
        rates=_rates(groupings, outcome),
        missing=_missing(lines),
        n=(n[0], n[1]),
        level=confidence,
        simultaneous=simultaneous,
    )


def _columns(
    real: Any, synthetic: Any, attributes: Sequence[str] | None, label: str | None
) -> tuple[dict[str, Both], tuple[str, Both] | None]:
    """Names of groups by attribute, and the label's, of both sets; a list of groups has no attribute."""
    from auditkit.data.dataset import Dataset  # noqa: PLC0415 - pandas costs a third of a second

    sets = {"real": real, "synthetic": synthetic}
    if isinstance(real, Dataset):
        attributes = real.groups if attributes is None else attributes
        label = real.label if label is None else label
    elif attributes is None and not isinstance(real, Mapping) and not hasattr(real, "columns"):
        first, second = (column_levels(item, name=name) for name, item in sets.items())
        return {_NAMELESS: (first, second)}, None
    if not attributes or isinstance(attributes, str):
        message = "representation_report needs the columns that say who is who: give attributes=['sex', 'race'], say."
        raise ShapeError(message)

    def both(column: str) -> Both:
        first, second = (table_levels(item, column, name=name) for name, item in sets.items())
        return first, second

    found = {name: both(name) for name in attributes}
    if label is None:
        return found, None
    first, second = cut_amounts(*both(label))
    return found, (label, (first, second))


@dataclass(frozen=True, eq=False)
class _Grouping:
    """One attribute, or two of them crossed: the group of each sample of both sets, and what each group is.

    `wheres` maps the name of a group to its level of each attribute; a list of groups without a name has none.
    """

    name: str
    names: Both
    wheres: Mapping[str, Mapping[str, str]]

    def title(self, group: str) -> str:
        """The group in words."""
        return ", ".join(f"{name}={level}" for name, level in self.wheres[group].items()) or group


@dataclass(frozen=True)
class _Line:
    """A group with its shares, as a row of the table."""

    where: Mapping[str, str]
    status: str
    gap: float
    cells: tuple[Any, ...]


def _groupings(columns: Mapping[str, Both]) -> Iterator[_Grouping]:
    """Each attribute, and each two of them."""
    for name, (first, second) in columns.items():
        levels = dict.fromkeys([*first.tolist(), *second.tolist()])
        wheres: dict[str, dict[str, str]] = {level: {name: level} if name != _NAMELESS else {} for level in levels}
        yield _Grouping(name or "group", (first, second), wheres)
    for one, other in combinations(columns, 2):
        sides = list(zip(columns[one], columns[other], strict=True))
        crossed = [group_levels({one: a, other: b}, n=len(a)) for a, b in sides]
        wheres = {
            name: {one: a, other: b}
            for names, (left, right) in zip(crossed, sides, strict=True)
            for name, a, b in zip(names.tolist(), left.tolist(), right.tolist(), strict=True)
        }
        yield _Grouping(f"{one} and {other}", (crossed[0], crossed[1]), wheres)


def _counts(names: Both) -> tuple[tuple[str, ...], Counts, Counts]:
    found = numbered(*names)
    first, second = (np.bincount(codes, minlength=len(found.names)) for codes in found.codes)
    return found.names, first, second


def _group_lines(grouping: _Grouping, n_tables: int, level: float, *, simultaneous: bool) -> Iterator[_Line]:
    names, real, synthetic = _counts(grouping.names)
    n, m = int(real.sum()), int(synthetic.sum())
    own = 1 - (1 - level) / len(names) if simultaneous else level
    absent = absences(zip(names, real.tolist(), synthetic.tolist(), strict=True), (n, m), columns=n_tables).details
    states = {**dict.fromkeys(absent["missing"], "missing"), **dict.fromkeys(absent["too_small_to_judge"], "absent")}
    for group, k, found in zip(names, real.tolist(), synthetic.tolist(), strict=True):
        first, second = (_estimate(count, size, own) for count, size in ((k, n), (found, m)))
        gap = mover_difference(second, first)
        shares = [limit for item in (first, second) for limit in (item.value, item.low, item.high)]
        status = states.get(group, "" if k else "new")
        ratio = _ratio(k, n, found, m, own)
        head = (grouping.name, grouping.title(group), k, found)
        cells = (*head, *shares, gap.value, gap.low, gap.high, *ratio, status)
        yield _Line(grouping.wheres[group], status, gap.value, cells)


def _missing_first(line: _Line) -> tuple[bool, bool, float]:
    is_missing = line.status == "missing"
    return not is_missing, is_missing and len(line.where) > 1, -abs(line.gap)


def _missing(lines: Sequence[_Line]) -> tuple[str, ...]:
    """Names of missing groups; where a level is gone, so are its intersections: that is one fact."""
    missing = [line for line in lines if line.status == "missing"]
    gone = {item for line in missing if len(line.where) == 1 for item in line.where.items()}
    told = [line for line in missing if len(line.where) < 2 or not gone & set(line.where.items())]  # noqa: PLR2004
    return tuple(line.cells[1] for line in told)


def _estimate(count: int, n: int, level: float) -> Estimate:
    low, high = wilson(count, n, level=level)
    return Estimate(count / n, low, high, "wilson", (n, n))


def _ratio(k: int, n: int, found: int, m: int, level: float) -> tuple[float | None, float | None, float | None]:
    """Synthetic over real share with Katz's limits; None where no real sample is in the group."""
    if not k:
        return None, None, None
    a, b = (found, k) if found else (0.5, k + 0.5)
    reach = NORMAL_95 if level == 0.95 else _quantile(level)  # noqa: PLR2004 - to the last digit
    half = reach * math.sqrt(max(1 / a - 1 / m + 1 / b - 1 / n, 0.0))
    middle = math.log(a / m * n / b)
    low, high = math.exp(middle - half), math.exp(middle + half)
    return found / m * n / k, low if found else 0.0, high


def _quantile(level: float) -> float:
    from statistics import NormalDist  # noqa: PLC0415 - rarely asked for

    return NormalDist().inv_cdf((1 + level) / 2)


def _distances(tables: Mapping[str, Both], outcome: tuple[str, Both] | None, rng: np.random.Generator) -> pd.DataFrame:
    asked = dict(tables)
    if outcome is not None:
        label, classes = outcome
        for name, both in tables.items():
            joint = [
                group_levels({name: groups, label: own}, n=len(own)) for groups, own in zip(both, classes, strict=True)
            ]
            asked[f"{name}, {label}"] = (joint[0], joint[1])
    lines = []
    for name, both in asked.items():
        _, first, second = _counts(both)
        chance, p = chance_of(first, second, "total_variation", draws=DRAWS, rng=rng)
        values = [float(distance_of(first, second, kind)) for kind in ("total_variation", "jensen_shannon")]
        lines.append([name, *values, chance, p])
    return _frame(("attribute", "total_variation", "jensen_shannon", "chance", "p"), lines)


def _rates(groupings: Sequence[_Grouping], outcome: tuple[str, Both] | None) -> pd.DataFrame:
    head = ("attribute", "group", "class", "n_real", "n_synthetic", "real", "synthetic", "gap", "gap_low", "gap_high")
    if outcome is None:
        return _frame(head, [])
    classes = numbered(*outcome[1])
    lines = []
    for grouping in groupings:
        groups = numbered(*grouping.names)
        shape = (len(groups.names), len(classes.names))
        tables = [cross_table(rows, own, shape) for rows, own in zip(groups.codes, classes.codes, strict=True)]
        for row, column in np.ndindex(*shape):
            sizes = [int(table[row].sum()) for table in tables]
            title = grouping.title(groups.names[row])
            found = gap_of(*(Rate(int(table[row, column]), size) for table, size in zip(tables, sizes, strict=True)))
            low, high = found.interval or (None, None)
            shares = [table[row, column] / size if size else None for table, size in zip(tables, sizes, strict=True)]
            lines.append([grouping.name, title, classes.names[column], *sizes, *shares, found.value, low, high])
    return _frame(head, lines)


def _frame(columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - costs a third of a second

    frame = pd.DataFrame(lines, columns=list(columns))
    numbers = [
        name for name in columns if name not in {"attribute", "group", "class", "status", "n_real", "n_synthetic"}
    ]
    return frame.astype(dict.fromkeys(numbers, float))
