"""Files of the UCR and UEA archives of time series, ending in `.ts`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.series import SeriesSamples
from auditkit.errors import DataError

__all__ = ["read_ts"]

LABEL = "label"


def read_ts(path: Path, *, source: str, limit: int | None = None) -> tuple[pd.DataFrame, SeriesSamples]:
    """Series of a `.ts` file: a line per series, dimensions between colons, the class behind the last colon.

    Parameters
    ----------
    path : Path
    source : str
        Name of the set, for messages.
    limit : int, optional
        Series to read, from the top.

    Returns
    -------
    columns : pandas.DataFrame
        The column `label` where the head says that there are classes.
    series : SeriesSamples

    Raises
    ------
    DataError
        If the file has no line `@data`, brings time stamps or values that are missing or no numbers, or a line has
        dimensions of different lengths, no class, or a class that the head does not declare; the line is named.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        message = f"{source} is not UTF-8 text (byte {error.start}): save it as UTF-8."
        raise DataError(message) from error
    start, labelled, declared = _head(lines, source)
    series: list[NDArray[np.float64]] = []
    labels: list[str] = []
    for number, line in enumerate(lines[start:], start=start + 1):
        if not line.strip() or line.strip().startswith(("#", "%")):
            continue
        parts = line.strip().split(":")
        if labelled:
            labels.append(_class(parts, declared, f"{source}, line {number}"))
        series.append(_series(parts, f"{source}, line {number}"))
        if len(series) == limit:
            break
    if not series:
        message = f"{source} has no series behind @data: check the file."
        raise DataError(message)
    frame = pd.DataFrame(index=pd.RangeIndex(len(series)))
    if labelled:
        frame[LABEL] = pd.Series(labels, dtype="str")
    return frame, SeriesSamples.of(series, source=source)


def _class(parts: list[str], declared: Sequence[str], place: str) -> str:
    """Class of a line, taken off its parts."""
    found = parts.pop().strip()
    if not parts or not found:
        message = f"{place}: found no class behind the last colon, the head says that there are classes: add it."
        raise DataError(message)
    if declared and found not in declared:
        message = f"{place}: found the class {found!r}, which the head does not declare: add it to @classLabel."
        raise DataError(message)
    return found


def _head(lines: Sequence[str], source: str) -> tuple[int, bool, Sequence[str]]:
    """Place of the first line of data, whether series have classes, and the classes declared."""
    labelled = False
    declared: Sequence[str] = ()
    for place, line in enumerate(lines):
        words = line.strip().lower().split()
        if words[:1] == ["@data"]:
            if words[1:]:
                message = f"{source}, line {place + 1}: found more than @data: begin the series on the next line."
                raise DataError(message)
            return place + 1, labelled, declared
        if words[:1] == ["@timestamps"] and words[1:2] == ["true"]:
            message = f"{source} has time stamps, which are not read: write its values at equal steps."
            raise DataError(message)
        if words[:1] == ["@targetlabel"] and words[1:2] == ["true"]:
            message = f"{source} has numbers as targets, which are no classes: load its series from an npz file."
            raise DataError(message)
        if words[:1] == ["@classlabel"] and words[1:2] == ["true"]:
            labelled, declared = True, line.split()[2:]
    message = f"{source} has no line @data: it is no .ts file of the UCR archive."
    raise DataError(message)


def _series(parts: Sequence[str], place: str) -> NDArray[np.float64]:
    try:
        # Python would read 1_0 as 10.
        channels = [np.array([float(value.replace("_", "?")) for value in part.split(",")]) for part in parts]
    except ValueError as error:
        message = f"{place}: found a missing value or one that is no number: fill it, or drop the series."
        raise DataError(message) from error
    if len({len(channel) for channel in channels}) > 1:
        message = f"{place}: the dimensions differ in length: bring them to one length."
        raise DataError(message)
    return np.column_stack(channels)
