"""A reference as one safetensors file: arrays, and JSON in its header. Nothing in it runs code when read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from auditkit import __version__, store
from auditkit.auditing.aggregates_file import aggregate_parts, restored_aggregates
from auditkit.auditing.kept_rules import KeptRules
from auditkit.auditing.kept_samples import measured_arrays, restored_samples
from auditkit.auditing.known import KnownSet, Roles, SetFacts
from auditkit.auditing.plan import AUDIT_PARAMETERS
from auditkit.auditing.reference import Reference
from auditkit.auditing.sides import Described
from auditkit.data.cells import CellColumn, Cells, MomentUnit
from auditkit.data.schema import Schema
from auditkit.errors import AuditkitError, DataError
from auditkit.features.registry import EmbedderState, restore_embedder
from auditkit.metrics.moments import Moments
from auditkit.metrics.neighbours import Neighbours
from auditkit.metrics.tables.unit_sides import UnitRows
from auditkit.metrics.tables.words import Words

if TYPE_CHECKING:
    from os import PathLike

    from auditkit.metrics.products import Role

__all__ = ["DEFINITIONS", "FORMAT_VERSION", "read_reference", "write_reference"]

FORMAT_VERSION = 4
"""Raised whenever the file's parts change."""

DEFINITIONS = 3
"""Raised whenever a metric gives another number for the same data: numbers of both must not stand side by side."""

_KEY = "auditkit.reference"
_DIGEST = 16
Arrays = dict[str, NDArray[Any]]
Plain = dict[str, Any]


def write_reference(path: str | PathLike[str], reference: Reference) -> None:
    """Write a reference atomically; with features of real records it is readable by its owner only.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    from safetensors.numpy import save  # noqa: PLC0415 - only files of references need it

    plain, arrays = _parts(reference)
    arrays = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    plain["digest"] = _digest(plain, arrays)
    content = save(arrays, metadata={_KEY: _text(plain)})
    store.write_bytes(Path(path), content, owner_only=reference.aggregates is None)


def read_reference(path: str | PathLike[str]) -> Reference:
    """Read what `write_reference` wrote.

    Raises
    ------
    DataError
        If it is absent or damaged, no reference, or one of other versions.
    """
    plain, arrays = _content(Path(path))
    _check_versions(plain, path)
    digest = plain.pop("digest", None)
    if digest != _digest(plain, arrays):
        raise DataError(f"the reference {str(path)!r} is damaged: its content has another digest; build it again.")
    try:
        return _reference(plain, arrays)
    except AuditkitError as error:
        raise DataError(f"the reference {str(path)!r} cannot be used: {error}") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        message = f"the reference {str(path)!r} is damaged ({type(error).__name__}): build it again."
        raise DataError(message) from None


def _content(path: Path) -> tuple[Plain, Arrays]:
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot read {str(path)!r}: {(error.strerror or str(error)).lower()}; check the path."
        ) from None
    try:
        arrays = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except (SafetensorError, ValueError, KeyError, RecursionError):
        message = f"{str(path)!r} is no reference, or a damaged one: build it with `auditkit reference build`."
        raise DataError(message) from None
    try:
        plain = json.loads(header.get("__metadata__", {})[_KEY])
    except (KeyError, ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        message = f"{str(path)!r} holds arrays, but is no reference: build one with `auditkit reference build`."
        raise DataError(message)
    return plain, arrays


def _check_versions(plain: Plain, path: str | PathLike[str]) -> None:
    """Refuse a reference whose numbers cannot stand beside those of this program."""
    ours = {"format": FORMAT_VERSION, "definitions": DEFINITIONS, "ties": AUDIT_PARAMETERS["ties"]}
    words = {"format": "has format", "definitions": "was built for metrics of version", "ties": "counts ties by rule"}
    for name, own in ours.items():
        if plain.get(name) != own:
            message = (
                f"the reference {str(path)!r} {words[name]} {plain.get(name)!r} and this auditkit ({__version__}) "
                f"uses {own!r}: build it again from the real data."
            )
            raise DataError(message)


def _text(plain: Plain) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _digest(plain: Plain, arrays: Arrays) -> str:
    """SHA-256 of everything in the file."""
    state = hashlib.sha256(_text(plain).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        state.update(f"{name} {array.dtype.str} {array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()


def _parts(reference: Reference) -> tuple[Plain, Arrays]:
    roles, state = reference.roles, reference.embedder.state()
    arrays: Arrays = {f"embedder.{name}": array for name, array in state.arrays.items()}
    sets: Plain = {}
    for role, facts in reference.facts.items():
        sets[role] = {"n": facts.n, "source": facts.source, "hash": facts.hash}
    for role, item in reference.known.items():
        more, own = _set_parts(item)
        sets[role] |= more
        arrays |= {f"{role}.{name}": array for name, array in own.items()}
    plain: Plain = {
        "format": FORMAT_VERSION,
        "definitions": DEFINITIONS,
        "ties": AUDIT_PARAMETERS["ties"],
        "auditkit": __version__,
        "seed": reference.seed,
        "modality": roles.modality,
        "schema": roles.schema.to_json(),
        "label": roles.label,
        "groups": list(roles.groups),
        "key": roles.key,
        "order": roles.order,
        "embedder": {"name": reference.embedder.name, "state": dict(state.about)},
        "rules": {
            "keys": list(reference.rules.keys),
            "constraints": list(reference.rules.constraints),
            "counts": [dict(item) for item in reference.rules.counts],
        },
        "kinds": dict(reference.kinds),
        "sets": sets,
        "private": reference.aggregates is not None,
    }
    if reference.aggregates is not None:
        plain["aggregates"], own = aggregate_parts(reference.aggregates)
        arrays |= {f"aggregates.{name}": array for name, array in own.items()}
    return plain, arrays


def _reference(plain: Plain, arrays: Arrays) -> Reference:
    schema = Schema.from_json(plain["schema"])
    roles = Roles(plain["modality"], schema, plain["label"], tuple(plain["groups"]), plain["key"], plain["order"])
    state = EmbedderState(plain["embedder"]["state"], _below("embedder", arrays))
    embedder = restore_embedder(plain["embedder"]["name"], state, modality=roles.modality)
    facts: dict[Role, SetFacts] = {
        role: SetFacts(*(plain["sets"][role][name] for name in ("n", "source", "hash")))
        for role in ("real", "holdout")
        if role == "real" or role in plain["sets"]
    }
    seed = int(plain["seed"])
    rules = KeptRules(*(tuple(plain["rules"][name]) for name in ("keys", "constraints", "counts")))
    if plain["private"]:
        held = restored_aggregates(plain["aggregates"], _below("aggregates", arrays), n=facts["real"].n)
        return Reference(roles, embedder, facts, seed, rules, aggregates=held)
    known = {role: _known_set(plain["sets"][role], _below(role, arrays), role, roles) for role in facts}
    return Reference(roles, embedder, facts, seed, rules, dict(plain["kinds"]), known=known)


def _below(name: str, arrays: Arrays) -> Arrays:
    start = f"{name}."
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}


def _set_parts(item: KnownSet) -> tuple[Plain, Arrays]:
    described = item.described
    plain: Plain = {"groups": []}
    arrays: Arrays = {
        "features": described.features,
        "digests": np.ascontiguousarray(described.digests).view(np.uint8).reshape(-1, _DIGEST),
        "mean": item.moments.mean,
        "rest": np.broadcast_to(item.moments.rest, item.moments.mean.shape),
        "scatter": item.moments.scatter,
    }
    if item.broken is not None:
        arrays["broken"] = item.broken
    plain["words"] = [list(key) for key in item.words]
    for place, words in enumerate(item.words.values()):
        arrays |= {f"words.{place}.digests": words.digests, f"words.{place}.samples": words.samples}
    if item.near is not None:
        arrays |= {"near.squared": item.near.squared_distances, "near.indices": item.near.indices}
    if described.samples is not None:
        arrays |= {f"measured.{name}": array for name, array in measured_arrays(described.samples).items()}
    if described.labels is not None:
        plain["labels"], arrays["labels"] = _coded(described.labels)
    for place, (name, values) in enumerate(described.groups.items()):
        levels, arrays[f"group.{place}"] = _coded(values)
        plain["groups"].append([name, levels])
    if described.cells is not None:
        more, own = _cell_parts(described.cells)
        plain, arrays = plain | more, arrays | own
    if described.units is not None:
        plain["units"], own = _cell_parts(described.units.cells)
        plain["units"]["order"], own["starts"] = described.units.order, described.units.starts
        own |= {} if described.units.steps is None else {"steps": described.units.steps}
        arrays |= {f"units.{name}": array for name, array in own.items()}
    return plain, arrays


def _cell_parts(cells: Cells) -> tuple[Plain, Arrays]:
    plain = {"cells": [_described(column) for column in cells.columns], "left_out": dict(cells.left_out)}
    arrays: Arrays = {}
    for place, (values, absent) in enumerate(zip(cells.values, cells.missing, strict=True)):
        arrays[f"cells.{place}"] = values
        if absent is not None:
            arrays[f"missing.{place}"] = absent
    return plain, arrays


def _known_set(plain: Plain, arrays: Arrays, name: str, roles: Roles) -> KnownSet:
    n, features = int(plain["n"]), arrays["features"]
    labels = _values(plain["labels"], arrays["labels"]) if "labels" in plain else None
    groups = {group: _values(levels, arrays[f"group.{place}"]) for place, (group, levels) in enumerate(plain["groups"])}
    digests = arrays["digests"].reshape(-1).view(f"S{_DIGEST}")
    cells, units = _cells(plain, arrays, n), _units(plain, _below("units", arrays), n)
    samples = None
    if roles.modality != "tabular":
        samples = restored_samples(_below("measured", arrays), n=n, modality=roles.modality, schema=roles.schema)
    described = Described(features, digests, labels, groups, cells, units, samples)
    lengths = {len(item) for item in (features, described.digests, *groups.values())}
    lengths |= set() if labels is None else {len(labels)}
    d = features.shape[1]
    held_moments = arrays["mean"], arrays["scatter"], arrays["rest"]
    fits = lengths == {n} and [item.shape for item in held_moments] == [(d,), (d, d), (d,)]
    if not fits or not all(np.isfinite(item).all() for item in (features, *held_moments)):
        raise ValueError(name)
    words = {
        (column, part): _words(_below(f"words.{place}", arrays), n)
        for place, (column, part) in enumerate(plain["words"])
    }
    return KnownSet(described, _near(arrays, name), Moments(n, *held_moments), _broken(arrays, n), words)


def _words(arrays: Arrays, n: int) -> Words:
    digests, samples = arrays["digests"], arrays["samples"]
    fits = digests.dtype.str == samples.dtype.str == "<i8" and digests.shape == samples.shape and digests.ndim == 1
    if not fits or not ((np.diff(samples) >= 0).all() and ((samples >= 0) & (samples < n)).all()):
        raise ValueError("words")
    return Words(digests, samples, n)


def _broken(arrays: Arrays, n: int) -> NDArray[np.bool_] | None:
    found = arrays.get("broken")
    if found is not None and (found.dtype.str, found.shape) != ("|b1", (n,)):
        raise ValueError("broken")
    return found


def _near(arrays: Arrays, name: str) -> Neighbours | None:
    if "near.squared" not in arrays:
        return None
    squared, indices = arrays["near.squared"], arrays["near.indices"]
    # Compiled loops trust what they are given.
    inside = ((indices >= 0) & (indices < len(indices))).all() and (squared >= 0).all()
    kinds = (squared.dtype.str, indices.dtype.str)
    if squared.shape != indices.shape or not inside or kinds != ("<f8", "<i8"):
        raise ValueError(name)
    return Neighbours(squared_distances=squared, indices=indices, name=name)


def _described(column: CellColumn) -> list[Any]:
    """Column as JSON; the unit of moments only where it is not nanoseconds."""
    plain = [column.name, column.kind, list(column.levels), column.known]
    return plain if column.unit == "ns" else [*plain, column.unit]


def _units(plain: Plain, arrays: Arrays, n: int) -> UnitRows | None:
    """Rows of units under made-up names."""
    if "units" not in plain:
        return None
    starts, steps = arrays["starts"], arrays.get("steps")
    n_rows = int(starts[-1])
    fits = starts.dtype.str == "<i8" and len(starts) == n + 1 and starts[0] == 0 and (np.diff(starts) > 0).all()
    if not fits or (steps is not None and (steps.dtype.str, steps.shape) != ("<f8", (n_rows,))):
        raise ValueError("starts")
    cells = _cells(plain["units"], arrays, n_rows)
    if cells is None:
        raise ValueError("units")
    return UnitRows(cells, steps, starts, np.arange(n).astype(np.str_), str(plain["units"]["order"]))


def _cells(plain: Plain, arrays: Arrays, n: int) -> Cells | None:
    if "cells" not in plain:
        return None
    columns = tuple(
        CellColumn(name, kind, tuple(levels), int(known), *unit) for name, kind, levels, known, *unit in plain["cells"]
    )
    values = tuple(arrays[f"cells.{place}"] for place in range(len(columns)))
    for column, own in zip(columns, values, strict=True):
        types = {"category": ("<i4",), "moment": ("<i8",), "number": ("<f8", "<i8")}[column.kind]
        known = column.kind != "category" or ((own >= 0) & (own <= len(column.levels))).all()
        if own.dtype.str not in types or not known or column.unit not in get_args(MomentUnit):
            raise ValueError(column.name)
    missing = tuple(arrays.get(f"missing.{place}") for place in range(len(columns)))
    if {len(item) for item in (*values, *missing) if item is not None} - {n}:
        raise ValueError("cells")
    return Cells(columns, values, missing, n, dict(plain["left_out"]))


def _coded(values: NDArray[np.object_]) -> tuple[list[str], NDArray[np.int32]]:
    """Levels in order, and the place of each value among them."""
    levels = sorted(set(map(str, values)))
    place = {level: number for number, level in enumerate(levels)}
    return levels, np.array([place[str(value)] for value in values], np.int32)


def _values(levels: list[str], codes: NDArray[Any]) -> NDArray[np.object_]:
    names = np.array([*levels, None], dtype=object)[:-1]
    values: NDArray[np.object_] = names[codes]
    return values
