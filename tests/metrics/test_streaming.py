"""Streaming metrics give the numbers of the functions on all the data, however it arrives."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math
import os
import pickle  # noqa: TID251 - others pickle metrics: processes that load data, say
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics import MetricCollection
from torchmetrics.wrappers import FeatureShare

from auditkit import metrics
from auditkit.errors import AuditkitError, SampleSizeError, ShapeError, UnknownNameError
from auditkit.metrics.streaming import (
    FrechetDistance,
    KernelDistance,
    Memorization,
    ModeCoverage,
    Neighbourhood,
    SubgroupShares,
)

# Chan's merge and one pass over all rows add the same numbers in another order.
CLOSE = 1e-10
GROUPS = ["Female", "Male", "other"]
NEIGHBOURS = ("precision", "recall", "density", "improved_precision", "improved_recall", "authenticity")
NEAR = ("distance_to_closest_record", "nearest_neighbour_distance_ratio", "identical_match_share")
ON_FEATURES = {
    "frechet": FrechetDistance,
    "kernel": KernelDistance,
    "neighbourhood": lambda **options: Neighbourhood(metrics=(*NEIGHBOURS, "coverage[k=3]"), **options),
    "memorization": Memorization,
}
ON_LABELS = {
    "modes": lambda **options: ModeCoverage(classes=GROUPS, **options),
    "groups": lambda **options: SubgroupShares(groups=GROUPS, **options),
}
ALL = ON_FEATURES | ON_LABELS

each = pytest.mark.parametrize("kind", ALL)
each_on_features = pytest.mark.parametrize("kind", ON_FEATURES)


def make_sets(kind, *, n=70, d=5, offset=0.0, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    if kind in ON_LABELS:
        return {"real": rng.choice(GROUPS, n, p=[0.5, 0.3, 0.2]), "synthetic": rng.choice(GROUPS[:2], n + 13)}
    real, holdout = rng.normal(size=(2, n, d)) + offset
    synthetic = rng.normal(size=(n + 13, d)) * 1.1 + 0.2 + offset
    synthetic[:9] = real[:9]
    return {"real": real.astype(dtype), "synthetic": synthetic.astype(dtype), "holdout": holdout.astype(dtype)}


def expected(kind, sets):
    """What the functions say about all rows."""
    pair = {role: sets[role] for role in ("real", "synthetic")}
    if kind == "frechet":
        return {"value": metrics.frechet_distance(**pair)}
    if kind == "kernel":
        return {"value": metrics.kernel_distance(**pair)}
    if kind == "modes":
        return {"value": metrics.mode_coverage(**pair)}
    if kind == "neighbourhood":
        return {name: getattr(metrics, name)(**pair) for name in NEIGHBOURS} | {
            "coverage[k=3]": metrics.coverage(**pair, k=3)
        }
    if kind == "memorization":
        alone = {name: getattr(metrics, name)(**pair) for name in NEAR}
        three = {name: getattr(metrics, name)(**sets) for name in ("holdout_share", "copy_excess") if "holdout" in sets}
        return alone | three
    shares = {role: {group: float(np.mean(pair[role] == group)) for group in GROUPS} for role in pair}
    gaps = {f"gap/{group}": shares["synthetic"][group] - shares["real"][group] for group in GROUPS}
    whole = {name: getattr(metrics, name)(**pair) for name in ("representation_gap", "missing_groups")}
    return whole | gaps


def batches(sets, *, cuts=7, seed=1):
    """Batches of all sets in a random order, of random sizes."""
    rng = np.random.default_rng(seed)
    parts = [
        (role, part)
        for role, rows in sets.items()
        for part in np.split(rows, np.sort(rng.integers(len(rows), size=cuts)))
    ]
    return [parts[position] for position in rng.permutation(len(parts))]


def feed(metric, parts):
    for role, part in parts:
        given = part if part.dtype.kind == "U" else torch.from_numpy(part.copy())
        metric.update(given, real=role != "synthetic", **({"holdout": True} if role == "holdout" else {}))
    return metric


def computed(metric):
    found = metric.compute()
    found = found if isinstance(found, dict) else {"value": found}
    assert {value.dtype for value in found.values()} == {torch.float64}
    return {name: value.item() for name, value in found.items()}


def close(values):
    return pytest.approx(values, rel=CLOSE, abs=CLOSE)


@each
@pytest.mark.parametrize("seed", range(4))
def test_any_batches_in_any_order_give_the_functions_numbers(kind, seed):
    sets = make_sets(kind, seed=seed)
    metric = feed(ALL[kind](), batches(sets, cuts=3 * seed, seed=seed))
    assert computed(metric) == close(expected(kind, sets))


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e7])
@pytest.mark.parametrize("d", [1, 5, 90])
def test_a_large_mean_and_few_rows_cost_the_frechet_distance_no_digits(offset, d):
    # On this grid an offset costs the rows themselves no digit.
    sets = {role: np.round(rows * 2.0**20) / 2.0**20 for role, rows in make_sets("frechet", d=d).items()}
    wanted = expected("frechet", sets)
    metric = feed(FrechetDistance(), batches({role: rows + offset for role, rows in sets.items()}, cuts=20))
    assert computed(metric) == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize(
    "options", [{"degree": 2, "gamma": 0.5, "coef0": 0.0}, {"subsets": 7, "subset_size": 20, "seed": 3}]
)
def test_a_kernel_distance_takes_the_functions_parameters(options):
    sets = make_sets("kernel")
    metric = KernelDistance(**options)
    feed(metric, [("synthetic", sets["synthetic"]), ("real", sets["real"][:30]), ("real", sets["real"][30:])])
    pair = {role: sets[role] for role in ("real", "synthetic")}
    assert metric.compute().item() == close(metrics.kernel_distance(**pair, **options))


@each_on_features
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64, torch.uint8])
def test_features_of_another_type_count_as_the_same_numbers(kind, dtype):
    sets = {role: np.round(9 * rows) + 64 for role, rows in make_sets(kind).items()}
    metric = ALL[kind]()
    for role, rows in sets.items():
        metric.update(torch.from_numpy(rows).to(dtype), role != "synthetic", holdout=role == "holdout")
    assert computed(metric) == close(expected(kind, sets))


def test_rows_of_two_precisions_stay_as_precise_as_they_came():
    sets = make_sets("memorization")
    sets["real"] = sets["real"].astype(np.float32)
    assert computed(feed(Memorization(), batches(sets))) == close(expected("memorization", sets))


@each
def test_a_reset_forgets_everything(kind):
    first, second = make_sets(kind, seed=1), make_sets(kind, seed=2)
    metric = feed(ALL[kind](), batches(first))
    metric.compute()
    metric.reset()
    with pytest.raises(SampleSizeError), pytest.warns(UserWarning, match="before the ``update``"):
        metric.compute()
    assert computed(feed(metric, batches(second))) == close(expected(kind, second))


@each
@pytest.mark.parametrize("said", ["at construction", "at reset"])
def test_a_reset_may_keep_the_real_side(kind, said):
    first, second = make_sets(kind, seed=1), make_sets(kind, seed=2)
    metric = feed(ALL[kind](reset_real=said == "at reset"), batches(first))
    metric.compute()
    metric.reset(**({"reset_real": False} if said == "at reset" else {}))
    feed(metric, [("synthetic", second["synthetic"])])
    assert computed(metric) == close(expected(kind, first | {"synthetic": second["synthetic"]}))
    metric.reset(reset_real=True)
    assert computed(feed(metric, batches(second))) == close(expected(kind, second))


@each
def test_forward_takes_the_batch_and_returns_nothing(kind):
    sets = make_sets(kind)
    metric = ALL[kind]()
    for role, part in batches({role: sets[role] for role in ("real", "synthetic")}):
        given = part if kind in ON_LABELS else torch.from_numpy(part)
        assert metric(given, real=role == "real") is None
    assert computed(metric) == close(expected(kind, {role: sets[role] for role in ("real", "synthetic")}))


@each
@pytest.mark.parametrize("way", ["deepcopy", "clone", "pickle", "state dict", "merge"])
def test_a_metric_can_be_copied_saved_and_merged(kind, way):
    sets = make_sets(kind)
    parts = batches(sets)
    metric = feed(ALL[kind](), parts[:9])
    again = carried(metric, way, kind)
    assert computed(feed(again, parts[9:])) == close(expected(kind, sets))
    # The first has taken nothing from the second.
    assert computed(feed(metric, parts[9:])) == close(expected(kind, sets))


def carried(metric, way, kind):
    if way == "deepcopy":
        return copy.deepcopy(metric)
    if way == "clone":
        return metric.clone()
    if way == "pickle":
        return pickle.loads(pickle.dumps(metric))  # noqa: S301 - what was just pickled
    fresh = ALL[kind]()
    if way == "merge":
        fresh.merge_state(metric)
        return fresh
    metric.persistent(mode=True)
    fresh.persistent(mode=True)
    fresh.load_state_dict(metric.state_dict())
    return fresh


@each_on_features
@pytest.mark.parametrize("cast", ["half", "to half", "set_dtype", "parent half", "parent to", "bfloat16"])
def test_no_cast_touches_what_was_taken(kind, cast):
    sets = make_sets(kind)
    parts = batches(sets)
    metric = feed(ALL[kind](), parts[:11])
    parent = nn.ModuleDict({"metric": metric, "layer": nn.Linear(2, 2)})
    {
        "half": metric.half,
        "to half": lambda: metric.to(torch.float16),
        "set_dtype": lambda: metric.set_dtype(torch.float16),
        "parent half": parent.half,
        "parent to": lambda: parent.to(dtype=torch.float16),
        "bfloat16": metric.bfloat16,
    }[cast]()
    assert computed(feed(metric, parts[11:])) == close(expected(kind, sets))


@each
def test_states_follow_the_device(kind):
    metric = feed(ALL[kind](), batches(make_sets(kind))).to("meta")
    held = [item for state in metric.metric_state.values() for item in (state if isinstance(state, list) else [state])]
    assert {item.device.type for item in held} == {"meta"}
    assert metric.device.type == "meta"
    metric.reset()
    assert {state.device.type for state in metric.metric_state.values() if not isinstance(state, list)} == {"meta"}


@each_on_features
@pytest.mark.parametrize("on_cpu", [False, True])
def test_batches_of_inference_mode_may_be_followed_by_others(kind, on_cpu):
    sets = make_sets(kind)
    parts = batches(sets)
    options = {"compute_on_cpu": True} if on_cpu else {}
    with torch.inference_mode():
        metric = feed(ALL[kind](**options), parts[:9])
    feed(metric, parts[9:])
    assert computed(metric) == close(expected(kind, sets))


@each_on_features
def test_what_was_given_may_change_afterwards(kind):
    sets = make_sets(kind)
    metric = ALL[kind]()
    buffer = torch.empty(1, 5, dtype=torch.float64)
    for role, rows in sets.items():
        for row in torch.from_numpy(rows):
            buffer[0] = row
            metric.update(buffer, role != "synthetic", holdout=role == "holdout")
            assert torch.equal(buffer[0], row)
    buffer.fill_(7.0)
    assert computed(metric) == close(expected(kind, sets))


@each_on_features
def test_an_empty_batch_changes_nothing(kind):
    sets = make_sets(kind)
    parts = batches(sets)
    parts[1:1] = [("real", np.zeros((0, 5))), ("synthetic", np.zeros((0, 5), np.float32))]
    assert computed(feed(ALL[kind](), parts)) == close(expected(kind, sets))


def test_without_a_holdout_memorization_has_the_numbers_that_need_none():
    sets = {role: rows for role, rows in make_sets("memorization").items() if role != "holdout"}
    assert computed(feed(Memorization(), batches(sets))) == close(expected("memorization", sets))


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind != "memorization"])
def test_a_holdout_is_left_out_where_none_is_read(kind):
    sets = make_sets(kind)
    parts = batches(sets)
    holdout = sets["synthetic"] if kind in ON_LABELS else 5.0 + sets["holdout"]
    assert computed(feed(ALL[kind](), [("holdout", holdout), *parts])) == close(expected(kind, sets))


class Embedder(nn.Module):
    """Has parts that differ between training and evaluation, and a part that its owner froze."""

    def __init__(self, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.linear = nn.Linear(5, 3)
        with torch.no_grad():
            self.linear.weight.copy_(torch.randn(3, 5, generator=generator))
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.frozen = nn.BatchNorm1d(3).eval()

    def forward(self, samples):
        return self.drop(self.frozen(self.norm(self.linear(samples))))


@each_on_features
@pytest.mark.parametrize("training", [True, False])
def test_a_module_embeds_in_evaluation_mode_and_is_left_as_it_was(kind, training):
    sets = make_sets(kind, dtype=np.float32)
    module = Embedder().train(training)
    module.frozen.eval()
    module.linear.weight.grad = torch.ones_like(module.linear.weight)
    flags = [part.training for part in module.modules()]
    state = copy.deepcopy(module.state_dict())
    metric = feed(ALL[kind](feature=module), batches(sets))
    found = computed(metric)
    assert [part.training for part in module.modules()] == flags
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert torch.equal(module.linear.weight.grad, torch.ones_like(module.linear.weight))
    assert module.linear.weight.requires_grad
    with torch.no_grad():
        quiet = copy.deepcopy(module).eval()
        embedded = {role: quiet(torch.from_numpy(rows)).numpy() for role, rows in sets.items()}
    # float32 products of other batch sizes round otherwise.
    assert found == pytest.approx(expected(kind, embedded), rel=1e-4, abs=1e-5)


def test_a_function_may_embed_anything_and_stays_out_of_the_parameters():
    sets = make_sets("frechet")
    module = nn.Linear(5, 2, dtype=torch.float64)
    metric = FrechetDistance(feature=lambda samples: module(torch.tensor(samples["pixels"], dtype=torch.float64)))
    for role in ("real", "synthetic"):
        metric.update({"pixels": sets[role].tolist()}, real=role == "real")
    with torch.no_grad():
        made = {role: module(torch.from_numpy(sets[role])).numpy() for role in ("real", "synthetic")}
    assert computed(metric) == close(expected("frechet", made))
    assert list(metric.parameters()) == []


def test_an_embedder_moves_and_is_saved_with_the_metric():
    module = Embedder()
    metric = FrechetDistance(feature=module)
    assert dict(metric.named_modules())["feature"] is module


def test_nothing_touches_the_global_random_state(twice_in_other_worlds):
    sets = {kind: make_sets(kind) for kind in ALL}
    module = nn.Sequential(nn.Linear(5, 3, dtype=torch.float64), nn.Dropout(0.5))

    def values():
        found = [computed(feed(ALL[kind](), batches(made))) for kind, made in sets.items()]
        return [*found, computed(feed(FrechetDistance(feature=module), batches(sets["frechet"])))]

    first, second = twice_in_other_worlds(values)
    assert str(first) == str(second)


# Collections


def both(sets):
    return {role: rows for role, rows in sets.items() if role != "holdout"}


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


# Labels


def test_classes_may_come_as_names_positions_scores_or_from_a_classifier():
    codes = {"real": np.array([0, 1, 2, 2, 3]), "synthetic": np.array([0, 0, 3, 1])}
    names = np.array(["a", "b", "c", "d"])
    for make in (
        lambda item: names[item].tolist(),
        torch.from_numpy,
        lambda item: torch.eye(4)[item] - 0.5,
        lambda item: torch.eye(4, dtype=torch.bfloat16)[item],
    ):
        metric = ModeCoverage(classes=names.tolist())
        for role, item in codes.items():
            metric.update(make(item), real=role == "real")
        assert metric.compute().item() == 0.75
    metric = ModeCoverage(classes=4, feature=nn.Softmax(dim=1))
    for role, item in codes.items():
        metric.update(torch.eye(4)[item], real=role == "real")
    assert metric.compute().item() == 0.75


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        (["a", "x"], UnknownNameError, "unknown class 'x'; known: a, b, c."),
        ([0, 3], ShapeError, "`synthetic` has positions from 0 to 3, and those of a class run from 0 to 2."),
        ([-1, 2], ShapeError, "`synthetic` has positions from -1 to 2, and those of a class run from 0 to 2."),
        ([0.5, 1.0], ShapeError, "`synthetic` must hold names or positions of a class, got an array of float64."),
        ([[0.5, 1.0]], ShapeError, "`synthetic` has 2 scores per sample, and there are 3 to choose a class."),
        ([[0.5, 1.0, math.nan]], ShapeError, "`synthetic` has 1 of 1 rows with NaN scores: repair or drop them first."),
        ([[1, 2, 3]], ShapeError, "`synthetic` must hold one class per sample, got shape (1, 3)."),
    ],
)
def test_impossible_classes_are_one_sentence(given, error, sentence):
    with pytest.raises(error) as raised:
        ModeCoverage(classes=["a", "b", "c"]).update(given, real=False)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("levels", [[], ["a", "a"], 0, "abc"])
def test_levels_must_be_there_and_distinct(levels):
    with pytest.raises(AuditkitError, match="ModeCoverage needs one distinct name per class"):
        ModeCoverage(classes=levels)


# Mistakes


MISTAKES = [
    (lambda m: m.update(torch.full((3, 2), math.nan), real=False), "`synthetic` has 3 of 3 rows with NaN or infinite"),
    (lambda m: m.update(torch.tensor([[1.0, math.inf]]), real=True), "`real` has 1 of 1 rows with NaN or infinite"),
    (lambda m: m.update(torch.zeros(3, 2, 4), real=True), r"`real` must have shape \(n, d\), got \(3, 2, 4\)"),
    (lambda m: m.update(torch.zeros(3), real=True), r"`real` must have shape \(n, d\), got \(3,\)"),
    (lambda m: m.update(torch.zeros(3, 0), real=True), "`real` has no features"),
    (lambda m: m.update(torch.zeros(3, 2, dtype=torch.complex64), real=True), "`real` must hold real numbers"),
    (lambda m: m.update([["a"]], real=True), "`real` must hold real numbers"),
    (lambda m: m.update([[1.0], [1.0, 2.0]], real=True), "`real` has rows of different lengths"),
    (lambda m: m.update(torch.zeros(3, 2), torch.ones(3, 2)), "`real` must be True or False, got Tensor"),
    (lambda m: m.update(torch.zeros(3, 2), real=1), "`real` must be True or False, got int"),
    (lambda m: m.update(torch.zeros(3, 2), real=False, holdout=True), "a holdout holds real samples"),
    (lambda m: m.update(torch.zeros(3, 3), real=True), "`real` has 3 features, its earlier batches have 4"),
    (lambda m: m.update(torch.zeros(0, 3), real=False), "`synthetic` has 3 features, `real` has 4: use one extractor"),
    (lambda m: m.update(torch.full((2, 4), 1e200, dtype=torch.float64), real=True), "`real` holds values beyond"),
]


@each_on_features
@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_mistakes_are_one_sentence_that_names_the_set_and_change_nothing(kind, number):
    mistake, sentence = MISTAKES[number]
    sets = make_sets(kind, d=4)
    metric = feed(ALL[kind](), [("real", sets["real"])])
    with pytest.raises(AuditkitError, match=sentence) as raised:
        mistake(metric)
    assert str(raised.value).endswith(".")
    rest = [(role, rows) for role, rows in sets.items() if role != "real"]
    assert computed(feed(metric, rest)) == close(expected(kind, sets))


@each
@pytest.mark.parametrize("role", ["real", "synthetic"])
def test_a_missing_set_is_named(kind, role):
    sets = make_sets(kind)
    other = "synthetic" if role == "real" else "real"
    metric = feed(ALL[kind](), [(other, sets[other])])
    with pytest.raises(SampleSizeError, match=f"`{role}` is empty|{role}=0"):
        metric.compute()


def test_a_feature_must_keep_the_samples_apart_and_be_callable():
    with pytest.raises(ShapeError, match=r"`feature` made shape \(1, 6\) of 3 `real` samples"):
        FrechetDistance(feature=lambda samples: samples.reshape(1, -1)).update(torch.zeros(3, 2), real=True)
    with pytest.raises(AuditkitError, match="`feature` must be a module, a function or None, got int"):
        FrechetDistance(feature=2048)


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


@each
def test_what_torchmetrics_asks_of_a_metric(kind):
    metric = ALL[kind]()
    assert metric.is_differentiable is False
    assert metric.full_state_update is False
    better = {"frechet": False, "kernel": False, "modes": True}
    assert metric.higher_is_better is better.get(kind)


def test_the_package_of_metrics_does_not_load_them():
    code = "import sys; from auditkit.metrics import registry; registry.names(); print('torchmetrics' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"


# Lightning


def test_lightning_logs_the_number_of_all_the_data_of_an_epoch(tmp_path):
    lightning = pytest.importorskip("lightning")
    sets = {role: torch.from_numpy(rows) for role, rows in both(make_sets("frechet", dtype=np.float32)).items()}

    class Watched(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.distance = FrechetDistance(reset_real=False)
            self.near = Neighbourhood(metrics=["coverage"])

        def on_validation_start(self):
            self.distance.reset(reset_real=True)
            self.distance.update(sets["real"], real=True)

        def validation_step(self, batch, _):
            self.distance.update(batch, real=False)
            self.near(batch, real=False)
            self.log("distance", self.distance)

        def on_validation_epoch_end(self):
            self.near.update(sets["real"], real=True)
            self.log_dict(self.near.compute())
            self.near.reset()

    quiet = ("enable_progress_bar", "enable_model_summary", "enable_checkpointing", "logger")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Lightning's own: workers, deprecated parts
        trainer = lightning.Trainer(accelerator="cpu", default_root_dir=tmp_path, **dict.fromkeys(quiet, False))
        loader = torch.utils.data.DataLoader(sets["synthetic"], batch_size=32)
        for _ in range(2):
            (logged,) = trainer.validate(Watched(), loader, verbose=False)
    pair = {role: rows.numpy() for role, rows in sets.items()}
    # Lightning logs in float32.
    assert logged["distance"] == pytest.approx(metrics.frechet_distance(**pair), rel=1e-6)
    assert logged["coverage"] == pytest.approx(metrics.coverage(**pair), rel=1e-6)


# Several processes


# How much of each set the first process has.
SHARES = {"uneven": 0.2, "one has nothing": 0.0, "the other has nothing": 1.0}


def part_of(rows, rank, cut):
    at = round(cut * len(rows))
    return rows[:at] if rank == 0 else rows[at:]


def run_rank(rank, folder):
    """What one of two processes does: it takes its part of each set, and computes what all parts together say."""
    if sys.platform == "linux":
        os.environ["GLOO_SOCKET_IFNAME"] = "lo"  # a machine without a network may not resolve its own name
    torch.set_num_threads(1)
    store, limit = f"file://{folder}/store", dt.timedelta(seconds=60)
    torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2, timeout=limit)
    found = {}
    for name, cut in SHARES.items():
        for kind, make in ALL.items():
            sets = make_sets(kind)
            mine = {role: part_of(rows, rank, cut) for role, rows in sets.items()}
            metric = make(**({"reset_real": False} if name == "uneven" else {}))
            for role, part in batches({role: rows for role, rows in mine.items() if len(rows)}, cuts=2 + rank):
                feed(metric, [(role, part)])
            synced = computed(metric)
            # Syncing must leave each process its own share, to go on from.
            feed(metric, [("synthetic", mine["synthetic"][:0] if rank else sets["synthetic"][:20])])
            found[f"{name}/{kind}"] = [synced, computed(metric)]
    found |= {"collection": run_collection(rank)} | {f"mistakes/{kind}": run_mistakes(rank, kind) for kind in ALL}
    Path(folder, f"{rank}.json").write_text(json.dumps(found), encoding="utf-8")
    torch.distributed.destroy_process_group()


def run_collection(rank):
    """Metrics that share rows, each synchronised on its own."""
    collection = MetricCollection({kind: make() for kind, make in ON_FEATURES.items()})
    for role, rows in make_sets("kernel").items():
        feed(collection, batches({role: part_of(rows, rank, 0.4)}, cuts=3))
    first = {name: value.item() for name, value in collection.compute().items()}
    collection.reset()
    for role, rows in make_sets("kernel").items():
        feed(collection, batches({role: part_of(rows, rank, 0.6)}, cuts=2))
    return [first, {name: value.item() for name, value in collection.compute().items()}]


def run_mistakes(rank, kind):
    """What is said of sets that are missing, or wider in one process; and the value once that is put right."""
    sets = make_sets(kind)
    metric = feed(ALL[kind](), [("real", part_of(sets["real"], rank, 0.5))])
    said = [sentence_of(metric.compute)]
    if kind in ON_FEATURES:
        wider = feed(ALL[kind](), [("synthetic", sets["synthetic"]), ("real", sets["real"])])
        if rank:
            wider = feed(ALL[kind](), [("synthetic", sets["synthetic"][:, :3]), ("real", sets["real"][:, :3])])
        said.append(sentence_of(wider.compute))
        wider.update(sets["real"][:, :3] if rank else sets["real"], real=True)
    rest = {role: part_of(rows, rank, 0.5) for role, rows in sets.items() if role != "real"}
    return [*said, computed(feed(metric, batches(rest)))]


def sentence_of(call):
    with pytest.raises(AuditkitError) as raised:
        call()
    return str(raised.value)


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    torch.multiprocessing.spawn(run_rank, args=(str(folder),), nprocs=2)
    return [json.loads((folder / f"{rank}.json").read_text(encoding="utf-8")) for rank in range(2)]


@each
@pytest.mark.parametrize("name", SHARES)
def test_processes_agree_on_the_number_of_all_rows(synced, kind, name):
    sets = make_sets(kind)
    more = sets | {"synthetic": np.concatenate([sets["synthetic"], sets["synthetic"][:20]])}
    for rank in range(2):
        first, then = synced[rank][f"{name}/{kind}"]
        assert first == close(expected(kind, sets))
        assert then == close(expected(kind, more))
    assert synced[0][f"{name}/{kind}"] == synced[1][f"{name}/{kind}"]


@each
def test_processes_that_fail_together_keep_each_its_own_part(synced, kind):
    for rank in range(2):
        missing, *wider, value = synced[rank][f"mistakes/{kind}"]
        assert "synthetic" in missing
        assert wider in ([], ["`real` has 3 features in one process and 5 in another: use one extractor."])
        assert value == close(expected(kind, make_sets(kind)))


def test_processes_agree_on_a_collection(synced):
    sets = make_sets("kernel")
    wanted = expected("memorization", sets) | expected("neighbourhood", sets)
    wanted |= {kind: expected(kind, sets)["value"] for kind in ("frechet", "kernel")}
    for rank in range(2):
        assert synced[rank]["collection"] == [close(wanted), close(wanted)]
