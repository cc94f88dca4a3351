"""Metrics: functions on feature arrays, and the readings behind them that an audit calls."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if __name__ == "metrics":  # the link at the top of the checkout is for reading, not for importing
    message = "import auditkit.metrics, not the bare name 'metrics'"
    raise ImportError(message)

if TYPE_CHECKING:
    from auditkit.metrics.frechet import frechet_distance

__all__ = ["frechet_distance"]

_HOMES = {"frechet_distance": "frechet"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        text = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(text)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
