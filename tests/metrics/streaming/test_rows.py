"""Metrics in a collection share rows, and only where they would keep the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics import MetricCollection
from torchmetrics.wrappers import FeatureShare

from auditkit import metrics
from auditkit.metrics.streaming import (
    FrechetDistance,
    KernelDistance,
    Neighbourhood,
    SubgroupShares,
)
from tests.metrics.streaming.streams import (
    ON_FEATURES,
    batches,
    both,
    close,
    expected,
    feed,
    make_sets,
)


@pytest.mark.parametrize("way", ["update", "forward", "both"])
def test_a_collection_gives_what_each_gives_alone_and_shares_rows(way):
    sets = make_sets("kernel")
    collection = MetricCollection({kind: make() for kind, make in ON_FEATURES.items()})
    for number, (role, part) in enumerate(batches(sets)):
        take = collection.update if way == "update" or (way == "both" and number % 2 == 0) else collection
        take(torch.from_numpy(part), real=role != "synthetic", holdout=role == "holdout")
    found = {name: value.item() for name, value in collection.compute().items()}
    for kind in ON_FEATURES:
        alone = expected(kind, sets)
        renamed = {kind: alone["value"]} if "value" in alone else alone
        assert {name: found[name] for name in renamed} == close(renamed)
    if way == "update":
        assert sorted(map(sorted, collection.compute_groups.values())) == [
            ["frechet"],
            ["kernel", "neighbourhood"],
            ["memorization"],
        ]


def test_a_collection_can_be_reset_and_used_again():
    collection = MetricCollection({kind: make() for kind, make in ON_FEATURES.items()})
    for seed in range(3):
        sets = make_sets("kernel", seed=seed)
        feed(collection, batches(sets))
        assert collection.compute()["frechet"].item() == close(expected("frechet", sets)["value"])
        assert collection.compute()["kernel"].item() == close(expected("kernel", sets)["value"])
        collection.reset()


def test_metrics_of_other_embedders_are_not_joined_though_they_agree_at_first():
    first, second = nn.Linear(5, 3, dtype=torch.float64), nn.Linear(5, 3, dtype=torch.float64)
    second.load_state_dict(first.state_dict())
    collection = MetricCollection({"first": FrechetDistance(feature=first), "second": FrechetDistance(feature=second)})
    sets = both(make_sets("frechet"))
    feed(collection, [("real", sets["real"])])
    with torch.no_grad():
        second.weight.mul_(2.0)
    feed(collection, [("synthetic", sets["synthetic"])])
    found = collection.compute()
    assert found["first"] != found["second"]
    assert len(collection.compute_groups) == 2


def test_metrics_of_levels_in_another_order_are_not_joined():
    collection = MetricCollection({"ab": SubgroupShares(groups=["a", "b"]), "ba": SubgroupShares(groups=["b", "a"])})
    collection.update(["a", "b"], real=True)
    collection.update(["a", "a"], real=False)
    assert {name: value.item() for name, value in collection.compute().items() if "gap/" in name} == {
        "ab_gap/a": 0.5,
        "ab_gap/b": -0.5,
        "ba_gap/a": 0.5,
        "ba_gap/b": -0.5,
    }


def test_metrics_that_keep_and_that_forget_the_real_side_are_not_joined():
    collection = MetricCollection({"keeps": KernelDistance(reset_real=False), "forgets": Neighbourhood()})
    first, second = both(make_sets("kernel", seed=1)), both(make_sets("kernel", seed=2))
    feed(collection, batches(first))
    collection.reset()
    feed(collection, batches(second))
    found = collection.compute()
    kept = {"real": np.concatenate([first["real"], second["real"]]), "synthetic": second["synthetic"]}
    assert found["keeps"].item() == close(expected("kernel", kept)["value"])
    assert found["coverage"].item() == close(metrics.coverage(**second))


def test_one_pass_of_an_embedder_serves_several_metrics():
    calls = []

    class Counted(nn.Module):
        def forward(self, samples):
            calls.append(len(samples))
            return samples * 2.0

    module = Counted()
    shared = FeatureShare({"frechet": FrechetDistance(feature=module), "near": Neighbourhood(feature=module)})
    sets = both(make_sets("frechet"))
    for role, rows in sets.items():
        shared.update(torch.from_numpy(rows), real=role == "real")
    assert shared.compute()["frechet"].item() == close(
        metrics.frechet_distance(**{role: 2.0 * rows for role, rows in sets.items()})
    )
    assert calls == [70, 83]
