from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn

from auditkit.data import ArraySamples
from auditkit.errors import UndefinedError
from auditkit.metrics.images.hashes import N_VIEWS, hashes, near_hits
from auditkit.metrics.images.near_copies import _near_copy_excess, near_copy_excess
from auditkit.metrics.images.sides import image_sides, luminance
from auditkit.metrics.registry import evaluate


def pictures(n, seed=0, side=32):
    """Random grids of 9 x 9 lights, drawn smoothly: each image has a layout of its own."""
    grids = np.random.default_rng(seed).integers(0, 256, (n, 9, 9), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(item).resize((side, side), Image.BILINEAR)) for item in grids])[
        ..., None
    ]


def bits_between(first, second):
    return np.bitwise_count(np.asarray(first) ^ np.asarray(second))


def test_a_hash_holds_the_signs_of_the_slowest_waves():
    """At 32 x 32 pixels nothing is resized, and the oracle is scipy's transform."""
    images = pictures(5)
    for image, found in zip(luminance(images), hashes(ArraySamples(images))[:, 0], strict=True):
        waves = dctn(image, norm="ortho")[:8, :8].ravel()
        # The orthonormal transform scales the two means along the sides by 1 / sqrt 2, which the hash leaves out.
        scale = np.ones((8, 8))
        scale[0] *= np.sqrt(2)
        scale[:, 0] *= np.sqrt(2)
        waves *= scale.ravel()
        above = waves > np.median(waves[1:])
        above[0] = True
        assert int(found) == int("".join("1" if bit else "0" for bit in above), 2)


def test_a_mirrored_view_is_the_hash_of_the_mirrored_image():
    images = pictures(6)
    half = N_VIEWS // 2
    mirrored = hashes(ArraySamples(images[:, :, ::-1]))
    assert bits_between(hashes(ArraySamples(images))[:, half], mirrored[:, 0]).max() <= 1


def test_sizes_do_not_matter_much():
    images = pictures(20, side=64)
    smaller = np.stack([np.asarray(Image.fromarray(item[..., 0]).resize((24, 40), Image.BOX)) for item in images])
    found = [hashes(ArraySamples(item))[:, 0] for item in (images, smaller[..., None])]
    assert np.median(bits_between(*found)) <= 2
    assert np.median(bits_between(found[0], np.roll(found[1], 1))) > 12


def test_near_hits_are_those_of_a_plain_loop():
    rng = np.random.default_rng(1)
    views = rng.integers(0, 2**64, (70, N_VIEWS), dtype=np.uint64)
    views[3] = 0
    images = np.concatenate([views[:20, 4] ^ np.uint64(0b1011), rng.integers(0, 2**64, 30, dtype=np.uint64)])
    images = np.append(images, np.uint64(0))
    own, theirs = near_hits(images, views, bits=3)
    for place, image in enumerate(images):
        near = [
            int(image) and any(int(view) and (int(image) ^ int(view)).bit_count() <= 3 for view in row) for row in views
        ]
        assert bool(own[place]) == any(near)
    assert theirs.tolist() == [0 <= place < 20 and place != 3 for place in range(70)]


def jpeg(image):
    held = io.BytesIO()
    Image.fromarray(image[..., 0]).save(held, "JPEG", quality=30)
    return np.asarray(Image.open(held))[..., None]


@pytest.mark.parametrize(
    "change",
    [
        lambda images, _: images[:, :, ::-1],
        lambda images, _: np.stack([jpeg(item) for item in images]),
        lambda images, rng: np.clip(images + rng.normal(0, 12, images.shape), 0, 255).astype(np.uint8),
        lambda images, _: np.stack(
            [np.asarray(Image.fromarray(item[2:30, 4:32, 0]).resize((32, 32), Image.BILINEAR)) for item in images]
        )[..., None],
    ],
    ids=["mirrored", "compressed", "noisy", "cropped"],
)
def test_training_images_are_recognised_when_they_are_changed(change):
    train, fresh = pictures(80), pictures(80, seed=9)
    copied = change(train[:50], np.random.default_rng(0))
    assert near_copy_excess(real=train, synthetic=copied, holdout=fresh) > 0.8
    assert abs(near_copy_excess(real=train, synthetic=pictures(50, seed=4), holdout=fresh)) < 0.1


def test_the_larger_set_counts_as_if_it_were_as_small():
    """With as many near in each set per image, the excess is 0 whatever the sizes."""
    train, fresh = pictures(60), pictures(30, seed=9)
    made = np.concatenate([train[:30], fresh[:15]])
    reading = evaluate(_near_copy_excess, image_sides(real=train, synthetic=made, holdout=fresh))
    assert reading.value == pytest.approx(0.0, abs=1e-12)
    assert reading.spread["train"] == reading.spread["holdout"] == 15.0
    assert reading.details["train_images"] == 30


def test_plain_images_are_near_nothing():
    train, fresh = pictures(10), pictures(10, seed=9)
    plain = np.full((4, 32, 32, 1), 90, np.uint8)
    with pytest.raises(UndefinedError, match="every synthetic image is plain"):
        near_copy_excess(real=train, synthetic=plain, holdout=fresh)
    both = np.concatenate([plain, pictures(4, seed=5)])
    assert near_copy_excess(real=np.concatenate([train, plain]), synthetic=both, holdout=fresh) == 0.0
