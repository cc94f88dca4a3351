"""Sets into files: the same set gives the same bytes, and a file appears whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tempfile
import zipfile
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.levels import level_text
from auditkit.errors import DataError
from auditkit.store import write_bytes, write_table

__all__ = ["save_dataset"]

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MISSING_CLASS = "_missing"


def save_dataset(dataset: Dataset, path: str | PathLike[str]) -> None:
    """Write a set in the format that the path's suffix names.

    csv, csv.gz, parquet, jsonl: tables. npz (`images` and a member per column) or no suffix (a folder per class with
    PNG files, and `metadata.csv`): images.

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
    if dataset.samples is not None:
        if name.endswith(".npz"):
            return write_bytes(target, _npz(dataset))
        if not target.suffix:
            return _write_folder(dataset, target)
        message = f"images are saved as npz or as a folder, {target.name!r} is neither: use such a name."
        raise DataError(message)
    if name.endswith(".parquet"):
        return write_table(target, dataset.table)
    for suffix, text in {".csv": _csv, ".csv.gz": _csv_gz, ".jsonl": _jsonl}.items():
        if name.endswith(suffix):
            return write_bytes(target, text(dataset.table))
    message = f"tables are saved as csv, csv.gz, parquet or jsonl, {target.name!r} is none of these: use such a suffix."
    raise DataError(message)


def _csv(table: pd.DataFrame) -> bytes:
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def _csv_gz(table: pd.DataFrame) -> bytes:
    return gzip.compress(_csv(table), mtime=0)


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
    members = {"images": dataset.arrays()} | {name: _member(dataset.table[name]) for name in dataset.table.columns}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, values in members.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, values, allow_pickle=False)
            item = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            item.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(item, part.getvalue())
    return buffer.getvalue()


def _member(values: pd.Series) -> NDArray[Any]:
    if values.dtype.kind in "iufb" and isinstance(values.dtype, np.dtype):
        numbers: NDArray[Any] = values.to_numpy()
        return numbers
    return np.array(["" if pd.isna(value) else level_text(value) for value in values], dtype=np.str_)


def _write_folder(dataset: Dataset, target: Path) -> None:
    from PIL import Image  # noqa: PLC0415 - only for folders

    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        message = f"{target.name!r} exists and is not an empty folder: choose another name."
        raise DataError(message)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        labels = dataset.label_values
        folders = [""] * len(dataset) if labels is None else [_folder_name(str(level)) for level in labels]
        width = len(str(len(dataset)))
        files = [f"{folder}/{place:0{width}d}.png".lstrip("/") for place, folder in enumerate(folders)]
        for folder in set(folders):
            (temporary / folder).mkdir(exist_ok=True)
        for start, batch in enumerate(dataset.batches(256)):
            for place, pixels in enumerate(batch.arrays(), start=start * 256):
                Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary / files[place])
        if len(dataset.table.columns):
            (temporary / "metadata.csv").write_bytes(_csv(dataset.table.assign(file=files)))
        temporary.chmod(0o755)
        if target.exists():
            target.rmdir()
        temporary.replace(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _folder_name(level: str) -> str:
    """Level as a safe folder name; metadata.csv keeps the level itself."""
    safe = "".join(mark if mark.isalnum() or mark in "-_." else "_" for mark in level).strip(".")
    return safe or _MISSING_CLASS
