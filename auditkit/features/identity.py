"""Features that are there already, as they are: for users who embedded their samples themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError
from auditkit.features.registry import EmbedderState, check_version

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["FeatureEmbedder"]

VERSION = 1
"""Raised whenever the same data get other features."""


class FeatureEmbedder:
    """Numeric columns as they are, in their order: the label, the groups and the key are left out.

    So an audit of arrays of features gives the numbers of the functions in `auditkit.metrics`.

    Examples
    --------
    >>> from auditkit.data import load
    >>> made = load(np.array([[0.5, 1.0], [0.25, 2.0], [4.0, 2.5]]))
    >>> FeatureEmbedder().fit(made, seed=0).transform(made).tolist()
    [[0.5, 1.0], [0.25, 2.0], [4.0, 2.5]]
    """

    name = "features"

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._columns: list[str] | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:  # noqa: ARG002 - nothing is random
        """Take the names of the columns.

        Parameters
        ----------
        train : Dataset
            Tabular, one row per unit.
        seed : int
            Not looked at.

        Raises
        ------
        DataError
            When the data are no table of numbers.
        """
        if train.modality != "tabular" or train.unit_of_row is not None:
            message = f"embedder 'features' needs a table with one row per unit, {train.source!r} is none."
            raise DataError(message)
        roles = {train.label, train.key, train.order, *train.groups}
        self._columns = [str(name) for name in train.table.columns if name not in roles]
        if not self._columns:
            message = f"embedder 'features' needs a column of numbers, {train.source!r} has none."
            raise DataError(message)
        left = [str(name) for name in train.table.columns if name in roles]
        self.notes = [f"The features leave out column {name!r} (a role)." for name in left]
        _numbers(train, self._columns)
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.floating[Any]]:
        """The columns of a dataset.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n, d)
            float32 where that loses nothing, float64 elsewhere.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        DataError
            When a column is absent, holds no numbers, or misses some.
        """
        if self._columns is None:
            message = "embedder 'features' must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        rows = _numbers(dataset, self._columns)
        with np.errstate(over="ignore"):
            single = rows.astype(np.float32)
        return single if np.array_equal(single, rows) else rows

    def coarse(self) -> Self | None:
        """None: features that are there already cannot be made so that moments tell of no single record."""
        return None

    def state(self) -> EmbedderState:
        """Names of the columns.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        if self._columns is None:
            message = "embedder 'features' must be fitted before its state is kept: call fit(train, seed=0)."
            raise AuditkitError(message)
        return EmbedderState({"version": VERSION, "notes": list(self.notes), "columns": list(self._columns)}, {})

    def restore(self, state: EmbedderState) -> Self:
        """Become the fitted embedder that gave this state.

        Raises
        ------
        AuditkitError
            If the state is of another version.
        """
        check_version(self.name, state, VERSION)
        self._columns, self.notes = list(state.about["columns"]), list(state.about["notes"])
        return self


def _numbers(dataset: Dataset, columns: list[str]) -> NDArray[np.float64]:
    """Columns in float64, each whole and finite."""
    rows = np.empty((dataset.n_rows, len(columns)))
    for place, name in enumerate(columns):
        values = dataset.table.get(name)
        numeric = values is not None and values.dtype.kind in "biuf"
        if numeric:
            rows[:, place] = values.to_numpy(np.float64, na_value=np.nan)
        if not numeric or not np.isfinite(rows[:, place]).all():
            message = (
                f"embedder 'features' takes columns of finite numbers as they are, column {name!r} of "
                f"{dataset.source!r} is none: drop it from every set, or use embedder 'mixed'."
            )
            raise DataError(message)
    return rows
