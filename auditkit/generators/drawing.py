"""A few units side by side, in order: the picture of a walk through a latent space, or of any small set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.errors import AuditkitError, SampleSizeError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from auditkit.data import Dataset

__all__ = ["draw_units"]

_MOST = 400
_GAP = 1


def draw_units(dataset: Dataset, *, columns: int = 8, ax: Axes | None = None) -> Axes:
    """Images in a grid, row by row; series over each other, from the first (dark) to the last (light).

    Parameters
    ----------
    dataset : Dataset
        1 to 400 images or series, as `auditkit.generators.interpolate` and `traverse` give them. They are shown as they
        are: do not show real ones to whom they do not belong.
    columns : int, default 8
        Images in a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AuditkitError
        For data that are neither images nor series.
    SampleSizeError
        For no units, or more than 400.
    """
    if dataset.modality not in {"image", "series"}:
        what = f"{dataset.source!r} is {dataset.modality}"
        raise AuditkitError(f"only images and series can be drawn in one picture, {what}.")
    if not 1 <= len(dataset) <= _MOST:
        raise SampleSizeError(f"a picture shows 1 to {_MOST} units, {dataset.source!r} has {len(dataset)}: take some.")
    if columns < 1:
        raise AuditkitError(f"a picture needs at least 1 column, got {columns}.")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy

    if ax is None:
        _, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    if dataset.modality == "image":
        ax.imshow(_sheet(dataset, min(columns, len(dataset))), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set_axis_off()
        return ax
    colours = plt.get_cmap("viridis")(np.linspace(0.0, 0.92, len(dataset)))
    for series, colour in zip(dataset.arrays(), colours, strict=True):
        ax.plot(series, color=colour, linewidth=1.2)
    ax.set_xlabel("step")
    ax.set_ylabel(", ".join(dataset.schema.channels))
    return ax


def _sheet(dataset: Dataset, columns: int) -> Any:
    """Images in a grid with light gaps, shape (H, W, 3)."""
    images = dataset.arrays()
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, 3), 235, dtype=np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * (height + _GAP), place % columns * (width + _GAP)
        sheet[top : top + height, left : left + width] = image if channels > 1 else np.repeat(image, 3, axis=2)
    return sheet
