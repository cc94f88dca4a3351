"""The prediction task that the label poses, and every set turned into it: features, targets, groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.ablation.designs import Features
from auditkit.ablation.embedded import embedded_sets
from auditkit.ablation.measures import Task
from auditkit.ablation.twins import twins_of
from auditkit.auditing.rare_levels import RARE_LEVEL, host_note, hosted_levels
from auditkit.data import check_compatible
from auditkit.data.amounts import has_amounts
from auditkit.data.joint import encode_sets
from auditkit.data.levels import MISSING as _MISSING
from auditkit.errors import AuditkitError, DataError
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.data.cells import Cells

__all__ = ["Prepared", "Problem", "prepare"]

_PIXELS = 1024
_IMBALANCE = 3
_USED = frozenset({"numeric", "integer", "category", "boolean", "datetime"})


@dataclass(frozen=True, eq=False)
class Prepared:
    """One set as models see it; units without a label are left out.

    Attributes
    ----------
    features : Features
    target : ndarray of shape (n,)
        Class numbers or values.
    groups : mapping of str to ndarray of object, shape (n,)
        Group level of each unit, for the declared groups.
    n_dropped : int
        Units left out because their label is missing.
    places : ndarray of intp, shape (n,)
        Where the units stand in their set.
    twin : ndarray of intp, shape (n,)
        Unit of the real set (as it is here) that each unit equals; -1 for none.
    weights : ndarray of shape (n,) or None
        How much each unit counts in training, where the set says so.
    """

    features: Features
    target: NDArray[np.float64]
    groups: Mapping[str, NDArray[np.object_]]
    n_dropped: int
    places: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    twin: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Without a word about them, units stand where they are and are twins of none."""
        for name, usual in (("places", np.arange(len(self))), ("twin", np.full(len(self), -1, dtype=np.intp))):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, usual)

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, eq=False)
class Problem:
    """What is predicted, and the sets to do it with.

    Attributes
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
        Levels of the label; empty for regression.
    positive : int or None
        Number of the rarer class in the real set when there are two, else None.
    rarest : int or None
        Number of the rarest class in the real set; None for regression.
    imbalanced : bool
        Whether one class of the real set is at least three times as frequent as another.
    sets : mapping of str to Prepared
        `"real"`, `"test"` and one per given set; a set with nothing in it is `None`.
    notes : tuple of str
    """

    task: Task
    classes: tuple[str, ...]
    positive: int | None
    rarest: int | None
    imbalanced: bool
    sets: Mapping[str, Prepared | None]
    notes: tuple[str, ...]


def prepare(sets: Mapping[str, Dataset]) -> Problem:
    """Turn the sets of an ablation into one prediction task.

    Parameters
    ----------
    sets : mapping of str to Dataset
        With `"real"` and `"test"`; the others are compared with the real set's schema.

    Returns
    -------
    Problem

    Raises
    ------
    AuditkitError
        If the real set has no label, or too few classes to tell apart.
    DataError
        If a set does not fit the real one.
    """
    real = sets["real"]
    if real.label is None:
        raise AuditkitError(
            "ablation needs a label to predict, and the real data have none: load them with label='column'."
        )
    for name, dataset in sets.items():
        if name != "real":
            check_compatible(real, dataset, name)
            if dataset.label is not None and dataset.label != real.label:
                raise DataError(
                    f"the sets predict different labels, {real.label!r} in `real` and {dataset.label!r} in `{name}`: "
                    f"load `{name}` with label={real.label!r}."
                )
    filled = {name: dataset for name, dataset in sets.items() if len(dataset)}
    for name in ("real", "test"):
        if name not in filled:
            raise DataError(f"ablation needs rows in `{name}`, got none: give it some.")
    features, notes = _features(filled, real)
    labels = {name: _labels(dataset) for name, dataset in filled.items()}
    task = _task(real)
    classes = _classes(labels) if task == "classification" else ()
    if task == "regression":
        notes.append(f"the label {real.label!r} is an amount and is predicted as one.")
    groups = real.groups or sets["test"].groups
    prepared = {name: _prepared(filled[name], features[name], labels[name], classes, groups) for name in filled}
    notes += [
        f"{item.n_dropped} of {len(filled[name])} units of `{name}` have no label and are left out."
        for name, item in prepared.items()
        if item.n_dropped
    ]
    _check_targets(prepared, task, real.label)
    prepared = {
        name: item if name in {"real", "test"} else _with_twins(item, filled[name], prepared["real"], real)
        for name, item in prepared.items()
    }
    for role in ("real", "test"):
        told = (host_note(name, levels, role) for name, levels in prepared[role].groups.items())
        notes += [note for note in told if note is not None]
    prepared = _without_few(prepared)
    notes += _strange_classes(prepared, classes)
    rarest, imbalanced = _balance(prepared["real"].target) if classes else (None, False)
    return Problem(
        task,
        classes,
        rarest if len(classes) == 2 else None,  # noqa: PLR2004 - a binary task
        rarest,
        imbalanced,
        {name: prepared[name] if name in prepared and len(prepared[name]) else None for name in sets},
        tuple(notes),
    )


def _labels(dataset: Dataset) -> NDArray[np.object_]:
    values = dataset.label_values
    if values is None:
        raise DataError(f"ablation needs the label in every set, `{dataset.source}` has none: load it with label=.")
    return values


def _task(real: Dataset) -> Task:
    return "regression" if has_amounts(real.schema, real.label) else "classification"


def _classes(labels: Mapping[str, NDArray[np.object_]]) -> tuple[str, ...]:
    return tuple(sorted({str(value) for values in labels.values() for value in values} - {_MISSING}))


def _strange_classes(prepared: Mapping[str, Prepared], classes: tuple[str, ...]) -> list[str]:
    """A sentence per set whose units have classes that the real set lacks."""
    notes = []
    known = np.unique(prepared["real"].target)
    for name, item in prepared.items():
        strange = item.target[~np.isin(item.target, known)]
        if classes and len(strange):
            names = ", ".join(repr(classes[int(place)]) for place in np.unique(strange)[:5])
            notes.append(f"{len(strange)} of {len(item)} units of `{name}` have classes that `real` lacks: {names}.")
    return notes


def _balance(target: NDArray[np.float64]) -> tuple[int, bool]:
    """Rarest class of those present, the last of equals, and whether classes differ much in size."""
    present, counts = np.unique(target.astype(np.intp), return_counts=True)
    rarest = int(present[np.flatnonzero(counts == counts.min())[-1]])
    return rarest, bool(counts.max() >= _IMBALANCE * counts.min())


def _prepared(
    dataset: Dataset,
    features: Features,
    labels: NDArray[np.object_],
    classes: tuple[str, ...],
    names: tuple[str, ...],
) -> Prepared:
    if classes:
        number = {name: float(place) for place, name in enumerate(classes)}
        target = np.array([number.get(str(value), np.nan) for value in labels])
    else:
        target = np.asarray(pd.to_numeric(pd.Series(labels), errors="coerce"), dtype=np.float64)
    kept = np.flatnonzero(~np.isnan(target))
    groups = {name: dataset.group_values(name)[kept] for name in names if name in dataset.table.columns}
    weights = None if dataset.weights is None else dataset.weights[kept]
    return Prepared(features.take(kept), target[kept], groups, len(target) - len(kept), kept, weights=weights)


def _with_twins(item: Prepared, dataset: Dataset, held: Prepared, real: Dataset) -> Prepared:
    numbered = np.full(len(real) + 1, -1, dtype=np.intp)
    numbered[held.places] = np.arange(len(held))
    return replace(item, twin=numbered[twins_of(dataset, real)[item.places]])


def _without_few(prepared: Mapping[str, Prepared]) -> dict[str, Prepared]:
    """Groups that fewer than five real or five test units have count as one: what is told of them is told of people.

    Fewer than five in all count with the smallest other group, or they would follow from the rest.
    """
    found = dict(prepared)
    for name in prepared["real"].groups:
        rare = {level for role in ("real", "test") for level in _few(prepared[role].groups.get(name))}
        if rare:
            found = {key: _renamed(item, name, rare) for key, item in found.items()}
    return found


def _few(levels: NDArray[np.object_] | None) -> list[str]:
    if levels is None:
        return []
    names, counts = np.unique(levels.astype(str), return_counts=True)
    return [str(level) for level in names[counts < MIN_CELL]]


def _renamed(item: Prepared, name: str, rare: set[str]) -> Prepared:
    if name not in item.groups:
        return item
    levels = np.array([RARE_LEVEL if str(level) in rare else level for level in item.groups[name]], dtype=object)
    return replace(item, groups={**item.groups, name: hosted_levels(levels)})


def _check_targets(prepared: Mapping[str, Prepared], task: Task, label: str) -> None:
    for name in ("real", "test"):
        if not len(prepared[name]):
            raise DataError(f"every value of the label {label!r} is missing in `{name}`: give units with a label.")
    found = len(np.unique(prepared["real"].target))
    if found < 2:  # noqa: PLR2004 - one value cannot be predicted wrongly
        raise AuditkitError(
            f"ablation needs a label with at least 2 {'classes' if task == 'classification' else 'values'}, "
            f"{label!r} has 1 in the real data: choose another label."
        )


def _features(sets: Mapping[str, Dataset], real: Dataset) -> tuple[dict[str, Features], list[str]]:
    if real.modality == "image":
        return {name: _pixels(dataset) for name, dataset in sets.items()}, []
    if real.samples is not None:
        return embedded_sets(sets, real)
    encoded = encode_sets(sets, schema=real.schema)
    used = [c.name for c in real.schema.columns if c.kind in _USED and c.name not in {real.label, real.key}]
    if not used:
        raise DataError("ablation needs at least one column besides the label that is not an id, a text or constant.")
    left = [c.name for c in real.schema.columns if c.kind == "text" and c.name != real.label]
    notes = [f"the models do not see text columns: {', '.join(left)}."] if left else []
    return {name: _table(encoded[name], dataset, used) for name, dataset in sets.items()}, notes


def _table(cells: Cells, dataset: Dataset, used: list[str]) -> Features:
    columns, flags, _ = cells.only(name for name in cells.names if name in used).matrix()
    categorical = np.array(flags, dtype=bool)
    if dataset.unit_of_row is not None:
        numbers, codes = _by_unit(columns[:, ~categorical], columns[:, categorical], dataset.unit_of_row, len(dataset))
        columns = np.concatenate([numbers, codes], axis=1)
        categorical = np.arange(columns.shape[1]) >= numbers.shape[1]
    return Features(columns, categorical)


def _by_unit(
    numbers: NDArray[np.float64], codes: NDArray[np.float64], unit: NDArray[np.intp], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and last value of each number, last level of each category, and the number of rows of each unit."""
    count = np.bincount(unit, minlength=n).astype(np.float64)
    last = np.zeros(n, dtype=np.intp)
    np.maximum.at(last, unit, np.arange(len(unit)))
    seen = ~np.isnan(numbers)
    columns = [count[:, None], numbers[last]]
    for place in range(numbers.shape[1]):
        total = np.bincount(unit, weights=np.where(seen[:, place], numbers[:, place], 0.0), minlength=n)
        known = np.bincount(unit, weights=seen[:, place].astype(np.float64), minlength=n)
        columns.append(np.divide(total, known, out=np.full(n, np.nan), where=known > 0)[:, None])
    return np.concatenate(columns, axis=1), codes[last]


def _pixels(dataset: Dataset) -> Features:
    """Pixels in [0, 1], averaged over squares until a picture has at most 1,024 numbers."""
    images = dataset.arrays().astype(np.float64) / 255.0
    while images[0].size > _PIXELS and min(images.shape[1:3]) > 1:
        height, width = images.shape[1] // 2, images.shape[2] // 2
        cut = images[:, : height * 2, : width * 2]
        images = cut.reshape(len(images), height, 2, width, 2, -1).mean(axis=(2, 4))
    flat = images.reshape(len(images), -1)
    shape = (images.shape[1], images.shape[2], flat.shape[1] // (images.shape[1] * images.shape[2]))
    return Features(flat, np.zeros(flat.shape[1], dtype=bool), pixels=True, shape=shape)
