"""Rejection to quotas: of each class and group only so many samples stay that the shares are those of a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.targets import Level, Strata, Target, cell_name, counts_of, most_units, strata_of, target_shares
from auditkit.errors import SampleSizeError, UnknownNameError
from auditkit.filtering.rejected import Rejected, rank, reason_table

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["Quota", "QuotaLike", "lift_quotas", "meet_quotas", "read_quota"]

Mask = NDArray[np.bool_]
QuotaLike: TypeAlias = "Quota | Mapping[str, Any] | Any"
"""A `Quota`, a mapping, or an object with by, target, size, prefer and reason."""
_KEYS = ("by", "target", "size", "prefer", "reason")


@dataclass(frozen=True)
class Quota:
    """A target distribution that the kept samples must have; what is over it is rejected.

    Quotas are met after all other rules, one after the other: a later one may undo the shares of an earlier one, so
    name several columns in one quota where all of them matter.

    Attributes
    ----------
    by : str or tuple of str
        Columns of classes and groups; of several their intersections.
    target : {"equal", "real"} or mapping, default "equal"
        Equal shares of what occurs in the real data, the real data's shares, or a share per level (per tuple of
        levels).
    size : int, optional
        Samples wanted in all; a class or group with too few keeps what it has. By default as many as have the target's
        shares, to whole samples, so that the scarcest decides; one of which no sample is left is told in a note, and
        the others share what it was to have.
    prefer : str, optional
        Column of the evidence whose highest values stay, as `"realism"`; with a `-` before it the lowest, as
        `"-discriminator"`. By default who goes is drawn by lot, from the filter's seed.
    reason : str
        What is told about a rejected sample.
    """

    by: str | tuple[str, ...]
    target: Target = "equal"
    size: int | None = None
    prefer: str | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be met.

        Raises
        ------
        SampleSizeError
            If the size is below 1.
        """
        object.__setattr__(self, "by", (self.by,) if isinstance(self.by, str) else tuple(self.by))
        if self.size is not None and self.size < 1:
            raise SampleSizeError(f"a quota keeps at least 1 sample, got size={self.size}: give more, or leave it out.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are counted."""
        return (self.by,) if isinstance(self.by, str) else self.by

    @property
    def name(self) -> str:
        """As `"quota[sex+income]"`."""
        return f"quota[{'+'.join(self.columns)}]"

    def limit(self) -> str:
        """The target in words."""
        if isinstance(self.target, Mapping):
            of = ", ".join(f"{_said(level)} {share:g}" for level, share in self.target.items())
        else:
            of = {"equal": "equal shares", "real": "the real shares"}[self.target]
        return of if self.size is None else f"{of} of {self.size}"

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        reason = self.reason or "over the quota"
        return {"name": self.name, "reason": reason, "limit": self.limit(), "columns": list(self.columns)}


def lift_quotas(rules: Any) -> tuple[Any, list[Quota]]:
    """Rules without the quotas among them, and these.

    Parameters
    ----------
    rules : rule-likes, quotas, or mappings with the key `"by"`; one alone, or several; or None

    Returns
    -------
    tuple of (rules, list of Quota)

    Raises
    ------
    UnknownNameError
        If a mapping has a key that quotas do not know.
    """
    if isinstance(rules, Quota) or (isinstance(rules, Mapping) and "by" in rules):
        return [], [read_quota(rules)]
    if (
        rules is None
        or isinstance(rules, (str, Mapping))
        or hasattr(rules, "column")
        or not isinstance(rules, Iterable)
    ):
        return rules, []
    items = list(rules)
    found = [item for item in items if isinstance(item, Quota) or (isinstance(item, Mapping) and "by" in item)]
    return [item for item in items if not any(item is quota for quota in found)], [read_quota(item) for item in found]


def meet_quotas(
    quotas: Sequence[Quota],
    synthetic: Dataset,
    evidence: pd.DataFrame,
    rejected: Mask,
    *,
    real: Dataset | None,
    seed: int,
) -> Rejected:
    """Reject what is over quotas, among the samples that no rule has rejected.

    Parameters
    ----------
    quotas : sequence of Quota
    synthetic : Dataset
    evidence : pandas.DataFrame
        A row per unit, with ids.
    rejected : ndarray of bool, shape (n_units,)
        What rules have rejected.
    real : Dataset or None
        For targets that look at the real data.
    seed : int

    Returns
    -------
    Rejected

    Raises
    ------
    UnknownNameError
        If there is no such column, or a share is of a level that neither set has.
    DataError
        If the real data are needed and not there, or a preferred column holds no numbers.
    """
    over = np.zeros(len(synthetic), dtype=bool)
    tables: list[pd.DataFrame] = []
    notes: list[str] = []
    ties = 0
    for number, quota in enumerate(quotas):
        strata = strata_of(synthetic, quota.columns)
        left = ~rejected & ~over
        shares = target_shares(quota.target, strata=strata, real=real)
        _check_levels(quota, shares, strata, real)
        available = {level: int(left[strata.places(level)].sum()) for level in {*strata.levels, *shares}}
        wanted = _wanted(quota, shares, available)
        rng = np.random.default_rng(np.random.SeedSequence([seed, number]))
        ranking = rank(quota.prefer, evidence, rng, what="a quota")
        for level in strata.levels:
            places = strata.places(level)
            mine = places[left[places]]
            gone, tied = ranking.cut(mine, wanted.get(level, 0))
            ties += tied
            over[gone] = True
            if len(gone):
                tables.append(_table(quota, strata, level, gone, evidence, wanted.get(level, 0), len(mine)))
            if tied:
                notes.append(
                    f"{tied} samples with {cell_name(strata.by, level)} have the same {quota.prefer} where the quota "
                    f"cuts: a lot from the seed says which of them stay."
                )
        notes += _notes(quota, shares, available, wanted)
    return Rejected(over, tuple(tables), tuple(notes), ties)


def _check_levels(quota: Quota, shares: Mapping[Level, float], strata: Strata, real: Dataset | None) -> None:
    """Refuse a level that occurs nowhere: a misspelt one would reject all samples of the right one."""
    occurring = [*strata.levels, *(() if real is None else strata_of(real, quota.columns).levels)]
    for place, column in enumerate(quota.columns):
        known = sorted({level[place] for level in occurring})
        for level in shares:
            if level[place] not in known:
                raise UnknownNameError.of(f"level of {column}", level[place], known, "in a quota")


def _wanted(quota: Quota, shares: Mapping[Level, float], available: Mapping[Level, int]) -> dict[Level, int]:
    if quota.size is not None:
        return counts_of(shares, quota.size)
    size, _ = most_units(shares, available)
    present = {level: share for level, share in shares.items() if available[level]}
    total = sum(present.values())
    return counts_of({level: share / total for level, share in present.items()}, size) if present else {}


def _table(
    quota: Quota,
    strata: Strata,
    level: Level,
    gone: NDArray[np.intp],
    evidence: pd.DataFrame,
    wanted: int,
    n_left: int,
) -> pd.DataFrame:
    return reason_table(
        evidence["id"].iloc[gone],
        reason=quota.reason or f"over the quota of {cell_name(strata.by, level)}",
        rule=quota.name,
        value=", ".join(level),
        limit=f"{wanted} of {n_left}",
    )


def _notes(
    quota: Quota, shares: Mapping[Level, float], available: Mapping[Level, int], wanted: Mapping[Level, int]
) -> list[str]:
    columns = " and ".join(quota.columns)
    absent = [level for level in shares if not available[level]]
    notes = [
        f"the quota on {columns} asks for {cell_name(quota.columns, level)}, of which no sample is left: generate some."
        for level in absent
    ]
    if quota.size is None:
        _, limiting = most_units(shares, available)
        total, size = sum(available.values()), sum(wanted.values())
        if limiting is not None and size < total:
            notes.append(
                f"the quota on {columns} keeps {size} of {total} samples, because there are {available[limiting]} with "
                f"{cell_name(quota.columns, limiting)}: generate more of them to keep more."
            )
        return notes
    short = {level: count - available[level] for level, count in wanted.items() if 0 < available[level] < count}
    notes += [
        f"the quota on {columns} asks for {wanted[level]} samples with {cell_name(quota.columns, level)}, and "
        f"{available[level]} are left: {missing} are missing."
        for level, missing in short.items()
    ]
    return notes


def read_quota(item: QuotaLike) -> Quota:
    """Quota from a quota, a mapping, or settings with its fields.

    Raises
    ------
    UnknownNameError
        If a mapping has a key that quotas do not know.
    """
    if isinstance(item, Quota):
        return item
    if not isinstance(item, Mapping):
        return Quota(**{key: getattr(item, key) for key in _KEYS})
    for key in item:
        if key not in _KEYS:
            raise UnknownNameError.of("key of a quota", str(key), _KEYS)
    given = {key: item[key] for key in _KEYS if item.get(key) is not None}
    return Quota(**given)


def _said(level: Any) -> str:
    return ", ".join(map(str, level)) if isinstance(level, tuple) else str(level)
