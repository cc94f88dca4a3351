"""Does the synthetic data help? The same model on every arm, tested on real units that nothing has seen."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation, ArmVerdict
    from auditkit.ablation.run import ablate

__all__ = ["Ablation", "ArmVerdict", "ablate"]

_HOMES = {"Ablation": "result", "ArmVerdict": "result", "ablate": "run"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"auditkit.ablation.{_HOMES[name]}"), name)
