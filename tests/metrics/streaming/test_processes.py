"""Several processes agree on the number of all rows, and Lightning logs it."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torchmetrics import MetricCollection

from auditkit import metrics
from auditkit.errors import AuditkitError
from auditkit.metrics.streaming import (
    FrechetDistance,
    Neighbourhood,
)
from tests.metrics.streaming.streams import (
    ALL,
    ON_FEATURES,
    batches,
    both,
    close,
    computed,
    each,
    expected,
    feed,
    make_sets,
)


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
