"""Where the models of an ablation are wrong: slices of the test units that an arm makes worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data import record_digests
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.metrics import find_slices

if TYPE_CHECKING:
    from auditkit.ablation.grid import Cell
    from auditkit.ablation.problem import Prepared
    from auditkit.data import Dataset
    from auditkit.metrics.slices.finding import BlindSpots

__all__ = ["UnitErrors", "errors_of", "not_kept"]


@dataclass(frozen=True, eq=False)
class UnitErrors:
    """What every model got wrong, test unit by test unit; in memory only, as it speaks of single records.

    Attributes
    ----------
    data : pandas.DataFrame or ndarray of shape (n, d)
        What slices are made of: the columns of the test units, or their pixels.
    space : {"table", "features"}
    records : ndarray of shape (n,)
        Equal units have equal numbers.
    errors : mapping of (str, str) to ndarray of shape (n,)
        By arm and model, the mean over the repeats: how often the class was wrong, or how far off the value was.
    seed : int
    named : pandas.DataFrame or mapping of str to ndarray
        What slices are made of that are told without their units: the columns, or else label and groups.
    """

    data: Any
    space: str
    records: NDArray[np.intp]
    errors: Mapping[tuple[str, str], NDArray[np.float64]]
    seed: int
    named: Any

    def slices(
        self, *, arm: str, against: str | None, model: str | None, options: Mapping[str, Any], named: bool = False
    ) -> BlindSpots:
        """See `Ablation.slices`; with `named` every slice is one of columns in words."""
        chosen = self._model(model)
        own = self._errors(arm, chosen)
        data, space = (self.named, "table") if named else (self.data, self.space)
        given: dict[str, Any] = {"data": data, "space": space, "records": self.records, "seed": self.seed}
        # Held against the other units, which may not be better than 0: against 0 alone a slice and all that holds it
        # are as strong as each other, where every other unit stays as it was.
        less = 0.0 if against is None else self._errors(against, chosen)
        return find_slices(**{**given, **options}, scores=own - less)

    def _model(self, model: str | None) -> str:
        models = list(dict.fromkeys(name for _, name in self.errors))
        if model is not None and model not in models:
            raise UnknownNameError.of("model of the ablation", model, models)
        return models[0] if model is None else model

    def _errors(self, arm: str, model: str) -> NDArray[np.float64]:
        if (arm, model) not in self.errors:
            raise UnknownNameError.of("arm with a result", arm, [name for name, other in self.errors if other == model])
        return self.errors[arm, model]


def errors_of(
    cells: Mapping[tuple[str, str], list[Cell]], *, test: Dataset, prepared: Prepared, seed: int
) -> UnitErrors:
    """Errors by test unit, from those of every fit.

    Parameters
    ----------
    cells : mapping of (str, str) to list of Cell
    test : Dataset
    prepared : Prepared
        The test part as models see it, which lacks units without a label.
    seed : int
    """
    units = test.take(prepared.places)
    plain = units.samples is None and units.unit_of_row is None
    return UnitErrors(
        data=units.table if plain else prepared.features.values,
        space="table" if plain else "features",
        records=np.unique(record_digests(units, schema=units.schema), return_inverse=True)[1].astype(np.intp),
        errors={place: np.mean([cell.errors for cell in found], axis=0) for place, found in cells.items()},
        seed=seed,
        named=units.table if plain else _label_and_groups(units),
    )


def _label_and_groups(units: Dataset) -> dict[str, Any]:
    return {str(units.label): units.label_values, **{name: units.group_values(name) for name in units.groups}}


def not_kept() -> AuditkitError:
    """Why a loaded ablation has no slices."""
    return AuditkitError(
        "the errors of single test units are not saved with an ablation: call slices() on what `ablate` returned."
    )
