"""Arms that are made inside each repeat, from what the repeat draws of the real set and from nothing else.

A set that was augmented, resampled or generated from all of the real data holds traces of the units that a repeat
leaves out; what is made of the drawn ones alone cannot.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import numpy as np

from auditkit.ablation.arms import real_draw
from auditkit.ablation.problem import Problem
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError

if TYPE_CHECKING:
    from auditkit.blocks import Progress

__all__ = ["ArmSource", "Recipe", "make_sets", "repeat_key", "split_arms"]


class _Fitting(Protocol):
    """What a generator offers."""

    def fit(self, dataset: Dataset, *, seed: int) -> Any: ...

    def sample(self, n: int, *, seed: int) -> Dataset: ...


Recipe: TypeAlias = Callable[[Dataset, int], Dataset] | _Fitting
"""A callable `(training units of the repeat, seed) -> Dataset`, or a generator with `fit` and `sample`."""
ArmSource: TypeAlias = Dataset | Recipe


def repeat_key(name: str, repeat: int) -> str:
    """Name of the set that a recipe made for a repeat."""
    return f"{name}#{repeat}"


def split_arms(arms: Mapping[str, ArmSource]) -> tuple[dict[str, Dataset], dict[str, Recipe]]:
    """The sets that are there, and the recipes for those that are not.

    Raises
    ------
    DataError
        If an arm is neither.
    """
    sets: dict[str, Dataset] = {}
    recipes: dict[str, Recipe] = {}
    for name, item in arms.items():
        if isinstance(item, Dataset):
            sets[name] = item
        elif callable(item) or (hasattr(item, "fit") and hasattr(item, "sample")):
            recipes[name] = item
        else:
            raise DataError(
                f"the arm {name!r} is of type {type(item).__name__}: give a Dataset, a generator, or a callable "
                "(train, seed) -> Dataset."
            )
    return sets, recipes


def make_sets(
    recipes: Mapping[str, Recipe],
    *,
    real: Dataset,
    problem: Problem,
    repeats: int,
    most: float,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Dataset]:
    """What every recipe makes in every repeat.

    Parameters
    ----------
    recipes : mapping of str to Recipe
    real : Dataset
    problem : Problem
        Of the real set, which says which units have a label.
    repeats : int
    most : float
        Units that a generator is asked for, per unit it was fitted on.
    seed : int
    progress : callable, optional

    Returns
    -------
    dict of str to Dataset
        By `repeat_key`.

    Raises
    ------
    DataError
        If a recipe gives something that is no Dataset.
    AuditkitError
        If a recipe fails, with the first line of what it raised.
    """
    drawn = problem.sets["real"]
    if drawn is None or not recipes:
        return {}
    made: dict[str, Dataset] = {}
    for repeat in range(repeats):
        places = real_draw(drawn, repeat=repeat, seed=seed, stratify=bool(problem.classes))
        train = real.take(drawn.places[places])
        for name, recipe in recipes.items():
            try:
                found = _made(recipe, train, most, _seed(seed, repeat))
            except AuditkitError:
                raise
            except Exception as error:
                said = str(error).strip().splitlines()
                reason = said[0].rstrip(".") if said else type(error).__name__
                raise AuditkitError(f"the arm {name!r} could not be made: {reason}.") from error
            if not isinstance(found, Dataset):
                raise DataError(f"the arm {name!r} made a {type(found).__name__}: its callable must return a Dataset.")
            made[repeat_key(name, repeat)] = found
            if progress is not None:
                progress(len(made), len(recipes) * repeats, f"make {name}")
    return made


def _made(recipe: Recipe, train: Dataset, most: float, seed: int) -> Any:
    if hasattr(recipe, "fit") and hasattr(recipe, "sample"):
        # A copy: a generator that the user goes on with must stay as it was.
        fitted = cast("_Fitting", copy.deepcopy(recipe))
        fitted.fit(train, seed=seed)
        return fitted.sample(max(1, round(most * len(train))), seed=seed)
    return recipe(train, seed)


def _seed(seed: int, repeat: int) -> int:
    return int(np.random.SeedSequence([seed, repeat, 0x6D6B]).generate_state(1)[0])
