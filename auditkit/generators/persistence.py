"""Saved generators: one json file and one safetensors file in a folder, nothing that runs code when read."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from auditkit import store
from auditkit.errors import DataError, MissingDependencyError
from auditkit.generators.interface import FitReport, GeneratorInfo, NotFittedError
from auditkit.generators.outline import Outline

__all__ = ["FORMAT_VERSION", "Saved", "read_generator", "read_head", "refuse_damage", "write_generator"]

MadeT = TypeVar("MadeT")
ClassT = TypeVar("ClassT")

FORMAT_VERSION = 1
_HEAD = "generator.json"
_ARRAYS = "arrays.safetensors"


@dataclass(frozen=True)
class Saved:
    """What a saved generator holds.

    Attributes
    ----------
    params : mapping
        What the generator was created with.
    outline : Outline
        Schema and roles of the training data.
    report : FitReport
        Carries the SHA-256 of the training data.
    extra : mapping
        Whatever else the generator wrote as json.
    arrays : mapping of str to ndarray
    """

    params: Mapping[str, Any]
    outline: Outline
    report: FitReport
    extra: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def write_generator(
    folder: str | Path,
    *,
    info: GeneratorInfo,
    params: Mapping[str, Any],
    outline: Outline | None,
    report: FitReport | None,
    extra: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write a fitted generator into a folder, which is made if need be.

    Parameters
    ----------
    folder : str or Path
    info : GeneratorInfo
    params : mapping
        What the generator was created with.
    outline : Outline or None
    report : FitReport or None
    extra : mapping
        Further plain types.
    arrays : mapping of str to ndarray

    Raises
    ------
    NotFittedError
        When there is no outline or report yet.
    """
    from safetensors.numpy import save  # noqa: PLC0415 - only saving and loading need it

    if outline is None or report is None:
        message = f"generator {info.name!r} must be fitted before it is saved: call fit(dataset)."
        raise NotFittedError(message)
    place = Path(folder)
    content = save({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})
    store.write_bytes(place / _ARRAYS, content)
    head = {
        "format_version": FORMAT_VERSION,
        "name": info.name,
        "modality": info.modality,
        "stores_real_values": info.stores_real_values,
        "params": dict(params),
        "outline": outline.to_json(),
        "report": report.to_json(),
        "extra": dict(extra),
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }
    store.write_json(place / _HEAD, head)


def refuse_damage(load: Callable[[ClassT, str | Path], MadeT]) -> Callable[[ClassT, str | Path], MadeT]:
    """Make a function that reads a saved generator say whatever it cannot make sense of as one `DataError`."""

    @functools.wraps(load)
    def read(cls: ClassT, folder: str | Path) -> MadeT:
        try:
            return load(cls, folder)
        except (DataError, MissingDependencyError):
            raise
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            said = f"{type(error).__name__}: {lines[0].strip()}".rstrip(".: ")
            message = f"the saved generator in {str(folder)!r} is damaged ({said}): fit and save it again."
            raise DataError(message) from error

    return read


def read_head(folder: str | Path) -> dict[str, Any]:
    """The json part of a saved generator.

    Raises
    ------
    DataError
        When the folder holds no generator, or one of another format version.
    """
    path = Path(folder) / _HEAD
    if not path.is_file():
        message = f"expected a saved generator with {_HEAD} in {str(folder)!r}, found none: save one there first."
        raise DataError(message)
    head = store.read_json(path)
    version = head.get("format_version") if isinstance(head, dict) else None
    if version != FORMAT_VERSION:
        message = (
            f"expected format_version {FORMAT_VERSION} in {str(path)!r}, got {version!r}: fit and save the generator "
            "again with this version of auditkit."
        )
        raise DataError(message)
    for key in ("name", "modality"):
        if not isinstance(head.get(key), str):
            message = (
                f"expected text as {key!r} in {str(path)!r}, got {head.get(key)!r}: fit and save the generator again."
            )
            raise DataError(message)
    return dict(head)


def read_generator(folder: str | Path, *, info: GeneratorInfo) -> Saved:
    """Read what `write_generator` wrote for the same kind of generator.

    Raises
    ------
    DataError
        When the folder holds another kind of generator, another format version, or none, or its arrays are not those
        that were saved. Folders of versions that kept no digest of the arrays are read without that check.
    """
    head = read_head(folder)
    if (head["name"], head["modality"]) != (info.name, info.modality):
        message = (
            f"expected a saved {info.modality}/{info.name} in {str(folder)!r}, found "
            f"{head['modality']}/{head['name']}: read it with auditkit.generators.load."
        )
        raise DataError(message)
    for key in ("params", "outline", "report", "extra"):
        if not isinstance(head.get(key), dict):
            message = (
                f"expected {key!r} in {_HEAD} of {str(folder)!r}, got {head.get(key)!r}: save the generator again."
            )
            raise DataError(message)
    path = Path(folder) / _ARRAYS
    if not path.is_file():
        message = f"expected {_ARRAYS} beside {_HEAD} in {str(folder)!r}, found none: copy the whole folder."
        raise DataError(message)
    arrays = _read_arrays(path, head.get("arrays_sha256"))
    return Saved(
        params=head["params"],
        outline=Outline.from_json(head["outline"]),
        report=FitReport.from_json(head["report"]),
        extra=head["extra"],
        arrays=arrays,
    )


def _read_arrays(path: Path, sha256: str | None) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError  # noqa: PLC0415 - only saving and loading need it
    from safetensors.numpy import load  # noqa: PLC0415

    content = path.read_bytes()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        message = f"{str(path)!r} is not the file that was saved with its {_HEAD}: copy the whole folder again."
        raise DataError(message)
    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        message = f"{str(path)!r} cannot be read as arrays ({error}): copy the whole folder again."
        raise DataError(message) from error
