"""What the config says about filtering: `[[filter]]` and `[[quota]]`.

The grammar of a rule stands here once: the file and Python read the same keys by it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from auditkit.config.values import Section, listed

__all__ = ["RULE_KEYS", "FilterRule", "QuotaRule", "RuleName", "rule_mistake"]

RuleName: TypeAlias = Literal[
    "copies",
    "exact-copies",
    "near-copies",
    "violations",
    "duplicates",
    "outside",
    "label",
    "human",
    "confidence",
    "discriminator",
    "own-discriminator",
    "realism",
    "density",
    "oddness",
    "copied-bits",
    "rejection-sampling",
    "best",
]

RULE_KEYS: Mapping[str, tuple[str, ...]] = {
    "copies": (),
    "exact-copies": (),
    "near-copies": (),
    "violations": (),
    "duplicates": (),
    "outside": (),
    "label": ("min",),
    "human": (),
    "confidence": ("min",),
    "discriminator": ("max",),
    "own-discriminator": ("min",),
    "realism": ("min",),
    "density": ("min",),
    "oddness": ("max",),
    "copied-bits": ("max",),
    "rejection-sampling": ("column", "accept", "percentile"),
    "best": ("keep", "prefer"),
}
"""Keys that each named rule takes beside `rule` and `reason`."""

_RELATIVE = re.compile(r"(real|synthetic):(0?\.\d+)")
_DEMANDS = ("min", "max", "equals")


def _limit(value: Any) -> Any:
    """A finite number, or the share of real or synthetic samples beyond the limit as text."""
    if isinstance(value, str):
        if not _RELATIVE.fullmatch(value) or not 0.0 < float(value.partition(":")[2]) < 1.0:
            message = 'should be a number, or a tail as "real:0.01" or "synthetic:0.1"'
            raise ValueError(message)
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        message = 'should be a finite number, or a tail as "real:0.01" or "synthetic:0.1"'
        raise ValueError(message)
    return float(value)


Limit: TypeAlias = Annotated[float | str, BeforeValidator(_limit)]


def rule_mistake(given: Mapping[str, Any]) -> str | None:
    """What is wrong about the keys of one rule, as the end of a sentence; None where they fit together.

    Parameters
    ----------
    given : mapping
        Keys that are not None, of those of `FilterRule`.

    Returns
    -------
    str or None
    """
    name = given.get("rule")
    asked = [key for key in given if key not in ("rule", "reason")]
    if name is None:
        return _column_mistake(given, asked)
    allowed = RULE_KEYS[name]
    for key in asked:
        if key not in allowed:
            takes = " and ".join(allowed) or "nothing but reason"
            return f"with rule = {name!r} takes {takes}, not {key!r}"
    if name == "best" and "keep" not in given:
        return "with rule = 'best' needs keep, how many samples stay"
    if isinstance(given.get("keep"), float) and given["keep"] > 1 and not given["keep"].is_integer():
        return f"keeps a share below 1 or a whole number of samples, not {given['keep']:g}"
    if {"accept", "percentile"} <= given.keys():
        return "takes accept or percentile, not both"
    return None


def _column_mistake(given: Mapping[str, Any], asked: list[str]) -> str | None:
    if "column" not in given and not asked:
        return "needs a rule, or a column and min, max or equals"
    if "column" not in given:
        return "needs a column, or a rule"
    if not set(_DEMANDS) & given.keys():
        return "needs min, max or equals"
    for key in asked:
        if key not in ("column", *_DEMANDS):
            return f"takes {key!r} only with a rule"
    return None


class FilterRule(Section):
    """`[[filter]]`: a named rule, or a demand on a column of the samples; a sample that breaks it is rejected."""

    rule: RuleName | None = None
    column: Annotated[str, Field(min_length=1)] | None = None
    min: Limit | None = None
    max: Limit | None = None
    equals: str | float | bool | None = None
    accept: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    percentile: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    keep: Annotated[float, Field(gt=0.0)] | None = None
    prefer: Annotated[str, Field(min_length=1)] | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _fit_together(self) -> FilterRule:
        message = rule_mistake(self.model_dump(exclude_none=True))
        if message is not None:
            raise ValueError(message)
        return self


class QuotaRule(Section):
    """`[[quota]]`: shares of classes and groups that the kept samples must have."""

    by: Annotated[tuple[str, ...], BeforeValidator(listed), Field(min_length=1)]
    target: Literal["equal", "real"] | dict[str, Annotated[float, Field(ge=0.0)]] = "equal"
    size: Annotated[int, Field(ge=1)] | None = None
    prefer: str | None = None
    reason: str = ""
