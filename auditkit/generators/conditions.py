"""Conditions of a sample: what was asked, checked against the schema, and bounded drawing until it is met."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.levels import level_text
from auditkit.errors import AuditkitError, SampleSizeError, UnknownNameError
from auditkit.generators.interface import Conditions, Shortfall, ShortfallWarning
from auditkit.generators.outline import Outline
from auditkit.whole_numbers import check_whole

__all__ = ["MAX_DRAWS", "Request", "check_size", "draw_until", "plain_conditions", "plan_conditions", "say_shortfall"]

T = TypeVar("T")

MAX_DRAWS = 200
"""Units drawn at most per unit asked for, before a conditioned sample gives up."""


@dataclass(frozen=True)
class Request:
    """A number of units that share fixed values.

    Attributes
    ----------
    n : int
        Units asked for.
    fixed : mapping of str to str
        Column to level; empty for no condition.
    """

    n: int
    fixed: Mapping[str, str]


def check_size(n: int) -> None:
    """Refuse a number of units that is no whole number of at least 0.

    Raises
    ------
    SampleSizeError
    """
    check_whole("n", n, error=SampleSizeError)


def plan_conditions(
    n: int,
    conditions: Conditions | None,
    *,
    outline: Outline,
    levels: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Request, ...]:
    """Requests that together meet the conditions.

    Parameters
    ----------
    n : int
        Units asked for.
    conditions : mapping or DataFrame, optional
        `{"sex": "Female"}` fixes a column; `{"income": {">50K": 10, "<=50K": 5}}` says counts, which must add up to
        n, for at most one column. The key `"label"` means the label column, unless a column has that name. A frame
        has n rows, each the fixed cells of one unit: counts of several columns together.
    outline : Outline
    levels : mapping of str to sequence of str, optional
        Levels seen in training, where they are fewer than those of the schema.

    Returns
    -------
    tuple of Request
        In the order of the counts, or of the frame's first row of each combination; one request without counts.

    Raises
    ------
    UnknownNameError
        For a column or a level that was not in the training data, with the nearest one.
    AuditkitError
        For conditions of another type, a column without levels, counts that are no whole numbers or do not add up to
        n, or a frame with missing cells.
    """
    if isinstance(conditions, pd.DataFrame):
        return _of_frame(n, conditions, outline=outline, levels=levels)
    if conditions is not None and not isinstance(conditions, Mapping):
        message = (
            f"`conditions` must be a mapping as {{'label': 'a'}}, or a frame of a row per unit, got {conditions!r}."
        )
        raise AuditkitError(message)
    fixed: dict[str, str] = {}
    counts: tuple[str, dict[str, int]] | None = None
    for asked, wanted in (conditions or {}).items():
        column = _column(asked, outline)
        known = _levels(column, outline, levels)
        if not isinstance(wanted, Mapping):
            fixed[column] = _level(column, wanted, known)
        elif counts is not None:
            message = (
                f"conditions give counts for {counts[0]!r} and {column!r}: give them for one column only, or a frame "
                "with a row per unit, as balance() makes it."
            )
            raise AuditkitError(message)
        else:
            counts = column, _counts(column, wanted, known)
    if counts is None:
        return (Request(n, fixed),)
    column, parts = counts
    if sum(parts.values()) != n:
        total = sum(parts.values())
        message = f"the counts of {column!r} must add up to n={n}, got {total}: {parts}."
        raise AuditkitError(message)
    return tuple(Request(count, {**fixed, column: level}) for level, count in parts.items()) or (Request(0, fixed),)


def draw_until(
    draw: Callable[[int, int], T], *, accept: Callable[[T], NDArray[np.bool_]], n: int
) -> tuple[list[tuple[T, NDArray[np.intp]]], int, int]:
    """Draw in growing batches until n units are accepted, or `MAX_DRAWS` units per unit asked were drawn.

    Parameters
    ----------
    draw : callable
        `draw(start, count)` gives the units start to start + count of one fixed endless sequence.
    accept : callable
        Which of the drawn units meet the conditions.
    n : int
        Units asked for.

    Returns
    -------
    tuple
        The batches with the positions accepted in each, at most n together; units accepted; units drawn. The first
        m of n units are those that a call with m gives.
    """
    kept: list[tuple[T, NDArray[np.intp]]] = []
    got, drawn = 0, 0
    limit = max(MAX_DRAWS * n, 10_000)
    while got < n and drawn < limit:
        rate = got / drawn if drawn else 1.0
        count = int(min(max((n - got) / max(rate, 0.01) * 1.1, 256), 50_000, limit - drawn))
        batch = draw(drawn, count)
        drawn += count
        positions = np.flatnonzero(accept(batch))[: n - got]
        kept.append((batch, positions))
        got += len(positions)
    return kept, got, drawn


def say_shortfall(*, requested: int, got: int, accept_rate: float, conditions: Conditions | None) -> Shortfall | None:
    """Shortfall of a sample, also said as a warning; None when all units were given.

    Parameters
    ----------
    requested, got : int
        Units asked for and units given.
    accept_rate : float
        Share of the drawn units that met the conditions, in [0, 1].
    conditions : mapping or None

    Returns
    -------
    Shortfall or None
    """
    if got >= requested:
        return None
    shortfall = Shortfall(requested, got, accept_rate, plain_conditions(conditions) or {})
    warnings.warn(shortfall.sentence(), ShortfallWarning, stacklevel=3)
    return shortfall


def _of_frame(
    n: int, frame: pd.DataFrame, *, outline: Outline, levels: Mapping[str, Sequence[str]] | None
) -> tuple[Request, ...]:
    if len(frame) != n:
        message = f"a frame of conditions needs a row per unit, n={n}, got {len(frame)} rows."
        raise AuditkitError(message)
    if frame.columns.has_duplicates or frame.isna().any(axis=None):
        message = "a frame of conditions needs each column once and no missing cells: drop the column or its gaps."
        raise AuditkitError(message)
    names = [_column(str(asked), outline) for asked in frame.columns]
    parts = []
    for name, (_, cells) in zip(names, frame.items(), strict=True):
        known = _levels(name, outline, levels)
        codes, seen = pd.factorize(cells)
        parts.append(np.array([_level(name, level_text(level), known) for level in seen], dtype=object)[codes])
    if not parts or not n:
        return (Request(n, {}),)
    counts = Counter(zip(*parts, strict=True))
    return tuple(Request(count, dict(zip(names, cells, strict=True))) for cells, count in counts.items())


def plain_conditions(conditions: Conditions | None) -> dict[str, Any] | None:
    """Conditions as plain types: a frame as its combinations and their counts; None stays None.

    Examples
    --------
    >>> plain_conditions(pd.DataFrame({"sex": ["f", "f"], "rich": ["no", "no"]}))
    {'sex, rich': {'f, no': 2}}
    """
    if conditions is None:
        return None
    if not isinstance(conditions, pd.DataFrame):
        return dict(conditions)
    names = ", ".join(map(str, conditions.columns))
    counts = Counter(", ".join(map(str, row)) for row in conditions.itertuples(index=False))
    return {names: dict(counts)}


def _counts(column: str, wanted: Mapping[Any, Any], known: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for asked, count in wanted.items():
        level = _level(column, asked, known)
        if level in counts:
            message = f"conditions count the level {level!r} of {column!r} twice: give one count for it."
            raise AuditkitError(message)
        counts[level] = check_whole(f"conditions[{column!r}][{level!r}]", count)
    return counts


def _column(asked: str, outline: Outline) -> str:
    names = list(outline.schema.names)
    if asked in names:
        return asked
    if asked == "label" and outline.label is not None:
        return outline.label
    raise UnknownNameError.of("column in conditions", asked, names)


def _levels(column: str, outline: Outline, levels: Mapping[str, Sequence[str]] | None) -> Sequence[str]:
    known = (levels or {}).get(column, outline.schema[column].levels)
    if not known:
        kind = outline.schema[column].kind
        message = f"conditions need a category or boolean column, but {column!r} is {kind}: filter the sample instead."
        raise AuditkitError(message)
    return known


def _level(column: str, wanted: Any, known: Sequence[str]) -> str:
    level = str(wanted)
    if level not in known:
        raise UnknownNameError.of(f"value of column {column!r}", level, known)
    return level
