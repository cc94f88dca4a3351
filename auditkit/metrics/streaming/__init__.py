"""Metrics that take data batch by batch, for training loops, Lightning and DDP: subclasses of torchmetrics.Metric.

Each gives the number that the function of `auditkit.metrics` gives on all the data at once. `import auditkit.metrics`
does not load them: torch and torchmetrics take seconds.
"""

from __future__ import annotations

from auditkit.metrics.streaming.counts import ModeCoverage, SubgroupShares
from auditkit.metrics.streaming.distances import FrechetDistance, KernelDistance
from auditkit.metrics.streaming.neighbourhood import Memorization, Neighbourhood

__all__ = ["FrechetDistance", "KernelDistance", "Memorization", "ModeCoverage", "Neighbourhood", "SubgroupShares"]
