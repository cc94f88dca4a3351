"""Numbers in sentences, with as many digits as it takes to agree with a verdict that was reached without rounding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["COUNT", "PERCENT", "PLAIN", "POINTS", "Scale", "at_equal_sizes", "count", "percent"]

_MOST_DECIMALS = 12
_MOST_WRITTEN = 15


@dataclass(frozen=True)
class Scale:
    """How a kind of number is printed.

    Attributes
    ----------
    factor : float
        What the number is multiplied with: 100 for percent.
    suffix : str
    decimals : int
        Digits after the point that are usually enough.
    """

    factor: float
    suffix: str
    decimals: int

    def show(self, value: float, *others: float) -> str:
        """Value with the digits that tell it apart from the others, and without a unit.

        Examples
        --------
        >>> PERCENT.show(0.0100004, 0.01)
        '1.00004'
        >>> PLAIN.show(0.25)
        '0.250'
        """
        if not math.isfinite(value):
            return "infinity" if value > 0 else "-infinity"
        text = next(
            (text for text in self._texts(value) if all(self._agrees(text, value, other) for other in others)),
            f"{value * self.factor:.{self.decimals}f}",
        )
        return text.removeprefix("-") if Decimal(text) == 0 else text

    def exact(self, value: float) -> str:
        """A limit as its author wrote it: no digit lost, none added.

        Examples
        --------
        >>> PERCENT.exact(0.0125), PLAIN.exact(25.0)
        ('1.25', '25')
        """
        written = _written(value)
        if len(written.as_tuple().digits) > _MOST_WRITTEN:  # nobody wrote that: it was computed
            return f"{value * self.factor:.12g}"
        text = f"{written * Decimal(self.factor):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _texts(self, value: float) -> Iterator[str]:
        """The number with ever more digits: first rounded, at last as it would be written."""
        scaled = value * self.factor
        for decimals in range(self.decimals, _MOST_DECIMALS + 1):
            if not (round(scaled, decimals) == 0 and abs(scaled) > 10.0**-_MOST_DECIMALS):
                yield f"{scaled:.{decimals}f}"
        yield f"{_written(value) * Decimal(self.factor):f}"  # numbers that differ are written differently, in order

    def _agrees(self, text: str, value: float, other: float) -> bool:
        """Whether the printed number stands on the same side of the other as the number itself."""
        if not math.isfinite(other):
            return True
        shown, beside = Decimal(text), _written(other) * Decimal(self.factor)
        return (value > other) == (shown > beside) and (value < other) == (shown < beside)


PERCENT = Scale(100.0, " %", 1)
POINTS = Scale(100.0, " percentage points", 1)
PLAIN = Scale(1.0, "", 3)
COUNT = Scale(1.0, "", 0)


def count(number: float) -> str:
    """Whole number with a comma per thousand.

    Examples
    --------
    >>> count(4000)
    '4,000'
    """
    return f"{number:,.0f}"


def percent(share: float) -> str:
    """A share with its unit.

    Examples
    --------
    >>> percent(0.25)
    '25.0 %'
    """
    return f"{PERCENT.show(share)}{PERCENT.suffix}"


def at_equal_sizes(value: float | None, compared: float | None, scale: Scale) -> str:
    """The value that stood beside the yardstick; empty where it reads like that of the whole set.

    Examples
    --------
    >>> at_equal_sizes(0.25, 0.3, PERCENT), at_equal_sizes(0.25, 0.25001, PERCENT)
    ('at equal sizes 30.0 %', '')
    """
    if compared is None or scale.show(compared) == scale.show(value or 0.0):
        return ""
    return f"at equal sizes {scale.show(compared)}{scale.suffix}"


def _written(value: float) -> Decimal:
    """The shortest number that is read as this one."""
    return Decimal(repr(float(value)))
