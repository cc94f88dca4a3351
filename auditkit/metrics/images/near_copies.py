"""Synthetic images that are training images once more: mirrored, cropped, compressed, a little changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.errors import UndefinedError
from auditkit.intervals import clopper_pearson
from auditkit.metrics.images.hashes import hashes, near_hits
from auditkit.metrics.images.sides import image_sides, images_of
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.side import Side

__all__ = ["near_copy_excess"]

BITS = 8


def _near_copy_excess(real: Side, synthetic: Side, holdout: Side, *, bits: int = BITS) -> Reading:
    train, made, fresh = (images_of(side).numbers(hashes) for side in (real, synthetic, holdout))
    if not made[:, 0].any():
        raise UndefinedError("every synthetic image is plain: there is nothing to recognise.")
    distinct, repeats = np.unique(made[:, 0], return_counts=True)
    near_train, of_train = near_hits(distinct, train, bits=bits)
    near_fresh, of_fresh = near_hits(distinct, fresh, bits=bits)
    n, size = len(made), min(len(train), len(fresh))
    # Real images of both sets are exchangeable where nothing was copied, so each that is hit is a fair coin, however
    # many synthetic images are near it. The larger set is counted as if it were as small as the other.
    hit = {"train": of_train.sum() * size / len(train), "holdout": of_fresh.sum() * size / len(fresh)}
    share = float(repeats[near_train | near_fresh].sum() / n)
    total = hit["train"] + hit["holdout"]
    spread = {
        "kind": "sign",
        **{name: float(count) for name, count in hit.items()},
        "scale": share,
        "effective": float(len(distinct)),
        "upper": clopper_pearson(0, n, level=0.9)[1],
        "largest": 1.0,
    }
    details = {
        "near_train_share": float(repeats[near_train].sum() / n),
        "near_holdout_share": float(repeats[near_fresh].sum() / n),
        "train_images": int(of_train.sum()),
        "holdout_images": int(of_fresh.sum()),
    }
    value = share * float(hit["train"] - hit["holdout"]) / float(total) if total else 0.0
    return Reading(value, (len(train), n), spread=spread, details=details)


@metric(
    reads=_near_copy_excess,
    family="copying",
    modalities=("image",),
    direction="lower",
    bounds=(None, None),
    unit="share",
    null=0.0,
    interval="none",
    source="Sign test on the real images hit, by 64-bit perceptual hashes (Zauner 2010) of windows and mirrors",
    meaning="The share of synthetic images that look like a training image, mirrored or cropped too, beyond what fresh "
    "real images would.",
    misleads=(
        "A hash sees the coarse layout of light, neither colours nor details; copies of fewer than about seven "
        "training images cannot be told from chance."
    ),
    advice="Remove them with the filter, then train for fewer steps, with more data or without augmenting by flips.",
)
def near_copy_excess(*, real: Any, synthetic: Any, holdout: Any, bits: int = BITS) -> float:
    """Share of synthetic images near a real one, times how much more often that is a training image.

    s (a - b) / (a + b), where s is the share of synthetic images near any real one, a the number of training images
    that are near any synthetic one, and b that of holdout images.

    A synthetic image is near a real one when its 64-bit perceptual hash differs in at most `bits` bits from that of
    the real image, of one of nine windows at 7/8 of its sides, or of the mirror image of any of these. Train counts as
    if it were as large as the holdout.

    Parameters
    ----------
    real, synthetic, holdout : Dataset or ndarray of uint8, shape (n, H, W) or (n, H, W, C)
        Training images, synthetic ones, and real ones that the generator never saw, of one shape.
    bits : int, default 8
        Bits that may differ, of 64.

    Returns
    -------
    float in [-1, 1]; lower is better. 0 where synthetic images are no nearer to train than to the holdout.

    Raises
    ------
    UndefinedError
        If all synthetic images are plain.
    DataError, ShapeError, SampleSizeError
        As for `sharpness_similarity`.

    Notes
    -----
    O((n + h) m) counts of bits and O(pixels). Where nothing was copied, a real image that is hit is as likely of train
    as of the holdout, whatever else is near the same synthetic images: the sign test on them holds its level. Small or
    simple images, as digits, have many near ones by nature: only the difference to the holdout counts. A hash sees the
    coarse layout of light, neither colours nor details. Copies of fewer than about seven training images are too few
    coins to be told, however often each is repeated: `duplicate_share` and `coverage` see those.

    References
    ----------
    Zauner 2010, "Implementation and benchmarking of perceptual image hash functions", section 3.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train, fresh = (rng.integers(0, 256, (20, 16, 16), dtype=np.uint8) for _ in range(2))
    >>> near_copy_excess(real=train, synthetic=train[:, :, ::-1], holdout=fresh)
    1.0
    """
    return value_of(_near_copy_excess, image_sides(real=real, synthetic=synthetic, holdout=holdout), bits=bits)
