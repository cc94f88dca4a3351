"""Does the synthetic data help? The same model on every arm, tested on real units that nothing has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.ablation.conditional_arm import conditional
    from auditkit.ablation.harmed import ArmSlices, WorstSlice
    from auditkit.ablation.interpolating import smote
    from auditkit.ablation.result import Ablation, ArmVerdict
    from auditkit.ablation.run import ablate

__all__ = ["Ablation", "ArmSlices", "ArmVerdict", "WorstSlice", "ablate", "conditional", "smote"]

_HOMES = {
    "Ablation": "result",
    "ArmSlices": "harmed",
    "ArmVerdict": "result",
    "WorstSlice": "harmed",
    "ablate": "run",
    "conditional": "conditional_arm",
    "smote": "interpolating",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
