"""Kinds of values that several sections share, and what every section is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Names", "Section", "Seed", "Share", "listed", "listed_or_default", "presets_listed"]


def listed(value: Any) -> Any:
    """A list as a tuple; a single name is refused, as it would be read letter by letter."""
    if isinstance(value, str):
        message = "should be a list of names, as [" + repr(value).replace("'", '"') + "]"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects only this class
    return tuple(value) if isinstance(value, list) else value


def listed_or_default(value: Any) -> Any:
    """A list of metrics, `"default"` or `"all"`."""
    if isinstance(value, str) and value not in ("default", "all"):
        message = 'should be "default", "all" or a list of metric names'
        raise ValueError(message)
    if isinstance(value, list) and not all(isinstance(name, str) for name in value):
        message = "should hold names of metrics only"
        raise ValueError(message)
    return value if isinstance(value, str) else listed(value)


def presets_listed(value: Any) -> Any:
    """Presets and files to extend, as a name or a list of names; `"none"` stands alone for none."""
    if isinstance(value, str):
        return () if value == "none" else (value,)
    if isinstance(value, list | tuple):
        words = 'should be a name, a list of names of presets and files, or "none" alone'
        if not all(isinstance(name, str) and name and name != "none" for name in value):
            raise ValueError(words)
        return tuple(value)
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]


class Section(BaseModel):
    """A part of the config: frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True, protected_namespaces=()
    )
