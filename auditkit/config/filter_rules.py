"""What the config says about filtering: `[[filter]]` and `[[quota]]`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from auditkit.config.values import Section, listed

__all__ = ["FilterRule", "QuotaRule"]


class FilterRule(Section):
    """`[[filter]]`: a demand on a column of the samples; a sample that breaks it is rejected."""

    column: Annotated[str, Field(min_length=1)]
    min: float | None = None
    max: float | None = None
    equals: str | float | bool | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _demand_something(self) -> FilterRule:
        if self.min is None and self.max is None and self.equals is None:
            message = "needs min, max or equals"
            raise ValueError(message)
        return self


class QuotaRule(Section):
    """`[[quota]]`: shares of classes and groups that the kept samples must have."""

    by: Annotated[tuple[str, ...], BeforeValidator(listed), Field(min_length=1)]
    target: Literal["equal", "real"] | dict[str, Annotated[float, Field(ge=0.0)]] = "equal"
    size: Annotated[int, Field(ge=1)] | None = None
    prefer: str | None = None
    reason: str = ""
