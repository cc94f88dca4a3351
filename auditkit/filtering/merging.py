"""One training set from real and synthetic samples, in which every sample still says where it came from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import Dataset, check_compatible
from auditkit.data.checks import check_dataset
from auditkit.errors import DataError, SampleSizeError, UnknownNameError
from auditkit.filtering.cards import write_card
from auditkit.filtering.provenance import merged_record, synthetic_record, verdict_record
from auditkit.filtering.weighing import Weights, check_weights, weigh, weigh_as_real

if TYPE_CHECKING:
    from auditkit.gates import Verdict

__all__ = ["Merged", "SyntheticSets", "merge"]

REAL, SYNTHETIC = "real", "synthetic"

SyntheticSets: TypeAlias = "Dataset | Sequence[Dataset] | Mapping[str, Dataset]"
"""One synthetic set, or several, by name or one after the other."""


@dataclass(frozen=True, eq=False, repr=False)
class Merged(Dataset):
    """A training set of real and synthetic units.

    Attributes
    ----------
    provenance : mapping
        Per side source, content hash, licence, consent note, numbers of units and what made them; ratio, weights,
        seed, verdict, notes.
    """

    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The table with two more columns, `origin` and `weight`, which are no features: a copy."""
        unit = np.arange(len(self)) if self.unit_of_row is None else self.unit_of_row
        added = {"origin": self.origin, "weight": self.weights}
        columns = {_free(name, self.table): values[unit] for name, values in added.items() if values is not None}
        return self.table.assign(**columns)

    def save(self, path: str | PathLike[str], *, card: bool = True) -> None:
        """Write the set with its columns `origin` and `weight`, its provenance and its data card beside it.

        Parameters
        ----------
        path : str or path
            As for `Dataset.save`. Beside it `<name>.provenance.json` and `<name>.card.md`.
        card : bool, default True
            Whether to write the card.

        Raises
        ------
        DataError
            If the suffix says no known format.
        """
        target = Path(path)
        super(Merged, replace(self, table=self.frame)).save(target)
        if card:
            write_card(target, self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the merge."""
        return tuple(self.provenance.get("notes", ()))


def merge(
    real: Dataset,
    synthetic: SyntheticSets,
    *,
    ratio: float | Mapping[str, float] = 1.0,
    weights: Weights = None,
    verdict: Verdict | None = None,
    seed: int = 0,
) -> Merged:
    """Real units and a seeded draw of synthetic ones as one training set.

    Parameters
    ----------
    real : Dataset
    synthetic : Dataset, sequence of Dataset or mapping of str to Dataset
        Sets of the same columns, one or several. All stay as they are.
    ratio : float or mapping of str to float, default 1.0
        Synthetic units per real unit, at most, all sets together: they are drawn from as if they were one. A mapping:
        so many of each named set. With fewer available all are taken, and a note says so.
    weights : float, "real", mapping of str to float or array of shape (n_synthetic,), optional
        Weight of every synthetic unit; `"real"` weighs them so that the classes of the drawn ones have the shares that
        they have among the real units; a mapping gives the weight of each class it names; an array has one per
        synthetic unit, set after set. Real units weigh 1, or what they weighed before. None: all weigh 1, or what they
        weighed before.
    verdict : Verdict, optional
        What a check said of the synthetic data: its outcome and digest go into the provenance.
    seed : int, default 0

    Returns
    -------
    Merged
        The real units first; `origin` is `"real"` or `"synthetic"` per unit, of several sets `"synthetic:NAME"`;
        `provenance` says what was put in. Ids stay as they are unless both sides use the same; key values that both
        sides use get `"synthetic:"` before the synthetic one, so that no synthetic unit joins a real one.

    Raises
    ------
    DataError
        If the sets do not fit, a ratio is not a number of at least 0, or a weight is negative.
    ShapeError
        If there is not one weight per synthetic unit.
    UnknownNameError
        If a ratio or weight is given for a set or class that is not there.
    SampleSizeError
        If an empty list of sets is given.
    """
    sets = _named(synthetic)
    check_dataset("real", real)
    for name, item in sets.items():
        check_dataset("synthetic" if len(sets) == 1 else f"synthetic ({name})", item)
        check_compatible(real, item, "synthetic" if len(sets) == 1 else f"synthetic ({name})")
    check_weights(weights, real, *sets.values())
    wanted = _wanted(ratio, sets, n_real=len(real))
    pool = weigh(_pooled(sets), weights)
    of_set = np.repeat(np.arange(len(sets)), [len(item) for item in sets.values()])
    chosen = _choose(of_set, wanted, per_set=isinstance(ratio, Mapping), seed=seed)
    drawn = _own_keys(real, pool.take(chosen))
    if isinstance(weights, str) and len(drawn):
        drawn = weigh_as_real(drawn, real)
    joined = _mark(real, REAL)
    joined = joined.concat(_mark(drawn, SYNTHETIC)) if len(drawn) else joined
    used = np.bincount(of_set[chosen], minlength=len(sets)).tolist()
    settings: dict[str, Any] = {
        "ratio": dict(ratio) if isinstance(ratio, Mapping) else float(ratio),
        "weights": _said(weights),
        "seed": seed,
        **({} if verdict is None else {"verdict": verdict_record(verdict)}),
    }
    provenance = merged_record(
        _side(real, len(real), real.provenance),
        [_side(item, n, synthetic_record(item)) for item, n in zip(sets.values(), used, strict=True)],
        settings=settings,
        notes=_notes(sets, wanted, ratio, real),
    )
    values = {name: getattr(joined, name) for name in Dataset.__dataclass_fields__}
    source = " + ".join([real.source, *(item.source for item in sets.values())])
    return Merged(**values | {"source": source, "provenance": provenance})


def _named(synthetic: SyntheticSets) -> dict[str, Dataset]:
    """Synthetic sets by name: those given, or what the sets are called, numbered where that is not enough."""
    if isinstance(synthetic, (Dataset, str, pd.DataFrame, Path)):
        check_dataset(SYNTHETIC, synthetic)
        return {SYNTHETIC: synthetic}
    if isinstance(synthetic, Mapping):
        sets = {str(name): item for name, item in synthetic.items()}
    else:
        sets = {}
        for place, item in enumerate(synthetic):
            check_dataset(SYNTHETIC, item)
            sets[item.source if item.source not in sets else f"{item.source} {place + 1}"] = item
    if not sets:
        raise SampleSizeError("merge needs at least one synthetic set, got none: pass one, or train on the real data.")
    return sets


def _wanted(ratio: float | Mapping[str, float], sets: Mapping[str, Dataset], *, n_real: int) -> list[int]:
    """Units to draw: in all, or of each set where the ratio is told per set."""
    if not isinstance(ratio, Mapping):
        return [round(_checked(ratio) * n_real)]
    for name in ratio:
        if name not in sets:
            raise UnknownNameError.of("synthetic set", str(name), sets, "in ratio")
    return [round(_checked(ratio.get(name, 0.0)) * n_real) for name in sets]


def _checked(ratio: object) -> float:
    number = isinstance(ratio, (int, float, np.number)) and not isinstance(ratio, bool)
    if not number or not math.isfinite(float(ratio)) or float(ratio) < 0:  # type: ignore[arg-type]
        raise DataError(f"ratio must be a number of at least 0 (synthetic per real unit), got {ratio!r}.")
    return float(ratio)  # type: ignore[arg-type]


def _pooled(sets: Mapping[str, Dataset]) -> Dataset:
    """All synthetic units behind each other; those of several sets say which one they are of."""
    if len(sets) == 1:
        return next(iter(sets.values()))
    first, *others = [replace(item, origin=np.full(len(item), f"{SYNTHETIC}:{name}")) for name, item in sets.items()]
    return first.concat(*others)


def _choose(of_set: NDArray[np.intp], wanted: Sequence[int], *, per_set: bool, seed: int) -> NDArray[np.intp]:
    """Places of the drawn units, in their own order."""
    rng = np.random.default_rng(seed)
    pools = [np.flatnonzero(of_set == place) for place in range(len(wanted))] if per_set else [np.arange(len(of_set))]
    drawn = [
        places if n >= len(places) else rng.choice(places, size=n, replace=False)
        for places, n in zip(pools, wanted, strict=True)
    ]
    return np.sort(np.concatenate(drawn)).astype(np.intp)


def _mark(dataset: Dataset, side: str) -> Dataset:
    """The set with an origin and a weight for each unit; what an earlier merge wrote stays."""
    return replace(
        dataset,
        origin=dataset.origin if dataset.origin is not None else np.full(len(dataset), side),
        weights=dataset.weights if dataset.weights is not None else np.ones(len(dataset)),
    )


def _own_keys(real: Dataset, drawn: Dataset) -> Dataset:
    if real.key is None or real.key not in drawn.table.columns:
        return drawn
    keys = drawn.table[real.key].astype("str")
    if not set(keys) & set(real.table[real.key].astype("str")):
        return drawn
    return replace(drawn, table=drawn.table.assign(**{real.key: "synthetic:" + keys}))


def _side(dataset: Dataset, used: int, record: Mapping[str, Any] | None) -> dict[str, Any]:
    told = record or {}
    return {
        "source": dataset.source,
        "hash": dataset.hash,
        "licence": told.get("licence"),
        "consent": told.get("consent"),
        "available": len(dataset),
        "used": used,
        **({} if record is None else {"record": dict(record)}),
    }


def _said(weights: Weights) -> Any:
    """Weights as the record keeps them: an array only says that there was one."""
    if weights is None or isinstance(weights, str):
        return weights
    if isinstance(weights, Mapping):
        return {str(level): float(weight) for level, weight in weights.items()}
    return float(np.asarray(weights)) if np.ndim(weights) == 0 else "one per unit"


def _notes(
    sets: Mapping[str, Dataset], wanted: Sequence[int], ratio: float | Mapping[str, float], real: Dataset
) -> list[str]:
    notes = []
    if isinstance(ratio, Mapping):
        asked = [
            (f" of {name}", ratio.get(name, 0.0), n, len(item))
            for (name, item), n in zip(sets.items(), wanted, strict=True)
        ]
    else:
        asked = [("", ratio, wanted[0], sum(len(item) for item in sets.values()))]
    for name, share, n, available in asked:
        if n > available:
            notes.append(
                f"ratio {share:g} asks for {n} synthetic units{name} and there are {available}: all of them are in."
            )
    licensed = {item.source: (item.provenance or {}).get("licence") for item in (real, *sets.values())}
    silent = [source for source, licence in licensed.items() if licence is None]
    if silent and len(silent) < len(licensed):
        notes.append(f"the licence of {' and '.join(map(repr, silent))} is not known: ask before you pass this set on.")
    return notes


def _free(name: str, table: pd.DataFrame) -> str:
    """The name, or one that no column of the user's has."""
    while name in table.columns:
        name = f"auditkit_{name}"
    return name
