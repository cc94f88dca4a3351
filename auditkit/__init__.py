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

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if TYPE_CHECKING:
    from auditkit import generators, metrics
    from auditkit.ablation.result import Ablation
    from auditkit.ablation.run import ablate
    from auditkit.auditing.comparing import compare
    from auditkit.auditing.comparison import Comparison
    from auditkit.auditing.reference import Reference, build_reference, open_reference
    from auditkit.auditing.result import Audit, open_audit
    from auditkit.auditing.run import audit
    from auditkit.data import Dataset, load
    from auditkit.errors import AuditkitError
    from auditkit.filtering.merging import merge
    from auditkit.filtering.sample_filter import SampleFilter
    from auditkit.filtering.select import Selection, filter  # noqa: A004 - the user says ak.filter
    from auditkit.gates import Verdict
    from auditkit.gates.outcome import Finding
    from auditkit.pipeline import run
    from auditkit.pipeline.canaries import CanaryAudit, canary_audit
    from auditkit.pipeline.search import search_generators
    from auditkit.reports.review_page import review
    from auditkit.results import Estimate, Score, Scores

__version__ = "0.1.0"

__all__ = [
    "Ablation",
    "Audit",
    "AuditkitError",
    "CanaryAudit",
    "Comparison",
    "Dataset",
    "Estimate",
    "Finding",
    "Reference",
    "SampleFilter",
    "Score",
    "Scores",
    "Selection",
    "Verdict",
    "__version__",
    "ablate",
    "audit",
    "build_reference",
    "canary_audit",
    "compare",
    "filter",
    "generators",
    "load",
    "merge",
    "metrics",
    "open_audit",
    "open_reference",
    "review",
    "run",
    "search_generators",
]

_HOMES = {
    "Ablation": "ablation.result",
    "Audit": "auditing.result",
    "AuditkitError": "errors",
    "CanaryAudit": "pipeline.canaries",
    "Comparison": "auditing.comparison",
    "Dataset": "data",
    "Estimate": "results",
    "Finding": "gates.outcome",
    "Reference": "auditing.reference",
    "SampleFilter": "filtering.sample_filter",
    "Score": "results",
    "Scores": "results",
    "Selection": "filtering.select",
    "Verdict": "gates",
    "ablate": "ablation.run",
    "audit": "auditing.run",
    "build_reference": "auditing.reference",
    "canary_audit": "pipeline.canaries",
    "compare": "auditing.comparing",
    "filter": "filtering.select",
    "generators": "",
    "load": "data",
    "merge": "filtering.merging",
    "metrics": "",
    "open_audit": "auditing.result",
    "open_reference": "auditing.reference",
    "review": "reports.review_page",
    "run": "pipeline",
    "search_generators": "pipeline.search",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
