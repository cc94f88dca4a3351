"""Test rows that something has seen: a model that trained on them is not measured but remembered.

Natural duplicates are everywhere in tables of few levels (two random halves of COMPAS share 21 % of their rows), so
equal rows alone are no evidence. What is compared is how often they occur with how often chance makes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.twins import seen_schema
from auditkit.data import record_digests
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.data import Dataset, Schema

__all__ = ["refuse_seen_test_rows"]

_ALPHA = 1e-4


def refuse_seen_test_rows(
    *, real: Dataset, test: Dataset, arms: Mapping[str, Dataset], name: str = "the test part"
) -> list[str]:
    """Refuse test rows that occur elsewhere more often than duplicates explain; note the others.

    In the real set they may occur as often as its own rows repeat each other. In a synthetic set they may occur as
    often as rows of the real set do (a generator that copies what it was fitted on hits the real rows, not the test
    rows), or as often as in the real set itself, in proportion to the sizes: a filter may have taken the copies of
    real rows out and left those of test rows, which it cannot know, in. Rows are compared whole, and again
    without the label and the columns that models do not see or that are constant within a set.

    Parameters
    ----------
    real, test : Dataset
    arms : mapping of str to Dataset
    name : str
        What the set that is tested on is called.

    Returns
    -------
    list of str
        A sentence per set that shares rows with the test part.

    Raises
    ------
    DataError
        If the shares differ at the 1e-4 level of Fisher's exact test.
    """
    notes = _judged(real, test, arms, name, lambda _: real.schema)
    if real.samples is None:
        _judged(real, test, arms, name, lambda item: _varying(real, test, item))
    return notes


def _varying(real: Dataset, test: Dataset, item: Dataset) -> Schema:
    """Columns besides the label that models see and that vary in every set: a row with its origin is the same row."""
    levels = ({name: frame[name].nunique() for name in frame.columns} for frame in (real.table, test.table, item.table))
    still = {name for counts in levels for name, n in counts.items() if n < 2}  # noqa: PLR2004 - one level
    return seen_schema(real, label=False, apart=frozenset(still))


def _judged(
    real: Dataset, test: Dataset, arms: Mapping[str, Dataset], name: str, columns: Callable[[Dataset], Schema]
) -> list[str]:
    schema = columns(real)
    if real.samples is None and not schema.columns:
        return []
    train = record_digests(real, schema=schema)
    held = record_digests(test, schema=schema)
    in_train = np.isin(held, train)
    notes = [_judge("real", in_train, int(_repeated(train).sum()), len(train), name)]
    for arm, dataset in arms.items():
        if len(dataset):
            schema = columns(dataset)
            if real.samples is None and not schema.columns:
                continue
            train, held = record_digests(real, schema=schema), record_digests(test, schema=schema)
            in_train = np.isin(held, train)
            found = record_digests(dataset, schema=schema)
            natural = math.ceil(in_train.mean() * max(len(train), len(found)))
            usual = max(int(np.isin(train, found).sum()), min(natural, len(train)))
            notes.append(_judge(arm, np.isin(held, found), usual, len(train), name))
    return [note for note in notes if note]


def _repeated(digests: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    _, position, counts = np.unique(digests, return_inverse=True, return_counts=True)
    return np.asarray(counts[position] > 1)


def _judge(name: str, hit: NDArray[np.bool_], base: int, n_base: int, tested: str) -> str:
    """Note on the test rows that a set holds, of which `base` of `n_base` are explained."""
    from scipy.stats import fisher_exact  # noqa: PLC0415

    hits = int(hit.sum())
    if not hits:
        return ""
    table = [[hits, len(hit) - hits], [base, n_base - base]]
    p_value = float(fisher_exact(table, alternative="greater").pvalue)
    share, usual = hits / len(hit), base / n_base
    if p_value < _ALPHA:
        raise DataError(
            f"{tested} must be unseen, but {hits} of its {len(hit)} rows ({share:.1%}) occur in `{name}`, where "
            f"duplicates explain {usual:.1%}: split the data again and keep {tested} out of `{name}`."
        )
    rows = "test rows" if tested == "the test part" else f"rows of {tested}"
    return (
        f"{hits} of {len(hit)} {rows} ({share:.1%}) equal a row of `{name}`, "
        f"which is no more than duplicates explain ({usual:.1%})."
    )
