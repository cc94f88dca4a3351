"""What is known of the metric that a score is called by; the metrics are loaded only when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.errors import AuditkitError

if TYPE_CHECKING:
    from auditkit.metrics.registry import Metric

__all__ = ["known_metric"]


def known_metric(name: str) -> Metric | None:
    """Registered metric of a name, whatever embedder that names; None for what no package here registers."""
    from auditkit.metrics import registry  # noqa: PLC0415 - loads the numeric packages

    registry.load_all()
    try:
        return registry.get(name.partition("@")[0])
    except AuditkitError:
        return None
