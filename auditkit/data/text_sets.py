"""Texts from tables and from text files: which column holds them, and what stays beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.listed_files import check_writable, is_inside, is_there
from auditkit.data.schema import Schema
from auditkit.data.texts import TextSamples
from auditkit.errors import DataError, UnknownNameError

__all__ = ["LABEL", "TEXT", "read_lines", "read_text_folder", "split_texts", "text_column"]

TEXT = "text"
"""Column of the texts in files that auditkit writes."""

LABEL = "label"
_SHOWN = 5
_WORDS = 3.0
_LENGTH = 40.0


def text_column(
    frame: pd.DataFrame, *, asked: str | None, roles: Collection[str] = (), schema: Schema | None = None, source: str
) -> str:
    """Name of the column that holds the texts.

    Parameters
    ----------
    frame : pandas.DataFrame
    asked : str or None
        The column that the user names.
    roles : collection of str
        Columns that are something else: label, groups.
    schema : Schema, optional
        Of the real set, whose columns are no texts.
    source : str
        Name of the set, for messages.

    Returns
    -------
    str
        The column asked for; else `"text"`, which is what auditkit writes; else the only column of free text.

    Raises
    ------
    UnknownNameError
        If there is no column of the name asked for.
    DataError
        If no column, or more than one, can be the texts.
    """
    if asked is not None and asked in frame.columns:
        return asked
    # Another set of the same data may have been written by auditkit, under its own name for the texts.
    if TEXT in frame.columns and TEXT not in roles and (asked is None or schema is not None):
        return TEXT
    if asked is not None:
        raise UnknownNameError.of("text column", asked, frame.columns, f"in {source}")
    taken = {*roles, *(() if schema is None else schema.names)}
    free = [name for name in frame.columns if name not in taken and _is_free_text(frame[name])]
    if len(free) != 1:
        found = f"{len(free)} columns of free text ({_listed(free)})" if free else "no column of free text"
        message = f"{source} has {found}: say which column holds the texts, as text={(free or ['message'])[0]!r}."
        raise DataError(message)
    return str(free[0])


def _is_free_text(values: pd.Series) -> bool:
    """Whether most cells are texts of several words that differ from each other."""
    present = values.dropna()
    texts = set(present) if all(isinstance(cell, str) for cell in present) else set()
    if not texts or 2 * len(texts) <= len(present):
        return False
    words = sum(len(text.split()) for text in texts) / len(texts)
    return words >= _WORDS or sum(map(len, texts)) / len(texts) >= _LENGTH


def _listed(names: Sequence[object]) -> str:
    shown = ", ".join(repr(str(name)) for name in names[:_SHOWN])
    return shown + (", ..." if len(names) > _SHOWN else "")


def split_texts(frame: pd.DataFrame, name: str, *, source: str) -> tuple[pd.DataFrame, TextSamples]:
    """Columns beside the texts, and the texts.

    Parameters
    ----------
    frame : pandas.DataFrame
    name : str
        Column of the texts.
    source : str
        Name of the set, for messages.

    Returns
    -------
    columns : pandas.DataFrame
    texts : TextSamples

    Raises
    ------
    DataError
        If texts are missing, with their count, or cells are no text.
    """
    cells = frame[name].tolist()
    missing = np.flatnonzero(frame[name].isna().to_numpy())
    if len(missing):
        message = (
            f"column {name!r} of {source} has {len(missing)} missing text(s), the first in row {missing[0] + 1}: drop "
            "these rows or give them a text."
        )
        raise DataError(message)
    return frame.drop(columns=[name]), TextSamples.of(cells, source=f"column {name!r} of {source}")


def read_lines(path: Path, *, source: str, limit: int | None = None) -> tuple[pd.DataFrame, TextSamples]:
    """Texts of a file with one text per line; empty lines are empty texts, but for one at the end.

    Raises
    ------
    DataError
        If the file is empty or not UTF-8.
    """
    content = _decoded(path, source)
    lines = content.replace("\r\n", "\n").removesuffix("\n").split("\n") if content else []
    if not lines:
        message = f"{source} is empty: expected one text per line."
        raise DataError(message)
    texts = TextSamples.of(lines[:limit], source=source)
    return pd.DataFrame(index=pd.RangeIndex(len(texts))), texts


def read_text_folder(
    root: Path, *, source: str, limit: int | None = None
) -> tuple[pd.DataFrame, TextSamples, NDArray[np.str_]]:
    """Texts of a folder with a folder of txt files per class, one text per file, in sorted order.

    Texts that lie in the root itself have no label.

    Parameters
    ----------
    root : Path
    source : str
        Name of the set, for messages.
    limit : int, optional
        Texts to read, from the first.

    Returns
    -------
    columns : pandas.DataFrame
        The column `label` where there are class folders.
    texts : TextSamples
    files : ndarray of str
        Paths below the folder.

    Raises
    ------
    DataError
        If there are no texts, one cannot be read, or a link leaves the folder.
    """
    base = root.resolve()
    paths = [path for path in root.rglob("*") if path.suffix.lower() == ".txt" and not path.name.startswith(".")]
    files = sorted(path.relative_to(root).as_posix() for path in paths)[:limit]
    if not files:
        message = f"{source} holds no texts (.txt): expected a folder per class with a file per text in it."
        raise DataError(message)
    check_writable(files, source=source)
    for file in files:
        if not is_inside(root / file, base):
            message = f"text {file!r} of {source} is a link that leaves the folder: copy the file instead."
            raise DataError(message)
        if not is_there(root / file):
            message = f"text {file!r} of {source} is no regular file or a link to nothing: remove it."
            raise DataError(message)
        if file.count("/") > 1:
            message = f"{source} holds texts more than one folder deep ({file!r}): name the folder of the classes."
            raise DataError(message)
    texts = TextSamples.of([_decoded(root / file, f"{source}/{file}") for file in files], source=source)
    classes = [file.split("/")[0] if "/" in file else None for file in files]
    frame = pd.DataFrame(index=pd.RangeIndex(len(files)))
    if any(classes):
        frame[LABEL] = pd.Series(classes, dtype="str")
    return frame, texts, np.asarray(files, dtype=np.str_)


def _decoded(path: Path, source: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{source} is not UTF-8 text (byte {error.start}): save it as UTF-8."
        raise DataError(message) from error
