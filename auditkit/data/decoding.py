"""One image file into pixels: formats by allow-list, size checked before decoding, missing rows told, never guessed."""

from __future__ import annotations

import io
import stat
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from auditkit.errors import DataError

__all__ = ["decode", "image_of", "is_grey", "pixels_of"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
MAX_PIXELS = 1 << 26
"""Larger images (64 megapixels) are refused before they are decoded."""

_GREY = frozenset({"1", "L", "I;16"})
_READABLE = _GREY | {"LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH, _DEEP = 24, 16
"""Byte of a PNG that holds its bits per channel, and the depth that 8 bits cannot hold,"""
_WIDENED = 257
"""unless every value is a multiple of this: 8 bits widened to 16."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Values per pixel for each PNG colour type."""


def decode(path: Path | bytes) -> Image.Image:
    """Image of a file, or of the bytes of one, turned as its EXIF orientation says.

    Raises
    ------
    DataError
        Why it cannot be read, in a few words without the file's name.
    """
    try:
        return _opened(path)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError("not a PNG, JPEG, WEBP or BMP image") from error
    except FileNotFoundError as error:
        raise DataError("the file is gone") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"more than {MAX_PIXELS} pixels") from error
    # ValueError: a text or colour profile that grows beyond measure, a header that is too short.
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error) as error:
        raise DataError("damaged or cut off") from error


def _opened(path: Path | bytes) -> Image.Image:
    if isinstance(path, Path) and not stat.S_ISREG(path.stat().st_mode):
        raise DataError("not a regular file")
    if not (path.stat().st_size if isinstance(path, Path) else path):
        raise DataError("an empty file")
    with Image.open(path if isinstance(path, Path) else io.BytesIO(path), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise DataError(f"{image.width} x {image.height} pixels, more than {MAX_PIXELS}")
        if int(getattr(image, "n_frames", 1)) > 1:
            raise DataError("several frames instead of one")
        if image.mode not in _READABLE:
            raise DataError(f"pixels of mode {image.mode}, save it with 8 bits per channel")
        if image.format == "PNG":
            _check_png_rows(path)
        image.load()
        _check_depth(image, path)
        turned: Image.Image = ImageOps.exif_transpose(image)
        return turned


def _check_depth(image: Image.Image, path: Path | bytes) -> None:
    """Refuse a PNG of 16 bits per channel, unless it is grey and every value is one of 8 bits, widened."""
    if image.format != "PNG":
        return
    deep = _start(path)[_DEPTH] == _DEEP
    if deep and (image.mode != "I;16" or (np.asarray(image) % _WIDENED).any()):
        raise DataError("16 bits per channel, scale it to 8 bits first")


def _start(path: Path | bytes) -> bytes:
    if isinstance(path, bytes):
        return path[: _DEPTH + 1]
    with path.open("rb") as file:
        return file.read(_DEPTH + 1)


def is_grey(image: Image.Image) -> bool:
    """Whether an image is stored with one channel of grey."""
    return image.mode in _GREY


def pixels_of(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    """Pixels of shape (H, W, channels). Widened grey becomes 8 bits, transparency turns white, palettes become colours.

    One channel of a coloured image is its first: ask for it only where all three are equal.
    """
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) // _WIDENED).astype(np.uint8))
    if image.mode in {"LA", "La", "PA", "RGBA"} or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    if channels == 1 and is_grey(image):
        return np.asarray(image.convert("L"), dtype=np.uint8)[..., np.newaxis]
    return np.asarray(image.convert("RGB"), dtype=np.uint8)[..., :channels]


def image_of(pixels: NDArray[np.uint8]) -> Image.Image:
    """Image of pixels of shape (H, W, 1) or (H, W, 3)."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _check_png_rows(path: Path | bytes) -> None:
    """Refuse a PNG with fewer rows than it claims: the decoder would fill them with black and say nothing."""
    data = path.read_bytes() if isinstance(path, Path) else path
    if not data.startswith(_SIGNATURE):
        raise DataError("damaged or cut off")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if interlaced:
        return
    expected = height * (1 + (width * depth * _SAMPLES.get(colour, 1) + 7) // 8)
    stream = zlib.decompressobj()
    found, place = 0, len(_SIGNATURE)
    while place + 8 <= len(data) and found < expected:
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        if kind == b"IDAT":
            found += len(stream.decompress(data[place + 8 : place + 8 + length], expected - found))
        place += 12 + length
    if found < expected:
        raise DataError("rows of the image are missing")
