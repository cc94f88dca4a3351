"""Images as tensors for networks: channels first, values in [0, 1], resized by a named rule where a network asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from auditkit.blocks import split_blocks
from auditkit.errors import AuditkitError, DataError, UnknownNameError

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["RESIZES", "Resize", "check_resize", "image_tensors", "resized"]

Resize = Literal["bicubic", "bilinear", "bilinear-plain"]
RESIZES: tuple[Resize, ...] = get_args(Resize)
"""`bicubic` and `bilinear` are antialiased when they shrink; `bilinear-plain` is not, as in the first FID codes."""

BATCH = 64


def check_resize(name: str) -> Resize:
    """The rule of this name.

    Raises
    ------
    UnknownNameError
    """
    for rule in RESIZES:
        if name == rule:
            return rule
    raise UnknownNameError.of("resize", name, RESIZES)


def resized(images: torch.Tensor, side: int, resize: Resize) -> torch.Tensor:
    """Images of shape (n, C, H, W) at side times side pixels; values that the rule carries beyond [0, 1] are cut."""
    if tuple(images.shape[2:]) == (side, side):
        return images
    mode, plain = resize.removesuffix("-plain"), resize.endswith("-plain")
    made = interpolate(images, size=(side, side), mode=mode, align_corners=False, antialias=not plain)
    return made.clamp(0.0, 1.0)


def image_tensors(
    dataset: Dataset, *, side: int | None = None, resize: Resize = "bicubic", colours: int | None = None, name: str
) -> Iterator[tuple[slice, torch.Tensor]]:
    """Images in batches.

    Parameters
    ----------
    dataset : Dataset
        Images.
    side : int, optional
        Height and width that a network asks for; as they are by default.
    resize : {"bicubic", "bilinear", "bilinear-plain"}
    colours : int, optional
        3 repeats grey images over three channels.
    name : str
        Of the embedder, for messages.

    Yields
    ------
    (slice, Tensor of shape (b, C, H, W), float32 in [0, 1])

    Raises
    ------
    DataError
        If the data are no images, or have another number of channels than asked.
    """
    samples = dataset.samples
    if dataset.modality != "image" or samples is None:
        message = f"embedder {name!r} needs images, got {dataset.modality} in {dataset.source!r}."
        raise DataError(message)
    if side is not None and side < 1:
        message = f"embedder {name!r} needs a side of at least 1 pixel, got {side}."
        raise AuditkitError(message)
    n_channels = samples.shape[2]
    if colours is not None and n_channels not in {1, colours}:
        message = f"embedder {name!r} needs {colours} channels, {dataset.source!r} has {n_channels}."
        raise DataError(message)
    for block in split_blocks(len(samples), BATCH):
        pixels: NDArray[np.uint8] = samples.take(np.arange(block.start, block.stop))
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.float32) / 255.0
        if colours is not None and n_channels == 1:
            images = images.expand(-1, colours, -1, -1)
        yield block, images if side is None else resized(images, side, resize)
