"""SMOTE of images: points between a training image and one of its neighbours with the same label and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import AuditkitError
from auditkit.generators.conditioned import Learnt, Task
from auditkit.generators.image.learnt import LearntImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, uniform_noise
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.generators.roles import Roles

__all__ = ["ImageSmote"]

_BLOCK = 512


class ImageSmote(LearntImages["_Model"]):
    """Pixels between a training image and one of its nearest neighbours with the same label and groups.

    Samples are blends of two real images and stay on the segments between them: a common way to make up for rare
    classes, and close to training data by its nature.

    Parameters
    ----------
    k : int, default 5
        Neighbours to choose among.

    References
    ----------
    Chawla et al. 2002, "SMOTE: Synthetic Minority Over-sampling Technique".

    Examples
    --------
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> smote = ImageSmote(k=3).fit(load(images, modality="image"))
    >>> smote.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="smote",
        modality="image",
        family="interpolation",
        summary="Pixels between a training image and a neighbour of the same label and groups.",
        params={"k": "neighbours to choose among (5)"},
        conditional="exact",
        stores_real_values=True,
        tries={"k": (3, 10)},
        citation="Chawla et al. 2002, SMOTE: Synthetic Minority Over-sampling Technique",
    )
    max_side: ClassVar[int | None] = None

    def __init__(self, *, k: int = 5) -> None:
        super().__init__()
        if k < 1:
            raise AuditkitError(f"k must be at least 1, got {k!r}.")
        self.k = k

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_Model]:
        del task
        members = rows.members.numpy()
        with one_thread():
            neighbours = _neighbours(rows, members, self.k)
        alone = int(np.sum(np.bincount(members) == 1))
        notes = ["samples lie on the segments between training images: closeness to them is to be expected."]
        if alone:
            notes.append(f"{alone} combinations of label and groups have one image, which is copied.")
        return Learnt(_Model(canvas, rows.pixels, members, neighbours), notes=tuple(notes))

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _Model:
        return _Model(canvas, torch.from_numpy(arrays["pixels"]), roles.members, arrays["neighbours"])


@dataclass(frozen=True)
class _Model:
    """Training images with the neighbours of each."""

    canvas: Canvas
    pixels: torch.Tensor
    members: NDArray[np.int64]
    neighbours: NDArray[np.int64]

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images; see `ImageModel`."""
        drawn = uniform_noise(CHUNK, 3, seed=seed, stage="image blends", start=start)
        first = np.empty(CHUNK, dtype=np.int64)
        for member in np.unique(members.numpy()):
            asked = members.numpy() == member
            own = np.flatnonzero(self.members == member)
            first[asked] = own[(drawn[asked, 0] * len(own)).astype(np.int64)]
        counts = (self.neighbours[first] >= 0).sum(axis=1)
        second = self.neighbours[first, (drawn[:, 1] * counts).astype(np.int64)]
        second = np.where(counts > 0, second, first)
        one, other = (self.pixels[torch.from_numpy(rows)].double() for rows in (first, second))
        blend = one + torch.from_numpy(drawn[:, 2])[:, None, None, None] * (other - one)
        return (blend - self.canvas.low) / self.canvas.reach

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        return {"pixels": self.pixels.numpy(), "neighbours": self.neighbours}


def _neighbours(rows: ImageRows, members: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Nearest other images of the same combination, shape (n, k); -1 where there are fewer."""
    found = np.full((len(rows), k), -1, dtype=np.int64)
    for member in np.unique(members):
        own = np.flatnonzero(members == member)
        flat = rows.images(torch.from_numpy(own)).flatten(1)
        for block in split_blocks(len(own), _BLOCK):
            distances = torch.cdist(flat[block.start : block.stop], flat)
            distances[torch.arange(block.stop - block.start), torch.arange(block.start, block.stop)] = torch.inf
            near = distances.argsort(dim=1, stable=True)[:, : min(k, len(own) - 1)].numpy()
            found[own[block.start : block.stop], : near.shape[1]] = own[near]
    return found
