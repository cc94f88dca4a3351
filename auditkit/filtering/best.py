"""The best so many samples, by a column of the evidence, or so many by lot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import DataError, SampleSizeError
from auditkit.filtering.conditions import texts_of
from auditkit.filtering.rejected import Rejected, numbers_of, rank, reason_table

__all__ = ["Best"]


@dataclass(frozen=True)
class Best:
    """Keep so many of the samples that no rule before it has rejected.

    Attributes
    ----------
    keep : int or float
        Number of samples that stay, or a share of those that are left, between 0 and 1.
    prefer : str, optional
        Column of the evidence whose highest values stay, with a `-` before it the lowest. By default who goes is drawn
        by lot, from the filter's seed.
    reason : str
        What is told about a rejected sample.
    """

    keep: float
    prefer: str | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be kept.

        Raises
        ------
        SampleSizeError
            If `keep` is neither a share nor a whole number.
        """
        if isinstance(self.keep, float) and self.keep == 1:
            raise SampleSizeError(
                "keep of the filter rule 'best' is a share below 1 or a whole number of samples, and 1.0 may be "
                "either: write 1 for one sample, or leave the rule out to keep all."
            )
        if not _is_number(self.keep) or self.keep <= 0 or (self.keep >= 1 and self.keep != int(self.keep)):
            raise SampleSizeError(
                f"keep of the filter rule 'best' must be a share below 1 or a whole number of samples, got "
                f"{self.keep!r}."
            )

    @property
    def name(self) -> str:
        """`"best"`."""
        return "best"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are read."""
        return () if self.prefer is None else (self.prefer.removeprefix("-"),)

    def limit(self) -> str:
        """What stays, in words."""
        size = f"{self.keep:.4g} of what is left" if self.keep < 1 else f"{int(self.keep)}"
        if self.prefer is None:
            return f"{size}, by lot"
        side = "lowest" if self.prefer.startswith("-") else "highest"
        return f"{size}, the {side} {self.columns[0]}"

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        reason = self.reason or "not among the best"
        return {"name": self.name, "reason": reason, "limit": self.limit(), "columns": list(self.columns)}

    def choose(self, evidence: pd.DataFrame, left: NDArray[np.bool_], *, rng: np.random.Generator) -> Rejected:
        """Reject all but the best.

        Parameters
        ----------
        evidence : pandas.DataFrame
            A row per sample.
        left : ndarray of bool, shape (n,)
            What is not rejected yet.
        rng : numpy.random.Generator

        Returns
        -------
        Rejected

        Raises
        ------
        DataError
            If the preferred column holds no number.
        """
        places = np.flatnonzero(left)
        wanted = int(self.keep) if self.keep >= 1 else round(self.keep * len(places))
        ranking = rank(self.prefer, evidence, rng, what="the filter rule 'best'")
        gone, ties = ranking.cut(places, wanted)
        over = np.zeros(len(evidence), dtype=bool)
        over[gone] = True
        value = "" if self.prefer is None else texts_of(evidence[self.columns[0]].iloc[gone])
        told = "drawn out to the size that was asked for" if self.prefer is None else "not among the best"
        limit = f"{min(wanted, len(places))} of {len(places)}"
        ids = evidence["id"].iloc[gone]
        table = reason_table(ids, reason=self.reason or told, rule=self.name, value=value, limit=limit)
        notes = []
        if wanted > len(places):
            notes.append(
                f"the rule 'best' keeps {wanted} samples, and {len(places)} are left: {wanted - len(places)} are "
                f"missing."
            )
        notes += self._endless(evidence, over, left)
        if ties:
            notes.append(
                f"{ties} samples have the same {self.columns[0]} where the rule 'best' cuts: a lot from the seed says "
                f"which of them stay."
            )
        return Rejected(over, (table,) if len(gone) else (), tuple(notes), ties)

    def _endless(self, evidence: pd.DataFrame, over: NDArray[np.bool_], left: NDArray[np.bool_]) -> list[str]:
        """Copies of real samples are as realistic as can be, and so the first to stay."""
        if self.prefer != "realism":
            return []
        held = np.isposinf(numbers_of(evidence["realism"]))
        count = int((held & left & ~over).sum())
        if not count:
            return []
        told = f"{count:,} of the samples that the rule 'best' keeps lie on a real sample, where realism is infinite"
        return [f"{told}: put the rule 'copies' before it, or prefer another column."]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise DataError(f"keep of the filter rule 'best' must be a number, got {value!r}.")
    return math.isfinite(value)
