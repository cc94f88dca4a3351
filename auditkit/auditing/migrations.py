"""Older forms of audit.json, brought to today's one step at a time.

A change of form raises `FORMAT_VERSION` by one and adds the step from the version before. Steps are never changed
later, so that an audit of any age opens; what an older audit did not know stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from auditkit.errors import DataError

__all__ = ["FORMAT_VERSION", "migrated"]

FORMAT_VERSION = 2
"""Of audit.json: 2 since a score holds its value at equal size with its interval, and the version of its metric."""


def migrated(data: Any, place: str) -> dict[str, Any]:
    """Content of an audit.json in today's form.

    Parameters
    ----------
    data : object
        What the file holds.
    place : str
        Named in errors.

    Raises
    ------
    DataError
        If it has no version, or one that this auditkit does not know.

    Examples
    --------
    >>> migrated({"format_version": 1, "about": {}, "scores": []}, "audit.json")["format_version"]
    2
    """
    version = data.get("format_version") if isinstance(data, Mapping) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DataError(f"{place} is no audit: it has format version {version!r}; audit the data again.")
    if version > FORMAT_VERSION:
        message = (
            f"{place} has format version {version}, this auditkit reads {FORMAT_VERSION} at most: install the auditkit "
            "that wrote it, or audit the data again."
        )
        raise DataError(message)
    try:
        for number in range(version, FORMAT_VERSION):
            data = {**_STEPS[number](data), "format_version": number + 1}
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{place} is damaged ({type(error).__name__} {error}): audit the data again."
        raise DataError(message) from None
    return dict(data)


def _from_1(data: Mapping[str, Any]) -> dict[str, Any]:
    """A score's value at equal size stood among the details, without an interval; metrics had no versions."""

    def score(item: Mapping[str, Any]) -> dict[str, Any]:
        value = item["details"].get("at_equal_size")
        beside = item["excess"] or item["references"].get("yardstick")
        matched = None
        if value is not None and beside is not None:
            matched = {"value": value, "low": None, "high": None, "method": "", "n": beside["n"]}
        return {**item, "matched": matched, "metric_version": 1}

    return {**data, "scores": [score(item) for item in data["scores"]]}


_STEPS: dict[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = {1: _from_1}
