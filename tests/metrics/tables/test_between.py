"""Where a score lies between its floor and its ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.tables.between import APART, error_bound, judged_columns, normalised

CLOSE = "ceiling and floor are within 3 standard errors"


@pytest.mark.parametrize(
    ("matched", "ceiling", "floor", "value", "reason"),
    [
        (0.7, 0.9, 0.5, 0.5, ""),
        (0.45, 0.9, 0.5, 0.0, ""),
        (0.95, 0.9, 0.5, 1.0, "at the ceiling"),
        (0.3, 0.9, 0.5, 0.0, "below the floor"),
        (0.3, 0.9, 0.88, 0.0, "below the floor"),
        (0.9, 0.9, 0.88, np.nan, CLOSE),
        (0.9, 0.5, 0.9, np.nan, CLOSE),
        (np.nan, 0.9, 0.5, np.nan, "a score is missing"),
        (0.7, np.nan, 0.5, np.nan, "a score is missing"),
        (0.7, 0.9, np.nan, np.nan, "a score is missing"),
    ],
)
def test_a_score_has_a_place_or_a_reason(matched, ceiling, floor, value, reason):
    found, why = normalised([matched] * 2, [ceiling] * 2, [floor] * 2, 0.02)
    assert found == pytest.approx([value] * 2, nan_ok=True)
    assert why.tolist() == [reason] * 2
    alone, why = normalised(matched, ceiling, floor, 0.02)
    assert float(alone) == pytest.approx(value, nan_ok=True)
    assert str(why) == reason


def test_equal_ends_without_error_have_no_place_between_them():
    found, why = normalised(0.5, 0.5, 0.5, 0.0)
    assert np.isnan(found)
    assert str(why) == CLOSE


def test_differences_of_scores_vary_less_than_the_bound():
    rng = np.random.default_rng(0)
    n, m, levels = 80, 50, 6
    real, one, two = (rng.multinomial(size, np.full(levels, 1 / levels), 4000) / size for size in (n, m, m))
    scores = [1 - abs(real - item).sum(axis=1) / 2 for item in (one, two)]
    assert 0 < np.std(scores[0] - scores[1]) < error_bound(n, m)
    assert error_bound(n, m) == pytest.approx(np.sqrt(1 / 160 + 1 / 100))
    assert APART == 3


def test_columns_of_a_frame_hold_the_excess_and_the_place():
    found = judged_columns([0.5, 0.9], [0.9, 0.9], [0.1, 0.1], 0.01)
    assert list(found) == ["matched", "ceiling", "floor", "excess", "normalised", "reason"]
    assert found["excess"].tolist() == pytest.approx([0.4, 0.0])
    assert found["normalised"].tolist() == pytest.approx([0.5, 1.0])
    assert found["reason"].tolist() == ["", "at the ceiling"]
