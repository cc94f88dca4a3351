"""Sets into files: the same set gives the same bytes, and a file appears whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.file_tables import file_table
from auditkit.data.folders import csv_bytes, write_folder
from auditkit.data.levels import level_text
from auditkit.data.panels import CHANNELS, SERIES
from auditkit.data.provenance import write_record
from auditkit.errors import DataError
from auditkit.kinds import Modality
from auditkit.store import write_bytes, write_table

__all__ = ["check_format", "save_dataset"]

_EPOCH = (1980, 1, 1, 0, 0, 0)
_TABLES = (".csv", ".csv.gz", ".parquet", ".jsonl", ".jsonl.gz")
_FORMATS: dict[Modality, tuple[str, ...]] = {
    "tabular": _TABLES,
    "image": (".npz", ""),
    "text": (*_TABLES, ".txt"),
    "audio": ("",),
    "series": (".npz", ".csv", ".csv.gz", ".parquet"),
}
_UNITS: dict[Modality, str] = {
    "tabular": "tables",
    "image": "images",
    "text": "texts",
    "audio": "recordings",
    "series": "series",
}


def save_dataset(dataset: Dataset, path: str | PathLike[str]) -> None:
    """Write a set in the format that the path's suffix names.

    csv, csv.gz, parquet, jsonl, jsonl.gz: tables, texts (in a column `text`) and series (a row per step, with columns
    `series` and `step`; not jsonl). txt: texts without columns and line breaks. npz: images (`images`) and series (`X`
    of shape (n, channels, time), NaN behind the end of shorter ones, and `channels`), and a member per column. No
    suffix: a folder with a folder per class, PNG files or recordings as wav, and `metadata.csv`; files keep the names
    that they were read from. Recordings are of 16 bits where nothing is lost by that, else floats of 32. The record
    of a synthetic set lies beside as `<name>.provenance.json`.

    Raises
    ------
    DataError
        If the suffix names no format, the format cannot hold this set, or the folder exists and is not empty.
    """
    target = Path(path)
    name = target.name.lower()
    if not target.parent.is_dir():
        message = f"the folder of {target.name!r} does not exist: make it first."
        raise DataError(message)
    check_format(target.name, dataset.modality)
    if not target.suffix:
        write_folder(dataset, target)
    elif name.endswith(".npz"):
        write_bytes(target, _npz(dataset))
    elif name.endswith(".txt"):
        write_bytes(target, _lines(dataset))
    else:
        _write_table(dataset, target, name)
    write_record(target, dataset.provenance)


def _write_table(dataset: Dataset, target: Path, name: str) -> None:
    table = file_table(dataset, csv=name.endswith((".csv", ".csv.gz")))
    if name.endswith(".parquet"):
        write_table(target, table)
        return
    text = _jsonl(table) if name.endswith((".jsonl", ".jsonl.gz")) else csv_bytes(table)
    write_bytes(target, gzip.compress(text, mtime=0) if name.endswith(".gz") else text)


def check_format(name: str, modality: Modality) -> None:
    """Refuse a file name whose suffix names no format that sets of a modality are saved in.

    Raises
    ------
    DataError
        With the formats.
    """
    known = _FORMATS[modality]
    if any(name.lower().endswith(suffix) if suffix else not Path(name).suffix for suffix in known):
        return
    words = [suffix.removeprefix(".") or "a folder" for suffix in known]
    listed = " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    message = f"{_UNITS[modality]} are saved as {listed}, {name!r} is none of these: use such a name."
    raise DataError(message)


def _lines(dataset: Dataset) -> bytes:
    texts = dataset.arrays().tolist()
    if len(dataset.table.columns) or any("\n" in text or "\r" in text for text in texts):
        message = "a txt file holds a text per line and nothing else: save these as jsonl, which keeps columns too."
        raise DataError(message)
    content = "".join(f"{text}\n" for text in texts)
    # Readers take the first mark of byte order away.
    return content.encode("utf-8-sig" if content.startswith("\ufeff") else "utf-8")


def _jsonl(table: pd.DataFrame) -> bytes:
    columns = [[_plain(value) for value in table[name].astype(object)] for name in table.columns]
    records = [dict(zip(table.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def _npz(dataset: Dataset) -> bytes:
    members = _array_members(dataset) | {name: _member(dataset.table[name]) for name in dataset.table.columns}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, values in members.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, values, allow_pickle=False)
            item = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            item.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(item, part.getvalue())
    return buffer.getvalue()


def _array_members(dataset: Dataset) -> dict[str, NDArray[Any]]:
    if dataset.modality == "image":
        return {"images": dataset.arrays()}
    series, width = dataset.arrays(), len(dataset.schema.channels)
    longest = max((len(item) for item in series), default=0)
    cube = np.full((len(series), width, longest), np.nan)
    for row, item in zip(cube, series, strict=True):
        row[:, : len(item)] = item.T
    taken = {SERIES, CHANNELS} & set(dataset.table.columns)
    if taken:
        message = f"the column {taken.pop()!r} has the name of what npz files of series hold: save as csv or parquet."
        raise DataError(message)
    return {SERIES: cube, CHANNELS: np.array(dataset.schema.channels, dtype=np.str_)}


def _member(values: pd.Series) -> NDArray[Any]:
    if values.dtype.kind in "iufb" and isinstance(values.dtype, np.dtype):
        numbers: NDArray[Any] = values.to_numpy()
        return numbers
    return np.array(["" if pd.isna(value) else level_text(value) for value in values], dtype=np.str_)
