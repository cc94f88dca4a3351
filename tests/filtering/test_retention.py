"""Notes on classes and groups that a filter takes more of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.filtering.retention import imbalance_notes
from auditkit.intervals import wilson


def notes_of(sizes: tuple[int, int], kept: tuple[int, int]) -> list[str]:
    rows = [
        {"part": "label", "level": level, "n": n, "kept": left, "share": left / n}
        | dict(zip(("low", "high"), wilson(left, n), strict=True))
        for level, n, left in zip(("ham", "spam"), sizes, kept, strict=True)
    ]
    mask = np.concatenate([np.arange(n) < left for n, left in zip(sizes, kept, strict=True)])
    return imbalance_notes(pd.DataFrame(rows), mask)


def test_a_small_class_that_is_rejected_more_often_is_named_though_nearly_all_is_kept():
    assert notes_of((880, 120), (866, 104)) == [
        "label = spam is rejected more often than the others: 87% of its 120 samples were kept, 98% of the others."
    ]


@pytest.mark.parametrize("kept", [(866, 116), (870, 119), (800, 104), (880, 120)])
def test_what_chance_or_a_small_difference_explains_is_not(kept):
    assert notes_of((880, 120), kept) == []


def test_a_class_that_lost_far_more_has_one_note():
    (note,) = notes_of((880, 120), (866, 60))
    assert note.startswith("label = spam lost far more than the others: 50%")
