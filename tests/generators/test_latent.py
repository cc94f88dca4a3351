"""Walks through the space of a generator."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import generators
from auditkit.data import ArraySamples, Dataset
from auditkit.errors import AuditkitError, SampleSizeError, ShapeError
from auditkit.generators import Budget, interpolate, traverse
from auditkit.generators.drawing import draw_units
from auditkit.generators.latent import spherical


@pytest.fixture(scope="module")
def vae(stripes: Dataset):
    return generators.create("vae", modality="image").fit(stripes, seed=0, budget=Budget(steps=60))


def test_an_arc_keeps_the_length_that_a_straight_line_would_lose():
    first, second = np.array([3.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0])
    walk = spherical(first, second, steps=7)
    assert np.linalg.norm(walk, axis=1) == pytest.approx(np.full(7, 3.0), abs=1e-6)
    assert walk[[0, -1]].tolist() == [first.tolist(), second.tolist()]
    turns = [walk[place] @ walk[place + 1] / 9 for place in range(6)]
    assert turns == pytest.approx(np.full(6, np.cos(np.pi / 12)), abs=1e-6)


def test_places_in_line_and_at_the_origin_are_walked_straight():
    assert spherical(np.ones(2), 3 * np.ones(2), steps=3).tolist() == [[1, 1], [2, 2], [3, 3]]
    assert spherical(np.zeros(2), np.ones(2), steps=3).tolist() == [[0, 0], [0.5, 0.5], [1, 1]]


def test_a_walk_begins_and_ends_where_its_ends_lie(stripes, vae):
    first, second = stripes.take([0]), stripes.take([1])
    walk = interpolate(vae, first, second, steps=5)
    assert len(walk) == 5
    assert set(walk.label_values) == {first.label_values[0]}
    ends = vae.decode(vae.encode(first), conditions={stripes.label: str(first.label_values[0])})
    assert walk.arrays()[0].tolist() == ends.arrays()[0].tolist()
    along = traverse(vae, first, dimension=2, steps=4)
    assert len(along) == 4
    assert draw_units(walk, columns=3).images[0].get_array().shape[:2] == (
        2 * stripes.schema.shape[0] + 1,
        3 * stripes.schema.shape[1] + 2,
    )


def test_what_cannot_be_walked_is_told(stripes, vae, people):
    cart = generators.create("cart", modality="tabular").fit(people)
    with pytest.raises(AuditkitError, match="generator 'cart' has no latent space"):
        interpolate(cart, people.take([0]), people.take([1]))
    with pytest.raises(ShapeError, match="one unit as `second`, got 2"):
        interpolate(vae, stripes.take([0]), stripes.take([1, 2]))
    with pytest.raises(AuditkitError, match="at least 2 steps"):
        interpolate(vae, stripes.take([0]), stripes.take([1]), steps=1)
    with pytest.raises(AuditkitError, match="dimensions 0 to"):
        traverse(vae, stripes.take([0]), dimension=999)
    with pytest.raises(AuditkitError, match="only images and series"):
        draw_units(people)
    with pytest.raises(SampleSizeError, match="1 to 400 units"):
        draw_units(stripes.take([]))
    grey = Dataset.of_table(stripes.table.head(1), samples=ArraySamples(np.zeros((1, 2, 2, 1), np.uint8)))
    assert draw_units(grey).images[0].get_array().shape[:2] == (2, 2)
