"""Files that hold models: what they hold as a digest, and TorchScript modules read from them."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

from auditkit.errors import DataError

__all__ = ["file_digest", "load_script"]

_CHUNK = 1 << 20


def file_digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files of a folder, as hex."""
    state = hashlib.sha256()
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            state.update(file.relative_to(path).as_posix().encode() + b"\0")
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                state.update(chunk)
    return state.hexdigest()


def load_script(path: Path) -> Any:
    """TorchScript module of a file, on the CPU. Such a file is a program: take it from where you trust.

    Raises
    ------
    DataError
        If the file holds none.
    """
    import torch  # noqa: PLC0415 - heavy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the format is old, and what published files are in
            return torch.jit.load(str(path), map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        message = f"{path.name} holds no TorchScript module: save one with torch.jit.script(model).save(...)."
        raise DataError(message) from error
