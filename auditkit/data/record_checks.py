"""Whether a record of where data come from, which anybody may have written, has the shape that its readers expect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["is_count", "is_mapping", "record_fault"]

_DEPTH = 20
"""Records within records; deeper ones are nobody's history."""


def record_fault(record: Any, *, depth: int = 0) -> str | None:
    """What is wrong with a record; None where it can be read.

    Examples
    --------
    >>> record_fault({"synthetic": True, "filters": 5})
    "its 'filters' is 5 and should be a list of mappings"
    >>> record_fault({"synthetic": True, "generator": "cart", "seed": 0}) is None
    True
    """
    if not isinstance(record, Mapping):
        return "it is no record of where the data come from"
    if depth > _DEPTH:
        return f"it holds more than {_DEPTH} records within each other"
    for name, (expected, holds) in _KINDS.items():
        value = record.get(name)
        if value is not None and not holds(value):
            return f"its {name!r} is {repr(value)[:40]} and should be {expected}"
    for done in record.get("filters") or ():
        if not (is_count(done.get("n")) and is_count(done.get("kept")) and _are_mappings(done.get("rules"))):
            return "one of its 'filters' has no counts 'n' and 'kept' and no list 'rules'"
        if any(not _are_texts(rule.get("columns", [])) for rule in done["rules"]):
            return "a rule of its 'filters' has no list of names as 'columns'"
    return _fault_within(record, depth)


def _fault_within(record: Mapping[str, Any], depth: int) -> str | None:
    sides = [side for side in (record.get("real"), *(record.get("added") or ())) if side is not None]
    if bool(record.get("real")) != bool(record.get("added")):
        return "it has only one of 'real' and 'added', the two sides of a merge"
    for side in sides:
        if not (_is_text(side.get("source")) and is_count(side.get("used")) and _is_text(side.get("hash"))):
            return "a side of its merge has no 'source', 'used' and 'hash'"
    inner = [record.get("source_record"), *(record.get("parts") or ()), *(side.get("record") for side in sides)]
    for part in inner:
        fault = None if part is None else record_fault(part, depth=depth + 1)
        if fault is not None:
            return f"of a record within it, {fault}" if not fault.startswith("of ") else fault
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_mapping(value: Any) -> bool:
    """Whether a value is a mapping, whatever it holds."""
    return isinstance(value, Mapping)


def _are_mappings(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


_TEXT = ("a text", _is_text)
_COUNT = ("a count", is_count)
_WHOLE = ("a whole number", _is_whole)
_MAPPING = ("a mapping", is_mapping)
_MAPPINGS = ("a list of mappings", _are_mappings)
_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "synthetic": ("true or false", lambda value: isinstance(value, bool)),
    **dict.fromkeys(("generator", "licence", "consent", "data_source", "data_hash", "modality"), _TEXT),
    **dict.fromkeys(("n", "n_train", "n_asked"), _COUNT),
    **dict.fromkeys(("seed", "fit_seed"), _WHOLE),
    **dict.fromkeys(("real", "parameters", "conditions", "source_record", "verdict"), _MAPPING),
    **dict.fromkeys(("added", "parts", "filters"), _MAPPINGS),
    "source": ("a text or a mapping", lambda value: isinstance(value, str | Mapping)),
    "notes": ("a list of texts", _are_texts),
}
