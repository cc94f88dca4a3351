"""Whole numbers that users give: how many, and seeds."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from auditkit.errors import AuditkitError

__all__ = ["check_seed", "check_whole"]


def check_whole(name: str, number: Any, *, least: int = 0, error: type[AuditkitError] = AuditkitError) -> int:
    """A whole number, as a plain int.

    Parameters
    ----------
    name : str
        What messages call it.
    number : int
        Of Python or numpy; booleans are none.
    least : int, default 0
    error : type, default AuditkitError
        What is raised.

    Returns
    -------
    int

    Raises
    ------
    AuditkitError
        For anything else.

    Examples
    --------
    >>> check_whole("n", 3)
    3
    """
    if isinstance(number, bool) or not isinstance(number, Integral) or number < least:
        message = f"`{name}` must be a whole number of at least {least}, got {number!r}."
        raise error(message)
    return int(number)


def check_seed(seed: Any) -> int:
    """A seed, as a plain int: a whole number of at least 0.

    Raises
    ------
    AuditkitError
        For anything else, None too: results would not repeat.
    """
    return check_whole("seed", seed)
