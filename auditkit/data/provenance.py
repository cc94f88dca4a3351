"""Where a set comes from: one record of plain types that follows a set through every step and lies beside its file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import __version__
from auditkit.data.record_checks import record_fault
from auditkit.errors import DataError
from auditkit.store import read_json, write_json

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = [
    "RECORD",
    "ProvenanceWarning",
    "generator_records",
    "given_record",
    "joined_record",
    "joined_words",
    "place_beside",
    "read_record",
    "write_record",
]

RECORD = ".provenance.json"
"""What is added to a file's name."""
_OURS = "auditkit"


class ProvenanceWarning(UserWarning):
    """A provenance record that lies beside a file cannot be read: the set is loaded without it."""


def given_record(licence: str | None, consent: str | None) -> dict[str, Any] | None:
    """Record of real data from what their user says of them; None where nothing is said.

    Raises
    ------
    DataError
        If one is no text.
    """
    for name, value in (("licence", licence), ("consent", consent)):
        if value is not None and (not isinstance(value, str) or not value.strip()):
            example = "CC-BY-4.0" if name == "licence" else "given for research, 2024"
            raise DataError(f"{name} must be a text, as {example!r}, got {value!r}: say it in words, or leave it out.")
    if licence is None and consent is None:
        return None
    return {_OURS: __version__, "synthetic": False, "licence": licence, "consent": consent}


def joined_record(sets: Sequence[Dataset]) -> Mapping[str, Any] | None:
    """Record of sets behind each other: theirs if it is one and the same, else one with a part per set."""
    records = [item.provenance for item in sets]
    if all(record == records[0] for record in records):
        return records[0]
    parts = [{"source": item.source, "n": len(item), **(item.provenance or {})} for item in sets]
    return {
        _OURS: __version__,
        "synthetic": any(bool(part.get("synthetic")) for part in parts),
        "licence": joined_words(parts, "licence"),
        "consent": joined_words(parts, "consent"),
        "parts": parts,
    }


def joined_words(records: Sequence[Mapping[str, Any]], name: str) -> str | None:
    """What several records say under a name, each thing once; None where none says anything."""
    told = dict.fromkeys(str(record[name]) for record in records if record.get(name))
    return " AND ".join(told) or None


def generator_records(record: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The records of generators that a record holds: itself, or those of its parts."""
    if not isinstance(record, Mapping):
        return []
    if record.get("data_hash"):
        return [record]
    inner = [record.get("source_record"), *record.get("parts", ()), *(side.get("record") for side in _sides(record))]
    return [found for part in inner for found in generator_records(part)]


def _sides(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Both sides of a merge."""
    return [side for side in (record.get("real"), *record.get("added", ())) if isinstance(side, Mapping)]


def place_beside(path: str | PathLike[str], ending: str) -> Path:
    """Where what is told of a file or folder of samples lies: beside it, with its whole name and an ending."""
    target = Path(path)
    return target.with_name(f"{target.name}{ending}")


def write_record(path: str | Path, record: Mapping[str, Any] | None) -> None:
    """Write the record of a synthetic set beside its file; where there is none, an earlier one of ours goes.

    Raises
    ------
    DataError
        If it cannot be written, or holds other than plain types.
    """
    place = place_beside(path, RECORD)
    if record is not None and record.get("synthetic"):
        write_json(place, record)
    elif _is_ours(place):
        place.unlink()  # it told of other samples than those that now have the name


def read_record(path: str | Path) -> Mapping[str, Any] | None:
    """Record that lies beside a file or folder; None where there is none, or with a warning none that can be read."""
    place = place_beside(path, RECORD)
    if not place.is_file():
        return None
    try:
        record = read_json(place)
    except DataError as error:
        warnings.warn(f"{place.name} is left out: {error}", ProvenanceWarning, stacklevel=2)
        return None
    fault = record_fault(record)
    if fault is not None:
        warnings.warn(f"{place.name} is left out: {fault}.", ProvenanceWarning, stacklevel=2)
        return None
    found: Mapping[str, Any] = record
    return found


def _is_ours(place: Path) -> bool:
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and _OURS in record
