"""Images and recordings that lie in the cells of a table as the bytes, or the path, of a file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.decoding import decode, is_grey, pixels_of
from auditkit.data.recordings import RecordingSamples
from auditkit.data.samples import ArraySamples
from auditkit.data.schema import Schema
from auditkit.data.wave_files import decode_wave, quiet_waves, read_wave
from auditkit.data.wave_folder import change_rate
from auditkit.errors import DataError, MissingDependencyError, ShapeError

__all__ = ["images_of_cells", "images_of_pixels", "recordings_of_cells"]

_BATCH = 64
_RGB = 3
_Made = TypeVar("_Made")
Cells = Sequence[Mapping[str, Any] | None]


def images_of_cells(cells: Cells, *, schema: Schema | None = None, source: str) -> ArraySamples:
    """Images of one size: grey with one channel where all are grey, else RGB.

    Parameters
    ----------
    cells : sequence of mapping
        `bytes` of an image file, or its `path` where there are none.
    schema : Schema, optional
        Schema of the real set: its number of channels is used where nothing is lost.
    source : str
        Name of the column and set, for messages.

    Raises
    ------
    DataError
        If images are missing or cannot be read, with the first rows.
    ShapeError
        If they differ in size.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters in them (size, damage) is checked and refused
        found = _each(cells, lambda cell: _pixels(decode(_content(cell))), "image", source)
    return images_of_pixels(found, schema=schema, source=source)


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    return pixels_of(image, 1 if is_grey(image) else _RGB)


def images_of_pixels(found: Sequence[NDArray[np.uint8]], *, schema: Schema | None = None, source: str) -> ArraySamples:
    """The same of pixels, each of shape (H, W, 1) or (H, W, 3).

    Raises
    ------
    ShapeError
        If they differ in size.
    """
    first = found[0].shape[:2]
    odd = next((row for row, pixels in enumerate(found) if pixels.shape[:2] != first), None)
    if odd is not None:
        message = (
            f"images of {source} differ in size: the first is {first[0]} x {first[1]} and that of row {odd + 1} "
            f"{found[odd].shape[0]} x {found[odd].shape[1]} (height x width): resize them to one size."
        )
        raise ShapeError(message)
    grey = all(pixels.shape[2] == 1 for pixels in found)
    wanted = 1 if grey else _RGB
    if schema is not None and schema.shape is not None and len(schema.shape) == _RGB and (grey or _all_neutral(found)):
        wanted = schema.shape[2]
    stack = np.empty((len(found), *first, wanted), dtype=np.uint8)
    for row, pixels in enumerate(found):
        stack[row] = pixels[..., :1] if wanted == 1 else pixels
    return ArraySamples(stack)


def _all_neutral(found: Iterable[NDArray[np.uint8]]) -> bool:
    return all((pixels == pixels[..., :1]).all() for pixels in found)


def recordings_of_cells(cells: Cells, *, rate: int | None, source: str) -> RecordingSamples:
    """Recordings of one rate and one number of channels.

    Parameters
    ----------
    cells : sequence of mapping
        `bytes` of a wav, flac or ogg file, or its `path` where there are none.
    rate : int or None
        Resample to this rate; without it all must have the same.
    source : str
        Name of the column and set, for messages.

    Raises
    ------
    DataError
        If recordings are missing or cannot be read, with the first rows.
    MissingDependencyError
        For flac and ogg files without soundfile.
    ShapeError
        If they differ in rate or channels.
    """
    with quiet_waves():
        found = _each(cells, _wave, "recording", source)
    rates = sorted({found_rate for _, found_rate in found})
    if rate is None and len(rates) > 1:
        message = f"{source} has recordings of {' and '.join(map(str, rates))} Hz: give rate= to resample them."
        raise ShapeError(message)
    wanted = rate or rates[0]
    waves = [change_rate(wave, own, wanted) for wave, own in found]
    return RecordingSamples.of(waves, rate=wanted, source=source)


def _wave(cell: Mapping[str, Any]) -> tuple[NDArray[np.float32], int]:
    content = _content(cell)
    return decode_wave(content) if isinstance(content, bytes) else read_wave(content)


def _content(cell: Mapping[str, Any]) -> bytes | Path:
    content, path = cell.get("bytes"), cell.get("path")
    if content is not None:
        return bytes(content)
    if path is None:
        raise DataError("neither bytes nor a path")
    if "://" in str(path):
        raise DataError("on another machine, download it first")
    return Path(path)


def _each(cells: Cells, read: Callable[[Mapping[str, Any]], _Made], what: str, source: str) -> list[_Made]:
    """Each cell as it is read; those that cannot be are told together."""
    missing = [row for row, cell in enumerate(cells) if cell is None]
    if missing:
        message = f"{source} has {len(missing)} missing {what}(s), the first in row {missing[0] + 1}: drop these rows."
        raise DataError(message)
    blocks = run_blocks(
        lambda block: [_tried(read, cell) for cell in cells[block] if cell is not None],
        split_blocks(len(cells), _BATCH),
    )
    found = [item for block in blocks for item in block]
    bad = [(row, item) for row, item in enumerate(found) if isinstance(item, DataError)]
    if bad:
        row, why = bad[0]
        message = (
            f"{source} has {len(bad)} unreadable {what}(s), the first in row {row + 1} ({why}): repair or drop them."
        )
        raise DataError(message)
    return [item for item in found if not isinstance(item, DataError)]


def _tried(read: Callable[[Mapping[str, Any]], _Made], cell: Mapping[str, Any]) -> _Made | DataError:
    try:
        return read(cell)
    except MissingDependencyError:
        raise
    except DataError as error:
        return error
