"""What all models of images share: their data, samples that meet conditions exactly, saving and loading."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.noise import whole_chunks
from auditkit.generators.outline import need_fitted
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["ImageModel", "LearntImages", "ModelT"]


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


ModelT = TypeVar("ModelT", bound=ImageModel)


class LearntImages(ConditionedGenerator[ModelT]):
    """A generator that learns images of one shape, grey or RGB, from their label and groups."""

    donors_stage: ClassVar[str] = "image donors"
    max_side: ClassVar[int | None] = 64

    def __init__(self) -> None:
        """Start unfitted."""
        super().__init__()
        self._canvas: Canvas | None = None

    @abstractmethod
    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[ModelT]:
        """Learn from images."""

    @abstractmethod
    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> ModelT:
        """Model from the arrays that it gave."""

    def _learn(self, task: Task) -> Learnt[ModelT]:
        height, width, _ = task.samples.shape
        if self.max_side is not None and max(height, width) > self.max_side:
            raise DataError(
                f"the image generator {self.info.name!r} works up to {self.max_side} pixels a side, got {height} x "
                f"{width}: make the images smaller, or use 'augment'."
            )
        images = task.dataset.arrays()
        canvas = Canvas.of(ArraySamples(images))
        learnt = self._learn_images(task, ImageRows.of(images, task.roles, canvas), canvas)
        self._canvas = canvas
        return learnt

    def _draw(self, model: ModelT, donors: NDArray[np.int64], *, seed: int) -> ArraySamples:
        members = need_fitted(self._roles, self.info).members[donors]
        with one_thread(), torch.no_grad():
            return ArraySamples(np.concatenate(list(self._pixels(model, members, seed=seed))))

    def _pixels(self, model: ModelT, members: NDArray[np.int64], *, seed: int) -> Iterator[NDArray[np.uint8]]:
        """Chunks of images of some combinations."""
        canvas = need_fitted(self._canvas, self.info)
        for start, n, wanted in whole_chunks(members):
            yield canvas.pixels(model.draw(torch.from_numpy(wanted), start=start, seed=seed)[:n])

    def _state(self, model: ModelT) -> State:
        canvas = need_fitted(self._canvas, self.info)
        return {"shape": list(canvas.shape)}, model.arrays() | {"levels": canvas.levels}

    def _restore(self, saved: Saved, roles: Roles) -> ModelT:
        height, width, channels = saved.extra["shape"]
        self._canvas = Canvas((height, width, channels), saved.arrays["levels"])
        return self._restore_images(dict(saved.arrays), roles, self._canvas)
