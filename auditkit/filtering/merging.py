"""One training set from real and synthetic samples, in which every sample still says where it came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from auditkit.data import Dataset, check_compatible
from auditkit.errors import DataError, ShapeError
from auditkit.store import write_json

__all__ = ["Merged", "merge"]

REAL, SYNTHETIC = "real", "synthetic"


@dataclass(frozen=True, eq=False, repr=False)
class Merged(Dataset):
    """A training set of real and synthetic units.

    Attributes
    ----------
    provenance : mapping
        Per side source, content hash and number of units; ratio, seed, notes.
    """

    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The table with two more columns, `origin` and `weight`, which are no features: a copy."""
        unit = np.arange(len(self)) if self.unit_of_row is None else self.unit_of_row
        added = {"origin": self.origin, "weight": self.weights}
        columns = {_free(name, self.table): values[unit] for name, values in added.items() if values is not None}
        return self.table.assign(**columns)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the set with its columns `origin` and `weight`, and `<name>.provenance.json` beside it.

        Parameters
        ----------
        path : str or path
            As for `Dataset.save`.

        Raises
        ------
        DataError
            If the suffix says no known format.
        """
        target = Path(path)
        super(Merged, replace(self, table=self.frame)).save(target)
        write_json(target.with_name(f"{target.name}.provenance.json"), dict(self.provenance))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the merge."""
        return tuple(self.provenance.get("notes", ()))


def merge(
    real: Dataset,
    synthetic: Dataset,
    *,
    ratio: float = 1.0,
    weights: float | ArrayLike | None = None,
    seed: int = 0,
) -> Merged:
    """Real units and a seeded draw of synthetic ones as one training set.

    Parameters
    ----------
    real, synthetic : Dataset
        Sets of the same columns. Both stay as they are.
    ratio : float, default 1.0
        Synthetic units per real unit, at most: with fewer available all are taken, and a note says so.
    weights : float or array of shape (n_synthetic,), optional
        Weight of every synthetic unit, or of each; real units weigh 1, or what they weighed before. None: all weigh 1,
        or what they weighed before.
    seed : int, default 0

    Returns
    -------
    Merged
        The real units first; `origin` is `"real"` or `"synthetic"` per unit, `provenance` says what was put in. Ids
        stay as they are unless both sides use the same; key values that both sides use get `"synthetic:"` before the
        synthetic one, so that no synthetic unit joins a real one.

    Raises
    ------
    DataError
        If the sets do not fit, the ratio is not a number of at least 0, or a weight is negative.
    ShapeError
        If there is not one weight per synthetic unit.
    """
    if isinstance(ratio, bool) or not math.isfinite(ratio) or ratio < 0:
        raise DataError(f"ratio must be a number of at least 0 (synthetic per real unit), got {ratio!r}.")
    check_compatible(real, synthetic, "synthetic")
    weighed = _weigh(synthetic, weights)
    wanted = round(ratio * len(real))
    chosen = _choose(len(synthetic), wanted, seed)
    drawn = _own_keys(real, weighed.take(chosen))
    sides = [_mark(real, REAL), _mark(drawn, SYNTHETIC)]
    joined = sides[0].concat(sides[1]) if len(drawn) else sides[0]
    provenance = {
        "real": _side(real, len(real)),
        "synthetic": _side(synthetic, len(drawn)),
        "ratio": float(ratio),
        "seed": seed,
        "contains_synthetic": len(drawn) > 0,
        "notes": _notes(len(synthetic), wanted, ratio),
    }
    values = {name: getattr(joined, name) for name in Dataset.__dataclass_fields__}
    return Merged(**values | {"source": f"{real.source} + {synthetic.source}", "provenance": provenance})


def _weigh(synthetic: Dataset, weights: float | ArrayLike | None) -> Dataset:
    if weights is None:
        return synthetic
    given = np.asarray(weights, dtype=np.float64)
    if given.ndim and given.shape != (len(synthetic),):
        raise ShapeError(
            f"weights need one number per synthetic unit, {len(synthetic)}, got shape {given.shape}: pass one number "
            f"or one per unit."
        )
    if not np.isfinite(given).all() or (given < 0).any():
        raise DataError("weights must be finite and not negative: correct them, or leave the samples out.")
    return replace(synthetic, weights=np.broadcast_to(given, (len(synthetic),)).copy())


def _choose(available: int, wanted: int, seed: int) -> NDArray[np.intp]:
    """Places of the drawn units, in their own order."""
    if wanted >= available:
        return np.arange(available)
    return np.sort(np.random.default_rng(seed).choice(available, size=wanted, replace=False))


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


def _side(dataset: Dataset, used: int) -> dict[str, Any]:
    return {"source": dataset.source, "hash": dataset.hash, "available": len(dataset), "used": used}


def _notes(available: int, wanted: int, ratio: float) -> list[str]:
    if wanted <= available:
        return []
    return [f"ratio {ratio:g} asks for {wanted} synthetic units and there are {available}: all of them are in."]


def _free(name: str, table: pd.DataFrame) -> str:
    """The name, or one that no column of the user's has."""
    while name in table.columns:
        name = f"auditkit_{name}"
    return name
