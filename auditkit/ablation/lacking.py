"""Arms in which classes of the real data do not occur: a model that has never seen a class never names it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditkit.ablation.recipes import repeat_key

if TYPE_CHECKING:
    from auditkit.ablation.arms import Arm
    from auditkit.ablation.problem import Problem

__all__ = ["lacking_classes"]

_NAMED = 5


def lacking_classes(problem: Problem, arms: Sequence[Arm], made: Collection[str], repeats: int) -> list[str]:
    """A sentence per arm that lacks classes of the real set, naming them.

    Parameters
    ----------
    problem : Problem
    arms : sequence of Arm
        Those that train on the real set too lack none.
    made : collection of str
        Sets that are made in each repeat: they lack what one of them lacks.
    repeats : int

    Returns
    -------
    list of str
        Empty for regression.
    """
    real = problem.sets["real"]
    if real is None or not problem.classes:
        return []
    known = set(np.unique(real.target).astype(int).tolist())
    notes = []
    for arm in arms:
        if "real" in arm.parts or arm.base:
            continue
        keys = [[repeat_key(part, r) for r in range(repeats)] if part in made else [part] for part in arm.parts]
        sets = [item for group in keys for key in group if (item := problem.sets.get(key)) is not None]
        missing = {number for item in sets for number in known - set(np.unique(item.target).astype(int).tolist())}
        if missing:
            names = [repr(problem.classes[number]) for number in sorted(missing)]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            sometimes = " in one repeat or more" if any(part in made for part in arm.parts) and repeats > 1 else ""
            notes.append(
                f"the arm {arm.name!r} lacks {'classes' if len(names) > 1 else 'a class'} of the real data{sometimes}, "
                f"which a model trained on it never names: {', '.join(names[:_NAMED])}{more}."
            )
    return notes
