"""What the config says about gates: `[[gate]]` and `[check]`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditkit import mistakes
from auditkit.config.values import Names, Section

__all__ = ["CheckConfig", "GateRule"]


class GateRule(Section):
    """`[[gate]]`: a limit on a score, on the whole set, on a part (`where`) or on every part of some groups (`by`)."""

    id: Annotated[str, Field(min_length=1)]
    metric: Annotated[str, Field(min_length=1)]
    where: dict[str, str] = Field(default_factory=dict)
    by: Names = ()
    reduce: Literal["each", "worst"] = "each"
    max: float | None = None
    min: float | None = None
    max_excess: float | None = None
    level: Literal["error", "warn", "off"] = "error"
    decide: Literal["confident", "point"] = "confident"
    min_support: Annotated[int, Field(ge=0)] = 30
    why: str = ""
    line: Annotated[int | None, mistakes.FILLED_IN] = None
    file: Annotated[str | None, mistakes.FILLED_IN] = None


class CheckConfig(Section):
    """`[check]`: confidence of all error-level gates together, and what undecided ones count as."""

    confidence: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.99
    undecided: Literal["pass", "warn", "fail"] = "warn"
