"""Which metrics a neighbourhood takes, and with which parameters."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import metrics
from auditkit.errors import AuditkitError
from auditkit.metrics.streaming import (
    Neighbourhood,
)
from tests.metrics.streaming.streams import (
    batches,
    both,
    close,
    computed,
    feed,
    make_sets,
)


def test_neighbours_and_ties_may_be_said_once_for_all():
    sets = {role: np.round(rows) for role, rows in both(make_sets("neighbourhood", d=2)).items()}
    metric = feed(
        Neighbourhood(metrics=["precision", "recall[k=2]", "recall[ties=strict]", "authenticity"], k=4, ties="half"),
        batches(sets),
    )
    assert computed(metric) == close(
        {
            "precision": metrics.precision(**sets, k=4, ties="half"),
            "recall[k=2]": metrics.recall(**sets, k=2, ties="half"),
            "recall[ties=strict]": metrics.recall(**sets, k=4),
            "authenticity": metrics.authenticity(**sets),
        }
    )


@pytest.mark.parametrize("k", [0, 70, 2.5])
def test_an_impossible_number_of_neighbours_is_named(k):
    with pytest.raises(AuditkitError, match=f"got (k=)?{k!r}"):
        feed(Neighbourhood(k=k), batches(both(make_sets("neighbourhood")))).compute()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["covrage"], "did you mean 'coverage'"),
        (["coverage[q=1]"], "unknown parameter of coverage 'q'"),
        (["identical_match_share"], "Neighbourhood cannot give 'identical_match_share'"),
        (["holdout_share"], "Neighbourhood cannot give 'holdout_share'"),
        (["mode_coverage"], "Neighbourhood cannot give 'mode_coverage'"),
    ],
)
def test_neighbourhood_takes_neighbour_metrics_alone(names, sentence):
    with pytest.raises(AuditkitError, match=sentence):
        Neighbourhood(metrics=names)
