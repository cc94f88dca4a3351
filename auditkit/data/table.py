"""Tables as numbers, several sets together, so that one level has one code in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes, sort_levels
from auditkit.data.schema import Schema
from auditkit.errors import UnknownNameError

__all__ = ["EncodedTable", "encode_tables"]


@dataclass(frozen=True, eq=False)
class EncodedTable:
    """Rows of one set as numbers and codes.

    Attributes
    ----------
    numeric : ndarray of float64, shape (n_rows, p)
        Numbers, integers and moments (seconds since 1970-01-01); NaN = missing or not a number.
    codes : ndarray of int32, shape (n_rows, q)
        Place of each cell's level in `levels`; -1 = missing.
    numeric_columns, code_columns : tuple of str
        Names of the columns of `numeric` and `codes`.
    levels : mapping of str to tuple of str
        Levels of each code column, the schema's first, then the others of any set.
    left_out : tuple of str
        Columns that are neither: ids and texts.
    """

    numeric: NDArray[np.float64]
    codes: NDArray[np.int32]
    numeric_columns: tuple[str, ...]
    code_columns: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...] = ()


def encode_tables(sets: Mapping[str, Dataset], *, schema: Schema) -> dict[str, EncodedTable]:
    """Tables of all sets as numbers, with joint codes.

    Parameters
    ----------
    sets : mapping of str to Dataset
        As `{"real": ..., "synthetic": ..., "holdout": ...}`.
    schema : Schema
        The real data's: it says which columns are numbers and which are levels (category, boolean, constant).

    Returns
    -------
    dict of str to EncodedTable
        One per set, in the same columns.

    Raises
    ------
    UnknownNameError
        If a set lacks a column of the schema.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> real = Dataset.of_table(pd.DataFrame({"x": [1.5, 2.0], "c": ["a", "b"]}))
    >>> encode_tables({"real": real}, schema=real.schema)["real"].codes.ravel().tolist()
    [0, 1]
    """
    numeric = schema.of_kind("numeric", "integer", "datetime")
    coded = schema.of_kind("category", "boolean", "constant")
    for role, dataset in sets.items():
        for name in (*numeric, *coded):
            if name not in dataset.table.columns:
                raise UnknownNameError.of("column", name, dataset.table.columns, f"in the {role} set")
    codes = {role: np.empty((dataset.n_rows, len(coded)), dtype=np.int32) for role, dataset in sets.items()}
    levels: dict[str, tuple[str, ...]] = {}
    for place, name in enumerate(coded):
        local = {role: level_codes(dataset.table[name]) for role, dataset in sets.items()}
        known = schema[name].levels
        novel = {level for _, names in local.values() for level in names} - set(known)
        levels[name] = (*known, *sort_levels(novel))
        index = {level: code for code, level in enumerate(levels[name])}
        for role, (own, names) in local.items():
            codes[role][:, place] = np.array([*(index[level] for level in names), -1], dtype=np.int32)[own]
    return {
        role: EncodedTable(
            numeric=_numbers(dataset, numeric, schema),
            codes=codes[role],
            numeric_columns=numeric,
            code_columns=coded,
            levels=levels,
            left_out=schema.of_kind("id", "text"),
        )
        for role, dataset in sets.items()
    }


def _numbers(dataset: Dataset, names: tuple[str, ...], schema: Schema) -> NDArray[np.float64]:
    numbers = np.empty((dataset.n_rows, len(names)), dtype=np.float64)
    for place, name in enumerate(names):
        numbers[:, place] = as_numbers(dataset.table[name], moments=schema[name].kind == "datetime")
    return numbers
