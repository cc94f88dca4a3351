"""Names of metrics that set parameters, as `vendi_score[q=2]`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from typing import Any

from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.results import base_name

__all__ = ["name_with", "parameters_in"]


def parameters_in(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that stand in the brackets of a name, read as TOML values; bare words are text.

    Raises
    ------
    UnknownNameError
        If a parameter is not among the known ones.
    AuditkitError
        If the brackets do not hold `name=value` pairs.

    Examples
    --------
    >>> parameters_in("precision[k=3, ties=half]", {"k": 5, "ties": "strict"})
    {'k': 3, 'ties': 'half'}
    """
    metric = base_name(name)
    inside = name[len(metric) :]
    if not (inside.startswith("[") and inside.endswith("]")):
        raise AuditkitError(f"cannot read the metric {name!r}: write {metric} or {metric}[name=value].")
    given = {}
    for item in inside[1:-1].split(","):
        parameter, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not value:
            raise AuditkitError(f"the metric {name!r} sets {item!r}: write {metric}[name=value].")
        if parameter not in known:
            raise UnknownNameError.of(f"parameter of {metric}", parameter, known)
        given[parameter] = _value(value)
    return given


def name_with(metric: str, parameters: Mapping[str, Any]) -> str:
    """Name of a metric with parameters, always spelt alike."""
    return f"{metric}[{','.join(f'{key}={value}' for key, value in sorted(parameters.items()))}]"


def _value(text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    # Infinity stays a word: parameters are written down with the scores, and JSON has no number for it.
    return text if isinstance(value, float) and not math.isfinite(value) else value
