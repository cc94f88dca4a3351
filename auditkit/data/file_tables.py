"""Sets of texts and series as tables that files hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditkit.data.dataset import Dataset
from auditkit.data.panels import KEY, ORDER
from auditkit.data.text_sets import TEXT
from auditkit.errors import DataError

__all__ = ["file_table"]

_LONGEST = 131_072
"""Characters that readers of csv take in one cell."""


def file_table(dataset: Dataset, *, csv: bool = False) -> pd.DataFrame:
    """Table of a set as its files hold it.

    Parameters
    ----------
    dataset : Dataset
        A table as it is; texts get a column `text`; series a row per step, with the columns `series` (their ids),
        `step` and one per channel.
    csv : bool, default False
        Whether it is for a csv file, where an empty text could not be told from a missing one.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the set has a column of such a name, or texts that the format cannot hold.
    """
    if dataset.samples is None:
        return dataset.table
    added = (TEXT,) if dataset.modality == "text" else (KEY, ORDER, *dataset.schema.channels)
    taken = [name for name in added if name in dataset.table.columns]
    if taken:
        message = f"the column {taken[0]!r} has a name that the file needs for the samples: rename it."
        raise DataError(message)
    return _of_texts(dataset, csv=csv) if dataset.modality == "text" else _of_series(dataset)


def _of_texts(dataset: Dataset, *, csv: bool) -> pd.DataFrame:
    texts = dataset.arrays()
    empty = sum(not text for text in texts)
    if csv and empty:
        message = f"{dataset.source} has {empty} empty text(s), which csv cannot tell from missing ones: save as jsonl."
        raise DataError(message)
    unfit = sum("\0" in text or len(text) > _LONGEST for text in texts)
    if csv and unfit:
        message = (
            f"{dataset.source} has {unfit} text(s) with NUL characters or of more than {_LONGEST:,} characters, which "
            "csv cannot hold: save as jsonl."
        )
        raise DataError(message)
    table = dataset.table.copy()
    table.insert(0, TEXT, pd.Series(texts, dtype=object))
    return table


def _of_series(dataset: Dataset) -> pd.DataFrame:
    series = dataset.arrays()
    lengths = np.array([len(item) for item in series], dtype=np.intp)
    unit = np.repeat(np.arange(len(series)), lengths)
    steps = [np.arange(length) for length in lengths]
    frame = pd.DataFrame({KEY: dataset.ids[unit], ORDER: np.concatenate(steps) if steps else np.empty(0, np.intp)})
    values = np.concatenate(series) if len(series) else np.empty((0, len(dataset.schema.channels)))
    channels = {name: values[:, place] for place, name in enumerate(dataset.schema.channels)}
    beside = dataset.table.take(unit).reset_index(drop=True)
    return pd.concat([frame, pd.DataFrame(channels), beside], axis=1)
