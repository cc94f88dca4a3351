"""Generators: models that are fitted on real data and give synthetic units with the same schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if __name__ == "generators":  # the link at the top of the checkout is for reading, not for importing
    message = "import auditkit.generators, not the bare name 'generators'"
    raise ImportError(message)

if TYPE_CHECKING:
    from auditkit.generators.balancing import balance
    from auditkit.generators.drawing import draw_units
    from auditkit.generators.interface import (
        Budget,
        FitReport,
        Generator,
        GeneratorInfo,
        Latent,
        NotFittedError,
        Scored,
        Shortfall,
        ShortfallWarning,
    )
    from auditkit.generators.latent import interpolate, traverse
    from auditkit.generators.registry import create, default, describe, entries, load, names
    from auditkit.generators.targeted import TargetedSample, sample_to_target

__all__ = [
    "Budget",
    "FitReport",
    "Generator",
    "GeneratorInfo",
    "Latent",
    "NotFittedError",
    "Scored",
    "Shortfall",
    "ShortfallWarning",
    "TargetedSample",
    "balance",
    "create",
    "default",
    "describe",
    "draw_units",
    "entries",
    "interpolate",
    "load",
    "names",
    "sample_to_target",
    "traverse",
]

_HOMES = {
    "Budget": "interface",
    "FitReport": "interface",
    "Generator": "interface",
    "GeneratorInfo": "interface",
    "Latent": "interface",
    "Scored": "interface",
    "NotFittedError": "interface",
    "Shortfall": "interface",
    "ShortfallWarning": "interface",
    "TargetedSample": "targeted",
    "balance": "balancing",
    "create": "registry",
    "default": "registry",
    "describe": "registry",
    "draw_units": "drawing",
    "interpolate": "latent",
    "traverse": "latent",
    "entries": "registry",
    "load": "registry",
    "names": "registry",
    "sample_to_target": "targeted",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
