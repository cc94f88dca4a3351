"""Whether a label names classes or is an amount: one rule for everything that treats them differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.data.casting import is_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_CLASSES", "is_amount"]

MOST_CLASSES = 20
"""A number of more distinct values is an amount, not a class."""


def is_amount(column: pd.Series) -> bool:
    """Whether the cells are numbers (booleans are not) of more than 20 distinct values; missing ones do not count.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    bool

    Examples
    --------
    >>> import pandas as pd
    >>> is_amount(pd.Series(range(21))), is_amount(pd.Series(range(20))), is_amount(pd.Series(list("abc") * 9))
    (True, False, False)
    """
    return is_number(column) and int(column.nunique()) > MOST_CLASSES
