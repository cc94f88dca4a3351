"""Folders of images: a folder per class, read when asked, checked when loaded."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.arrays import LABEL
from auditkit.data.schema import Schema
from auditkit.errors import DataError, ShapeError

__all__ = ["FolderSamples", "read_folder"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
METADATA = "metadata.csv"
MAX_PIXELS = 1 << 26
"""Larger images (64 megapixels) are refused before they are decoded."""

_GREY = frozenset({"1", "L"})
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

        run_blocks(fill, split_blocks(len(places), _BATCH))
        return pixels

    def _read(self, file: str) -> NDArray[np.uint8]:
        try:
            image = _decode(self.root / file)
        except (OSError, ValueError, SyntaxError) as error:
            message = f"image {file!r} cannot be read any more ({_reason(error)}): load the folder again."
            raise DataError(message) from error
        pixels = _as_array(image, self.size[2])
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
    below the root) adds its other columns. Grey images keep one channel when all are grey, else all become RGB;
    transparency is laid on white; EXIF orientation is applied. Every image is decoded once here, so that a damaged
    file is told now.

    Parameters
    ----------
    root : Path
    source : str
        Name of the set, for messages.
    schema : Schema, optional
        Schema of the real data: its number of channels is used where nothing is lost.
    limit : int, optional
        Images to read, in sorted order.

    Raises
    ------
    DataError
        If there are no images, files cannot be read, or the metadata do not fit.
    ShapeError
        If images differ in size.
    """
    files = _listed(root, source)[:limit]
    checks = run_blocks(lambda block: [_inspect(root / file) for file in files[block]], split_blocks(len(files), _BATCH))
    found = [item for block in checks for item in block]
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
    return _columns(root, files, source), FolderSamples(root, tuple(files), (*size, channels))


@dataclass(frozen=True)
class _Facts:
    """Size of an image; whether it is stored in grey, and whether it shows only grey."""

    size: tuple[int, int]
    grey: bool
    neutral: bool


def _listed(root: Path, source: str) -> list[str]:
    base = root.resolve()
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    files = [path.relative_to(root).as_posix() for path in paths]
    if not files:
        kinds = ", ".join(sorted(SUFFIXES))
        message = f"{source} holds no images ({kinds}): expected a folder per class with image files in it."
        raise DataError(message)
    for path, file in zip(paths, files, strict=True):
        if not path.resolve().is_relative_to(base):
            message = f"image {file!r} of {source} is a link that leaves the folder: copy the file instead."
            raise DataError(message)
    return sorted(files)


def _inspect(path: Path) -> _Facts | str:
    """Facts of an image, or why it cannot be read."""
    try:
        image = _decode(path)
    except (OSError, ValueError, SyntaxError) as error:
        return _reason(error)
    grey = image.mode in _GREY
    if grey:
        return _Facts((image.height, image.width), grey, neutral=True)
    pixels = _as_array(image, 3)
    neutral = bool((pixels == pixels[..., :1]).all())
    return _Facts((image.height, image.width), grey, neutral)


def _decode(path: Path) -> Image.Image:
    if not stat.S_ISREG(path.stat().st_mode):
        message = "not a regular file"
        raise ValueError(message)
    with warnings.catch_warnings():
        # Our own limit on pixels stands below; what Pillow warns of is then either refused or harmless.
        warnings.simplefilter("ignore")
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                message = f"{image.width} x {image.height} pixels, more than {MAX_PIXELS}"
                raise ValueError(message)
            if getattr(image, "n_frames", 1) > 1:
                message = f"{image.n_frames} frames instead of one"
                raise ValueError(message)
            image.load()
            turned: Image.Image = ImageOps.exif_transpose(image)
            return turned


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not a PNG, JPEG, WEBP or BMP image"
    if isinstance(error, FileNotFoundError):
        return "the file is gone"
    return str(error).split("\n", maxsplit=1)[0] or type(error).__name__


def _as_array(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        if values.max(initial=0) > 255 or values.min(initial=0) < 0:  # noqa: PLR2004 - 16 bits to 8
            values = np.rint(values / 257)
        image = Image.fromarray(values.astype(np.uint8))
    if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    pixels = np.asarray(image.convert("RGB" if channels > 1 or image.mode not in _GREY else "L"), dtype=np.uint8)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels[..., :channels]  # noqa: PLR2004 - no channel axis


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
    from auditkit.data.tabular import read_csv  # noqa: PLC0415 - only for folders that bring columns

    classes = [file.split("/")[0] if "/" in file else None for file in files]
    frame = pd.DataFrame(index=pd.RangeIndex(len(files)))
    if any(name is not None for name in classes):
        frame[LABEL] = pd.Series(classes, dtype="str")
    path = root / METADATA
    if not path.is_file():
        return frame
    extra = read_csv(path, source=f"{source}/{METADATA}", columns={"file": "text"})
    if "file" not in extra.columns or extra["file"].duplicated().any():
        message = f"{source}/{METADATA} needs a column 'file' that names each image once."
        raise DataError(message)
    extra = extra.set_index("file")
    lacking = [file for file in files if file not in extra.index]
    if lacking:
        message = f"{source}/{METADATA} lacks {len(lacking)} image(s), the first is {lacking[0]!r}: give a line for each."
        raise DataError(message)
    extra = extra.loc[list(files)].reset_index(drop=True)
    return pd.concat([frame.drop(columns=[name for name in frame if name in extra]), extra], axis=1)
