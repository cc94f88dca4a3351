"""What the generators of images ask of a dataset; the columns beside the images are `Roles`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.errors import DataError
from auditkit.generators.roles import Roles

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["Roles", "check_images"]


def check_images(dataset: Dataset, name: str) -> tuple[int, int, int]:
    """Height, width and channels of a dataset of images.

    Raises
    ------
    DataError
        For other data, and for images that are neither grey nor RGB.
    """
    if dataset.modality != "image" or dataset.samples is None:
        raise DataError(f"the image generator {name!r} needs images, got {dataset.modality} data: use another one.")
    if len(dataset) == 0:
        raise DataError(f"the image generator {name!r} needs at least 1 image, got 0: give training images.")
    height, width, channels = dataset.samples.shape
    return height, width, channels
