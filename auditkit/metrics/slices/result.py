"""Slices that were found, as a table and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.slices.conditions import slice_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BlindSpots", "Slice"]

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Slice:
    """A part of the data where the synthetic set is bad.

    Attributes
    ----------
    kind : {"rare", "uncovered", "unlike", "error"}
        Too few synthetic samples; real samples without a synthetic counterpart; synthetic samples like no real one;
        large scores of the user's own.
    conditions : tuple of str
        As `("education is Doctorate", "age 40 to 52")`; all of them hold.
    columns : tuple of str
        What each condition is about.
    n_real, n_synthetic : int
        Rows of the slice in the sets.
    real_share, synthetic_share : float or None
        Of all rows: real ones include the holdout.
    coverage, fresh_coverage : float or None
        Share of the slice's real rows with a synthetic row near them, and with one of as many fresh real rows.
    precision, fresh_precision : float or None
        Share of the slice's synthetic (fresh real) rows that lie where real rows lie.
    value, expected, effect : float
        What was tested, in the half of the rows that did not find the slice: the slice's mean (synthetic share), what
        it is held against (the real share), and how much worse it is: the difference, of shares 1 less the ratio.
    low, high : float
        95 % interval of the effect.
    p, p_adjusted : float
        One-sided; after Holm's correction for all slices that were tested.
    synthetic_rows, real_rows : ndarray
        Positions of the slice's rows; of a slice of kind "unlike" only those synthetic rows that are like no real one.
    """

    kind: str
    conditions: tuple[str, ...]
    columns: tuple[str, ...]
    n_real: int
    n_synthetic: int
    value: float
    expected: float
    effect: float
    low: float
    high: float
    p: float
    p_adjusted: float
    real_share: float | None = None
    synthetic_share: float | None = None
    coverage: float | None = None
    fresh_coverage: float | None = None
    precision: float | None = None
    fresh_precision: float | None = None
    synthetic_rows: Index = field(default_factory=lambda: np.empty(0, np.intp), repr=False, compare=False)
    real_rows: Index = field(default_factory=lambda: np.empty(0, np.intp), repr=False, compare=False)

    @property
    def name(self) -> str:
        """The slice in words."""
        return slice_words(self.conditions)

    @property
    def sentence(self) -> str:
        """What is wrong there, in words; no full stop."""
        return f"{self.name}: {_SAID[self.kind](self)}"


def _rare(item: Slice) -> str:
    return f"{_percent(item.real_share)} of the real records, {_percent(item.synthetic_share)} of the synthetic ones"


def _uncovered(item: Slice) -> str:
    return (
        f"{_percent(item.coverage)} of {item.n_real:,} real records have a synthetic counterpart, "
        f"{_percent(item.fresh_coverage)} have one among as many fresh real records"
    )


def _unlike(item: Slice) -> str:
    return (
        f"{_percent(item.precision)} of {item.n_synthetic:,} synthetic records lie where real ones lie, "
        f"{_percent(item.fresh_precision)} of fresh real ones"
    )


def _error(item: Slice) -> str:
    return f"mean {item.value:.4g} of {item.n_real:,} rows, where {item.expected:.4g} is expected"


_NOT_SHOWN = ("conditions", "columns", "synthetic_rows", "real_rows")
_SAID = {"rare": _rare, "uncovered": _uncovered, "unlike": _unlike, "error": _error}


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"  # noqa: PLR2004 - two digits


@dataclass(frozen=True)
class BlindSpots:
    """All slices that were found and confirmed, by kind, the strongest first.

    Attributes
    ----------
    slices : tuple of Slice
    n_looked_at, n_tested : int
        Conjunctions with the support, and those of them that were tested on rows that did not find them.
    alpha : float
        Chance of naming any slice where there is none.
    least : int
        Real rows of a slice.
    n_left_out : int
        Columns, the least promising, that no conjunction of the deepest kind was made of: there were too many columns.
    unread : mapping of str to str
        Why no condition is about a column, as "the synthetic set lacks it".
    """

    slices: tuple[Slice, ...]
    n_looked_at: int
    n_tested: int
    alpha: float
    least: int
    n_left_out: int = 0
    unread: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.slices)

    def frame(self) -> pd.DataFrame:
        """A row per slice, without the positions of its rows."""
        import pandas as pd  # noqa: PLC0415 - only for who wants a frame

        names = [item.name for item in fields(Slice) if item.name not in _NOT_SHOWN]
        rows = [{"slice": item.name} | {name: getattr(item, name) for name in names} for item in self.slices]
        return pd.DataFrame(rows, columns=["slice", *names])

    def __str__(self) -> str:
        looked = f"{self.n_looked_at:,} slices of at least {self.least} rows looked at, {self.n_tested} tested"
        if self.n_left_out:
            looked += f"; {self.n_left_out} columns were left out of the deepest conjunctions"
        unread = [f"  not looked at: {name}, {reason}" for name, reason in self.unread.items()]
        if not self.slices:
            return "\n".join([f"no blind spot found ({looked})", *unread])
        return "\n".join([f"{len(self)} found ({looked})", *(f"  {item.sentence}" for item in self.slices), *unread])
