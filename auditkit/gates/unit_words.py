"""Sentences about data whose units have several rows: a unit is not called a record there."""

from __future__ import annotations

import re

__all__ = ["of_units"]

_RECORD = re.compile(r"\b(synthetic|real|training|all|the|more|any) record(s?)\b(?!\s*=)", re.IGNORECASE)
_EACH_SIDE = re.compile(r"\brecords on each side\b")


def of_units(text: str) -> str:
    """The same sentence with `units` in place of `records`, where it speaks of them.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> of_units("20 % of the synthetic records equal a training record")
    '20 % of the synthetic units equal a training unit'
    """
    return _EACH_SIDE.sub("units on each side", _RECORD.sub(r"\1 unit\2", text))
