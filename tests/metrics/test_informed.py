"""The memorization-informed Fréchet distance against a slow loop and torchmetrics' own pieces."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

from auditkit.errors import AuditkitError, UndefinedError
from auditkit.metrics import frechet_distance
from auditkit.metrics import memorization_informed_frechet_distance as mifid
from auditkit.metrics.informed import OTHERS, ROWS, _nearest_cosine_distances


def loop(rows, others):
    """Mean over rows of the least cosine distance to the others, in plain Python."""
    least = []
    for a in rows.tolist():
        cosines = [
            abs(math.fsum(x * y for x, y in zip(a, b, strict=True))) / (math.hypot(*a) * math.hypot(*b))
            for b in others.tolist()
        ]
        least.append(1 - max(cosines))
    return math.fsum(least) / len(least)


def sets(seed=0, n=40, m=30, d=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 0.3 + rng.normal(size=(m, d))


@pytest.mark.parametrize("epsilon", [0.001, 0.1, 1.0])
def test_papers_definition_goes_from_synthetic_to_real(epsilon):
    real, synthetic = sets()
    cosine = loop(synthetic, real)
    expected = frechet_distance(real=real, synthetic=synthetic) / (cosine if cosine < epsilon else 1.0)
    assert mifid(real=real, synthetic=synthetic, epsilon=epsilon) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("epsilon", [0.001, 1.0])
def test_other_variant_goes_from_real_to_synthetic(epsilon):
    real, synthetic = sets()
    cosine = loop(real, synthetic)
    expected = frechet_distance(real=real, synthetic=synthetic) / ((cosine if cosine < epsilon else 1.0) + 1e-14)
    found = mifid(real=real, synthetic=synthetic, epsilon=epsilon, variant="torchmetrics")
    assert found == pytest.approx(expected, rel=1e-12)


def test_other_variant_matches_torchmetrics():
    class Features(torch.nn.Module):
        num_features = 4

        def forward(self, x):
            return x

    real, synthetic = sets(1, n=200, m=150)
    real[0] = [1.0, -1.0, 2.0, -2.0]  # a row that sums to 0, which torchmetrics leaves out
    peer = MemorizationInformedFrechetInceptionDistance(feature=Features(), cosine_distance_eps=0.9)
    peer.set_dtype(torch.float64)
    peer.update(torch.from_numpy(real), real=True)
    peer.update(torch.from_numpy(synthetic), real=False)
    found = mifid(real=real, synthetic=synthetic, epsilon=0.9, variant="torchmetrics")
    assert found == pytest.approx(float(peer.compute()), rel=1e-6)


def test_a_perfect_copy_is_undefined_where_the_peer_calls_it_best():
    real, _ = sets()
    with pytest.raises(UndefinedError, match="all of them are copies"):
        mifid(real=real, synthetic=real[::-1])
    assert mifid(real=real, synthetic=real[::-1], variant="torchmetrics") == 0.0


def test_near_copies_keep_their_digits():
    rng = np.random.default_rng(2)
    real = rng.normal(size=(OTHERS + 100, 6))
    turn = rng.normal(size=real.shape)
    turn -= (turn * real).sum(axis=1, keepdims=True) / (real**2).sum(axis=1, keepdims=True) * real
    length = np.linalg.norm(real, axis=1) / np.linalg.norm(turn, axis=1)
    # Turned by an angle of 1e-6, half of them turned round: 1 - |cos| = 5e-13, of which 1 - (1 - 5e-13) has 3 digits.
    near = (real + 1e-6 * length[:, None] * turn) * np.where(np.arange(len(real)) % 2, -2.0, 0.5)[:, None]
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (near[-ROWS - 9 :], real)]
    np.testing.assert_allclose(_nearest_cosine_distances(*unit), 5e-13, rtol=1e-8)


def test_zero_rows_point_nowhere_and_are_left_out():
    real, synthetic = sets(3)
    padded = np.vstack([synthetic, np.zeros((2, 4))])
    expected = frechet_distance(real=real, synthetic=padded) / loop(synthetic, real)
    assert mifid(real=real, synthetic=padded, epsilon=1.0) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(UndefinedError, match="`synthetic` has none"):
        mifid(real=real, synthetic=np.zeros((5, 4)))


def test_tiny_features_have_directions_too():
    real, synthetic = sets(4)
    expected = mifid(real=real, synthetic=synthetic)
    assert mifid(real=1e-50 * real, synthetic=1e-50 * synthetic) == pytest.approx(1e-100 * expected, rel=1e-10)


@pytest.mark.parametrize("epsilon", [0, -1, 1.5, "0.1", True, None, float("nan")])
def test_an_impossible_threshold_is_refused(epsilon):
    real, synthetic = sets()
    with pytest.raises(AuditkitError, match="`epsilon` must be a number above 0"):
        mifid(real=real, synthetic=synthetic, epsilon=epsilon)


def test_an_unknown_variant_is_refused():
    real, synthetic = sets()
    with pytest.raises(AuditkitError, match="did you mean 'paper'"):
        mifid(real=real, synthetic=synthetic, variant="papre")
