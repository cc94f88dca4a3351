"""The Vendi score against the eigenvalues of all similarities, closed forms and limits of its order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditkit.errors import AuditkitError, ShapeError, UndefinedError, UnknownNameError
from auditkit.metrics import registry, spectrum, vendi_score

ORDERS = [0.1, 0.5, 0.999, 1, 1.001, 1.4, 2, 3, 50, math.inf]


def by_all_similarities(features, q):
    rows = features / np.linalg.norm(features, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(rows @ rows.T / len(rows))
    return effective(values[values > 1e-12], q)


def effective(shares, q):
    if q == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    return float(1 / shares.max() if math.isinf(q) else (shares**q).sum() ** (1 / (1 - q)))


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize(("n", "d"), [(60, 7), (9, 40), (20, 20), (30, 1), (1, 5)])
def test_matches_the_eigenvalues_of_all_similarities(q, n, d):
    features = np.random.default_rng(n).normal(size=(n, d)) + 0.5
    assert vendi_score(features=features, q=q) == pytest.approx(by_all_similarities(features, q), rel=1e-9)


@pytest.mark.parametrize("q", ORDERS)
def test_orthogonal_clusters_count_by_their_shares(q):
    features = np.repeat(np.eye(4) * [[1.0], [2.0], [0.1], [5.0]], [8, 4, 2, 2], axis=0)
    expected = effective(np.array([0.5, 0.25, 0.125, 0.125]), q)
    assert vendi_score(features=features, q=q) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("q", ORDERS)
def test_bounds(q):
    assert vendi_score(features=np.eye(6), q=q) == pytest.approx(6.0, rel=1e-12)
    assert vendi_score(features=np.full((6, 3), 2.0), q=q) == pytest.approx(1.0, rel=1e-12)


def test_falls_with_the_order():
    features = np.random.default_rng(1).normal(size=(80, 6)) * np.arange(1, 7)
    values = [vendi_score(features=features, q=q) for q in ORDERS]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("step", [1e-12, 1e-9, 1e-6])
def test_orders_next_to_one_keep_their_digits(step):
    features = np.random.default_rng(2).normal(size=(50, 8))
    expected = vendi_score(features=features)
    for q in (1 - step, 1 + step):
        assert vendi_score(features=features, q=q) == pytest.approx(expected, rel=10 * step + 1e-12)


def test_high_orders_do_not_leave_the_range_of_numbers():
    features = np.random.default_rng(3).normal(size=(50, 8))
    highest = vendi_score(features=features, q=math.inf)
    assert vendi_score(features=features, q=1e6) == pytest.approx(highest, rel=1e-4)


def test_infinity_can_be_a_word_as_in_names_of_metrics():
    features = np.random.default_rng(3).normal(size=(50, 8))
    named = registry.get("vendi_score[q=inf]").parameters["q"]
    assert named == "inf"
    assert vendi_score(features=features, q=named) == vendi_score(features=features, q=math.inf)


def test_low_orders_approach_the_rank():
    features = np.repeat(np.random.default_rng(4).normal(size=(5, 30)), 4, axis=0)
    assert vendi_score(features=features, q=1e-6) == pytest.approx(5.0, rel=1e-4)


@pytest.mark.parametrize("factor", [1e-55, 1e-30, 1e15])
def test_lengths_do_not_matter(factor):
    features = np.random.default_rng(5).normal(size=(30, 4))
    expected = vendi_score(features=features)
    assert vendi_score(features=features * factor) == pytest.approx(expected, rel=1e-12)
    mixed = features * np.where(np.arange(30) % 2, factor, 1.0)[:, None]
    assert vendi_score(features=mixed) == pytest.approx(expected, rel=1e-12)


def test_given_similarities_stand_for_features():
    rows = np.random.default_rng(6).normal(size=(25, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for q in ORDERS:
        given = vendi_score(features=rows @ rows.T, q=q, kernel="precomputed")
        assert given == pytest.approx(vendi_score(features=rows, q=q), rel=1e-9)


@pytest.mark.parametrize(
    ("similarities", "said"),
    [
        (np.ones((3, 2)), "must be a square matrix of similarities, got shape"),
        (np.array([[1.0, 0.5], [0.2, 1.0]]), "symmetric with ones on its diagonal, and is off by 0.3"),
        (2 * np.eye(3), "off by 1"),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), r"`features` has an eigenvalue of -1, so it holds no similarities"),
        (1.6 * np.eye(3) - 0.6, r"an eigenvalue of -0\.2"),
    ],
)
@pytest.mark.parametrize("q", [1, 2])
def test_what_is_no_similarity_is_refused(similarities, said, q):
    with pytest.raises(ShapeError, match=said):
        vendi_score(features=similarities, kernel="precomputed", q=q)


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize("n", [7, 40, 301])
def test_rounding_does_not_take_it_below_one_sample(n, q):
    assert vendi_score(features=np.full((n, 3), 0.1), q=q) == pytest.approx(1.0, rel=1e-12)
    assert vendi_score(features=np.full((n, 3), 0.1), q=q) >= 1.0
    assert vendi_score(features=np.ones((n, n)), q=q, kernel="precomputed") >= 1.0


def test_rows_without_direction_are_named_and_counted():
    with pytest.raises(UndefinedError, match="`features` has 2 of 5 rows of length 0"):
        vendi_score(features=np.vstack([np.eye(3), np.zeros((2, 3))]))


@pytest.mark.parametrize("q", [0, -1, math.nan, "1", True, None])
def test_an_impossible_order_is_refused(q):
    with pytest.raises(AuditkitError, match="`q` must be a number above 0"):
        vendi_score(features=np.eye(3), q=q)


def test_an_unknown_kernel_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'cosine'"):
        vendi_score(features=np.eye(3), kernel="cosin")


def test_same_bytes_for_any_number_of_threads_and_nearly_for_any_block(monkeypatch):
    features = np.random.default_rng(7).normal(size=(5000, 20))
    values = set()
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        values.add(vendi_score(features=features))
    assert len(values) == 1
    monkeypatch.setattr(spectrum, "BLOCK", 333)
    assert vendi_score(features=features) == pytest.approx(values.pop(), rel=1e-12)
