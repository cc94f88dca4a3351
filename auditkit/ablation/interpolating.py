"""Classic augmentation of tables: new rows between a row and one of its neighbours of the same class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import Dataset, encode_sets
from auditkit.errors import DataError

__all__ = ["smote"]

_MOST = 10_000


def smote(train: Dataset, seed: int = 0, *, n: int | None = None, k: int = 5, equal: bool = False) -> Dataset:
    """Rows between a row and one of its nearest neighbours of the same class: an arm, as `arms={"smote": smote}`.

    A new row lies at a + t (b - a) in every number, with t even in [0, 1]; other cells are those of the nearer of the
    two, so that they go together. Neighbours are near in standardised numbers, where another category counts as one
    standard deviation.

    Parameters
    ----------
    train : Dataset
        A table with a label, a row per unit.
    seed : int, default 0
    n : int, optional
        Rows to make; as many as there are by default.
    k : int, default 5
        Neighbours to choose from.
    equal : bool, default False
        Whether every class gets the same number of rows, not its share.

    Returns
    -------
    Dataset
        Synthetic rows only, with the columns, roles and kinds of `train`. A class of a single row is repeated.

    Raises
    ------
    DataError
        If the set holds no plain table with a label, or a number is below 1.

    Notes
    -----
    A label of many numbers is no class: neighbours are sought among all rows, and the label lies between theirs. Of
    more than 10,000 rows of a class, 10,000 drawn ones are neighbours.

    References
    ----------
    Chawla, Bowyer, Hall and Kegelmeyer 2002, "SMOTE: Synthetic Minority Over-sampling Technique", JAIR 16, sections
    4.2 and 6.1 (with categories).

    Examples
    --------
    >>> rows = pd.DataFrame({"x": [0.5, 1.5, 9.5, 10.5], "c": ["a", "a", "b", "b"], "y": ["n", "n", "p", "p"]})
    >>> made = smote(Dataset.of_table(rows, label="y"), n=40)
    >>> len(made), bool(made.frame.query("y == 'n'")["x"].between(0.5, 1.5).all())
    (40, True)
    """
    if train.samples is not None or train.unit_of_row is not None or train.label_values is None:
        raise DataError("smote makes rows of a table with a label, a row per unit: give another recipe for these data.")
    wanted = len(train) if n is None else n
    if min(wanted, k, len(train)) < 1:
        raise DataError(f"smote needs rows, n and k of at least 1, got {len(train)}, {wanted} and {k}.")
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x5307E]))
    first, second = _pairs(_places(train), _classes(train), wanted, k, equal=equal, rng=rng)
    return Dataset.of_table(
        _between(train, first, second, rng.random(wanted)),
        label=train.label,
        groups=train.groups,
        schema=train.schema,
        source="smote",
    )


def _classes(train: Dataset) -> NDArray[np.intp]:
    if train.schema[str(train.label)].kind in {"numeric", "integer"}:
        return np.zeros(len(train), dtype=np.intp)
    return np.asarray(np.unique(np.asarray(train.label_values, dtype=str), return_inverse=True)[1], dtype=np.intp)


def _places(train: Dataset) -> NDArray[np.float64]:
    """Rows as points: standardised numbers, and an indicator per level, at distance 1 from each other."""
    cells = encode_sets({"real": train})["real"]
    columns, flags, _ = cells.only(name for name in cells.names if name != train.label).matrix()
    parts = [np.zeros((len(train), 1))]
    for column, is_code in zip(columns.T, flags, strict=True):
        if is_code:
            parts.append((column[:, None] == np.unique(column)) * np.sqrt(0.5))
        else:
            known = column[~np.isnan(column)]
            scale = (known.std() or 1.0) if len(known) else 1.0
            centre = known.mean() if len(known) else 0.0
            parts.append(np.nan_to_num((column - centre) / scale)[:, None])
    return np.concatenate(parts, axis=1)


def _pairs(
    places: NDArray[np.float64],
    classes: NDArray[np.intp],
    n: int,
    k: int,
    *,
    equal: bool,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A row and a neighbour of its class for each new row."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - heavy

    counts = np.bincount(classes)
    shares = np.ones(len(counts)) if equal else counts.astype(np.float64)
    ends = np.round(n * np.cumsum(shares) / shares.sum()).astype(np.intp)
    first, second = [], []
    for number, (low, high) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
        members = np.flatnonzero(classes == number)
        near = rng.choice(members, _MOST, replace=False) if len(members) > _MOST else members
        chosen = np.concatenate(
            [rng.permutation(members) for _ in range(-(-(high - low) // len(members)))] or [members]
        )
        chosen = chosen[: high - low]
        nearest = min(k + 1, len(near))
        _, found = cKDTree(places[near]).query(places[chosen], nearest)
        found = near[np.asarray(found).reshape(len(chosen), nearest)]
        # The row itself is among its neighbours, first but for ties.
        others = [row[row != own] for row, own in zip(found, chosen, strict=True)]
        second += [int(rng.choice(row[:k])) if len(row) else int(own) for row, own in zip(others, chosen, strict=True)]
        first.append(chosen)
    return np.concatenate(first), np.asarray(second, dtype=np.intp)


def _between(
    train: Dataset, first: NDArray[np.intp], second: NDArray[np.intp], way: NDArray[np.float64]
) -> pd.DataFrame:
    nearer = np.where(way < 0.5, first, second)  # noqa: PLR2004 - half of the way
    columns: dict[str, Any] = {}
    for column in train.schema.columns:
        held = train.table[column.name]
        columns[column.name] = held.take(nearer).reset_index(drop=True)
        if column.kind in {"numeric", "integer"}:
            numbers = held.to_numpy(dtype=np.float64, na_value=np.nan)
            moved = numbers[first] + way * (numbers[second] - numbers[first])
            digits = 0 if column.kind == "integer" else column.decimals
            moved = moved if digits is None else moved.round(digits)
            columns[column.name] = columns[column.name].where(np.isnan(moved), pd.Series(moved))
    return pd.DataFrame(columns)
