"""How images look: as sharp, as rich in contrast, as bright as real ones.

Each looks at one number per image and forgets what is shown. The similarities depend on both sizes and fall short of
1 on fresh real images too: compare equal sizes with a yardstick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.images.sides import image_sides, images_of, luminance
from auditkit.metrics.products import product
from auditkit.metrics.raw_samples import measure
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.side import Side
from auditkit.metrics.similarity import ks_similarity

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["brightness_similarity", "contrast_similarity", "sharpness_similarity"]

_BLOCK = 256
_FAINTEST = 1e-6


@dataclass(frozen=True, eq=False)
class Looks:
    """Numbers of n images.

    Attributes
    ----------
    sharpness : ndarray of shape (n,)
        Base-10 logarithm of the variance of the Laplacian of the luminance; -6 at least.
    contrast, brightness : ndarray of shape (n,)
        Standard deviation and mean of the luminance, in [0, 1].
    """

    sharpness: NDArray[np.float64]
    contrast: NDArray[np.float64]
    brightness: NDArray[np.float64]


@product(sides=("real",))
def looks_of(real: Side) -> Looks:
    """Looks of the images of a side.

    Raises
    ------
    UndefinedError
        If the images are not at hand.
    """
    return Looks(*images_of(real).numbers(_measured).T)


@measure("image")
def _measured(samples: Samples) -> NDArray[np.float64]:
    """Sharpness, contrast and brightness of all images, a few of which are held at once."""

    def measured(block: slice) -> NDArray[np.float64]:
        light = luminance(samples.take(np.arange(block.start, block.stop)))
        flat = light.reshape(len(light), -1)
        edges = _laplacian(light).reshape(len(light), -1).var(axis=1)
        return np.column_stack([np.log10(np.maximum(edges, _FAINTEST)), flat.std(axis=1), flat.mean(axis=1)])

    return np.concatenate([np.empty((0, 3)), *run_blocks(measured, split_blocks(len(samples), _BLOCK))])


def _laplacian(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the four neighbours less four times the pixel, edges repeated."""
    wide = np.pad(light, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] + wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
    return around - 4.0 * light


def _compared(real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> Reading:
    medians = {"real_median": float(np.median(real)), "synthetic_median": float(np.median(synthetic))}
    return Reading(ks_similarity(real, synthetic), (len(real), len(synthetic)), details=medians)


def _sharpness_similarity(real_looks: Looks, synthetic_looks: Looks) -> Reading:
    return _compared(real_looks.sharpness, synthetic_looks.sharpness)


def _contrast_similarity(real_looks: Looks, synthetic_looks: Looks) -> Reading:
    return _compared(real_looks.contrast, synthetic_looks.contrast)


def _brightness_similarity(real_looks: Looks, synthetic_looks: Looks) -> Reading:
    return _compared(real_looks.brightness, synthetic_looks.brightness)


@metric(
    reads=_sharpness_similarity,
    family="realism",
    modalities=("image",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of the variance of the Laplacian; Pech-Pacheco et al. 2000",
    meaning="How like the sharpness of synthetic images is distributed to that of real ones.",
    misleads=(
        "One number per image: noise looks sharp, and what is shown does not matter. The medians in the details say "
        "which side fails."
    ),
    advice="Less sharp: a mean taken over many images, as autoencoders do. Sharper: noise or pixels off the real grid.",
)
def sharpness_similarity(*, real: Any, synthetic: Any) -> float:
    """One less the Kolmogorov-Smirnov distance of the images' sharpness, the variance of the Laplacian.

    1 - max over x of |P(sharpness of real <= x) - P(sharpness of synthetic <= x)|, of the luminance, whose Laplacian
    is the sum of a pixel's four neighbours less four times the pixel.

    Parameters
    ----------
    real, synthetic : Dataset or ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Images of one shape.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        If a set holds no images, or images of another shape, or is empty.

    Notes
    -----
    O(pixels). Blurred images and noisy ones both fall short: the medians in the details say which.

    References
    ----------
    Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR.

    Examples
    --------
    >>> board = (np.indices((6, 6)).sum(axis=0) % 2 * 255).astype(np.uint8)
    >>> plain = np.full((6, 6), 128, np.uint8)
    >>> sharpness_similarity(real=np.stack([board, board]), synthetic=np.stack([board, plain]))
    0.5
    """
    return value_of(_sharpness_similarity, image_sides(real=real, synthetic=synthetic))


@metric(
    reads=_contrast_similarity,
    family="realism",
    modalities=("image",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of root mean square contrast; Peli 1990",
    meaning="How like the contrast of synthetic images is distributed to that of real ones.",
    misleads=(
        "One number per image: what is shown does not matter, and any picture with the right spread of light is "
        "perfect."
    ),
    advice="Look for a squashed output range, washed-out means, or a normalisation that one set only went through.",
)
def contrast_similarity(*, real: Any, synthetic: Any) -> float:
    """One less the Kolmogorov-Smirnov distance of the images' contrast, the standard deviation of the luminance.

    Parameters
    ----------
    real, synthetic : Dataset or ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Images of one shape.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `sharpness_similarity`.

    Notes
    -----
    O(pixels).

    References
    ----------
    Peli 1990, "Contrast in complex images", JOSA A 7.

    Examples
    --------
    >>> images = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
    >>> contrast_similarity(real=images, synthetic=images // 2)
    0.0
    """
    return value_of(_contrast_similarity, image_sides(real=real, synthetic=synthetic))


@metric(
    reads=_brightness_similarity,
    family="realism",
    modalities=("image",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of mean luminance; Smirnov 1948",
    meaning="How like the brightness of synthetic images is distributed to that of real ones.",
    misleads="One number per image: what is shown does not matter, and grey noise of the right mean is perfect.",
    advice="Look for a shift of the output range, and for modes that are all dark or all bright.",
)
def brightness_similarity(*, real: Any, synthetic: Any) -> float:
    """One less the Kolmogorov-Smirnov distance of the images' mean luminance.

    Parameters
    ----------
    real, synthetic : Dataset or ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Images of one shape.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `sharpness_similarity`.

    Notes
    -----
    O(pixels).

    Examples
    --------
    >>> dark, light = np.zeros((4, 4, 4), np.uint8), np.full((4, 4, 4), 200, np.uint8)
    >>> brightness_similarity(real=dark, synthetic=np.concatenate([dark[:1], light[:3]]))
    0.25
    """
    return value_of(_brightness_similarity, image_sides(real=real, synthetic=synthetic))
