"""A table as it is given, brought to a schema's types where nothing is lost; what does not fit stays to be counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from auditkit.data.any_table import frame_of
from auditkit.data.casting import cast_table, is_text
from auditkit.data.dataset import Dataset
from auditkit.data.levels import level_text
from auditkit.data.loading import load
from auditkit.data.plain_cells import plain_cells
from auditkit.data.schema import Schema

__all__ = ["fitted_table", "set_of"]


def set_of(given: Any, *, name: str) -> Dataset:
    """Dataset as it is, any other table as a loaded one.

    Raises
    ------
    DataError
        If it is no table, or a column mixes types.
    SampleSizeError
        If it has no row or no column.
    """
    if isinstance(given, Dataset):
        return given
    frame = frame_of(given, name=name)
    plain = {column: plain_cells(frame[column], name=column, source=f"the {name} set") for column in frame.columns}
    return load(pd.DataFrame(plain), name=name)


def fitted_table(given: Any, schema: Schema, *, name: str) -> pd.DataFrame:
    """Cells of the schema's types where nothing is lost; a column of several types is text.

    Parameters
    ----------
    given : table
        A Dataset or whatever `frame_of` reads.
    schema : Schema
    name : str
        What messages call the set.

    Returns
    -------
    pandas.DataFrame
        With a RangeIndex; columns that the schema does not know come last. Empty text is missing.

    Raises
    ------
    DataError
        If it is no table, names repeat, or cells are of no readable type.
    SampleSizeError
        If it has no row or no column.
    """
    frame = frame_of(given, name=name)
    cells = {column: _plain(frame[column], column, name) for column in frame.columns}
    return cast_table(pd.DataFrame(cells), schema)


def _plain(values: pd.Series, name: str, source: str) -> pd.Series:
    plain = plain_cells(values, name=name, source=f"the {source} set").reset_index(drop=True)
    if plain.dtype == object or isinstance(plain.dtype, pd.CategoricalDtype):
        codes, found = pd.factorize(plain, use_na_sentinel=True)
        plain = pd.Series(np.array([*map(level_text, found), None], dtype=object)[codes], dtype="str")
    if is_text(plain):
        empty = (plain == "").fillna(value=False)
        return plain.mask(empty) if empty.any() else plain
    return plain
