"""What all models of images share: their data, samples that meet conditions exactly, saving and loading."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.image.roles import Roles, check_images
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import (
    Budget,
    Conditions,
    FitReport,
    GeneratorInfo,
    Progress,
    Shortfall,
)
from auditkit.generators.noise import CHUNK, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import Saved, read_generator, write_generator
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ImageModel", "LearntImages"]


class ImageModel(Protocol):
    """A fitted model of images."""

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images, float of shape (n, channels, height, width), as shares of the pixel range.

        Parameters
        ----------
        members : Tensor of int64, shape (CHUNK,)
            Combination of label and groups of each.
        start : int
            Position of the first in the endless sequence that belongs to the seed.
        seed : int
        """
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        ...


class LearntImages(ABC):
    """A generator that learns images of one shape from their label and groups.

    A combination of label and groups is drawn as often as in training, or as asked; then an image of it. Columns that
    are neither label nor group come from training rows of the same combination.
    """

    info: ClassVar[GeneratorInfo]
    max_side: ClassVar[int | None] = 64

    def __init__(self) -> None:
        """Start unfitted."""
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._roles: Roles | None = None
        self._canvas: Canvas | None = None

    @property
    @abstractmethod
    def _fitted(self) -> ImageModel | None: ...

    @abstractmethod
    def _learn(
        self,
        dataset: Dataset,
        rows: ImageRows,
        canvas: Canvas,
        *,
        seed: int,
        budget: Budget | None,
        progress: Progress | None,
    ) -> FitReport: ...

    @abstractmethod
    def _restore(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> None: ...

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the images of each label and group.

        Parameters
        ----------
        dataset : Dataset
            Images of one shape, grey or RGB.
        seed : int, default 0
        budget : Budget, optional
        progress : callable, optional

        Returns
        -------
        Self

        Raises
        ------
        DataError
            For other data, and for larger images than the model takes.
        TrainingError
            When the loss does not stay finite.
        """
        shape = check_images(dataset, self.info.name)
        if self.max_side is not None and max(shape[:2]) > self.max_side:
            raise DataError(
                f"the image generator {self.info.name!r} works up to {self.max_side} pixels a side, got {shape[0]} x "
                f"{shape[1]}: make the images smaller, or use 'augment'."
            )
        images = dataset.arrays()
        roles, canvas = Roles.of(dataset), Canvas.of(ArraySamples(images))
        rows = ImageRows.of(images, roles, canvas)
        self.fit_report = self._learn(dataset, rows, canvas, seed=seed, budget=budget, progress=progress)
        self._outline, self._roles, self._canvas = Outline.of(dataset), roles, canvas
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n images; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "3"}`, or counts that add up to n: `{"label": {"3": 10, "8": 5}}`. Without conditions labels
            come as often as in training.
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
            For a combination of levels that no training image has.
        """
        check_size(n)
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="image donors")[:, 0])
        self.shortfall = None
        pixels = self._pixels(roles.members[donors], seed=seed)
        return outline.dataset(roles.table(donors), name=self.info.name, samples=ArraySamples(pixels))

    def _pixels(self, members: NDArray[np.int64], *, seed: int) -> NDArray[np.uint8]:
        model, canvas = need_fitted(self._fitted, self.info), need_fitted(self._canvas, self.info)
        drawn = [np.zeros((0, *canvas.shape), dtype=np.uint8)]
        with one_thread(), torch.no_grad():
            for start in range(0, len(members), CHUNK):
                # Whole chunks, so that an image's pixels never depend on how many images were asked for.
                part = members[start : start + CHUNK]
                wanted = np.zeros(CHUNK, dtype=np.int64)
                wanted[: len(part)] = part
                images = model.draw(torch.from_numpy(wanted), start=start, seed=seed)
                drawn.append(canvas.pixels(images[: len(part)]))
        return np.concatenate(drawn)

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the rows beside the images.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        model, canvas = need_fitted(self._fitted, self.info), need_fitted(self._canvas, self.info)
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=outline,
            report=self.fit_report,
            extra={"roles": roles.to_json(), "shape": list(canvas.shape)},
            arrays=model.arrays() | roles.arrays() | {"levels": canvas.levels},
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved: Saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        height, width, channels = saved.extra["shape"]
        canvas = Canvas((height, width, channels), saved.arrays["levels"])
        generator._restore(dict(saved.arrays), roles, canvas)
        generator._outline, generator.fit_report = saved.outline, saved.report
        generator._roles, generator._canvas = roles, canvas
        return generator

    def _report(self, dataset: Dataset, started: float, notes: tuple[str, ...] = ()) -> FitReport:
        """Report of a fit that trains nothing."""
        seconds = time.perf_counter() - started
        return FitReport(0, seconds, "done", n_train=len(dataset), data_hash=dataset.hash, notes=notes)
