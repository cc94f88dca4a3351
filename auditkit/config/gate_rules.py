"""What the config says about gates: `[[gate]]` and `[check]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, WithJsonSchema

from auditkit import mistakes
from auditkit.config.values import Names, Section, listed
from auditkit.kinds import Modality

__all__ = ["Change", "CheckConfig", "GateRule", "relative_share"]

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
# What a limit of one group replaces in a gate of the same id: a bound on the value says nothing of how it may change.
_LIMITS = (("max", "min", "max_excess"), ("max_increase", "max_drop"))


def relative_share(change: float | str) -> float | None:
    """Share of the baseline that a change written in percent stands for; None for a plain number.

    Examples
    --------
    >>> relative_share("5 %"), relative_share(0.05)
    (0.05, None)
    """
    return float(change.strip().rstrip("%")) / 100 if isinstance(change, str) else None


def _change(value: Any) -> Any:
    words = 'should be a number that is not negative, or a percentage of the baseline, as 0.02 or "5%"'
    if isinstance(value, str) and not _PERCENT.fullmatch(value.strip()):
        raise ValueError(f"{words}, got {value!r}")
    if isinstance(value, int | float) and not isinstance(value, bool) and not value >= 0:
        raise ValueError(f"{words}, got {value!r}")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        raise ValueError(words)
    return value


Change = Annotated[
    float | str,
    BeforeValidator(_change),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$"}]}
    ),
]


class GateRule(Section):
    """`[[gate]]`: a limit on a score, on the whole set, on a part (`where`) or on every part of some groups (`by`)."""

    id: Annotated[str, Field(min_length=1)]
    metric: Annotated[str, Field(min_length=1)]
    where: dict[str, str] = Field(default_factory=dict)
    by: Names = ()
    reduce: Literal["each", "worst", "max_gap", "min_ratio"] = "each"
    max: float | None = None
    min: float | None = None
    max_excess: float | None = None
    max_increase: Change | None = None
    max_drop: Change | None = None
    level: Literal["error", "warn", "off"] = "error"
    decide: Literal["confident", "point"] = "confident"
    undecided: Literal["pass", "warn", "fail"] | None = None
    min_support: Annotated[int, Field(ge=0)] = 30
    on_small: Literal["skip", "undecided", "fail"] = "skip"
    modalities: Annotated[tuple[Modality, ...], BeforeValidator(listed)] = ()
    generators: Names = ()
    paths: Names = ()
    why: str = ""
    line: Annotated[int | None, mistakes.FILLED_IN] = None
    file: Annotated[str | None, mistakes.FILLED_IN] = None
    _places: Mapping[str, tuple[int, int]] = PrivateAttr(default_factory=dict)

    def place(self, key: str = "") -> str:
        """`file:line:column: ` of a key of the gate, or of the gate; empty where no file says it."""
        if self.line is None:
            return ""
        line, column = self._places.get(key) or self._places.get("") or (self.line, None)
        return f"{self.file or 'auditkit.toml'}:{line}: " if column is None else f"{self.file}:{line}:{column}: "

    def placed(self, places: Mapping[str, tuple[int, int]]) -> GateRule:
        """The same gate, written at these places of its file, the gate itself under the empty name."""
        made = self.model_copy()
        made._places = dict(places)  # noqa: SLF001 - its own
        return made

    def changed(self, change: GateRule) -> GateRule:
        """Gate with what the other says of it changed; a new limit replaces the old kinds of limit beside it."""
        written = {name: getattr(change, name) for name in change.model_fields_set}
        for kinds in _LIMITS:
            if any(written.get(kind) is not None for kind in kinds):
                written = dict.fromkeys(kinds) | written
        return self.model_copy(update=written | {"line": change.line, "file": change.file}).placed(change._places)


class CheckConfig(Section):
    """`[check]`: confidence of all error-level gates together, what undecided ones count as, and what must be there."""

    confidence: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.99
    undecided: Literal["pass", "warn", "fail"] = "warn"
    require_baseline: bool = False
