"""Metrics: functions on feature arrays, and the readings behind them that an audit calls."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if __name__ == "metrics":  # the link at the top of the checkout is for reading, not for importing
    message = "import auditkit.metrics, not the bare name 'metrics'"
    raise ImportError(message)

if TYPE_CHECKING:
    from auditkit.metrics.closeness import authenticity, distance_to_closest_record, holdout_share
    from auditkit.metrics.copies import copy_excess, duplicate_share, identical_match_share
    from auditkit.metrics.detection import classifier_two_sample
    from auditkit.metrics.frechet import frechet_distance
    from auditkit.metrics.manifold import (
        coverage,
        density,
        precision,
        precision_recall_density_coverage,
        recall,
    )
    from auditkit.metrics.modes import mode_coverage
    from auditkit.metrics.shares import label_rate_gap, missing_groups, representation_gap

__all__ = [
    "authenticity",
    "classifier_two_sample",
    "copy_excess",
    "coverage",
    "density",
    "distance_to_closest_record",
    "duplicate_share",
    "frechet_distance",
    "holdout_share",
    "identical_match_share",
    "label_rate_gap",
    "missing_groups",
    "mode_coverage",
    "precision",
    "precision_recall_density_coverage",
    "recall",
    "representation_gap",
]

_HOMES = {
    "authenticity": "closeness",
    "classifier_two_sample": "detection",
    "copy_excess": "copies",
    "coverage": "manifold",
    "density": "manifold",
    "distance_to_closest_record": "closeness",
    "duplicate_share": "copies",
    "frechet_distance": "frechet",
    "holdout_share": "closeness",
    "identical_match_share": "copies",
    "label_rate_gap": "shares",
    "missing_groups": "shares",
    "mode_coverage": "modes",
    "precision": "manifold",
    "precision_recall_density_coverage": "manifold",
    "recall": "manifold",
    "representation_gap": "shares",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        text = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(text)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
