"""Metrics: functions on feature arrays, and the readings behind them that an audit calls.

A metric is exported by the module that owns it: whatever stands in the `__all__` of a module in `FAMILIES` is a name
of this package, and each is imported on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if __name__ == "metrics":  # the link at the top of the checkout is for reading, not for importing
    message = "import auditkit.metrics, not the bare name 'metrics'"
    raise ImportError(message)

if TYPE_CHECKING:
    from auditkit.metrics.alpha import *
    from auditkit.metrics.audio.sound import *
    from auditkit.metrics.cells import *
    from auditkit.metrics.closeness import *
    from auditkit.metrics.copies import *
    from auditkit.metrics.detection import *
    from auditkit.metrics.dimension import *
    from auditkit.metrics.epsilon import *
    from auditkit.metrics.extrapolated import *
    from auditkit.metrics.fairness.amplification import *
    from auditkit.metrics.fairness.calibration import *
    from auditkit.metrics.fairness.differential import *
    from auditkit.metrics.fairness.drift import *
    from auditkit.metrics.fairness.leaking import *
    from auditkit.metrics.fairness.rates import *
    from auditkit.metrics.fairness.report import *
    from auditkit.metrics.fairness.representation import *
    from auditkit.metrics.fairness.reweighing import *
    from auditkit.metrics.frechet import *
    from auditkit.metrics.images.looks import *
    from auditkit.metrics.images.near_copies import *
    from auditkit.metrics.improved import *
    from auditkit.metrics.inception import *
    from auditkit.metrics.informed import *
    from auditkit.metrics.kernels import *
    from auditkit.metrics.likelihood import *
    from auditkit.metrics.manifold import *
    from auditkit.metrics.membership import *
    from auditkit.metrics.mixing import *
    from auditkit.metrics.modes import *
    from auditkit.metrics.series.movement import *
    from auditkit.metrics.shares import *
    from auditkit.metrics.sliced import *
    from auditkit.metrics.slices.finding import *
    from auditkit.metrics.spectrum import *
    from auditkit.metrics.support import *
    from auditkit.metrics.tables.accuracy import *
    from auditkit.metrics.tables.association import *
    from auditkit.metrics.tables.categories import *
    from auditkit.metrics.tables.columns import *
    from auditkit.metrics.tables.diagnostics import *
    from auditkit.metrics.tables.disclosure import *
    from auditkit.metrics.tables.distance_protection import *
    from auditkit.metrics.tables.inference import *
    from auditkit.metrics.tables.leaks import *
    from auditkit.metrics.tables.linkage import *
    from auditkit.metrics.tables.novelty import *
    from auditkit.metrics.tables.pairs import *
    from auditkit.metrics.tables.partial_copies import *
    from auditkit.metrics.tables.quality import *
    from auditkit.metrics.tables.rare_cells import *
    from auditkit.metrics.tables.relations import *
    from auditkit.metrics.tables.sequence_parts import *
    from auditkit.metrics.tables.sequences import *
    from auditkit.metrics.tables.singling_out import *
    from auditkit.metrics.tables.small_cells import *
    from auditkit.metrics.tables.validity import *
    from auditkit.metrics.texts.near_copies import *
    from auditkit.metrics.texts.novelty import *
    from auditkit.metrics.texts.overlap import *
    from auditkit.metrics.texts.variety import *
    from auditkit.metrics.texts.vocabulary import *
    from auditkit.metrics.typicality import *

FAMILIES = (
    "frechet",
    "extrapolated",
    "informed",
    "inception",
    "kernels",
    "sliced",
    "manifold",
    "improved",
    "alpha",
    "typicality",
    "dimension",
    "spectrum",
    "mixing",
    "closeness",
    "copies",
    "cells",
    "membership",
    "support",
    "modes",
    "shares",
    "fairness.rates",
    "fairness.calibration",
    "fairness.report",
    "fairness.amplification",
    "fairness.differential",
    "fairness.drift",
    "fairness.leaking",
    "fairness.representation",
    "fairness.reweighing",
    "detection",
    "likelihood",
    "epsilon",
    "slices.finding",
    "tables.accuracy",
    "tables.sequences",
    "tables.sequence_parts",
    "tables.relations",
    "tables.categories",
    "tables.columns",
    "tables.pairs",
    "tables.association",
    "tables.partial_copies",
    "tables.quality",
    "tables.diagnostics",
    "tables.disclosure",
    "tables.singling_out",
    "tables.small_cells",
    "tables.validity",
    "tables.leaks",
    "tables.rare_cells",
    "tables.distance_protection",
    "audio.sound",
    "images.looks",
    "images.near_copies",
    "series.movement",
    "texts.variety",
    "texts.novelty",
    "texts.overlap",
    "texts.near_copies",
    "texts.vocabulary",
    "images.looks",
    "images.near_copies",
    "tables.novelty",
    "tables.linkage",
    "tables.inference",
)


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    if not name.startswith("_"):
        for family in FAMILIES:
            module = importlib.import_module(f"{__name__}.{family}")
            if name in module.__all__:
                return getattr(module, name)
    text = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(text)


def __dir__() -> list[str]:
    modules = [importlib.import_module(f"{__name__}.{family}") for family in FAMILIES]
    return sorted(name for module in modules for name in module.__all__)
