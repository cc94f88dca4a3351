"""Where results go: folders and files checked before the work, and everything written in one go after it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.data.saving import check_format
from auditkit.errors import DataError
from auditkit.kinds import Modality
from auditkit.layout import RESCORED, RUN, SELECTION
from auditkit.store import read_json, write_json

if TYPE_CHECKING:
    from auditkit.config import DataConfig
    from auditkit.data import Dataset
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import Selection

__all__ = [
    "check_file",
    "check_folder",
    "check_not_input",
    "check_own_folders",
    "clear_earlier",
    "roles_of",
    "save_selection",
    "save_with_card",
    "suffix",
    "uninterrupted",
]

_ROLES = {"label", "groups", "key", "order", "text", "rate", "modality", "columns"}
_SUFFIXES: dict[Modality, str] = {"tabular": ".csv", "image": ".npz", "text": ".jsonl", "audio": "", "series": ".npz"}


def check_folder(folder: Path) -> None:
    """Refuse a folder for results that is a file or cannot be written, before anything is computed.

    Raises
    ------
    DataError
        With what is in the way.
    """
    nearest = next(place for place in (folder, *folder.parents, Path()) if place.exists())
    if not nearest.is_dir():
        message = f"cannot write into {str(folder)!r}: {str(nearest)!r} is a file: name a folder."
        raise DataError(message)
    if not os.access(nearest, os.W_OK | os.X_OK):
        message = f"cannot write into {str(folder)!r}: {str(nearest)!r} may not be written: name another folder."
        raise DataError(message)


def check_file(path: Path, *, modality: Modality = "tabular") -> None:
    """Refuse a file for samples whose suffix names no format or whose folder cannot be written; make that folder.

    Raises
    ------
    DataError
        With what is wrong about it.
    """
    check_format(path.name, modality)
    if path.is_dir() and (path.suffix or any(path.iterdir())):
        message = f"cannot write {str(path)!r}: there is a folder of that name: use another one."
        raise DataError(message)
    check_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)


def check_not_input(path: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write where the command reads, also through links and into a folder that it reads.

    Raises
    ------
    DataError
        With the input.
    """
    target = path.resolve()
    for place in inputs:
        read = place.resolve()
        if target == read or read in target.parents:
            message = f"{str(path)!r} would overwrite the input {place.name!r}: name another place for the result."
            raise DataError(message)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back while results are written, so that a folder never holds half of one result.

    Raises
    ------
    KeyboardInterrupt
        Afterwards, if it was pressed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
    if pressed:
        raise KeyboardInterrupt


def clear_earlier(folder: Path, *, keep: Collection[str]) -> None:
    """Remove what an earlier run says that it wrote and this one does not."""
    for name in _written(folder):
        if Path(name).name == name and name not in keep:
            for ending in ("", ".selection.json", ".selection.parquet", ".provenance.json", ".card.md"):
                _remove(folder / f"{name}{ending}")


def _written(folder: Path) -> list[str]:
    """Names of what an earlier run says that it wrote."""
    record = read_json(folder / RUN) if (folder / RUN).is_file() else None
    return [str(name) for name in record.get("files", [])] if isinstance(record, dict) else []


def check_own_folders(folder: Path, names: Sequence[str]) -> None:
    """Refuse folders of samples that are there already and that no earlier run wrote, before anything is computed.

    Raises
    ------
    DataError
        With the folder.
    """
    for name in names:
        place = folder / name
        if place.exists() and name not in _written(folder) and not (place.is_dir() and not any(place.iterdir())):
            message = f"{str(place)!r} is there already and no earlier run wrote it: name another folder."
            raise DataError(message)


def _remove(place: Path) -> None:
    """Remove a file, or a folder of samples: recordings and their metadata, and nothing else."""
    if not place.is_dir():
        place.unlink(missing_ok=True)
        return
    files = [item for item in place.rglob("*") if not item.is_dir()]
    if place.is_symlink() or any(item.suffix not in (".wav", ".png") and item.name != "metadata.csv" for item in files):
        message = f"{str(place)!r} holds more than an earlier run wrote there: move it, or name another folder."
        raise DataError(message)
    shutil.rmtree(place)


def save_with_card(dataset: Dataset, path: Path, *, card: bool = True) -> None:
    """Write a set with its record, and its data card if that is wanted.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    from auditkit.filtering.cards import write_card  # noqa: PLC0415 - only where something is written

    dataset.save(path)
    if card:
        write_card(path, dataset)


def roles_of(data: DataConfig) -> dict[str, Any]:
    """What the columns mean, as run.json keeps it: enough to read the same data again."""
    return data.model_dump(mode="json", include=_ROLES)


def save_selection(folder: Path, selection: Selection, rescored: Rescored | None = None) -> None:
    """Note beside an audit what the filter did and what it changed, so that its report can say so."""
    write_json(folder / SELECTION, selection.to_json())
    if rescored is None:
        (folder / RESCORED).unlink(missing_ok=True)
    else:
        rescored.save(folder / RESCORED)


def suffix(dataset: Dataset) -> str:
    """Suffix of the format that samples of a modality are written in; none for a folder."""
    return _SUFFIXES[dataset.modality]
