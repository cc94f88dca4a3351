"""Whether a baseline's file, which anybody may have edited or merged, holds numbers that a score can have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from auditkit.data.record_checks import is_count, is_mapping
from auditkit.metrics.known import known_metric
from auditkit.results import base_name

__all__ = ["check_baseline"]

_SLACK = 1e-9


def check_baseline(data: Mapping[str, Any]) -> None:
    """Refuse what no audit could have written.

    Raises
    ------
    ValueError
        What is wrong, and where.

    Examples
    --------
    >>> check_baseline({"scores": {}})
    Traceback (most recent call last):
    ValueError: 'scores' is {} and should be a list
    """
    _check(data, _TOP, "")
    seen = set()
    for number, item in enumerate(data["scores"], start=1):
        if not isinstance(item, Mapping):
            raise ValueError(f"score {number} is {_short(item)} and should be a mapping")  # noqa: TRY004 - one class
        where = f"score {number}, {_short(item.get('metric'))}: "
        _check(item, _SCORE, where)
        _check(item, _READING, where, needed=False)
        if item["metric"] not in data["metrics"]:
            raise ValueError(f"{where}'metrics' does not hold it")
        _check_range(item, where)
        key = (item["metric"], json.dumps(item["where"], sort_keys=True))
        if key in seen:
            raise ValueError(f"{where}it stands there twice")
        seen.add(key)
    for name, reading in data["metrics"].items():
        if not isinstance(reading, Mapping):
            raise ValueError(f"the metric {name!r} is {_short(reading)} and should be a mapping")  # noqa: TRY004
        _check(reading, _READING, f"the metric {name!r}: ")
    for update in data["updates"]:
        if not isinstance(update, Mapping):
            raise ValueError(f"an update is {_short(update)} and should be a mapping")  # noqa: TRY004 - one class
        _check(update, _UPDATE, "an update: ", needed=False)


def _check_range(item: Mapping[str, Any], where: str) -> None:
    low, high = item["low"], item["high"]
    if low is not None and high is not None and low > high:
        raise ValueError(f"{where}'low' {low!r} lies above 'high' {high!r}")
    known = known_metric(base_name(item["metric"]))
    if known is None:
        return
    least, most = known.bounds
    too_low = least is not None and item["value"] < least - _SLACK
    if too_low or (most is not None and item["value"] > most + _SLACK):
        told = (
            f"at least {least:g}"
            if most is None
            else f"at most {most:g}"
            if least is None
            else f"{least:g} to {most:g}"
        )
        raise ValueError(f"{where}'value' is {item['value']!r} and should be {told}")


def _check(
    data: Mapping[str, Any],
    kinds: Mapping[str, tuple[str, Callable[[Any], bool]]],
    where: str,
    *,
    needed: bool = True,
) -> None:
    for name, (expected, holds) in kinds.items():
        if name in data and not holds(data[name]):
            raise ValueError(f"{where}{name!r} is {_short(data[name])} and should be {expected}")
    absent = [name for name in kinds if name not in data]
    if needed and absent:
        raise KeyError(absent[0])


def _short(value: Any) -> str:
    return repr(value)[:40]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _is_limit(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())


_TEXT = ("a text", _is_text)
_TEXTS = ("a mapping of texts", _are_texts)
_TOP: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "metrics": ("a mapping", is_mapping),
    "scores": ("a list", _is_list),
    **dict.fromkeys(("modality", "schema", "settings"), _TEXT),
    **dict.fromkeys(("data", "versions"), _TEXTS),
    "n": ("a mapping of counts", lambda value: is_mapping(value) and all(map(is_count, value.values()))),
    "updates": ("a list", _is_list),
}
_SCORE: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "metric": _TEXT,
    "where": _TEXTS,
    "value": ("a number", _is_number),
    **dict.fromkeys(("low", "high"), ("a number or null", _is_limit)),
    "method": _TEXT,
    "n": ("two counts", lambda value: _is_list(value) and len(value) == 2 and all(map(is_count, value))),  # noqa: PLR2004
    "fresh": ("true or false", lambda value: isinstance(value, bool)),
    "direction": (
        "higher, lower, match or none",
        lambda value: _is_text(value) and value in {"higher", "lower", "match", "none"},
    ),
}
_READING: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("embedder", "unit"), _TEXT),
    "parameters": ("a mapping", is_mapping),
    "version": ("a count", is_count),
}
_UPDATE: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("date", "reason"), _TEXT),
    "versions": _TEXTS,
}
