"""Files that do not depend on when or where they were written: canonical JSON, parquet, atomic replacement.

A reader never sees half a file: content goes to a temporary file in the same folder, which then takes the name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.errors import AuditkitError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "dump_json",
    "file_digest",
    "read_json",
    "read_table",
    "write_bytes",
    "write_json",
    "write_table",
    "write_text",
]


def dump_json(data: Any) -> str:
    """Canonical JSON text: keys sorted, two spaces of indent, shortest floats that read back, newline at the end.

    Parameters
    ----------
    data : mappings, sequences, strings, numbers, booleans, None
        numpy scalars and arrays become plain numbers and lists.

    Returns
    -------
    str

    Raises
    ------
    AuditkitError
        If a number is NaN or infinite, a key is no string, or a value is of another type; its place is named.

    Examples
    --------
    >>> print(dump_json({"b": (1, 2.5), "a": None}), end="")
    {
      "a": null,
      "b": [
        1,
        2.5
      ]
    }
    """
    return json.dumps(_plain(data, ""), sort_keys=True, allow_nan=False, ensure_ascii=False, indent=2) + "\n"


def write_json(path: str | Path, data: Any) -> None:
    """Write canonical JSON (see `dump_json`) atomically; missing folders are made.

    Raises
    ------
    AuditkitError
        If the data are not plain.
    DataError
        If the file cannot be written.
    """
    write_text(path, dump_json(data))


def read_json(path: str | Path) -> Any:
    """Content of a JSON file.

    Raises
    ------
    DataError
        If it is absent, unreadable, no JSON, or holds NaN or infinities.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise DataError(f"cannot read {str(path)!r}: {_reason(error)}; check the path.") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"expected JSON in {str(path)!r}, but {error}: write the file again.") from None


def write_text(path: str | Path, text: str) -> None:
    r"""Write text as UTF-8 with `\n` line ends, atomically; missing folders are made.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    # A lone surrogate has no UTF-8; its escape is what JSON would write.
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: str | Path, content: bytes, *, owner_only: bool = False) -> None:
    """Write bytes atomically: all of them or none; missing folders are made.

    Parameters
    ----------
    path : path
    content : bytes
    owner_only : bool, default False
        Whether nobody else may read the file (mode 0600).

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    # A link keeps pointing to its file, which is what gets replaced.
    place = Path(os.path.realpath(path))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() and not place.is_file():
            place.write_bytes(content)  # a pipe or a terminal cannot be replaced
        else:
            _replace(place, content, mode=0o600 if owner_only else 0o666)
    except OSError as error:
        raise DataError(f"cannot write {str(path)!r}: {_reason(error)}; name another place.") from None


def write_table(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a table as parquet, without its index: same table, same bytes.

    Raises
    ------
    DataError
        If a column cannot be stored or the file cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed here
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", version="2.6", use_dictionary=True)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DataError(f"cannot store this table as {str(path)!r}: {_first_line(error)}.") from None
    write_bytes(path, sink.getvalue().to_pybytes())


def read_table(path: str | Path) -> pd.DataFrame:
    """Table from a parquet file, with the types that it was written with.

    Raises
    ------
    DataError
        If the file is absent, unreadable, or no parquet.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed here
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {str(path)!r}: {_reason(error)}; check the path.") from None
    try:
        return pq.read_table(pa.BufferReader(content)).to_pandas()
    except (pa.ArrowException, ValueError, OSError) as error:
        raise DataError(f"expected parquet in {str(path)!r}, but {_first_line(error)}: write the file again.") from None


def file_digest(path: Path) -> str:
    """SHA-256 of a file, or of the names of all files of a folder and the digests of what they hold, as hex."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    total = hashlib.sha256()
    for item in sorted(item for item in path.rglob("*") if item.is_file()):
        total.update(item.relative_to(path).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        total.update(bytes.fromhex(file_digest(item)))
    return total.hexdigest()


def _replace(place: Path, content: bytes, *, mode: int = 0o666) -> None:
    temporary = place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        # The mode is less the umask, as for any new file.
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _plain(data: Any, place: str) -> Any:
    """Data of plain types only; `place` says where in the whole it stands."""
    if data is None or isinstance(data, (str, bool)):
        return str(data) if isinstance(data, str) else data
    if isinstance(data, Mapping):
        return {_key(key, place): _plain(value, f"{place}.{key}" if place else key) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, (bytes, bytearray)):
        return [_plain(value, f"{place}[{index}]") for index, value in enumerate(data)]
    if isinstance(data, int):
        return int(data)
    if isinstance(data, float):
        return _finite(data, place)
    if hasattr(data, "tolist"):  # numpy's scalars and arrays, without importing numpy
        return _plain(data.tolist(), place)
    raise AuditkitError(f"expected plain types to store, got {type(data).__name__} at {place or 'the top'}.")


def _finite(number: float, place: str) -> float:
    if math.isfinite(number):
        return float(number)
    raise AuditkitError(f"expected a finite number at {place or 'the top'}, got {number}: store None and the reason.")


def _key(key: object, place: str) -> str:
    if isinstance(key, str):
        return str(key)
    raise AuditkitError(f"expected text as keys at {place or 'the top'}, got {key!r}.")


def _refuse_constant(name: str) -> Any:
    message = f"it holds {name}, which is no JSON number"
    raise ValueError(message)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
