"""Arrays, npy and npz files: images, or rows of features. Nothing is unpickled, nothing larger than its file says."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError, DataError, ShapeError

__all__ = ["LABEL", "LABEL_KEYS", "ArrayParts", "array_of", "array_parts", "choose_members", "read_members", "read_npy"]

SAMPLE_KEYS = ("images", "x", "X", "features", "data", "arr_0")
LABEL_KEYS = ("label", "labels", "y", "Y", "targets", "target")
LABEL = "label"

_CHANNELS = (1, 3)
_LONE = (0xD800, 0xDFFF)
_SINGLE = 4
_RATIO = 200
"""An npz member that grows more than this when unpacked is refused; flat images reach about 100."""
_MEMBERS = 1000
_SMALL = 1 << 24
"""Members below 16 MiB may grow as they like,"""
_ALL = 1 << 28
"""and all members together below 256 MiB."""


@dataclass(frozen=True, eq=False)
class ArrayParts:
    """What arrays hold: images or feature columns, and columns beside them.

    Attributes
    ----------
    samples : ArraySamples or None
    frame : pandas.DataFrame
        Feature columns `f0`, `f1`, ... for a 2-D array, the label named `"label"`, and other columns.
    """

    samples: ArraySamples | None
    frame: pd.DataFrame


def array_of(values: Any) -> NDArray[Any]:
    """Numpy array of an array or a tensor, which may need a gradient, lie on a device or be of a type numpy lacks.

    Examples
    --------
    >>> array_of([[1, 2]]).shape
    (1, 2)
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # There is no bfloat16 in numpy; float32 holds all of its numbers, and those of float16.
        values = values.float() if values.is_floating_point() and values.element_size() < _SINGLE else values
    return np.asarray(values)


def array_parts(values: NDArray[Any], beside: Mapping[str, NDArray[Any]] | None = None, *, source: str) -> ArrayParts:
    """Images or feature rows from an array, and columns beside them.

    Parameters
    ----------
    values : ndarray
        Shape (n, d): features; (n, H, W) or (n, H, W, C) with 1 or 3 channels: images.
    beside : mapping of str to ndarray of shape (n,), optional
        Further columns.
    source : str
        Name of the set, for messages.

    Returns
    -------
    ArrayParts

    Raises
    ------
    ShapeError
        If the array is no such shape, or columns differ in length.
    DataError
        If images are not whole numbers from 0 to 255, or features are not finite numbers.
    """
    if values.dtype.kind not in "biuf":
        message = f"{source} holds an array of type {values.dtype}: expected numbers."
        raise DataError(message)
    if values.ndim == 0:
        message = f"{source} holds a single number: expected an array with one sample per row."
        raise ShapeError(message)
    columns = dict(beside or {})
    for name, column in columns.items():
        if column.shape != (len(values),):
            message = f"{name!r} of {source} has shape {column.shape}, expected ({len(values)},): one value per sample."
            raise ShapeError(message)
    if values.ndim == 2:  # noqa: PLR2004 - rows of features
        if values.dtype.kind == "f" and np.isnan(values).any():
            message = f"{source} has {int(np.isnan(values).sum())} NaN(s) among its features: make them finite."
            raise DataError(message)
        features = {f"f{place}": values[:, place] for place in range(values.shape[1])}
        taken = next((name for name in columns if name in features), None)
        if taken is not None:
            message = f"{source} holds {taken!r}, the name that a column of its features gets: rename it."
            raise DataError(message)
        return ArrayParts(None, pd.DataFrame(features | columns))
    samples = ArraySamples(_pixels(_channels_last(values, source), source))
    return ArrayParts(samples, pd.DataFrame(columns, index=pd.RangeIndex(len(values))))


def _channels_last(values: NDArray[Any], source: str) -> NDArray[Any]:
    if 0 in values.shape[1:]:
        message = f"{source} has shape {values.shape}: the images have no pixels."
        raise ShapeError(message)
    if values.ndim == 3:  # noqa: PLR2004 - images without a channel axis
        return values[..., np.newaxis]
    if values.ndim != 4 or values.shape[-1] not in _CHANNELS:  # noqa: PLR2004 - images with channels
        first = values.ndim == 4 and values.shape[1] in _CHANNELS  # noqa: PLR2004
        hint = "; the channels come first, so pass x.transpose(0, 2, 3, 1)" if first else ""
        message = (
            f"{source} has shape {values.shape}: expected (n, d) features, or (n, H, W) or (n, H, W, C) images with "
            f"1 or 3 channels{hint}."
        )
        raise ShapeError(message)
    return values


def _pixels(values: NDArray[Any], source: str) -> NDArray[np.uint8]:
    """Pixels as uint8 where nothing is lost: whole numbers 0 to 255, or k / 255 in [0, 1]."""
    if values.dtype == np.uint8:
        return values.copy()
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if not values.size:
        return values.astype(np.uint8)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        message = f"the images of {source} have {n_bad} value(s) that are not finite: make them 0 to 255."
        raise DataError(message)
    low, high = values.min(), values.max()
    rounded = np.rint(values) if values.dtype.kind == "f" else values
    if low >= 0 and high <= 255 and not (values.dtype.kind == "f" and high <= 1) and (rounded == values).all():  # noqa: PLR2004
        return rounded.astype(np.uint8)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        scaled = values.astype(np.float64) * 255
        if (abs(scaled - np.rint(scaled)) <= 1e-3).all():  # noqa: PLR2004 - float32 k / 255 is off by less
            return np.rint(scaled).astype(np.uint8)
    message = (
        f"the images of {source} are {values.dtype} from {low:g} to {high:g}: expected whole numbers 0 to 255 or "
        "k / 255 in [0, 1]; scale them and round to uint8."
    )
    raise DataError(message)


def read_npy(path: Path, *, source: str) -> NDArray[Any]:
    """Array from an npy file.

    Raises
    ------
    DataError
        If the file holds objects, is cut off, or claims more than it holds.
    """
    with path.open("rb") as file:
        return _array(file, path.stat().st_size, source)


def read_members(path: Path, *, source: str) -> dict[str, NDArray[Any]]:
    """Arrays of an npz file by name.

    Raises
    ------
    DataError
        If the file is no zip of arrays, or would grow beyond measure.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > _MEMBERS:
                message = f"{source} has more than {_MEMBERS} members: expected images or features and a few columns."
                raise DataError(message)
            _check_growth(archive.infolist(), source)
            names = [item.filename for item in archive.infolist()]
            if len(set(names)) < len(names):
                message = f"{source} holds members of the same name: write it again with numpy.savez."
                raise DataError(message)
            return {
                item.filename.removesuffix(".npy"): _member(archive, item, source)
                for item in archive.infolist()
                if item.filename.endswith(".npy")
            }
    except AuditkitError:
        raise
    # RuntimeError: encrypted, or packed by an unknown method.
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError) as error:
        message = f"{source} cannot be read as npz: write it again with numpy.savez."
        raise DataError(message) from error


def choose_members(
    members: Mapping[str, NDArray[Any]], *, source: str, label: str | None = None
) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Samples and columns among named arrays.

    The samples are the member `images`, `x`, `features`, `data` or the only one of two or more dimensions; `y`,
    `label`, `labels`, `target` or `targets` is the column `"label"`; other members with one value per sample are
    columns; members of any other length (class names and the like) describe no sample and are left unread.

    Parameters
    ----------
    members : mapping of str to ndarray
    source : str
        Name of the set, for messages.
    label : str, optional
        Member that is the label, where it has another name than these; it keeps that name.

    Returns
    -------
    samples : ndarray
    columns : dict of str to ndarray of shape (n,)

    Raises
    ------
    DataError
        If no array can be the samples.
        Or if a column holds text that is no Unicode.
    ShapeError
        If the label has not one value per sample.
    """
    key = _sample_key(members, source)
    values = members[key]
    columns = {name: column for name, column in members.items() if name != key and column.shape == values.shape[:1]}
    for name, column in columns.items():
        _check_text(column, name, source)
    own = label in columns and label not in LABEL_KEYS
    named = [name for name in LABEL_KEYS if name in columns]
    meant = (label,) if label in members else () if named or own else LABEL_KEYS
    unfit = next((name for name in meant if name in members and name != key and name not in columns), None)
    if unfit is not None:
        message = (
            f"the label {unfit!r} of {source} has shape {members[unfit].shape}, expected {values.shape[:1]}: give one "
            "value per sample, or leave it out."
        )
        raise ShapeError(message)
    if named and LABEL not in columns and not own:
        columns[LABEL] = columns.pop(named[0])
    return values, columns


def _check_text(column: NDArray[Any], name: str, source: str) -> None:
    if column.dtype.kind == "U":
        marks = np.frombuffer(np.ascontiguousarray(column).astype(column.dtype.newbyteorder("=")).tobytes(), np.uint32)
        if ((marks >= _LONE[0]) & (marks <= _LONE[1])).any():
            message = f"{name!r} of {source} holds text that is no Unicode (a lone surrogate): replace it."
            raise DataError(message)


def _sample_key(members: Mapping[str, NDArray[Any]], source: str) -> str:
    for name in SAMPLE_KEYS:
        if name in members:
            return name
    wide = [name for name, array in members.items() if array.ndim > 1]
    if len(wide) == 1:
        return wide[0]
    found = ", ".join(members) or "nothing"
    message = f"{source} holds {found}: expected a member named images, x or features."
    raise DataError(message)


def _check_growth(items: Sequence[zipfile.ZipInfo], source: str) -> None:
    """Refuse many small members that grow beyond measure together."""
    size, packed = sum(item.file_size for item in items), sum(item.compress_size for item in items)
    if size > _ALL and size > _RATIO * packed:
        message = f"{source} grows {size // max(packed, 1)}-fold when unpacked: save it without compression."
        raise DataError(message)


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, source: str) -> NDArray[Any]:
    growth = item.file_size // max(item.compress_size, 1)
    if item.file_size > _SMALL and growth > _RATIO:
        message = f"{source}: member {item.filename!r} grows {growth}-fold when unpacked: save it without compression."
        raise DataError(message)
    with archive.open(item) as file:
        return _array(file, item.file_size, f"{source}, member {item.filename!r}")


def _array(file: IO[bytes], size: int, source: str) -> NDArray[Any]:
    """Array whose header agrees with the bytes there are, checked before memory is asked for."""
    shape, fortran, dtype, start = _header(file, source)
    if dtype.hasobject:
        message = f"{source} holds Python objects: save plain numbers or text."
        raise DataError(message)
    if dtype.itemsize == 0 or dtype.subdtype is not None:
        message = f"{source} holds cells of type {dtype}: save plain numbers or text."
        raise DataError(message)
    count = 1
    for length in shape:
        count *= length
    if min(shape, default=0) < 0 or count * dtype.itemsize != size - start:
        message = f"{source} claims {count * dtype.itemsize} bytes and has {size - start}: the file is damaged."
        raise DataError(message)
    data = file.read(size - start)
    if len(data) != size - start:
        message = f"{source} ends early: the file is damaged."
        raise DataError(message)
    try:
        return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    except ValueError as error:  # an empty array of impossible shape
        message = f"{source} claims the shape {shape}: the file is damaged."
        raise DataError(message) from error


def _header(file: IO[bytes], source: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    try:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran, dtype = read(file)
    except (ValueError, KeyError, OSError) as error:
        message = f"{source} cannot be read as an array: write it again with numpy.save."
        raise DataError(message) from error
    return tuple(int(length) for length in shape), bool(fortran), dtype, file.tell()
