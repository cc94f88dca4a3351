"""Whatever makes synthetic rows - a name, a generator, a function - as one function from training frame to frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from auditkit.data.dataset import Dataset
from auditkit.errors import AuditkitError, DataError

__all__ = ["FitSample", "fit_sample_of"]

FitSample = Callable[[Any, int, int], Any]
"""Takes training data, a number of rows and a seed; gives so many synthetic rows."""


def fit_sample_of(
    generator: Any, dataset: Dataset, *, as_frame: bool
) -> Callable[[pd.DataFrame, int, int], pd.DataFrame]:
    """Function that fits and samples, from frame to frame.

    Parameters
    ----------
    generator : str, generator or callable
    dataset : Dataset
        Whose schema, label and groups the training data have.
    as_frame : bool
        Whether a function takes frames; Datasets else.

    Raises
    ------
    AuditkitError
        If `generator` is none of the three.
    """
    if isinstance(generator, str):
        from auditkit.generators import create  # noqa: PLC0415 - not needed where users bring their own

        generator = create(generator, modality="tabular")

    def wrapped(table: pd.DataFrame) -> Dataset:
        return Dataset.of_table(table, label=dataset.label, groups=dataset.groups, schema=dataset.schema)

    if hasattr(generator, "fit") and hasattr(generator, "sample"):
        return lambda train, n, seed: _table(generator.fit(wrapped(train), seed=seed).sample(n, seed=seed), dataset)
    if not callable(generator):
        found = type(generator).__name__
        message = f"`generator` must be a registered name, have fit and sample, or be a function, got {found}."
        raise AuditkitError(message)
    return lambda train, n, seed: _table(generator(train if as_frame else wrapped(train), n, seed), dataset)


def _table(made: Any, dataset: Dataset) -> pd.DataFrame:
    table = made.table if isinstance(made, Dataset) else made
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"the generator gave {type(made).__name__}: let it give a Dataset or a pandas frame.")
    lacking = [name for name in dataset.table.columns if name not in table.columns]
    if lacking or not len(table):
        what = f"no column {lacking[0]!r}" if lacking else "no row"
        raise DataError(f"the generator gave {what}: let it give all columns of its training data.")
    return table
