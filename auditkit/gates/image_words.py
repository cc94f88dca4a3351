"""First halves of the sentences about images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.gates.digits import percent
from auditkit.gates.outcome import GateResult

__all__ = ["IMAGE_LEADS"]


def _look_alikes(result: GateResult, details: Mapping[str, object]) -> str:
    part = f" of {result.part}" if result.where else ""
    shares = [details.get(name) for name in ("near_train_share", "near_holdout_share")]
    if not all(isinstance(share, float) for share in shares):
        return f"synthetic images{part} look like training images more often than like real ones never seen"
    train, fresh = (percent(float(str(share))) for share in shares)
    return (
        f"{train} of synthetic images{part} look like a training image, mirrored or cropped too, and {fresh} like a "
        "real image that the generator never saw"
    )


IMAGE_LEADS: Mapping[str, Callable[[GateResult, Mapping[str, object]], str]] = MappingProxyType(
    {"near_copy_excess": _look_alikes}
)
"""By metric."""
