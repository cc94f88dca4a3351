"""What an ablation will do: which fits, and what is measured of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from auditkit.ablation.amplification import amplification_parts
from auditkit.ablation.arms import Arm
from auditkit.ablation.examined import Examined
from auditkit.ablation.grid import Part
from auditkit.ablation.group_gaps import gap_parts
from auditkit.ablation.group_rates import rate_parts
from auditkit.ablation.measures import Measure, Task, default_measures, measure_of
from auditkit.ablation.models import Model
from auditkit.ablation.problem import Prepared, Problem
from auditkit.ablation.recipes import repeat_key
from auditkit.ablation.transfer import Tested
from auditkit.results import MIN_CELL

__all__ = ["Job", "Plan", "jobs_of", "measures_for", "parts_of"]


class _Asked(TypedDict):
    task: Task
    n_classes: int
    positive: int | None


@dataclass(frozen=True)
class Job:
    """One fit."""

    arm: Arm
    model: Model
    repeat: int


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that the fits of an ablation share.

    Attributes
    ----------
    problem : Problem
    arms : list of Arm
    models : tuple of Model
    measures : tuple of Measure
    parts : tuple of Part
        The measures on the whole test part come first.
    examined : mapping of str to Examined
    tested : tuple of Tested
    made : frozenset of str
        Sets that are made in each repeat.
    jobs : list of Job
    repeats, seed : int
    """

    problem: Problem
    arms: list[Arm]
    models: tuple[Model, ...]
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]
    examined: Mapping[str, Examined]
    tested: tuple[Tested, ...]
    made: frozenset[str]
    jobs: list[Job]
    repeats: int
    seed: int

    def whole(self, repeat: int) -> dict[str, str]:
        """Keys of the sets that were made for a repeat."""
        return {name: repeat_key(name, repeat) for name in self.made}

    def filled(self, repeat: int) -> dict[str, Prepared]:
        """Sets with units, those made for other repeats left out."""
        others = {repeat_key(name, r) for name in self.made for r in range(self.repeats) if r != repeat}
        return {name: item for name, item in self.problem.sets.items() if item is not None and name not in others}


def measures_for(problem: Problem, asked: Sequence[str] | None) -> tuple[Measure, ...]:
    """Measures by name, each once; those usual for the task where none is asked for.

    Raises
    ------
    UnknownNameError
        If the task has no such measure.
    """
    usual = default_measures(problem.task, imbalanced=problem.imbalanced)
    return tuple(measure_of(name, problem.task) for name in dict.fromkeys(asked or usual))


def jobs_of(
    problem: Problem, arms: Sequence[Arm], models: Sequence[Model], *, made: frozenset[str], repeats: int
) -> list[Job]:
    """A fit per arm, model and repeat, for the arms whose sets all have units."""

    def ready(arm: Arm) -> bool:
        keys = [[repeat_key(part, r) for r in range(repeats)] if part in made else [part] for part in arm.parts]
        return all(problem.sets[key] is not None for group in keys for key in group)

    return [Job(arm, model, r) for arm in arms if ready(arm) for model in models for r in range(repeats)]


def parts_of(
    problem: Problem, test: Prepared, measures: Sequence[Measure], examined: Mapping[str, Examined]
) -> Iterator[Part]:
    """What is measured: every measure on each set that is tested on, gaps between groups, and the rates of each."""
    for name, item in examined.items():
        where = {"test": name} if name else {}
        everyone = np.ones(len(item), dtype=bool)
        yield from (Part(measure, where, everyone, name, paired=not item.shifted) for measure in measures)
    asked: _Asked = {"task": problem.task, "n_classes": len(problem.classes), "positive": problem.positive}
    yield from gap_parts(test.groups, **asked)
    yield from amplification_parts(test.groups, task=problem.task)
    # A pool of small groups that is small itself is told of by nobody.
    rates = (part for part in rate_parts(test.groups, **asked) if part.members.sum() >= MIN_CELL)
    yield from (replace(part, grouped=True) for part in rates)
