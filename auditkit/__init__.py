"""Audit synthetic and augmented data for realism, variety, copying, fairness and usefulness.

The whole loop is a handful of names: `load`, `audit`, `filter`, `merge`, `ablate`, and `run` for all of it from a
config. Importing the package loads none of its parts; each comes with the first use of a name.

Examples
--------
>>> import auditkit as ak
>>> ak.__version__
'0.1.0'
>>> ak.Estimate(value=0.5, low=0.4, high=0.6).value
0.5
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit import generators, metrics
    from auditkit.ablation.result import Ablation
    from auditkit.ablation.run import ablate
    from auditkit.auditing.result import Audit, open_audit
    from auditkit.auditing.run import audit
    from auditkit.data import Dataset, load
    from auditkit.errors import AuditkitError
    from auditkit.filtering.merging import merge
    from auditkit.filtering.select import Selection, filter  # noqa: A004 - the user says ak.filter
    from auditkit.gates import Verdict
    from auditkit.pipeline import run
    from auditkit.results import Estimate, Finding, Score, Scores

__version__ = "0.1.0"

__all__ = [
    "Ablation",
    "Audit",
    "AuditkitError",
    "Dataset",
    "Estimate",
    "Finding",
    "Score",
    "Scores",
    "Selection",
    "Verdict",
    "__version__",
    "ablate",
    "audit",
    "filter",
    "generators",
    "load",
    "merge",
    "metrics",
    "open_audit",
    "run",
]

_HOMES = {
    "Ablation": "auditkit.ablation.result",
    "Audit": "auditkit.auditing.result",
    "AuditkitError": "auditkit.errors",
    "Dataset": "auditkit.data",
    "Estimate": "auditkit.results",
    "Finding": "auditkit.results",
    "Score": "auditkit.results",
    "Scores": "auditkit.results",
    "Selection": "auditkit.filtering.select",
    "Verdict": "auditkit.gates",
    "ablate": "auditkit.ablation.run",
    "audit": "auditkit.auditing.run",
    "filter": "auditkit.filtering.select",
    "load": "auditkit.data",
    "merge": "auditkit.filtering.merging",
    "open_audit": "auditkit.auditing.result",
    "run": "auditkit.pipeline",
}
_SUBPACKAGES = ("generators", "metrics")


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"auditkit.{name}")
    if name not in _HOMES:
        message = f"module 'auditkit' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
