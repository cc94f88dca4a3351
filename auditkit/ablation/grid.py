"""Values of every fit of an ablation, and what they sum up to over its repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import Arm
from auditkit.ablation.measures import PROBABILISTIC, Measure
from auditkit.ablation.paired import Paired, summarize
from auditkit.ablation.result import MARGIN

__all__ = ["Cell", "Grid", "Part", "summary_of", "why_undefined"]


@dataclass(frozen=True, eq=False)
class Part:
    """A measure on some of the test units.

    Attributes
    ----------
    measure : Measure
    where : mapping of str to str
        Empty for the whole test part, else the group, or the other set that is tested on.
    members : ndarray of bool, shape (n_test,)
    test : str
        Name of the set that is tested on; empty for the test part as it is.
    grouped : bool
        Whether the units are a group.
    paired : bool
        Whether the units are those of the test part, in the same order.
    """

    measure: Measure
    where: Mapping[str, str]
    members: NDArray[np.bool_]
    test: str = ""
    grouped: bool = False
    paired: bool = True

    @property
    def on_group(self) -> bool:
        """Whether it is about groups: of one, or between those of a column."""
        return bool(set(self.where) - {"test"})


@dataclass(frozen=True, eq=False)
class Cell:
    """Values of one fit.

    Attributes
    ----------
    values : sequence of ndarray of shape (1 + b,)
        Per part the plain value, then one per resample of the test units.
    n : tuple of (int, int)
        Real and synthetic units trained on.
    transfer : mapping of str to ndarray of shape (measures, 1 + b)
        Of a fit on the real set alone: the same on each synthetic set, by the name of its arm.
    train : ndarray of shape (measures,)
        Every measure on the units trained on.
    chance : mapping of int to ndarray of shape (m,)
        By the place of a part, for some: values that chance alone would give.
    seconds : float
        What drawing and fitting took.
    silent : bool
        Whether the model gives no probabilities.
    errors : ndarray of shape (n_test,)
        Per test unit 1 for a wrong class, or how far off the value is.
    """

    values: Sequence[NDArray[np.float64]]
    n: tuple[int, int]
    transfer: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    train: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    chance: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    seconds: float = 0.0
    silent: bool = False
    errors: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class Grid:
    """All fits of an ablation, by arm and model, and what they are.

    Attributes
    ----------
    cells : mapping of (str, str) to list of Cell
        By names of arm and model, a cell per repeat; arms without units are not there.
    parts : tuple of Part
    arms : list of Arm
    models : tuple of str
    repeats, seed : int
    about : mapping
    margin : float
    copying : frozenset of str
        Sets of which almost every unit is a copy of a real one.
    failed : mapping of (str, str) to str
        Arms and models that do not go together, and why; they have no cells.
    """

    cells: Mapping[tuple[str, str], list[Cell]]
    parts: tuple[Part, ...]
    arms: list[Arm]
    models: tuple[str, ...]
    repeats: int
    seed: int
    about: Mapping[str, Any]
    margin: float = MARGIN
    copying: frozenset[str] = frozenset()
    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def where(self, arm: str, measure: str, model: str) -> dict[str, str]:
        """Where a score stands; models are named only where there are several."""
        return {"arm": arm, "measure": measure} | ({"model": model} if len(self.models) > 1 else {})

    def sizes(self, arm: str, model: str) -> tuple[int, int]:
        """Real and synthetic units that a fit of the arm trains on."""
        cells = self.cells.get((arm, model))
        return cells[0].n if cells else (0, 0)


def summary_of(
    grid: Grid, arm: str, model: str, place: int, bounds: tuple[float | None, float | None], against: str = ""
) -> Paired | None:
    """Mean of one part over repeats, or of its paired difference to another arm; None where undefined."""
    cells = grid.cells.get((arm, model))
    if cells is None:
        return None
    values = np.stack([cell.values[place] for cell in cells])
    n_train = sum(cells[0].n)
    if against:
        others = grid.cells[against, model]
        values = values - np.stack([cell.values[place] for cell in others])
        n_train = min(n_train, sum(others[0].n))
    if np.isnan(values[:, 0]).any():
        return None
    n_test = int(grid.parts[place].members.sum())
    return summarize(
        values[:, 0],
        values[:, 1:].mean(axis=0),
        n_train=n_train,
        n_test=n_test,
        bounds=bounds,
        unit=grid.parts[place].measure.width,
    )


def why_undefined(grid: Grid, arm: str, model: str, part: Part) -> str:
    """Why a measure of a model that was fitted has no value."""
    if part.test.startswith("fgsm="):
        treated = "a mitigation" if "[mitigation=" in arm else f"the model {model!r}"
        return f"{treated} has no gradient to attack it with: ask for 'network' without one."
    if part.measure.name in PROBABILISTIC and any(cell.silent for cell in grid.cells[arm, model]):
        return f"the model {model!r} gives no probabilities."
    return f"{part.measure.undefined}."
