"""Where results go: folders and files checked before the work, and everything written in one go after it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.errors import DataError
from auditkit.layout import RUN
from auditkit.store import read_json

if TYPE_CHECKING:
    from auditkit.config import DataConfig, FilterRule, QuotaRule
    from auditkit.data import Dataset
    from auditkit.filtering.select import Selection

__all__ = [
    "check_file",
    "check_folder",
    "clear_earlier",
    "roles_of",
    "selection_record",
    "suffix",
    "uninterrupted",
]

TABLES = (".csv", ".csv.gz", ".parquet", ".jsonl")


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


def check_file(path: Path, *, images: bool = False) -> None:
    """Refuse a file for samples whose suffix names no format or whose folder cannot be written; make that folder.

    Raises
    ------
    DataError
        With what is wrong about it.
    """
    name = path.name.lower()
    if images and not (name.endswith(".npz") or not path.suffix):
        message = f"images are saved as npz or as a folder, {path.name!r} is neither: use such a name."
        raise DataError(message)
    if not images and not name.endswith(TABLES):
        message = f"tables are saved as {', '.join(TABLES)}, {path.name!r} is none of these: use such a suffix."
        raise DataError(message)
    if path.suffix and path.is_dir():
        message = f"cannot write {str(path)!r}: there is a folder of that name: use another one."
        raise DataError(message)
    check_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)


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
    if not (folder / RUN).is_file():
        return
    record = read_json(folder / RUN)
    earlier = record.get("files", []) if isinstance(record, dict) else []
    for name in earlier:
        if Path(name).name == name and name not in keep:
            for stale in (name, f"{name}.selection.json", f"{name}.selection.parquet", f"{name}.provenance.json"):
                (folder / stale).unlink(missing_ok=True)


def roles_of(data: DataConfig) -> dict[str, Any]:
    """What the columns mean, as run.json keeps it: enough to read the same data again."""
    return data.model_dump(mode="json", include={"label", "groups", "key", "order", "modality", "columns"})


def selection_record(
    selection: Selection, asked: Sequence[FilterRule] | None, quotas: Sequence[QuotaRule] = ()
) -> dict[str, Any]:
    """What `selection.json` beside an audit says: counts and reasons, and rules and quotas as they were asked for."""
    rules = None if asked is None else [rule.model_dump(mode="json", exclude_none=True) for rule in asked]
    shares = [quota.model_dump(mode="json", exclude_none=True) for quota in quotas]
    return {**selection.to_json(), "asked": rules, "quotas": shares}


def suffix(dataset: Dataset) -> str:
    """Suffix of the format that samples of a modality are written in."""
    return ".npz" if dataset.samples is not None else ".csv"
