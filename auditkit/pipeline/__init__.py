"""The whole loop from one config, and the steps that it shares with the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit.pipeline.checking import check_constraints, check_names
    from auditkit.pipeline.loop import Run, run
    from auditkit.pipeline.sets import QUICK_UNITS, load_set, quick_sample
    from auditkit.pipeline.writing import check_file, check_folder, uninterrupted

__all__ = [
    "QUICK_UNITS",
    "Run",
    "check_constraints",
    "check_file",
    "check_folder",
    "check_names",
    "load_set",
    "quick_sample",
    "run",
    "uninterrupted",
]

_HOMES = {
    "QUICK_UNITS": "sets",
    "Run": "loop",
    "check_constraints": "checking",
    "check_file": "writing",
    "check_folder": "writing",
    "check_names": "checking",
    "load_set": "sets",
    "quick_sample": "sets",
    "run": "loop",
    "uninterrupted": "writing",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
