"""New rows of a sampler that follows imbalanced-learn, which gives real and new rows together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["is_resampler", "resampled_rows"]


def is_resampler(model: Any) -> bool:
    """Whether an object gives samples by `fit_resample` alone."""
    return callable(getattr(model, "fit_resample", None)) and not any(
        callable(getattr(model, name, None)) for name in ("sample", "generate")
    )


def resampled_rows(sampler: Any, dataset: Dataset) -> pd.DataFrame:
    """Rows that a sampler adds to a table, without the real ones that it gives back before them.

    Parameters
    ----------
    sampler : object with fit_resample(X, y)
        X is a frame of all columns but the label, y the label; it gives both back with rows added at the end.
    dataset : Dataset
        Tabular, with a label.

    Returns
    -------
    pandas.DataFrame
        With the columns of the dataset.

    Raises
    ------
    DataError
        If the data have no label, the sampler fails, or it does not give the real rows back first, so that new rows
        cannot be told from real ones.
    """
    name = type(sampler).__name__
    if dataset.modality != "tabular" or dataset.label is None:
        message = f"the sampler {name} needs a table with a label, {dataset.source!r} has none: load it with label=."
        raise DataError(message)
    features, target = dataset.table.drop(columns=dataset.label), dataset.table[dataset.label]
    try:
        made, labels = sampler.fit_resample(features.copy(), target.copy())
    except (ValueError, TypeError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
        raise DataError(f"the sampler {name} failed: {why}.") from error
    table = pd.DataFrame(made, columns=features.columns).reset_index(drop=True)
    table[dataset.label] = np.asarray(labels)
    n = len(features)
    if len(table) < n or not all(_equal(table[name].head(n), features[name]) for name in features.columns):
        message = (
            f"the sampler {name} does not give the {n} real rows back before its new ones, so these cannot be told "
            "apart: use one that only adds rows."
        )
        raise DataError(message)
    return table[list(dataset.table.columns)].iloc[n:].reset_index(drop=True)


def _equal(ours: pd.Series, theirs: pd.Series) -> bool:
    """Whether two columns hold the same cells; numbers may have changed their type."""
    if pd.api.types.is_numeric_dtype(ours.dtype) and pd.api.types.is_numeric_dtype(theirs.dtype):
        ours_numbers, theirs_numbers = (
            np.asarray(cells.to_numpy(dtype=np.float64, na_value=np.nan)) for cells in (ours, theirs)
        )
        return np.array_equal(ours_numbers, theirs_numbers, equal_nan=True)
    ours_words, theirs_words = (
        [str(cell) for cell in cells.astype(object).where(cells.notna().to_numpy(), "")] for cells in (ours, theirs)
    )
    return ours_words == theirs_words
