"""Records as short digests: equal records, and only those, have equal digests, across sets and files."""

from __future__ import annotations

import hashlib
import json
import math
import re
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.dataset import Dataset
from auditkit.data.inference import as_numbers
from auditkit.data.levels import level_codes, level_text
from auditkit.data.samples import sample_bytes
from auditkit.data.schema import Column, Modality, Schema
from auditkit.errors import UnknownNameError

__all__ = ["add_hashes", "content_hash", "record_digests", "records_hash"]

_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,2})?")
_WHOLE = re.compile(r"[+-]?\d{1,20}")
_BATCH = 1024
_DECIMALS = 4
_ROUNDABLE = 2.0**38
"""Larger numbers have no fourth decimal that a float64 could hold after scaling."""
_MOST = 307
_NAN = np.uint64(0x7FF8000000000000)
_PAYLOAD = np.uint64(0x0007FFFFFFFFFFFF)


def record_digests(dataset: Dataset, *, schema: Schema) -> NDArray[np.bytes_]:
    """Digest of each unit's record.

    Numbers count as equal when they agree to 4 decimals (more in columns of numbers up to 0.1, so that four digits of
    the largest count), -0.0 equals 0.0, a missing cell equals a missing cell,
    levels are compared as text (1 and 1.0 are the same level). Ids and the key are no part of a record. The record
    of an image is its pixels, of a text its characters, of a recording or series its values. With `key` a record is
    all rows of the unit, in order where a column orders them and
    in any order else.

    Parameters
    ----------
    dataset : Dataset
    schema : Schema
        The real data's, also for the other sets.

    Returns
    -------
    ndarray of bytes, dtype "S16", shape (n_units,)
        BLAKE2b of 16 bytes; compare with `==`, `numpy.isin`, `numpy.unique`.

    Raises
    ------
    UnknownNameError
        If the set lacks a column of the schema.

    Notes
    -----
    A "S16" value drops zero bytes at its end when printed, never when compared. O(n) time and memory.
    """
    if dataset.samples is not None:
        return _sample_digests(dataset)
    rows = _packed_rows(dataset, schema)
    if dataset.unit_of_row is not None and dataset.order is None:
        rows = _sorted_rows(rows, dataset.unit_of_row)
    width = rows.shape[1]
    data = rows.tobytes()
    bounds = np.arange(len(dataset) + 1) if dataset.unit_of_row is None else _unit_bounds(dataset)
    edges = [int(edge) * width for edge in bounds]
    return _digests([data[low:high] for low, high in pairwise(edges)])


def _sorted_rows(rows: NDArray[np.uint8], unit_of_row: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Rows of each unit in the order of their bytes."""
    if not rows.shape[1]:
        return rows
    packed = np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").ravel()
    _, places = np.unique(packed, return_inverse=True)
    return rows[np.lexsort((places, unit_of_row))]


def _unit_bounds(dataset: Dataset) -> NDArray[np.intp]:
    return np.searchsorted(np.asarray(dataset.unit_of_row), np.arange(len(dataset) + 1))


def _digests(records: list[bytes]) -> NDArray[np.bytes_]:
    joined = b"".join(hashlib.blake2b(record, digest_size=16).digest() for record in records)
    return np.frombuffer(joined, dtype="S16").copy()


def _sample_digests(dataset: Dataset) -> NDArray[np.bytes_]:
    batches = dataset.batches(_BATCH)
    found = [_digests([sample_bytes(sample) for sample in batch.arrays()]) for batch in batches]
    return np.concatenate(found) if found else np.empty(0, dtype="S16")


def _packed_rows(dataset: Dataset, schema: Schema) -> NDArray[np.uint8]:
    """Rows as bytes: 8 for a number, 16 for a level."""
    cells = []
    for column in schema.columns:
        if column.kind == "id":
            continue
        if column.name not in dataset.table.columns:
            raise UnknownNameError.of("column", column.name, dataset.table.columns, f"in {dataset.source}")
        cells.append(_packed(dataset.table[column.name], column))
    if not cells:
        return np.empty((dataset.n_rows, 0), dtype=np.uint8)
    return np.concatenate(cells, axis=1)


def _packed(values: pd.Series, column: Column) -> NDArray[np.uint8]:
    if column.kind in {"numeric", "integer", "datetime"} or (column.kind == "constant" and column.dtype != "str"):
        bits = _number_bits(values, moments=column.kind == "datetime", decimals=_decimals(column))
        return bits.view(np.uint8).reshape(len(values), 8)
    codes, levels = level_codes(values)
    digests = [hashlib.blake2b(level.encode("utf-8", "surrogatepass"), digest_size=16).digest() for level in levels]
    table = np.frombuffer(b"".join([*digests, bytes(16)]), dtype=np.uint8).reshape(-1, 16)
    return table[codes]


def _decimals(column: Column) -> int:
    """Decimals that count: four, and more where the real column's largest number is at most 0.1."""
    largest = max(abs(column.minimum or 0.0), abs(column.maximum or 0.0))
    return _DECIMALS if largest == 0 else min(max(_DECIMALS, _DECIMALS - math.ceil(math.log10(largest))), _MOST)


def _number_bits(values: pd.Series, *, moments: bool, decimals: int) -> NDArray[np.uint64]:
    """Bits of the rounded numbers; text in a number's place, and integers that no float64 holds, as NaN payloads."""
    numbers = as_numbers(values, moments=moments)
    rounded = _rounded(numbers, decimals)
    bits = (rounded + 0.0).view(np.uint64).copy()
    bits[np.isnan(numbers)] = _NAN
    odd = np.flatnonzero(_inexact(values, numbers))
    for row in odd:
        text = level_text(values.iloc[row])
        text = text if _WHOLE.fullmatch(text) is None else str(int(text))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        bits[row] = _NAN | (np.uint64(int.from_bytes(digest, "little")) & _PAYLOAD) | np.uint64(1)
    return bits


def _rounded(numbers: NDArray[np.float64], decimals: int) -> NDArray[np.float64]:
    if decimals == _DECIMALS:
        fine = abs(numbers) < _ROUNDABLE
        return np.where(fine, np.round(np.where(fine, numbers, 0.0), _DECIMALS), numbers)
    step = 10.0**-decimals
    fine = abs(numbers) < _ROUNDABLE * 10.0**_DECIMALS * step
    return np.where(fine, np.rint(np.where(fine, numbers, 0.0) / step) * step, numbers)


def _inexact(values: pd.Series, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    unread: NDArray[np.bool_] = np.isnan(numbers) & values.notna().to_numpy()
    if not pd.api.types.is_float_dtype(values.dtype):
        for row in np.flatnonzero(abs(numbers) >= 2.0**53):
            text = level_text(values.iloc[row])
            unread[row] = _WHOLE.fullmatch(text) is not None and int(text) != int(numbers[row])
    return unread


def content_hash(dataset: Dataset) -> str:
    """SHA-256 of what a set holds: roles, columns, cells, pixels. Names of units and of the set are no part of it."""
    state = hashlib.sha256()
    roles = {
        "modality": dataset.modality,
        "label": dataset.label,
        "groups": list(dataset.groups),
        "key": dataset.key,
        "order": dataset.order,
        "n": len(dataset),
        "columns": [[name, dataset.schema[name].kind] for name in dataset.table.columns if name in dataset.schema],
    }
    state.update(json.dumps(roles, sort_keys=True).encode())
    for name in dataset.table.columns:
        state.update(_cells(dataset.table[name]))
    if dataset.samples is not None:
        for batch in dataset.batches(_BATCH):
            for sample in batch.arrays():
                state.update(_framed(sample_bytes(sample), dataset.modality))
    return state.hexdigest()


def records_hash(dataset: Dataset) -> str:
    """Hash of the units of a set whatever their order, their names and the roles and kinds of columns, as hex.

    It is the sum of a digest per unit, so that the hash of two sets together is `add_hashes` of theirs. Cells are
    compared as text (1, 1.0 and "1" are the same), columns by name; columns of ids and the key are left out.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    str of 32 digits

    Notes
    -----
    It recognises data, it does not protect them: who may choose the rows can make two sets with one hash.
    """
    left_out = {dataset.key, *dataset.schema.of_kind("id")}
    names = sorted(name for name in dataset.table.columns if name not in left_out)
    rows = [_cell_bytes(dataset.table[name]) for name in names]
    packed = np.concatenate(rows, axis=1) if rows else np.empty((dataset.n_rows, 0), dtype=np.uint8)
    bounds = np.arange(len(dataset) + 1) if dataset.unit_of_row is None else _unit_bounds(dataset)
    data, width = packed.tobytes(), packed.shape[1]
    units = [data[int(low) * width : int(high) * width] for low, high in pairwise(bounds)]
    if dataset.samples is not None:
        samples = (sample_bytes(sample) for batch in dataset.batches(_BATCH) for sample in batch.arrays())
        units = [unit + sample for unit, sample in zip(units, samples, strict=True)]
    key = hashlib.blake2b(json.dumps(names).encode()).digest()
    total = sum(int.from_bytes(hashlib.blake2b(unit, key=key, digest_size=16).digest()) for unit in units)
    return f"{total % 2**128:032x}"


def add_hashes(first: str, second: str) -> str:
    """`records_hash` of two sets together, from theirs."""
    return f"{(int(first, 16) + int(second, 16)) % 2**128:032x}"


def _cell_bytes(values: pd.Series) -> NDArray[np.uint8]:
    """Cells as eight bytes each: numbers, and texts that spell one, by their value, other levels by a digest."""
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0
        bits = numbers.view(np.uint64).copy()
        bits[np.isnan(numbers)] = _NAN
        packed: NDArray[np.uint8] = bits.view(np.uint8).reshape(len(values), 8)
        return packed
    codes, levels = level_codes(values)
    digests = [_level_digest(level) for level in levels]
    table = np.frombuffer(b"".join([*digests, _NAN.tobytes()]), dtype=np.uint8).reshape(-1, 8)
    return table[codes]


def _level_digest(level: str) -> bytes:
    if _NUMBER.fullmatch(level):
        return np.float64(float(level) + 0.0).tobytes()
    return hashlib.blake2b(level.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _framed(content: bytes, modality: Modality) -> bytes:
    """Content with its length before it, where lengths differ; images of one set share theirs."""
    return content if modality == "image" else len(content).to_bytes(8, "little") + content


def _cells(values: pd.Series) -> bytes:
    if pd.api.types.is_float_dtype(values.dtype):
        floats: NDArray[np.float64] = values.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0
        return floats.astype("<f8").tobytes()
    codes, levels = level_codes(values)
    return json.dumps(levels).encode() + codes.astype("<i4").tobytes()
