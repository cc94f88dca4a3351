"""Generators of samples with label and groups: these are drawn first, then a sample that has them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import DataError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import uniform_noise
from auditkit.generators.outline import Outline, check_trainable, need_fitted
from auditkit.generators.persistence import Saved, read_generator, refuse_damage, write_generator
from auditkit.generators.remembering import remembered
from auditkit.generators.roles import Roles
from auditkit.whole_numbers import check_seed

if TYPE_CHECKING:
    import torch

    from auditkit.data import Dataset, Samples
    from auditkit.training import Loss, Player, Trainer, Training

__all__ = ["ConditionedGenerator", "Learnt", "State", "Task", "need_samples"]

ModelT = TypeVar("ModelT")
ModuleT = TypeVar("ModuleT", bound="torch.nn.Module")

State = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""What is saved of a model: plain types and arrays."""


@dataclass(frozen=True)
class Task:
    """What a fit is asked for.

    Attributes
    ----------
    dataset : Dataset
        Of the generator's modality, with at least one unit.
    samples : Samples
        Those of the dataset.
    roles : Roles
        Its label and groups.
    seed : int
    budget : Budget or None
    progress : callable or None
    """

    dataset: Dataset
    samples: Samples
    roles: Roles
    seed: int
    budget: Budget | None
    progress: Progress | None

    def train(
        self,
        trainer: Trainer,
        model: ModuleT,
        loss: Loss[ModuleT] | Sequence[Player[ModuleT]],
        *,
        seed: int | None = None,
    ) -> Training:
        """Train a torch model on the rows of the dataset, within the budget; see `train_within`."""
        from auditkit.generators.torch_models import train_within  # noqa: PLC0415 - torch is heavy

        path = self.seed if seed is None else seed
        n = len(self.dataset)
        return train_within(self.budget, trainer, model, loss, n=n, seed=path, progress=self.progress)


@dataclass(frozen=True)
class Learnt(Generic[ModelT]):
    """What a fit gives.

    Attributes
    ----------
    model : ModelT
    training : Training or None
        How the training went, where there was one.
    steps : int
        Steps done without a training.
    notes : tuple of str
        Sentences a reader should know.
    """

    model: ModelT
    training: Training | None = None
    steps: int = 0
    notes: tuple[str, ...] = ()


class ConditionedGenerator(ABC, Generic[ModelT]):
    """A generator that draws label and groups as often as in training, or as asked, and then a sample that has them.

    Columns that are neither label nor group are not learnt: samples take them from training rows of the same label and
    groups. A method adds what it learns, how it draws, and what is saved of it.
    """

    info: ClassVar[GeneratorInfo]
    donors_stage: ClassVar[str]
    """Name of the noise that training rows are drawn by."""

    def __init__(self) -> None:
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._roles: Roles | None = None
        self._model: ModelT | None = None

    @abstractmethod
    def _learn(self, task: Task) -> Learnt[ModelT]:
        """Learn from samples."""

    @abstractmethod
    def _draw(self, model: ModelT, donors: NDArray[np.int64], *, seed: int) -> Samples:
        """Samples with the labels and groups of training rows, at least one; the first never depend on the others."""

    @abstractmethod
    def _state(self, model: ModelT) -> State:
        """What is saved of a model beside the rows."""

    @abstractmethod
    def _restore(self, saved: Saved, roles: Roles) -> ModelT:
        """Model from what `_state` gave."""

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the samples of each label and group, or remember them where nothing is learnt.

        Parameters
        ----------
        dataset : Dataset
            Samples of the generator's modality.
        seed : int, default 0
        budget : Budget, optional
            Without effect where nothing is trained.
        progress : callable, optional

        Returns
        -------
        Generator
            Itself, with `fit_report`.

        Raises
        ------
        DataError
            For other data, or data that the method cannot learn from.
        SampleSizeError
            For an empty set.
        TrainingError
            When a loss does not stay finite.
        """
        began = time.perf_counter()
        check_seed(seed)
        samples, roles = need_samples(dataset, self.info), Roles.of(dataset)
        learnt = self._learn(Task(dataset, samples, roles, seed, budget, progress))
        self._outline, self._roles, self._model = Outline.of(dataset, seed=seed), roles, learnt.model
        self.fit_report = _report(learnt, dataset, began=began)
        if learnt.training is None and progress is not None:
            progress(1, 1, f"{self.info.name} is ready")
        return self

    @remembered
    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n samples; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping or DataFrame, optional
            `{"label": "3"}`, or counts that add up to n: `{"label": {"3": 10, "8": 5}}`, or a frame of n rows. Without
            conditions labels come as often as in training.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a level that was not in the training data.
        DataError
            For a combination of levels that no training unit has.
        """
        return self._made(n, conditions, lambda model, donors: self._draw(model, donors, seed=seed), seed=seed)

    def _made(
        self,
        n: int,
        conditions: Conditions | None,
        draw: Callable[[ModelT, NDArray[np.int64]], Samples],
        *,
        seed: int,
    ) -> Dataset:
        """Dataset of what `draw` makes for n training rows that meet the conditions."""
        check_size(n)
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        model = need_fitted(self._model, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage=self.donors_stage)[:, 0])
        if not n:
            return outline.empty(self.info.name)
        return outline.dataset(roles.table(donors), name=self.info.name, samples=draw(model, donors))

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the rows beside the samples.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        roles, model = need_fitted(self._roles, self.info), need_fitted(self._model, self.info)
        extra, arrays = self._state(model)
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra={"roles": roles.to_json()} | extra,
            arrays=roles.arrays() | arrays,
        )

    @classmethod
    @refuse_damage
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        generator._roles = roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        generator._model = generator._restore(saved, roles)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


def need_samples(dataset: Dataset, info: GeneratorInfo) -> Samples:
    """Samples of a dataset of a generator's modality.

    Raises
    ------
    DataError
        For other data.
    SampleSizeError
        For an empty set.
    """
    check_trainable(dataset, info)
    if dataset.samples is None:
        raise DataError(f"generator {info.name!r} needs samples, {dataset.source!r} has rows only: load it with them.")
    return dataset.samples


def _report(learnt: Learnt[Any], dataset: Dataset, *, began: float) -> FitReport:
    if learnt.training is None:
        seconds = time.perf_counter() - began
        return FitReport(learnt.steps, seconds, "done", len(dataset), dataset.hash, notes=learnt.notes)
    from auditkit.generators.torch_models import report_training  # noqa: PLC0415 - torch is heavy

    return report_training(learnt.training, dataset, notes=learnt.notes)
