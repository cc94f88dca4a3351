"""TorchScript modules read from files."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from auditkit.errors import DataError

__all__ = ["load_script"]


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
