"""Images and recordings into a folder: a folder per class, file names that say which unit each is, and metadata.csv."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.images import SUFFIXES
from auditkit.data.listed_files import FILE, folder_name
from auditkit.data.wave_files import SUFFIXES as WAVES
from auditkit.data.wave_files import wave_bytes
from auditkit.errors import DataError

__all__ = ["csv_bytes", "fits_pcm", "write_folder"]

_BATCH = 256
_REPEAT = re.compile(r"#\d+$")


def write_folder(dataset: Dataset, target: Path) -> None:
    """Write images as PNG or recordings as wav, all or none.

    Samples that were read from files keep the names of these, others get their ids. `metadata.csv` lists the files in
    the order of the set, with the columns beside them.

    Raises
    ------
    DataError
        If the folder exists and is not empty, or a column has the name of that of the files.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        message = f"{target.name!r} exists and is not an empty folder: choose another name."
        raise DataError(message)
    if FILE in dataset.table.columns:
        message = f"the column {FILE!r} has the name that metadata.csv gives to the files: rename it."
        raise DataError(message)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        _fill(dataset, temporary)
        temporary.chmod(0o755)
        if target.exists():
            target.rmdir()
        temporary.replace(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _fill(dataset: Dataset, folder: Path) -> None:
    files = _files(dataset)
    for parent in {PurePosixPath(file).parent for file in files}:
        (folder / parent).mkdir(exist_ok=True)
    pcm = dataset.modality == "audio" and fits_pcm(dataset)
    for start, batch in enumerate(dataset.batches(_BATCH)):
        for place, sample in enumerate(batch.arrays(), start=start * _BATCH):
            _write_sample(sample, folder / files[place], rate=dataset.schema.rate, pcm=pcm)
    (folder / "metadata.csv").write_bytes(csv_bytes(dataset.table.assign(**{FILE: files})))


def _files(dataset: Dataset) -> list[str]:
    """Path of each sample below the folder, no two the same even where capitals do not count."""
    labels = dataset.label_values
    folders = [""] * len(dataset) if labels is None else [folder_name(level) for level in labels]
    read = getattr(dataset.samples, "files", None)
    names = dataset.ids.tolist() if read is None else list(read)
    names = [_stem(str(name)) for name in names]
    ending = "png" if dataset.modality == "image" else "wav"
    taken: set[str] = set()
    files = []
    for place, (folder, name) in enumerate(zip(folders, names, strict=True)):
        stem = f"{folder}/{folder_name(name or place)}".lstrip("/")
        file, count = f"{stem}.{ending}", 1
        while file.casefold() in taken:
            count += 1
            file = f"{stem}-{count}.{ending}"
        taken.add(file.casefold())
        files.append(file)
    return files


def _stem(name: str) -> str:
    """Name of a file without its folder and ending, and without the number of a repeat; any other name as it is."""
    path = PurePosixPath(_REPEAT.sub("", name))
    return path.stem if path.suffix.lower() in SUFFIXES | WAVES else name


def fits_pcm(dataset: Dataset) -> bool:
    """Whether every value of the recordings is one of the 65,536 levels of 16 bits."""
    for batch in dataset.batches(_BATCH):
        for wave in batch.arrays():
            steps = wave.astype(np.float64) * 2**15
            if not ((steps == np.rint(steps)).all() and (steps >= -(2**15)).all() and (steps < 2**15).all()):
                return False
    return True


def _write_sample(sample: NDArray[Any], path: Path, *, rate: int | None, pcm: bool) -> None:
    if rate is not None:
        path.write_bytes(wave_bytes(sample, rate, pcm=pcm))
        return
    from auditkit.data.decoding import image_of  # noqa: PLC0415 - only images need pillow

    image_of(sample).save(path)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Table as csv in UTF-8; the same table gives the same bytes."""
    text: str = table.to_csv(index=False, lineterminator="\n")
    if "\r" in text:  # the writer quotes the marks of its own line ends only, readers end lines at either
        text = table.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8")
