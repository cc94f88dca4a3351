"""Samples on lines between training records, whatever the size of their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.metrics.segments import line_evidence
from auditkit.metrics.side import Side


def sides(scale: float) -> tuple[Side, Side]:
    rng = np.random.default_rng(0)
    train = rng.normal(size=(60, 3))
    between = train[:20] + rng.uniform(0.2, 0.8, (20, 1)) * (train[20:40] - train[:20])
    asked = np.concatenate([between, rng.normal(size=(20, 3))])
    return tuple(
        Side(features=rows, columns=scale * rows, categorical=(False, False, False)) for rows in (train, asked)
    )


def test_what_lies_on_a_line_has_evidence_and_what_does_not_has_none():
    found = line_evidence(*sides(1.0))
    assert (found[:20] > 15).mean() > 0.5
    assert (found[20:] < 15).all()


@pytest.mark.parametrize("scale", [1e-200, 1e-12, 1e12, 1e200, 1e307])
def test_the_unit_of_a_column_changes_nothing(scale):
    np.testing.assert_allclose(line_evidence(*sides(scale)), line_evidence(*sides(1.0)), rtol=1e-4, atol=1e-3)


def test_numbers_far_outside_the_training_records_lie_on_no_line():
    train, asked = sides(1e-300)
    far = Side(features=asked.features, columns=np.full((40, 3), 1e308), categorical=train.categorical)
    assert not line_evidence(train, far).any()
