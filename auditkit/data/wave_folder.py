"""Folders of recordings: a folder per class or a csv that lists the files; checked when loaded, read when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.listed_files import FILE, check_listed, check_writable, is_inside, is_there
from auditkit.data.schema import Modality
from auditkit.data.wave_files import SUFFIXES, WaveFacts, quiet_waves, read_wave
from auditkit.errors import DataError, ShapeError

__all__ = ["METADATA", "WaveFolder", "change_rate", "read_wave_folder", "read_wave_list"]

METADATA = ("metadata.csv", "meta.csv")
LABEL = "label"
_BATCH = 64
_SHOWN = 5
_FASTEST = 768_000
"""Filters grow with the rates: beyond the fastest recorders they would fill the memory."""


@dataclass(frozen=True, eq=False)
class WaveFolder:
    """Recordings in files, read when taken.

    Attributes
    ----------
    root : Path
    files : tuple of str
        Paths below the root, one per recording.
    hertz : int
        Samples per second and channel; files of another rate are resampled when read.
    n_channels : int
    """

    root: Path
    files: tuple[str, ...]
    hertz: int
    n_channels: int

    @property
    def modality(self) -> Modality:
        """`"audio"`."""
        return "audio"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of channels."""
        return (self.n_channels,)

    @property
    def rate(self) -> int | None:
        """Samples per second and channel, in Hz."""
        return self.hertz

    @property
    def channels(self) -> tuple[str, ...]:
        """Empty: the channels of recordings have no names."""
        return ()

    def __len__(self) -> int:
        return len(self.files)

    def take(self, index: ArrayLike) -> NDArray[np.object_]:
        """Waves at these places, each float32 of shape (t, channels), read from their files.

        Raises
        ------
        DataError
            If a file can no longer be read, or its recording changed.
        """
        places = np.asarray(index, dtype=np.intp)
        waves = np.empty(len(places), dtype=object)

        def fill(block: slice) -> None:
            for row in range(block.start, block.stop):
                waves[row] = self._read(self.files[places[row]])

        with quiet_waves():
            run_blocks(fill, split_blocks(len(places), _BATCH))
        return waves

    def _read(self, file: str) -> NDArray[np.float32]:
        try:
            wave, rate = read_wave(self.root / file)
        except DataError as error:
            message = f"recording {file!r} cannot be read any more ({error}): load the folder again."
            raise DataError(message) from error
        if wave.shape[1] != self.n_channels:
            message = f"recording {file!r} has {wave.shape[1]} channels now, not {self.n_channels}: load it again."
            raise DataError(message)
        return change_rate(wave, rate, self.hertz)

    def select(self, index: ArrayLike) -> WaveFolder:
        """The samples at these places, still unread."""
        places = np.asarray(index, dtype=np.intp)
        return WaveFolder(self.root, tuple(self.files[place] for place in places), self.hertz, self.n_channels)


def change_rate(wave: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Wave of `rate` samples per second at the rate that is wanted; the same wave where it has it."""
    if rate == wanted or not len(wave):
        return wave
    from scipy.signal import resample_poly  # noqa: PLC0415 - only where rates differ

    common = gcd(rate, wanted)
    made = resample_poly(wave.astype(np.float64), wanted // common, rate // common, axis=0)
    return np.ascontiguousarray(made, dtype=np.float32)


def read_wave_folder(
    root: Path, *, source: str, rate: int | None = None, limit: int | None = None
) -> tuple[pd.DataFrame, WaveFolder]:
    """Recordings of a folder with a folder per class, in sorted order.

    Recordings that lie in the root itself have no label. A file `metadata.csv` or `meta.csv` in the root with a column
    `file` (path below the root) gives the order and adds its other columns. Every file is read once here, so that a
    damaged one is told now.

    Parameters
    ----------
    root : Path
    source : str
        Name of the set, for messages.
    rate : int, optional
        Resample to this rate; without it all must have the same.
    limit : int, optional
        Recordings to read, from the first.

    Returns
    -------
    columns : pandas.DataFrame
        Labels, groups and metadata.
    samples : WaveFolder

    Raises
    ------
    DataError
        If there are no recordings, files cannot be read, or the metadata do not fit.
    ShapeError
        If recordings differ in rate or channels.
    """
    paths = [path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    files = sorted(path.relative_to(root).as_posix() for path in paths)
    if not files:
        kinds = ", ".join(sorted(SUFFIXES))
        message = f"{source} holds no recordings ({kinds}): expected a folder per class with recordings in it."
        raise DataError(message)
    check_writable(files, source=source)
    listed = next((name for name in METADATA if (root / name).is_file()), None)
    if listed is not None:
        frame = _metadata(root / listed, f"{source}/{listed}")
        lacking = sorted(set(files) - set(frame[FILE]))
        if lacking:
            message = (
                f"{source}/{listed} lacks {len(lacking)} recording(s), the first is {lacking[0]!r}: give one line per "
                "file."
            )
            raise DataError(message)
    else:
        deep = next((file for file in files if file.count("/") > 1), None)
        if deep is not None:
            message = f"{source} holds recordings more than one folder deep ({deep!r}): give a metadata.csv with them."
            raise DataError(message)
        frame = pd.DataFrame({FILE: files})
    frame = frame.head(limit)
    return _samples(root, _with_classes(frame), source=source, rate=rate)


def read_wave_list(
    path: Path, *, source: str, rate: int | None = None, limit: int | None = None
) -> tuple[pd.DataFrame, WaveFolder]:
    """Recordings that a csv file lists in its column `file`, as paths below the folder of the csv.

    Parameters, returns and errors are those of `read_wave_folder`; files that are not listed are not looked at.
    """
    return _samples(path.parent, _metadata(path, source).head(limit), source=source, rate=rate)


def _with_classes(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns with the folder of each file as its label, where there are folders and no such column."""
    classes = [file.split("/")[0] if file.count("/") == 1 else None for file in frame[FILE]]
    # Files that all lie in one folder beside their metadata have no class by that.
    if LABEL in frame.columns or not any(classes) or (len(frame.columns) > 1 and len(set(classes)) == 1):
        return frame
    return frame.assign(**{LABEL: pd.Series(classes, dtype="str")})


def _metadata(path: Path, source: str) -> pd.DataFrame:
    from auditkit.data.tabular import read_csv  # noqa: PLC0415 - only for folders that bring columns

    frame = check_listed(read_csv(path, source=source, columns={FILE: "text"}), what="recording", source=source)
    base = path.parent.resolve()
    outside = [file for file in frame[FILE] if not is_inside(base / file, base)]
    if outside:
        message = f"{source} names {len(outside)} recording(s) outside its folder ({outside[0]!r}): copy them into it."
        raise DataError(message)
    gone = [file for file in frame[FILE] if not is_there(base / file)]
    if gone:
        message = f"{source} names {len(gone)} missing recording(s), the first is {gone[0]!r}: give one line per file."
        raise DataError(message)
    return frame


def _samples(root: Path, frame: pd.DataFrame, *, source: str, rate: int | None) -> tuple[pd.DataFrame, WaveFolder]:
    files = frame[FILE].tolist()
    base = root.resolve()
    outside = next((file for file in files if not is_inside(root / file, base)), None)
    if outside is not None:
        message = f"recording {outside!r} of {source} is a link that leaves the folder: copy the file instead."
        raise DataError(message)
    with quiet_waves():
        blocks = run_blocks(
            lambda block: [_inspect(root / file) for file in files[block]], split_blocks(len(files), _BATCH)
        )
    found = [item for block in blocks for item in block]
    bad = [(file, item) for file, item in zip(files, found, strict=True) if isinstance(item, str)]
    if bad:
        shown = "; ".join(f"{file} ({why})" for file, why in bad[:_SHOWN])
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        message = f"{source} has {len(bad)} unreadable recording(s): {shown}{more}: repair or remove them."
        raise DataError(message)
    facts = [item for item in found if not isinstance(item, str)]
    widths = (item.channels for item in facts)
    channels = _common(source, widths, "channels", "", "bring them to one number of channels")
    if rate is None:
        rates = (item.rate for item in facts)
        rate = _common(source, rates, "rates", " Hz", "give rate= to resample them")
    fast = max(rate, *(item.rate for item in facts))
    if fast > _FASTEST and any(item.rate != rate for item in facts):
        message = f"{source} cannot be resampled from or to {fast:,} Hz: give rates of at most {_FASTEST:,} Hz."
        raise DataError(message)
    return frame.drop(columns=[FILE]).reset_index(drop=True), WaveFolder(root, tuple(files), rate, channels)


def _inspect(path: Path) -> WaveFacts | str:
    """Facts of a recording, or why it cannot be read."""
    try:
        wave, rate = read_wave(path)
    except DataError as error:
        return str(error)
    return WaveFacts(rate, wave.shape[1], len(wave))


def _common(source: str, values: Iterable[int], what: str, unit: str, remedy: str) -> int:
    counts: Sequence[tuple[int, int]] = Counter(values).most_common()
    if len(counts) > 1:
        told = ", ".join(f"{n} of {value}{unit}" for value, n in counts[:_SHOWN])
        message = f"{source} has recordings of {len(counts)} different {what} ({told}): {remedy}."
        raise ShapeError(message)
    return counts[0][0]
