"""Tools whose numbers functions on tables give when asked by `compatible=`."""

from __future__ import annotations

from typing import Any, Literal

from auditkit.metrics.parameters import one_of

__all__ = ["Anonymeter", "Mostly", "SDMetrics", "check_peer"]

Anonymeter = Literal["anonymeter"]
Mostly = Literal["mostlyai"]
SDMetrics = Literal["sdmetrics"]


def check_peer(compatible: str | None, kind: Any) -> None:
    """Refuse a tool that a function has no numbers of.

    Parameters
    ----------
    compatible : str or None
    kind : Literal type
        The tools that there are.

    Raises
    ------
    UnknownNameError
        With the nearest of them.

    Examples
    --------
    >>> check_peer("sdmetrics", SDMetrics)
    """
    if compatible is not None:
        one_of("compatible", compatible, kind)
