"""Augmented images: training images, slightly changed, with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.image.operations import DEFAULTS, OPERATIONS, TRIVIAL, apply_operations
from auditkit.generators.image.rows import Canvas
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Samples
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["ImageAugment"]


_NOTE = "each sample is a changed training image: copies of training images are to be expected."


@dataclass(frozen=True, eq=False)
class _Sources:
    """Training images, read when samples are drawn, and their combinations of label and groups."""

    samples: Samples
    members: NDArray[np.int64]
    canvas: Canvas

    def shares(self, rows: NDArray[np.int64]) -> torch.Tensor:
        return self.canvas.shares(self.samples.take(rows))


class ImageAugment(ConditionedGenerator[_Sources]):
    """Training images changed by random operations of random strength, labels kept.

    Each sample takes a training image that meets the conditions and applies `n_operations` of `operations`, drawn
    without return, each at a strength drawn evenly up to the strongest. All geometry is one bilinear pass, and pixels
    return to the levels that the training images use. Strengths are relative to the image's size.

    Parameters
    ----------
    operations : sequence of str, or "trivial", optional
        Among flip, rotate, translate, scale, crop, brightness, contrast, colour (of RGB images), noise, blur, erase,
        mixup and cutmix (with another training image of the same label and groups). By default those that keep a
        digit's label: rotate (up to 10 degrees), translate (8 % of the side), scale (10 %), brightness and contrast
        (20 %), noise (4 %). "trivial" is TrivialAugment: one of all operations on a single image.
    n_operations : int, default 1
        Operations per image.
    strength : float, default 1.0
        Factor of all strengths, in (0, 3].

    Examples
    --------
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> augment = ImageAugment(operations=["flip"]).fit(load(images, modality="image"))
    >>> augment.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="augment",
        modality="image",
        family="augmentation",
        summary="Training images changed by random small operations, labels kept.",
        params={
            "operations": f'"trivial", or any of {", ".join(OPERATIONS)} ({", ".join(DEFAULTS)})',
            "n_operations": "operations per image (1)",
            "strength": "factor of all strengths, in (0, 3] (1.0)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"n_operations": (2,), "strength": (0.5,)},
        citation="Mueller and Hutter 2021, TrivialAugment; Zhang et al. 2018, mixup; Yun et al. 2019, CutMix",
    )
    donors_stage: ClassVar[str] = "augment donors"

    def __init__(
        self, *, operations: Sequence[str] | None = None, n_operations: int = 1, strength: float = 1.0
    ) -> None:
        super().__init__()
        named = {"trivial": TRIVIAL}.get(operations, (operations,)) if isinstance(operations, str) else operations
        self.operations = list(DEFAULTS if named is None else named)
        for name in self.operations:
            if name not in OPERATIONS:
                raise UnknownNameError.of("operation of 'augment'", name, OPERATIONS)
        if not 1 <= n_operations <= len(self.operations):
            raise AuditkitError(
                f"n_operations must be 1 to {len(self.operations)}, the number of operations, got {n_operations!r}."
            )
        if not 0 < strength <= 3:  # noqa: PLR2004 - beyond, nothing of most images is left
            raise AuditkitError(f"strength must lie in (0, 3], got {strength!r}.")
        self.n_operations = n_operations
        self.strength = strength

    def _learn(self, task: Task) -> Learnt[_Sources]:
        return Learnt(_Sources(task.samples, task.roles.members, Canvas.of(task.samples)), notes=(_NOTE,))

    def _draw(self, model: _Sources, donors: NDArray[np.int64], *, seed: int) -> ArraySamples:
        starts = range(0, len(donors), CHUNK)
        with one_thread():
            parts = [self._changed(model, donors[start : start + CHUNK], start, seed=seed) for start in starts]
        return ArraySamples(np.concatenate(parts))

    def _changed(self, model: _Sources, donors: NDArray[np.int64], start: int, *, seed: int) -> NDArray[np.uint8]:
        images = model.shares(donors)
        chosen, amounts = self._plan(len(donors), start, seed=seed)
        mixes = any(name in {"mixup", "cutmix"} for names in chosen for name in names)
        partners = model.shares(_partners(model.members, donors, start, seed=seed)) if mixes else images
        width = int(np.prod(images.shape[1:]))
        noise = normal_noise(len(donors), width, seed=seed, stage="augment noise", start=start)
        rough = torch.from_numpy(noise).float().reshape(images.shape)
        return model.canvas.pixels(apply_operations(images, chosen, amounts, rough, partners))

    def _plan(self, n: int, start: int, *, seed: int) -> tuple[list[list[str]], NDArray[np.float64]]:
        known = len(self.operations)
        drawn = uniform_noise(n, known + 3 * self.n_operations, seed=seed, stage="augment plan", start=start)
        order = np.argsort(drawn[:, :known], axis=1)[:, : self.n_operations]
        amounts = (2 * drawn[:, known:] - 1).reshape(n, self.n_operations, 3)
        return [[self.operations[at] for at in row] for row in order], amounts * [self.strength, 1.0, 1.0]

    def _state(self, model: _Sources) -> State:
        pixels = model.samples.take(np.arange(len(model.samples)))
        return {}, {"pixels": pixels, "levels": model.canvas.levels}

    def _restore(self, saved: Saved, roles: Roles) -> _Sources:
        samples = ArraySamples(saved.arrays["pixels"])
        height, width, channels = samples.shape
        return _Sources(samples, roles.members, Canvas((height, width, channels), saved.arrays["levels"]))


def _partners(members: NDArray[np.int64], donors: NDArray[np.int64], start: int, *, seed: int) -> NDArray[np.int64]:
    """For each training image another one of its combination, or itself where there is none."""
    uniform = uniform_noise(len(donors), 1, seed=seed, stage="augment partners", start=start)[:, 0]
    partners = donors.copy()
    for member in np.unique(members[donors]):
        asked, own = members[donors] == member, np.flatnonzero(members == member)
        partners[asked] = own[(uniform[asked] * len(own)).astype(np.int64)]
    return partners
