"""What may be asked of an ablation: a sentence for everything that cannot be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.errors import DataError

__all__ = ["check_asked"]


def check_asked(
    arms: Any, include: Sequence[str] | None, shifted: Any, *, repeats: Any, margin: Any, seed: Any, amounts: Any
) -> None:
    """Refuse what is of the wrong type or out of range.

    Parameters
    ----------
    arms, shifted : mapping of str
    include : sequence of str or None
    repeats, margin, seed : number
    amounts : mapping of str to sequence of float
        Ratios and amounts of a learning curve.

    Raises
    ------
    DataError
    """
    _check_named("arms", arms)
    _check_named("shifted", {} if shifted is None else shifted)
    if include is not None and not len(include):
        raise DataError("`include` names no arm, so there is nothing to run: name some, or leave it out.")
    if not _is_whole(repeats) or repeats < 1:
        raise DataError(f"ablation needs at least 1 repeat, got {repeats!r}: ask for 5.")
    if not _is_number(margin) or not margin > 0:
        raise DataError(f"the margin of no difference is a number above 0, got {margin!r}.")
    if not _is_whole(seed) or seed < 0:
        raise DataError(f"the seed is a whole number of at least 0, got {seed!r}: pass seed=0.")
    for name, values in amounts.items():
        odd = [value for value in values if not _is_number(value)]
        if odd:
            raise DataError(f"`{name}` takes numbers, got {odd[0]!r}: pass {name}=(0.5, 1).")


def _check_named(option: str, given: Any) -> None:
    if not isinstance(given, Mapping):
        raise DataError(
            f"`{option}` takes a mapping of names to sets, got {type(given).__name__}: pass {option}={{'name': ...}}."
        )
    for name in given:
        if not isinstance(name, str):
            raise DataError(f"the sets of `{option}` are named by text, got {name!r}: call it {str(name)!r}.")


def _is_number(value: Any) -> bool:
    import numpy as np  # noqa: PLC0415 - a type to ask for

    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and not math.isnan(value)


def _is_whole(value: Any) -> bool:
    import numpy as np  # noqa: PLC0415 - a type to ask for

    return isinstance(value, int | np.integer) and not isinstance(value, bool)
