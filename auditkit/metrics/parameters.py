"""Parameters of metrics, checked once and alike: whole numbers, numbers, choices, yes or no, seeds."""

from __future__ import annotations

import math
from typing import Any, TypeVar, get_args

import numpy as np

from auditkit.errors import AuditkitError, UnknownNameError

__all__ = ["LEGACY_SEED", "check_seed", "flag", "is_whole", "number", "one_of", "whole"]

T = TypeVar("T")

LEGACY_SEED = 2**32 - 1
"""Largest seed of `numpy.random.RandomState`, whose stream is part of some published numbers."""


def is_whole(value: object) -> bool:
    """Whether a value is a whole number of Python or numpy; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def whole(name: str, value: Any, least: int, most: int | None = None, *, give: int | None = None) -> int:
    """Whole number within its limits, as a plain integer.

    Parameters
    ----------
    name : str
        The parameter's own name.
    value : object
    least, most : int
        Limits, both allowed; no upper one by default.
    give : int, optional
        What the message suggests; `least` by default.

    Raises
    ------
    AuditkitError
        If it is none.

    Examples
    --------
    >>> whole("splits", np.int64(3), 1)
    3
    """
    if is_whole(value) and least <= value and (most is None or value <= most):
        return int(value)
    limits = f"from {least} on" if most is None else f"from {least} to {most}"
    message = f"`{name}` must be a whole number {limits}, got {value!r}: give {name}={least if give is None else give}."
    raise AuditkitError(message)


def number(
    name: str,
    value: Any,
    *,
    give: float,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> float:
    """Finite number within its limits, as a plain float.

    Parameters
    ----------
    name : str
        The parameter's own name.
    value : object
    give : float
        What the message suggests.
    above, below : float, optional
        Limits that are not allowed themselves.
    least, most : float, optional
        Limits that are.

    Raises
    ------
    AuditkitError
        If it is none.

    Examples
    --------
    >>> number("quantile", np.float32(0.5), above=0, below=1, give=0.01)
    0.5
    """
    found = float(value) if isinstance(value, float | np.floating) or is_whole(value) else math.nan
    inside = (
        math.isfinite(found)
        and (above is None or found > above)
        and (least is None or found >= least)
        and (below is None or found < below)
        and (most is None or found <= most)
    )
    if inside:
        return found
    words = {"above {}": above, "from {} on": least, "below {}": below, "at most {}": most}
    limits = " and ".join(text.format(limit) for text, limit in words.items() if limit is not None)
    message = f"`{name}` must be a number {limits}, got {value!r}: give {name}={give}, say."
    raise AuditkitError(message)


def one_of(name: str, value: T, kind: Any) -> T:
    """Value as it is, unless it is none of a `Literal`.

    Parameters
    ----------
    name : str
        The parameter's own name.
    value : object
    kind : Literal type
        The values that there are.

    Raises
    ------
    UnknownNameError
        With the nearest of them.

    Examples
    --------
    >>> from typing import Literal
    >>> one_of("variant", "paper", Literal["paper", "synthcity"])
    'paper'
    """
    known = get_args(kind)
    if not isinstance(value, str) or value not in known:
        raise UnknownNameError.of(f"`{name}`", value if isinstance(value, str) else repr(value), known)
    return value


def flag(name: str, value: object) -> bool:
    """Truth value; numbers and words are none.

    Raises
    ------
    AuditkitError
        If it is neither True nor False.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    message = f"`{name}` must be True or False, got {value!r}: give {name}=True, say."
    raise AuditkitError(message)


def check_seed(seed: object, most: int | None = None) -> int:
    """Seed as a plain integer.

    Parameters
    ----------
    seed : object
    most : int, optional
        The largest that the generator takes: `LEGACY_SEED` where it is numpy's old one.

    Raises
    ------
    AuditkitError
        If it is no whole number from 0 on, or too large.
    """
    return whole("seed", seed, 0, most)
