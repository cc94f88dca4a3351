"""`load`: whatever holds the data, into one kind of object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import ArrowTable, frame_of
from auditkit.data.arrays import LABEL, LABEL_KEYS, array_parts, choose_members, read_npy, read_npz
from auditkit.data.dataset import Dataset
from auditkit.data.images import read_folder
from auditkit.data.samples import Samples
from auditkit.data.schema import Schema
from auditkit.data.tabular import read_csv, read_jsonl, read_parquet
from auditkit.errors import DataError, UnknownNameError
from auditkit.kinds import MODALITIES, Kind, Modality

__all__ = ["load"]

FORMATS = "csv, csv.gz, parquet, jsonl, npz, npy, or a folder of images with a folder per class"
_LATER: tuple[Modality, ...] = ("text", "audio", "series")
_Content = tuple[pd.DataFrame, Samples | None]


def load(
    source: str | PathLike[str] | pd.DataFrame | NDArray[Any] | Mapping[str, NDArray[Any]] | ArrowTable,
    *,
    label: str | None = None,
    groups: str | Sequence[str] = (),
    key: str | None = None,
    order: str | None = None,
    modality: Modality | None = None,
    columns: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    limit: int | None = None,
    name: str | None = None,
) -> Dataset:
    """Set from a file, a folder, a frame or an array.

    Parameters
    ----------
    source : path, pandas.DataFrame, polars or arrow table, ndarray or mapping of str to ndarray
        csv (plain or gzipped), parquet, jsonl: tables. npz, npy, ndarray: images of shape (n, H, W) or (n, H, W, C),
        or features of shape (n, d). A mapping: the members of an npz file (`images` or `features`, `label`, further
        columns). A folder: images in one folder per class. The object itself is never changed.
    label : str, optional
        Column to predict; a category whatever it looks like. In image folders it is `"label"` by itself. So it is in
        npz files and mappings, where that column is the member named here, or else `label`, `labels`, `y`, `target` or
        `targets`.
    groups : sequence of str
        Columns whose levels are compared (sex, age band, ...); categories as well.
    key, order : str, optional
        All rows of one key are one sample, ordered by `order`.
    modality : {"tabular", "image"}, optional
        What the data must be; inferred by default.
    columns : mapping of str to str, optional
        Kinds of columns where inference would guess otherwise, as `{"zip": "category"}`.
    schema : Schema, optional
        The real data's schema, to read another set with: cells are cast where nothing is lost and stay as they are
        elsewhere (`schema_violations` then names them).
    limit : int, optional
        Samples to read, from the top.
    name : str, optional
        What messages call the set; the file's name by default.

    Returns
    -------
    Dataset

    Notes
    -----
    An empty string is a missing cell in every format. In csv files so are the usual spellings ("NA", "N/A", "NaN",
    "null"), unless the column is declared a category or text in `columns`, or the schema knows the spelling as a
    level; "None" is missing among numbers, dates and booleans only. A column whose numbers have leading zeros is
    text. Numbers must be finite. Images are whole numbers 0 to 255, or k / 255 in [0, 1].

    Raises
    ------
    DataError
        If the source does not exist, is empty, cannot be read, or is not of the modality asked.
    ShapeError
        If an array has another shape.
    UnknownNameError
        If a role names no column.

    Examples
    --------
    >>> import pandas as pd
    >>> real = load(pd.DataFrame({"age": [31, 45], "income": [0, 1]}), label="income")
    >>> len(real), real.schema["income"].levels
    (2, ('0', '1'))
    """
    _check_label(label)
    if modality is not None and modality not in MODALITIES:
        raise UnknownNameError.of("modality", modality, MODALITIES)
    if modality in _LATER:
        message = f"modality {modality!r} is not yet supported: load tabular or image data."
        raise DataError(message)
    if limit is not None and limit < 1:
        message = f"limit must be at least 1, got {limit}."
        raise DataError(message)
    title = name or _title(source)
    # With a key, rows are no samples: the limit is applied to units below.
    rows = None if key is not None else limit
    frame, samples = _read(source, title, label=label, columns=columns, schema=schema, limit=rows)
    if label in LABEL_KEYS and label not in frame.columns and LABEL in frame.columns:
        label = LABEL
    dataset = Dataset.of_table(
        frame,
        label=LABEL if label is None and _labelled(source, frame) else label,
        groups=(groups,) if isinstance(groups, str) else groups,
        key=key,
        order=order,
        columns=columns,
        schema=schema,
        samples=samples,
        source=title,
    )
    if modality is not None and dataset.modality != modality:
        message = f"{title} holds {dataset.modality} data, modality {modality!r} was asked for: give the data that fit."
        raise DataError(message)
    return dataset if limit is None or len(dataset) <= limit else dataset.take(np.arange(limit))


def _check_label(label: object) -> None:
    if label is not None and not isinstance(label, str):
        message = (
            f"label must be the name of a column, got a {type(label).__name__}: give arrays together, as "
            'load({"images": images, "label": labels}).'
        )
        raise DataError(message)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for any file
        return False


def _title(source: object) -> str:
    if isinstance(source, (str, PathLike)):
        return Path(source).name or "the folder"
    return "the table" if _is_frame(source) else "the array"


def _is_frame(source: object) -> bool:
    return isinstance(source, pd.DataFrame) or hasattr(source, "__arrow_c_stream__")


def _labelled(source: object, frame: pd.DataFrame) -> bool:
    """Whether the format itself says which column is the label."""
    if LABEL not in frame.columns or _is_frame(source) or isinstance(source, np.ndarray):
        return False
    if not isinstance(source, (str, PathLike)):
        return True
    path = Path(source)
    return path.suffix.lower() == ".npz" or path.is_dir()


def _read(
    source: object,
    title: str,
    *,
    label: str | None,
    columns: Mapping[str, Kind] | None,
    schema: Schema | None,
    limit: int | None,
) -> _Content:
    if _is_frame(source):
        frame = source if isinstance(source, pd.DataFrame) else frame_of(source, name=title)
        return frame if limit is None else frame.head(limit), None
    if isinstance(source, np.ndarray):
        return _of_array(_top(source, limit), {}, title)
    if isinstance(source, Mapping):
        members = {str(key): np.asarray(value) for key, value in source.items()}
        return _of_members(*choose_members(members, source=title, label=label), title, limit)
    if not isinstance(source, (str, PathLike)):
        message = f"cannot load a {type(source).__name__}: give a path ({FORMATS}), a frame or a numpy array."
        raise DataError(message)
    path = Path(source)
    if not _exists(path):
        message = f"there is no file or folder {str(source)!r}: check the path."
        raise DataError(message)
    if path.is_dir():
        return read_folder(path, source=title, schema=schema, limit=limit)
    if not path.is_file():
        message = f"{title} is neither a file nor a folder: give a path to {FORMATS}."
        raise DataError(message)
    readers: dict[str, Callable[[], _Content]] = {
        ".csv": lambda: (read_csv(path, source=title, columns=columns, schema=schema, limit=limit), None),
        ".csv.gz": lambda: (read_csv(path, source=title, columns=columns, schema=schema, limit=limit), None),
        ".jsonl": lambda: (read_jsonl(path, source=title, limit=limit), None),
        ".parquet": lambda: (read_parquet(path, source=title, limit=limit), None),
        ".npy": lambda: _of_array(_top(read_npy(path, source=title), limit), {}, title),
        ".npz": lambda: _of_members(*read_npz(path, source=title, label=label), title, limit),
    }
    lowered = path.name.lower()
    for suffix, reader in readers.items():
        if lowered.endswith(suffix):
            return reader()
    later = {".wav": "audio", ".flac": "audio", ".txt": "text"}.get(path.suffix.lower())
    hint = f"modality {later!r} is not yet supported" if later else f"its suffix {path.suffix!r} names no known format"
    message = f"{title} cannot be loaded, {hint}: give {FORMATS}."
    raise DataError(message)


def _top(values: NDArray[Any], limit: int | None) -> NDArray[Any]:
    return values[:limit] if values.ndim else values


def _of_members(values: NDArray[Any], beside: Mapping[str, NDArray[Any]], title: str, limit: int | None) -> _Content:
    return _of_array(_top(values, limit), {name: _top(column, limit) for name, column in beside.items()}, title)


def _of_array(values: NDArray[Any], beside: Mapping[str, NDArray[Any]], title: str) -> _Content:
    parts = array_parts(values, beside, source=title)
    return parts.frame, parts.samples
