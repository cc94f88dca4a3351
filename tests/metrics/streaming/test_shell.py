"""Streaming metrics give the numbers of the functions on all the data, however it arrives."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251 - others pickle metrics: processes that load data, say
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from auditkit import metrics
from auditkit.errors import SampleSizeError
from auditkit.metrics.streaming import (
    FrechetDistance,
    KernelDistance,
    Memorization,
)
from tests.metrics.streaming.streams import (
    ALL,
    ON_LABELS,
    batches,
    close,
    computed,
    each,
    each_on_features,
    expected,
    feed,
    make_sets,
)


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


def test_nothing_touches_the_global_random_state(twice_in_other_worlds):
    sets = {kind: make_sets(kind) for kind in ALL}
    module = nn.Sequential(nn.Linear(5, 3, dtype=torch.float64), nn.Dropout(0.5))

    def values():
        found = [computed(feed(ALL[kind](), batches(made))) for kind, made in sets.items()]
        return [*found, computed(feed(FrechetDistance(feature=module), batches(sets["frechet"])))]

    first, second = twice_in_other_worlds(values)
    assert str(first) == str(second)


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
