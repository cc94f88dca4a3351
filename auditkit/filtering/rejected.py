"""What a step of the filter rejected, and in which order samples stay where only so many may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.errors import DataError, UnknownNameError

__all__ = ["Ranking", "Rejected", "numbers_of", "rank", "reason_table"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rejected:
    """What a step rejected.

    Attributes
    ----------
    mask : ndarray of bool, shape (n_units,)
    tables : tuple of pandas.DataFrame
        Rows of rejected samples: id, reason, rule, value, limit.
    notes : tuple of str
    ties : int
        Samples whose value is that at a cut, of which some stay and some go, by lot.
    about : mapping
        What else is told of the step.
    """

    mask: Mask
    tables: tuple[pd.DataFrame, ...]
    notes: tuple[str, ...]
    ties: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Who stays first.

    Attributes
    ----------
    place : ndarray of intp, shape (n_units,)
        Place of each sample among those that stay first; ties by lot.
    numbers : ndarray of float64, shape (n_units,), or None
        What was compared, lowest first, missing as infinity; None where all is by lot.
    """

    place: NDArray[np.intp]
    numbers: NDArray[np.float64] | None

    def cut(self, places: NDArray[np.intp], wanted: int) -> tuple[NDArray[np.intp], int]:
        """Those of some samples that go where only so many stay, and how many tie at the cut.

        Parameters
        ----------
        places : ndarray of intp
            Samples to choose from.
        wanted : int

        Returns
        -------
        gone : ndarray of intp
            In the order of the set.
        ties : int
            Samples with the value at the cut, 0 unless it is on both sides.
        """
        ranked = places[np.argsort(self.place[places], kind="stable")]
        stay, gone = ranked[:wanted], ranked[wanted:]
        ties = 0
        if self.numbers is not None and len(stay) and len(gone):
            at = self.numbers[stay[-1]]
            if at == self.numbers[gone[0]]:
                ties = int((self.numbers[places] == at).sum())
        return np.sort(gone), ties


def rank(prefer: str | None, evidence: pd.DataFrame, rng: np.random.Generator, *, what: str) -> Ranking:
    """Order by a column of the evidence, highest first, lowest with a `-` before its name; by lot without one.

    Parameters
    ----------
    prefer : str or None
    evidence : pandas.DataFrame
    rng : numpy.random.Generator
    what : str
        Who asks, as `"a quota"`.

    Returns
    -------
    Ranking
        Missing values stay last.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    DataError
        If it holds no number.
    """
    lot = rng.permutation(len(evidence))
    if prefer is None:
        return Ranking(np.asarray(lot, dtype=np.intp), None)
    column = prefer.removeprefix("-")
    if column not in evidence.columns:
        raise UnknownNameError.of("column", column, [name for name in evidence.columns if name != "id"], f"in {what}")
    numbers = numbers_of(evidence[column])
    if np.isnan(numbers).all() and len(numbers):
        raise DataError(f"{what} prefers by {column!r}, which holds no number: choose another column.")
    best_first = np.where(np.isnan(numbers), np.inf, numbers if prefer.startswith("-") else -numbers)
    ranked = np.lexsort((lot, best_first))
    place = np.empty(len(ranked), dtype=np.intp)
    place[ranked] = np.arange(len(ranked))
    return Ranking(place, best_first)


def numbers_of(column: pd.Series) -> NDArray[np.float64]:
    """Cells as numbers; missing where there is none."""
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def reason_table(ids: pd.Series, *, reason: str, rule: str, value: Any, limit: Any) -> pd.DataFrame:
    """Rows of reasons for rejected samples; value and limit are one text, or one per sample."""
    table = pd.DataFrame({"id": ids.astype("str").to_numpy(), "reason": reason, "rule": rule})
    table["value"], table["limit"] = value, limit
    return table.astype("str")
