"""Rows and labels of others' pipelines as tables, and tables back as what they came as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import Dataset
from auditkit.data.levels import level_values
from auditkit.errors import DataError, UnknownNameError

__all__ = ["Labels", "Rows"]

_TARGET = "target"
_FLAT = 2


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows as they were given, and the same as a frame.

    Attributes
    ----------
    given : DataFrame, ndarray or list
    frame : DataFrame
        With columns of text names.
    """

    given: Any
    frame: pd.DataFrame

    @classmethod
    def of(cls, given: Any, checked: Any) -> Self:
        """Rows of what was given, which has been checked."""
        if isinstance(checked, pd.DataFrame):
            frame = checked.set_axis([str(name) for name in checked.columns], axis=1).reset_index(drop=True)
            dense = {name: frame[name].sparse.to_dense() for name in frame if _is_sparse(frame[name])}
            return cls(given, frame.assign(**dense))
        names = [f"x{place}" for place in range(checked.shape[1])]
        frame = pd.DataFrame(checked, columns=names)
        return cls(
            given if isinstance(given, (np.ndarray, list)) else checked,
            frame.infer_objects() if checked.dtype == object else frame,
        )

    def dataset(
        self, labels: Labels | None, *, roles: tuple[str | None, Sequence[str]], like: Dataset | None = None
    ) -> Dataset:
        """The rows as a set, with their labels as one more column.

        Parameters
        ----------
        labels : Labels or None
        roles : (str or None, sequence of str)
            Label and groups among the columns.
        like : Dataset, optional
            Real set whose schema holds.
        """
        label, groups = roles
        frame = self.frame
        if labels is not None:
            label = self._free()
            frame = frame.assign(**{label: labels.levels})
        schema = None if like is None else like.schema
        return Dataset.of_table(frame, label=label, groups=groups, schema=schema, source="the rows")

    def part(self, mask: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        return Rows(self.take(mask), self.frame[mask].reset_index(drop=True))

    def take(self, mask: NDArray[np.bool_]) -> Any:
        """Some of the rows, as they were given."""
        if isinstance(self.given, pd.DataFrame):
            return self.given.loc[mask] if self.given.index.is_unique else self.given.iloc[np.flatnonzero(mask)]
        if isinstance(self.given, list):
            return [row for row, kept in zip(self.given, mask, strict=True) if kept]
        return self.given[mask]

    def with_rows(self, added: pd.DataFrame) -> Any:
        """All rows and others behind them, as the first were given."""
        cells = added[list(self.frame.columns)]
        if isinstance(self.given, pd.DataFrame):
            typed = cells.set_axis(self.given.columns, axis=1).astype(dict(self.given.dtypes))
            return pd.concat([self.given, typed], ignore_index=True)
        if isinstance(self.given, list):
            return [*self.given, *cells.to_numpy().tolist()]
        values = cells.astype(object).where(cells.notna(), np.nan) if self.given.dtype == object else cells
        return np.concatenate([self.given, values.to_numpy().astype(self.given.dtype)])

    def _free(self) -> str:
        name = _TARGET
        while name in self.frame.columns:
            name = f"{name}_"
        return name


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels as they were given, and one per row.

    Attributes
    ----------
    given : Series, DataFrame, ndarray or list
    values : ndarray of shape (n,)
    levels : ndarray of str, shape (n,), or of numbers for labels that are amounts
    """

    given: Any
    values: NDArray[Any]
    levels: NDArray[Any]

    @classmethod
    def of(cls, given: Any) -> Self:
        """Labels of one column; a column per class counts as the class that is marked.

        Raises
        ------
        DataError
            For several labels per row.
        """
        values = np.asarray(given)
        if values.ndim == _FLAT and values.shape[1] == 1:
            values = values[:, 0]
        elif values.ndim == _FLAT and (np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all()):
            values = values.argmax(axis=1)
        if values.ndim != 1:
            message = "Multilabel and multioutput targets are not supported. Give one label per row."
            raise DataError(message)
        return cls(given, values, level_values(pd.Series(values)))

    def check_classes(self) -> None:
        """Refuse a single class, which there is nothing to balance against.

        Raises
        ------
        DataError
        """
        if len(np.unique(self.levels)) == 1:
            raise DataError("y has one class only, so there is nothing to balance: give rows of two classes at least.")

    def wanted(self, strategy: Any) -> dict[Any, int]:
        """Rows to draw of each class, by its own value; of a number the shares of the real rows.

        Raises
        ------
        DataError
            For a strategy that is none.
        UnknownNameError
            For a class that does not occur.
        """
        names, places, counts = np.unique(self.levels, return_index=True, return_counts=True)
        there = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
        values = {str(name): self.values[place] for name, place in zip(names, places, strict=True)}
        if isinstance(strategy, str) and strategy == "auto":
            asked = dict.fromkeys(there, max(there.values()))
        elif isinstance(strategy, Mapping):
            told = {_text(level): size for level, size in strategy.items()}
            for level in told:
                if level not in there:
                    raise UnknownNameError.of("class", level, there, "in sampling_strategy")
            asked = {level: int(told.get(level, count)) for level, count in there.items()}
        elif isinstance(strategy, (int, np.integer)) and not isinstance(strategy, bool) and strategy >= 0:
            return {values[level]: round(strategy * count / len(self.levels)) for level, count in there.items()}
        else:
            message = (
                f'sampling_strategy must be "auto", a size per class or a number of rows, got {strategy!r}: correct it.'
            )
            raise DataError(message)
        return {values[level]: max(asked[level] - there[level], 0) for level in there}

    def part(self, mask: NDArray[np.bool_]) -> Labels:
        """Labels of some rows."""
        return Labels(self.take(mask), self.values[mask], self.levels[mask])

    def take(self, mask: NDArray[np.bool_]) -> Any:
        """Labels of some rows, as they were given."""
        if isinstance(self.given, (pd.Series, pd.DataFrame)):
            return self.given.iloc[np.flatnonzero(mask)]
        kept = np.asarray(self.given)[mask]
        return kept.tolist() if isinstance(self.given, list) else kept

    def with_levels(self, levels: Any) -> Any:
        """All labels and those of new rows behind them, as the first were given."""
        value_of = dict(zip(self.levels.tolist(), self.values.tolist(), strict=True))
        new = [value_of[level] for level in levels]
        if isinstance(self.given, pd.Series):
            return pd.concat(
                [self.given, pd.Series(new, name=self.given.name, dtype=self.given.dtype)], ignore_index=True
            )
        if isinstance(self.given, pd.DataFrame):
            typed = pd.DataFrame({self.given.columns[0]: new}).astype(dict(self.given.dtypes))
            return pd.concat([self.given, typed], ignore_index=True)
        if isinstance(self.given, list):
            return [*self.given, *new]
        told = np.asarray(self.given)
        added = np.asarray(new, dtype=self.values.dtype)
        if told.ndim == _FLAT and told.shape[1] > 1:
            added = np.eye(told.shape[1], dtype=told.dtype)[added]
        elif told.ndim == _FLAT:
            added = added[:, None]
        return np.concatenate([told, added.astype(told.dtype)])


def _text(level: Any) -> str:
    return str(level_values(pd.Series([level]))[0])


def _is_sparse(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.SparseDtype)
