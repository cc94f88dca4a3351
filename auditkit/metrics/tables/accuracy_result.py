"""Accuracy of sets of columns as plain arrays and frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.metrics.tables.between import judged_columns, normalised, share_error
from auditkit.metrics.tables.headline import (
    Headline,
    Places,
    column_rows,
    headline_of,
    headline_text,
    room_between,
    worst_first,
    worst_of,
)
from auditkit.metrics.tables.peers import Mostly
from auditkit.metrics.tables.shown import Shown, cell_text, left_out_note, short_text

__all__ = ["WAYS", "AccuracyReport", "Agreement"]

WAYS = ("univariate", "bivariate", "trivariate")
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Shown):
    """Accuracy of sets of one, two or three columns.

    Attributes
    ----------
    columns : tuple of tuple of str
        Names, one tuple per set of columns.
    value : ndarray of float64
        Accuracy of all synthetic rows, in [0, 1].
    expected_maximum : ndarray of float64
        What as many rows of the real distribution would reach, from a formula.
    matched, ceiling, floor : ndarray of float64 or None
        At equal sizes: of the synthetic rows, of fresh real rows, and of columns that were shuffled independently
        (single columns: drawn uniformly). None in the compatible way, and without rows to compare with.
    error : float
        Standard error that a difference of two of these has at most; a ceiling that is not three of them above its
        floor tells nothing.
    """

    columns: tuple[tuple[str, ...], ...]
    value: Values
    expected_maximum: Values
    matched: Values | None = None
    ceiling: Values | None = None
    floor: Values | None = None
    error: float = 0.0

    def frame(self) -> pd.DataFrame:
        """One row per set of columns.

        Returns
        -------
        pandas.DataFrame
            `column` or `column_a`, `column_b`, `column_c`; `value`, `expected_maximum`; unless compatible also
            `matched`, `ceiling`, `floor`, `excess` (ceiling - matched, positive = worse), `normalised` (matched - floor
            over ceiling - floor, cut to [0, 1]) and `reason`: why it is missing or was cut.
        """
        ways = len(self.columns[0]) if self.columns else 0
        names = ["column"] if ways == 1 else [f"column_{letter}" for letter in "abc"[:ways]]
        frame = pd.DataFrame({name: [item[place] for item in self.columns] for place, name in enumerate(names)})
        frame["value"], frame["expected_maximum"] = self.value, self.expected_maximum
        if self.matched is None or self.ceiling is None or self.floor is None:
            return frame
        errors = share_error(self.ceiling, self.floor, self.error)
        return frame.assign(**judged_columns(self.matched, self.ceiling, self.floor, errors))

    def __str__(self) -> str:
        found = self.places()
        order = np.argsort(self.value if found is None else found.scores, kind="stable")
        names = ["columns", "value", *(() if found is None else ("ceiling", "floor", "normalised"))]
        rows = []
        for place in order.tolist():
            row: list[Any] = [self.columns[place], float(self.value[place])]
            if found is not None and self.ceiling is not None and self.floor is not None:
                row += [float(numbers[place]) for numbers in (self.ceiling, self.floor, found.scores)]
            rows.append(row)
        return short_text(f"accuracy {cell_text(float(self.value.mean()))}, the lowest first", names, rows)

    def places(self) -> Places | None:
        """Where each accuracy lies between floor and ceiling; None without these."""
        if self.matched is None or self.ceiling is None or self.floor is None:
            return None
        errors = share_error(self.ceiling, self.floor, self.error)
        scores, _ = normalised(self.matched, self.ceiling, self.floor, errors)
        return Places(self.columns, scores, room_between(self.ceiling, self.floor, errors))


@dataclass(frozen=True, eq=False, repr=False)
class AccuracyReport(Shown):
    """Accuracy of single columns, pairs and triples.

    Attributes
    ----------
    parts : mapping of str to Agreement
        `"univariate"`, `"bivariate"` and `"trivariate"`, those that the table has columns for.
    compatible : {"mostlyai"} or None
    n_real, n_synthetic, n_holdout : int
        Rows; a holdout of 0 where none was given.
    matched_size : int or None
        Rows of both sides of the comparison at equal sizes.
    left_out : mapping of str to str
        Columns that are not compared, with the reason.
    seed : int
    absent : tuple of str
        Columns that the synthetic table lacks and that count 0.
    notes : tuple of str
        What a reader should know, a sentence each.
    """

    parts: Mapping[str, Agreement]
    compatible: Mostly | None
    n_real: int
    n_synthetic: int
    n_holdout: int
    matched_size: int | None
    left_out: Mapping[str, str]
    seed: int
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def univariate(self) -> pd.DataFrame:
        """A row per column, see `Agreement.frame`."""
        return self._frame("univariate")

    @property
    def bivariate(self) -> pd.DataFrame:
        """A row per pair of columns; none for a table of one column."""
        return self._frame("bivariate")

    @property
    def trivariate(self) -> pd.DataFrame:
        """A row per triple of columns that was drawn."""
        return self._frame("trivariate")

    @property
    def score(self) -> float | None:
        """The lowest part's normalised accuracy, less up to half of it for the worst column; in [0, 1].

        1 = as good as fresh real rows throughout, at most 1/2 = a column is ruined or absent, 0 = columns that know
        nothing of each other; see `headline_of`. None where no accuracy has room between ceiling and floor. In the
        compatible way `accuracy`.
        """
        return self.accuracy if self.compatible else self.headline.score

    @property
    def worst(self) -> tuple[str, float] | None:
        """The lowest of `columns`; None where none has a score."""
        return worst_of(self.columns)

    @property
    def columns(self) -> pd.DataFrame:
        """column, score, reason; the worst first.

        The score is the mean of the normalised accuracies of the column, its pairs and its triples, each weighted by
        the room between ceiling and floor; in the compatible way the column's accuracy.
        """
        if self.compatible is None:
            return self.headline.frame(self.absent)
        return worst_first(self.univariate.rename(columns={"value": "score"})[["column", "score"]].assign(reason=""))

    @property
    def headline(self) -> Headline:
        """Score, parts and columns between floor and ceiling; without a value in the compatible way."""
        names = [name for (name,) in self.parts["univariate"].columns]
        places = {name: found for name, part in self.parts.items() if (found := part.places()) is not None}
        return headline_of(places, names, self.absent)

    def __str__(self) -> str:
        parts: dict[str, float | None]
        if self.compatible:
            parts = {name: float(part.value.mean()) for name, part in self.parts.items()}
        else:
            parts = {name: self.headline.properties.get(name) for name in self.parts}
        what = f"accuracy as {self.compatible} has it" if self.compatible else "accuracy between floor and ceiling"
        head = headline_text(what, self.score, parts, self.columns)
        notes = [*self.notes, *left_out_note(self.left_out)]
        return short_text(head, ("column", "score", "reason"), column_rows(self.columns), notes=notes, more=".columns")

    @property
    def accuracy(self) -> float:
        """Mean of the mean accuracies of single columns, pairs and triples, in [0, 1].

        Columns that know nothing of each other have a high one.
        """
        return float(np.mean([part.value.mean() for part in self.parts.values()]))

    @property
    def expected_maximum(self) -> float:
        """The accuracy to be expected of as many rows of the real distribution."""
        return float(np.mean([part.expected_maximum.mean() for part in self.parts.values()]))

    def frame(self) -> pd.DataFrame:
        """Means of each part, indexed by its name.

        Returns
        -------
        pandas.DataFrame
            The columns of `Agreement.frame` from `value` on.
        """
        means = {name: _mean(part).frame().iloc[0] for name, part in self.parts.items()}
        return pd.DataFrame(means).T.drop(columns="column").infer_objects()

    def _frame(self, name: str) -> pd.DataFrame:
        return self.parts[name].frame() if name in self.parts else pd.DataFrame({"value": np.zeros(0)})


def _mean(part: Agreement) -> Agreement:
    def mean(values: Values | None) -> Values | None:
        return None if values is None else np.array([values.mean()])

    value, expected = np.array([part.value.mean()]), np.array([part.expected_maximum.mean()])
    rest = (mean(part.matched), mean(part.ceiling), mean(part.floor))
    return Agreement((("mean",),), value, expected, *rest, error=part.error)
