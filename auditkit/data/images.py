"""Folders of images: a folder per class, read when asked, checked when loaded."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.arrays import LABEL
from auditkit.data.decoding import decode, is_grey, pixels_of
from auditkit.data.listed_files import FILE, check_listed, check_writable, is_inside
from auditkit.data.schema import Modality, Schema
from auditkit.errors import DataError, ShapeError

__all__ = ["SUFFIXES", "FolderSamples", "read_folder"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
METADATA = "metadata.csv"
_BATCH = 64
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class FolderSamples:
    """Images in files, read when taken.

    Attributes
    ----------
    root : Path
    files : tuple of str
        Paths below the root, one per sample.
    size : tuple of int
        Height, width and channels that every image has.
    """

    root: Path
    files: tuple[str, ...]
    size: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of one sample."""
        return self.size

    @property
    def modality(self) -> Modality:
        """`"image"`."""
        return "image"

    @property
    def rate(self) -> int | None:
        """None: images have no rate."""
        return None

    @property
    def channels(self) -> tuple[str, ...]:
        """Empty: the channels of images have no names."""
        return ()

    def __len__(self) -> int:
        return len(self.files)

    def take(self, index: ArrayLike) -> NDArray[np.uint8]:
        """Pixels of the samples at these places, read from their files.

        Raises
        ------
        DataError
            If a file can no longer be read, or its image changed in size.
        """
        places = np.asarray(index, dtype=np.intp)
        pixels = np.empty((len(places), *self.size), dtype=np.uint8)

        def fill(block: slice) -> None:
            for row in range(block.start, block.stop):
                pixels[row] = self._read(self.files[places[row]])

        with _quiet():
            run_blocks(fill, split_blocks(len(places), _BATCH))
        return pixels

    def _read(self, file: str) -> NDArray[np.uint8]:
        try:
            image = decode(self.root / file)
        except DataError as error:
            message = f"image {file!r} cannot be read any more ({error}): load the folder again."
            raise DataError(message) from error
        pixels = pixels_of(image, self.size[2])
        if pixels.shape != self.size:
            message = f"image {file!r} has shape {pixels.shape} now and had {self.size}: load the folder again."
            raise DataError(message)
        return pixels

    def select(self, index: ArrayLike) -> FolderSamples:
        """The samples at these places, still unread."""
        places = np.asarray(index, dtype=np.intp)
        return FolderSamples(self.root, tuple(self.files[place] for place in places), self.size)


def read_folder(
    root: Path, *, source: str, schema: Schema | None = None, limit: int | None = None
) -> tuple[pd.DataFrame, FolderSamples]:
    """Images of a folder with a folder per class, in sorted order.

    Images that lie in the root itself have no label. A file `metadata.csv` in the root with a column `file` (path
    below the root) gives the order and adds its other columns. Grey images keep one channel when all are grey, else
    all become RGB; transparency is laid on white; EXIF orientation is applied. Every image is decoded once here, so
    that a damaged file is told now.

    Parameters
    ----------
    root : Path
    source : str
        Name of the set, for messages.
    schema : Schema, optional
        Schema of the real data: its number of channels is used where nothing is lost.
    limit : int, optional
        Images to read, in sorted order.

    Returns
    -------
    table : pandas.DataFrame
        Labels, groups and metadata.
    samples : FolderSamples

    Raises
    ------
    DataError
        If there are no images, files cannot be read, or the metadata do not fit.
    ShapeError
        If images differ in size.
    """
    frame = _columns(root, _listed(root, source), source).head(limit)
    files = frame.pop(FILE).tolist()
    with _quiet():
        blocks = run_blocks(
            lambda block: [_inspect(root / file) for file in files[block]], split_blocks(len(files), _BATCH)
        )
    found = [item for block in blocks for item in block]
    bad = [(file, item) for file, item in zip(files, found, strict=True) if isinstance(item, str)]
    if bad:
        shown = "; ".join(f"{file} ({why})" for file, why in bad[:_SHOWN])
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        message = f"{source} has {len(bad)} unreadable image(s): {shown}{more}: repair or remove them."
        raise DataError(message)
    read = [item for item in found if not isinstance(item, str)]
    size = _common_size(files, read, source)
    channels = 1 if all(item.grey for item in read) else 3
    if schema is not None and schema.shape is not None and all(item.neutral for item in read):
        channels = schema.shape[2]
    return frame, FolderSamples(root, tuple(files), (*size, channels))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of the decoder: what matters in them (size, damage) is checked and refused here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True)
class _Facts:
    """Size of an image; whether it is stored in grey, and whether it shows only grey."""

    size: tuple[int, int]
    grey: bool
    neutral: bool


def _listed(root: Path, source: str) -> list[str]:
    base = root.resolve()
    paths = [path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    files = [path.relative_to(root).as_posix() for path in paths]
    if not files:
        kinds = ", ".join(sorted(SUFFIXES))
        message = f"{source} holds no images ({kinds}): expected a folder per class with image files in it."
        raise DataError(message)
    check_writable(files, source=source)
    for path, file in zip(paths, files, strict=True):
        if not is_inside(path, base):
            message = f"image {file!r} of {source} is a link that leaves the folder: copy the file instead."
            raise DataError(message)
        if file.count("/") > 1 and not (root / METADATA).is_file():
            message = (
                f"{source} holds images more than one folder deep ({file!r}): give the folder of the class folders."
            )
            raise DataError(message)
    return sorted(files)


def _inspect(path: Path) -> _Facts | str:
    """Facts of an image, or why it cannot be read."""
    try:
        image = decode(path)
    except DataError as error:
        return str(error)
    pixels = pixels_of(image, 3)
    neutral = bool((pixels == pixels[..., :1]).all())
    return _Facts((image.height, image.width), is_grey(image), neutral)


def _common_size(files: Sequence[str], read: Sequence[_Facts], source: str) -> tuple[int, int]:
    first = read[0].size
    for file, item in zip(files, read, strict=True):
        if item.size != first:
            message = (
                f"images of {source} differ in size: {files[0]} is {first[0]} x {first[1]} and {file} "
                f"{item.size[0]} x {item.size[1]} (height x width): resize them to one size."
            )
            raise ShapeError(message)
    return first


def _columns(root: Path, files: Sequence[str], source: str) -> pd.DataFrame:

    classes = {file: file.split("/")[0] if "/" in file else None for file in files}
    path = root / METADATA
    frame = pd.DataFrame({FILE: list(files)})
    if path.is_file():
        frame = _metadata(path, files, f"{source}/{METADATA}")
    if LABEL not in frame.columns and any(classes.values()):
        frame[LABEL] = pd.Series([classes[file] for file in frame[FILE]], dtype="str")
    return frame


def _metadata(path: Path, files: Sequence[str], source: str) -> pd.DataFrame:
    from auditkit.data.tabular import read_csv  # noqa: PLC0415 - only for folders that bring columns

    frame = check_listed(read_csv(path, source=source, columns={FILE: "text"}), what="image", source=source)
    listed = set(frame[FILE])
    for words, odd in (("lacks", sorted(set(files) - listed)), ("names missing", sorted(listed - set(files)))):
        if odd:
            message = f"{source} {words} image(s): {len(odd)}, the first is {odd[0]!r}; give one line per image file."
            raise DataError(message)
    return frame
