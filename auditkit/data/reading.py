"""What a source holds, by its form and by what was asked for: columns, and samples where these are no rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import frame_of, is_frame
from auditkit.data.arrays import LABEL, array_of, array_parts, choose_members, read_members, read_npy
from auditkit.data.content import Content
from auditkit.data.frames import canonical_frame
from auditkit.data.hugging_face import is_hugging_face, read_hugging_face
from auditkit.data.images import SUFFIXES as IMAGES
from auditkit.data.images import read_folder
from auditkit.data.listed_files import FILE, without_folders_of
from auditkit.data.nested_cells import list_columns, series_of_lists
from auditkit.data.panels import CHANNELS, looks_like_series, series_of_array, series_of_panel
from auditkit.data.pooled import pool_members
from auditkit.data.schema import Schema
from auditkit.data.tabular import read_csv, read_jsonl, read_parquet
from auditkit.data.text_sets import read_lines, read_text_folder, split_texts, text_column
from auditkit.data.torch_items import is_items, read_items
from auditkit.data.ts_files import read_ts
from auditkit.data.wave_files import SUFFIXES as WAVES
from auditkit.data.wave_folder import read_wave_folder, read_wave_list
from auditkit.errors import DataError, ShapeError
from auditkit.kinds import Kind, Modality

__all__ = ["FORMATS", "Asked", "read_source"]

FORMATS = (
    "csv, csv.gz, parquet, jsonl, jsonl.gz, npz, npy, txt, ts, or a folder of images, recordings or texts with a "
    "folder per class"
)
_TABLES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
_SERIES = frozenset({"X", "x", "series"})


@dataclass(frozen=True)
class Asked:
    """What the user says about a source.

    Attributes
    ----------
    modality : str or None
    label, text, key, order, ids : str or None
    groups : tuple of str
    rate : int or None
    columns : mapping of str to str or None
    schema : Schema or None
    limit : int or None
    """

    modality: Modality | None = None
    label: str | None = None
    groups: tuple[str, ...] = ()
    text: str | None = None
    key: str | None = None
    order: str | None = None
    rate: int | None = None
    columns: Mapping[str, Kind] | None = None
    schema: Schema | None = None
    limit: int | None = None
    ids: str | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Label, groups and ids."""
        return tuple(name for name in (self.label, *self.groups, self.ids) if name is not None)


def read_source(source: object, title: str, asked: Asked) -> Content:
    """Columns and samples of a source.

    Parameters
    ----------
    source : path, frame, ndarray or mapping
    title : str
        What messages call it.
    asked : Asked

    Returns
    -------
    Content

    Raises
    ------
    DataError
        If it does not exist, is of no known form, or cannot be read.
    """
    if not isinstance(source, (str, PathLike)):
        return _of_object(source, title, asked)
    path = Path(source)
    if not _exists(path):
        message = f"there is no file or folder {str(source)!r}: check the path."
        raise DataError(message)
    if path.is_dir():
        return _of_folder(path, title, asked)
    if not path.is_file():
        message = f"{title} is neither a file nor a folder: give a path to {FORMATS}."
        raise DataError(message)
    return _of_file(path, title, asked)


def _of_object(source: object, title: str, asked: Asked) -> Content:
    if is_hugging_face(source):
        return _of_hugging_face(source, title, asked)
    if is_frame(source):
        # With a key, rows are no samples: the limit is applied to units.
        limit = None if asked.key is not None else asked.limit
        return _of_frame(_frame(source, title, limit), title, asked)
    if hasattr(source, "__array__"):
        return _of_array(_array(source, "the array", title), {}, title, asked)
    if isinstance(source, Mapping):
        return _of_members({str(key): _array(value, str(key), title) for key, value in source.items()}, title, asked)
    if is_items(source):
        return _of_items(source, title, asked)
    message = (
        f"cannot load a {type(source).__name__}: give a path ({FORMATS}), a frame, an array, or a set of Hugging Face "
        "or torch."
    )
    raise DataError(message)


def _frame(source: object, title: str, limit: int | None) -> pd.DataFrame:
    return source if isinstance(source, pd.DataFrame) else frame_of(source, name=title, limit=limit)


def _of_hugging_face(source: object, title: str, asked: Asked) -> Content:
    found = read_hugging_face(
        source,
        title=title,
        modality=asked.modality,
        rate=asked.rate,
        schema=asked.schema,
        limit=None if asked.key is not None and hasattr(source, "__len__") else asked.limit,
    )
    if found.samples is not None:
        return found
    roles = asked if found.label is None or asked.label is not None else replace(asked, label=found.label)
    return replace(_of_frame(found.frame, title, roles), label=found.label)


def _of_items(source: object, title: str, asked: Asked) -> Content:
    found = read_items(
        source,
        title=title,
        label=asked.label,
        modality=asked.modality,
        rate=asked.rate,
        schema=asked.schema,
        limit=asked.limit,
    )
    if found.samples is not None:
        return found
    return replace(_of_frame(found.frame, title, asked), label=found.label)


def _array(value: object, name: str, title: str) -> NDArray[Any]:
    try:
        return array_of(value)
    except ValueError as error:  # rows that differ in length
        message = f"{name!r} of {title} has rows that differ in length: give an array."
        raise ShapeError(message) from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for any file
        return False


def _of_file(path: Path, title: str, asked: Asked) -> Content:
    name = path.name.lower()
    if name.endswith(_TABLES):
        return _of_table(path, title, asked)
    readers: dict[str, Callable[[], Content]] = {
        ".npy": lambda: _of_array(read_npy(path, source=title), {}, title, asked),
        ".npz": lambda: replace(_of_members(read_members(path, source=title), title, asked), label=LABEL),
        ".txt": lambda: Content(*read_lines(path, source=title, limit=asked.limit)),
        ".ts": lambda: Content(*read_ts(path, source=title, limit=asked.limit), label=LABEL),
    }
    for suffix, reader in readers.items():
        if name.endswith(suffix):
            return reader()
    if path.suffix.lower() in WAVES:
        message = f"{title} is a single recording: give the folder it lies in, or a csv with a column {FILE!r}."
        raise DataError(message)
    message = f"{title} cannot be loaded, its suffix {path.suffix!r} names no known format: give {FORMATS}."
    raise DataError(message)


def _of_folder(path: Path, title: str, asked: Asked) -> Content:
    found = _samples_of_folder(path, title, asked)
    return replace(found, frame=without_folders_of(found.frame, asked.label))


def _samples_of_folder(path: Path, title: str, asked: Asked) -> Content:
    held = _held_by(path, title) if asked.modality in (None, "tabular", "series") else asked.modality
    match held:
        case "audio":
            return Content(*read_wave_folder(path, source=title, rate=asked.rate, limit=asked.limit), label=LABEL)
        case "text":
            return Content(*read_text_folder(path, source=title, limit=asked.limit), label=LABEL)
        case _:
            return Content(*read_folder(path, source=title, schema=asked.schema, limit=asked.limit), label=LABEL)


def _held_by(path: Path, title: str) -> Modality:
    """What a folder holds, by the suffixes of its files; texts only where there is nothing else."""
    suffixes = {item.suffix.lower() for item in path.rglob("*") if not item.name.startswith(".")}
    if suffixes & IMAGES and suffixes & WAVES:
        message = f"{title} holds images and recordings: say which to load, as modality='audio'."
        raise DataError(message)
    if suffixes & WAVES:
        return "audio"
    return "text" if ".txt" in suffixes and not suffixes & IMAGES else "image"


def _of_table(path: Path, title: str, asked: Asked) -> Content:
    if asked.modality == "audio":
        return Content(*read_wave_list(path, source=title, rate=asked.rate, limit=asked.limit))
    frame = _read_table(path, title, asked)
    if asked.modality != "text" or not path.name.lower().endswith((".csv", ".csv.gz")):
        return _of_frame(frame, title, asked)
    # Only now the column of the texts is known, whose cells stay as they are written ("NA" is a text).
    column = _text_column(frame, title, asked)
    again = replace(asked, text=column, columns={**(asked.columns or {}), column: "text"})
    return _of_frame(_read_table(path, title, again), title, again)


def _read_table(path: Path, title: str, asked: Asked) -> pd.DataFrame:
    # With a key, rows are no samples: the limit is applied to units.
    limit = None if asked.key is not None or asked.modality == "series" else asked.limit
    name = path.name.lower()
    if name.endswith(".parquet"):
        return read_parquet(path, source=title, limit=limit)
    if name.endswith((".jsonl", ".jsonl.gz")):
        return read_jsonl(path, source=title, limit=limit)
    return read_csv(path, source=title, columns=asked.columns, schema=asked.schema, limit=limit)


def _text_column(frame: pd.DataFrame, title: str, asked: Asked) -> str:
    return text_column(frame, asked=asked.text, roles=asked.roles, schema=asked.schema, source=title)


def _of_frame(frame: pd.DataFrame, title: str, asked: Asked) -> Content:
    top = frame if asked.limit is None or asked.key is not None else frame.head(asked.limit)
    match asked.modality:
        case "text":
            column = _text_column(frame, title, asked)
            return Content(*split_texts(top, column, source=title), taken=(column,))
        case "series" if asked.key is None and list_columns(frame):
            beside, series = series_of_lists(top, roles=asked.roles, schema=asked.schema, source=title)
            return Content(beside, series, taken=tuple(map(str, frame.columns)))
        case "series":
            known = () if asked.schema is None else asked.schema.names
            table = canonical_frame(frame, source=title, known=known)
            made = series_of_panel(
                table, key=asked.key, order=asked.order, roles=asked.roles, schema=asked.schema, source=title
            )
            return Content(*made, taken=tuple(table.columns))
        case _:
            return Content(top)


def _of_members(members: Mapping[str, NDArray[Any]], title: str, asked: Asked) -> Content:
    pooled = pool_members(members, source=title)
    channels = pooled.pop(CHANNELS, None) if asked.modality == "series" or _SERIES & pooled.keys() else None
    values, beside = choose_members(pooled, source=title, label=asked.label)
    named = _SERIES & pooled.keys() and "images" not in pooled
    series = asked.modality == "series" or (asked.modality is None and bool(named) and looks_like_series(values))
    return _of_array(values, beside, title, replace(asked, modality="series") if series else asked, channels)


def _of_array(
    values: NDArray[Any],
    beside: Mapping[str, NDArray[Any]],
    title: str,
    asked: Asked,
    channels: NDArray[Any] | None = None,
) -> Content:
    top = values[: asked.limit] if values.ndim else values
    columns = {name: column[: asked.limit] for name, column in beside.items()}
    label = LABEL if LABEL in columns else None
    if asked.modality != "series":
        parts = array_parts(top, columns, source=title)
        return Content(parts.frame, parts.samples, label=label)
    samples = series_of_array(top, channels=channels, schema=asked.schema, source=title)
    return Content(pd.DataFrame(columns, index=pd.RangeIndex(len(top))), samples, label=label)
