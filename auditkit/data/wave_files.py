"""One recording, in a file or the bytes of one, into a wave: wav by scipy, flac and ogg by soundfile if installed."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import DataError, MissingDependencyError

__all__ = ["SUFFIXES", "WAV", "WaveFacts", "decode_wave", "quiet_waves", "read_wave", "wave_bytes", "wave_facts"]

WAV = (".wav", ".wave")
OTHER = (".flac", ".ogg")
SUFFIXES = frozenset((*WAV, *OTHER))
_OTHER_MARKS = (b"fLaC", b"OggS")
_FULL = {np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}
_FORMATS = {1: (8, 16, 24, 32), 3: (32, 64)}
_EXTENSIBLE = 0xFFFE
_HEAD = 16
_PCM, _FLOAT = 1, 3


@dataclass(frozen=True)
class WaveFacts:
    """What a file says of its recording.

    Attributes
    ----------
    rate : int
        Samples per second and channel.
    channels : int
    n : int
        Samples per channel.
    """

    rate: int
    channels: int
    n: int


def wave_facts(path: Path) -> WaveFacts:
    """Rate, channels and length of a recording, from its head; a file that is cut off is refused.

    Raises
    ------
    DataError
        Why it cannot be read, in a few words without the file's name.
    MissingDependencyError
        For flac and ogg files without soundfile.
    """
    if path.exists() and not path.is_file():
        raise DataError("not a regular file")
    if path.suffix.lower() in OTHER:
        wave, rate = _of_soundfile(path)
        return WaveFacts(rate, wave.shape[1], len(wave))
    try:
        with path.open("rb") as file:
            return _facts(file, path.stat().st_size)
    except FileNotFoundError as error:
        raise DataError("the file is gone") from error
    except (OSError, struct.error) as error:
        raise DataError("damaged or cut off") from error


def _facts(file: Any, size: int) -> WaveFacts:
    if size == 0:
        raise DataError("an empty file")
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":  # noqa: PLR2004 - bytes of the head
        raise DataError("no wav file")
    form = None
    while len(chunk := file.read(8)) == 8:  # noqa: PLR2004 - name and length of a chunk
        name, length = struct.unpack("<4sI", chunk)
        if name == b"fmt ":
            form = _form(file.read(length))
        elif name == b"data":
            if form is None:
                break
            if length > size - file.tell():
                raise DataError("cut off")
            rate, channels, width = form
            return WaveFacts(rate, channels, length // (width * channels))
        else:
            file.seek(length, 1)
        file.seek(length % 2, 1)
    raise DataError("no samples")


def _form(data: bytes) -> tuple[int, int, int]:
    """Rate, channels and bytes per sample of a format chunk."""
    code, channels, rate, _, block, bits = struct.unpack("<HHIIHH", data[:_HEAD])
    if code == _EXTENSIBLE and len(data) >= 26:  # noqa: PLR2004 - where the real code stands
        code = struct.unpack("<H", data[24:26])[0]
    if bits not in _FORMATS.get(code, ()):
        raise DataError(f"format {code} with {bits} bits, save it as PCM or float")
    if not (rate and channels and block == channels * bits // 8):
        raise DataError("damaged or cut off")
    return rate, channels, bits // 8


def read_wave(path: Path) -> tuple[NDArray[np.float32], int]:
    """Wave of a file as float32 of shape (t, channels), full scale at -1 and 1, and its rate.

    Whole numbers of 16, 24 and 32 bits are divided by their full scale, 8 bits are centred first; floats stay.

    Raises
    ------
    DataError
        Why it cannot be read, in a few words without the file's name.
    MissingDependencyError
        For flac and ogg files without soundfile.
    """
    if path.suffix.lower() in OTHER:
        wave, rate = _of_soundfile(path)
    else:
        wave_facts(path)
        wave, rate = _of_scipy(path)
    if not np.isfinite(wave).all():
        raise DataError("values that are not finite")
    return wave, rate


def decode_wave(data: bytes) -> tuple[NDArray[np.float32], int]:
    """Wave of the bytes of a wav, flac or ogg file, as `read_wave` gives it of the file.

    Raises
    ------
    DataError
        Why it cannot be read, in a few words.
    MissingDependencyError
        For flac and ogg without soundfile.

    Examples
    --------
    >>> wave, rate = decode_wave(wave_bytes(np.zeros((4, 1), dtype=np.float32), 8000, pcm=True))
    >>> wave.shape, rate
    ((4, 1), 8000)
    """
    if data[:4] in _OTHER_MARKS:
        wave, rate = _of_soundfile(io.BytesIO(data))
    elif data[:4] == b"RIFF":
        try:
            _facts(io.BytesIO(data), len(data))
        except struct.error as error:
            raise DataError("damaged or cut off") from error
        wave, rate = _of_scipy(io.BytesIO(data))
    else:
        raise DataError("no wav, flac or ogg file" if data else "an empty file")
    if not np.isfinite(wave).all():
        raise DataError("values that are not finite")
    return wave, rate


@contextlib.contextmanager
def quiet_waves() -> Iterator[None]:
    """No warnings of the reader about chunks of other programs; to be entered before threads read."""
    from scipy.io import wavfile  # noqa: PLC0415 - only where there are recordings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wavfile.WavFileWarning)
        yield


def _of_scipy(path: Path | io.BytesIO) -> tuple[NDArray[np.float32], int]:
    from scipy.io import wavfile  # noqa: PLC0415 - only where there are recordings

    try:
        rate, values = wavfile.read(path)
    except (OSError, ValueError, EOFError, struct.error) as error:
        raise DataError("damaged or cut off") from error
    if values.ndim == 1:
        values = values[:, None]
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128.0) / 128.0
    elif values.dtype in _FULL:
        values = values / _FULL[values.dtype]
    with np.errstate(over="ignore"):  # what is too large is told as not finite
        return np.ascontiguousarray(values, dtype=np.float32), int(rate)


def _of_soundfile(path: Path | io.BytesIO) -> tuple[NDArray[np.float32], int]:
    try:
        import soundfile  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "flac and ogg files need soundfile: install the extra, as pip install '.[audio]', or convert to wav."
        raise MissingDependencyError(message) from error
    if isinstance(path, Path) and not path.is_file():
        raise DataError("the file is gone or no regular file")
    try:
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise DataError("damaged or cut off") from error
    return np.ascontiguousarray(wave, dtype=np.float32), int(rate)


def wave_bytes(wave: NDArray[np.float32], rate: int, *, pcm: bool) -> bytes:
    """A wav file: 16-bit PCM, or 32-bit float. The same wave gives the same bytes.

    Parameters
    ----------
    wave : ndarray of float32, shape (t, channels)
    rate : int
    pcm : bool
        16 bits; what lies beyond full scale is cut.

    Returns
    -------
    bytes
    """
    code, kind = (_PCM, "<i2") if pcm else (_FLOAT, "<f4")
    values = np.clip(np.rint(wave.astype(np.float64) * 2**15), -(2**15), 2**15 - 1) if pcm else wave
    data = np.ascontiguousarray(values, dtype=kind).tobytes()
    width, channels = np.dtype(kind).itemsize, wave.shape[1]
    form = struct.pack("<HHIIHH", code, channels, rate, rate * width * channels, width * channels, 8 * width)
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", data)
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
