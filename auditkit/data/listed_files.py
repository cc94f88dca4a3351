"""Files that a csv lists: each once, as a plain path below the folder of the csv."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from auditkit.data.levels import level_values
from auditkit.errors import DataError

__all__ = ["FILE", "check_listed", "check_writable", "folder_name", "is_inside", "is_there", "without_folders_of"]

FILE = "file"
"""Column of the paths."""
CLASS = "label"
"""Column that the names of class folders become."""
_MISSING = "_missing"
_LONGEST = 60
"""Characters of a name; file systems take about 255 bytes."""


def check_listed(frame: pd.DataFrame, *, what: str, source: str) -> pd.DataFrame:
    """Table whose paths are plain, so that `./1.wav` and `1.wav` are one file.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a column `file` of text.
    what : str
        What the files hold, for messages: `"image"` or `"recording"`.
    source : str
        Name of the csv, for messages.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the column is not there, a path is missing, names a file a second time, or is not below the folder.
    """
    if FILE not in frame.columns or frame[FILE].isna().any():
        message = f"{source} needs a column {FILE!r} that names each {what} once, as a path below its folder."
        raise DataError(message)
    files = pd.Series([posixpath.normpath(str(file)) for file in frame[FILE]], index=frame.index, dtype="str")
    outside = [file for file in files if file.startswith(("/", "../"))]
    if outside:
        message = f"{source} names {len(outside)} {what}(s) outside its folder ({outside[0]!r}): copy them into it."
        raise DataError(message)
    again = files[files.duplicated()]
    if len(again):
        message = (
            f"{source} names {len(again)} {what}(s) a second time, the first is {again.iloc[0]!r}: name each once."
        )
        raise DataError(message)
    return frame.assign(**{FILE: files})


def check_writable(files: Sequence[str], *, source: str) -> None:
    """Refuse names of files and folders that are no Unicode: they become labels and columns, which files hold.

    Raises
    ------
    DataError
        With their count.
    """
    odd = [file for file in files if file.encode(errors="replace").decode() != file]
    if odd:
        shown = odd[0].encode(errors="backslashreplace").decode()
        message = f"{source} holds {len(odd)} file(s) whose names are no UTF-8, the first is '{shown}': rename them."
        raise DataError(message)


def folder_name(level: object) -> str:
    """Level, or another name, as every file system takes it."""
    if pd.isna(level):
        return _MISSING
    safe = "".join(mark if mark.isalnum() or mark in "-_. " else "_" for mark in str(level))
    return safe[:_LONGEST].strip(". ") or _MISSING


def without_folders_of(frame: pd.DataFrame, label: str | None) -> pd.DataFrame:
    """Columns of a folder without the names of its class folders, where these only repeat another column, the label."""
    if label in (None, CLASS) or CLASS not in frame.columns or label not in frame.columns:
        return frame
    repeats = [folder_name(level) for level in level_values(frame[label])] == frame[CLASS].astype("str").tolist()
    return frame.drop(columns=[CLASS]) if repeats else frame


def is_inside(path: Path, base: Path) -> bool:
    """Whether a path leads into a folder, links followed; a link to itself leads nowhere.

    Parameters
    ----------
    path : Path
    base : Path
        The folder, resolved.
    """
    try:
        return path.resolve().is_relative_to(base)
    except (OSError, RuntimeError):  # a link to itself
        return False


def is_there(path: Path) -> bool:
    """Whether a path is a regular file, no folder and no pipe."""
    try:
        return path.is_file()
    except OSError:  # a name that is too long for any file
        return False
