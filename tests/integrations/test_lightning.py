"""A module is audited while a real trainer trains it."""

from __future__ import annotations

import random

import lightning
import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from auditkit.auditing.result import open_audit
from auditkit.data import load
from auditkit.errors import DataError, ShapeError, UnknownNameError
from auditkit.integrations.lightning import AuditCallback

pytestmark = [
    pytest.mark.filterwarnings("ignore:The .*dataloader.* does not have many workers"),
    pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated"),
    pytest.mark.filterwarnings("ignore:You have overridden `transfer_batch_to_device`"),
    pytest.mark.filterwarnings("ignore:You defined a `validation_step` but have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory"),
]
ROWS = 3.0 + torch.randn(160, 3, generator=torch.Generator().manual_seed(0))
REAL = load(ROWS[:80].numpy())
HELD = load(ROWS[80:].numpy())


class Shifted(lightning.LightningModule):
    """Noise around a mean that is learnt."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(3))
        self.frozen = nn.Dropout()
        self.seen = []

    def sample(self, n):
        self.seen.append((self.training, self.frozen.training, torch.is_grad_enabled()))
        return self.mean + torch.randn(n, 3)

    def training_step(self, batch, _):
        return (batch[0].mean(0) - self.mean).square().sum()

    def validation_step(self, batch, _):
        self.log("val_loss", self.training_step(batch, _))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def loader(rows=ROWS[:80]):
    return DataLoader(TensorDataset(rows), batch_size=40)


@pytest.fixture
def fit(tmp_path):
    """Train a module for some epochs; gives the module and the trainer."""

    def run(*callbacks, epochs=3, validate=False, logger=False, **more):
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            callbacks=list(callbacks),
            logger=logger,
            default_root_dir=tmp_path,
            enable_checkpointing=any(isinstance(item, ModelCheckpoint) for item in callbacks),
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=1,
            log_every_n_steps=1,
            **more,
        )
        module = Shifted()
        trainer.fit(module, loader(), loader(ROWS[80:]) if validate else None)
        return module, trainer

    return run


def callback(**more):
    return AuditCallback(REAL, HELD, **({"n": 60, "metrics": ["precision", "coverage"]} | more))


@pytest.mark.parametrize("validate", [False, True])
def test_scores_with_yardstick_and_excess_are_logged_each_epoch(fit, validate):
    audits = callback()
    _, trainer = fit(audits, validate=validate)
    assert [item["epoch"] for item in audits.history] == [0, 1, 2]
    assert audits.history[0]["audit/coverage"] < 0.3 < audits.history[-1]["audit/coverage"]
    logged = trainer.callback_metrics
    assert float(logged["audit/coverage"]) == pytest.approx(audits.audit.scores["coverage"].value)
    assert float(logged["audit/coverage.yardstick"]) == pytest.approx(audits.audit.scores["coverage"].yardstick)
    assert float(logged["audit/coverage.excess"]) == pytest.approx(audits.audit.scores["coverage"].excess.value)


def test_quick_metrics_need_a_holdout_only_where_copying_is_judged(fit):
    alone = AuditCallback(REAL, n=40)
    fit(alone, epochs=1)
    assert alone.audit.scores.metrics == ["frechet_distance", "precision", "coverage"]
    with_holdout = AuditCallback(REAL, HELD, n=40)
    fit(with_holdout, epochs=1)
    assert "audit/holdout_share" in with_holdout.history[0]


def test_the_module_and_the_random_states_are_as_they_were(fit):
    class Watched(AuditCallback):
        def on_train_epoch_end(self, trainer, pl_module):
            pl_module.train()
            pl_module.frozen.eval()
            before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
            super().on_train_epoch_end(trainer, pl_module)
            assert torch.equal(torch.get_rng_state(), before[0])
            assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
            assert random.getstate() == before[2]
            assert (pl_module.training, pl_module.frozen.training) == (True, False)

    def sampler(module, n, seed):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - a sampler that uses global states
        return module.sample(n)

    module, _ = fit(Watched(REAL, HELD, n=40, metrics=["coverage"], sampler=sampler), epochs=2)
    assert module.seen == [(False, False, False)] * 2


def test_every_audit_draws_with_the_same_seed(fit):
    drawn = []

    def sampler(_, n, seed):
        drawn.append((seed, torch.randn(2).tolist()))
        return ROWS[:n].clone()

    fit(callback(sampler=sampler, seed=5, metrics=["coverage"]), epochs=2)
    assert drawn[0] == drawn[1]
    assert drawn[0][0] == 5


def test_epochs_and_steps_between_audits(fit):
    some = callback(every_n_epochs=2, metrics=["coverage"])
    fit(some, epochs=4)
    assert [(item["epoch"], item["step"]) for item in some.history] == [(1, 4), (3, 8)]
    steps = callback(every_n_steps=3, metrics=["coverage"])
    fit(steps, epochs=4, validate=True)
    assert [item["step"] for item in steps.history] == [3, 6]


def test_the_best_checkpoint_by_a_score_is_kept(fit, tmp_path):
    audits = callback(metrics=["coverage"])
    best = ModelCheckpoint(tmp_path / "best", monitor="audit/coverage", mode="max", save_top_k=1)
    fit(audits, best, epochs=3, validate=True)
    values = [item["audit/coverage"] for item in audits.history]
    assert float(best.best_model_score) == pytest.approx(max(values))
    kept = torch.load(best.best_model_path, weights_only=False)
    assert kept["epoch"] == int(np.argmax(values))
    (state,) = [value for name, value in kept["callbacks"].items() if name.startswith("AuditCallback")]
    again = callback()
    again.load_state_dict(state)
    assert again.history == audits.history[: kept["epoch"] + 1]


def test_training_may_stop_early_by_a_score(fit):
    audits = callback()
    _, trainer = fit(audits, EarlyStopping("audit/precision", mode="min", patience=1), epochs=9)
    assert trainer.current_epoch < 8


@pytest.mark.parametrize(("stop_on", "epochs"), [("fail", 1), ("pass", 2)])
def test_gates_may_end_the_training(fit, tmp_path, stop_on, epochs):
    config = tmp_path / "auditkit.toml"
    config.write_text('schema = 1\nextends = "none"\n[[gate]]\nid = "covers"\nmetric = "coverage"\nmin = 0.5\n')
    audits = callback(gates=config, stop_on=stop_on, metrics=["coverage"])
    _, trainer = fit(audits, epochs=5)
    assert trainer.current_epoch == epochs
    assert audits.history[-1]["audit/exit_code"] == (stop_on == "fail")
    assert audits.verdict.passed == (stop_on == "pass")


def test_loggers_and_folders_keep_what_was_found(fit, tmp_path):
    fit(callback(folder=tmp_path / "audits"), epochs=2, logger=CSVLogger(tmp_path, "runs", "one"))
    table = pd.read_csv(tmp_path / "runs" / "one" / "metrics.csv")
    assert table["audit/coverage"].notna().sum() == 2
    assert sorted(place.name for place in (tmp_path / "audits").iterdir()) == ["step-00000002", "step-00000004"]
    assert "coverage" in open_audit(tmp_path / "audits" / "step-00000004").scores


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_samples_without_numbers_end_no_training(fit, share):
    pixels = load({"images": np.random.default_rng(0).integers(0, 255, (60, 6, 6)).astype(np.uint8)})

    def diverged(module, n, _):
        images = np.full((n, 6, 6), 0.5)
        images[: round(n * share * module.mean.detach().ne(0).all().item())] = np.nan
        return images

    audits = AuditCallback(pixels, sampler=diverged, n=40, metrics=["coverage"], gates="recommended", every_n_steps=1)
    fit(audits, epochs=1)
    assert f"not audited: {round(1440 * share):,} of their 1,440 numbers are NaN or infinite" in audits.reason
    assert audits.audit is None
    last = audits.history[-1]
    assert (last["audit/passed"], last["audit/exit_code"]) == (0.0, 3.0)
    assert np.isnan(last["audit/coverage"])


def test_rows_of_missing_cells_alone_are_no_samples(fit):
    audits = callback(sampler=lambda _, n, __: np.full((n, 3), np.nan))
    fit(audits, epochs=1)
    assert "180 of their 180 numbers are NaN" in audits.reason
    some = callback(sampler=lambda _, n, __: np.where(np.arange(n)[:, None] % 3, 3.0, np.nan) * np.ones(3))
    fit(some, epochs=1)
    assert some.reason == ""
    assert some.audit is not None


def test_labels_that_the_module_does_not_draw_are_left_out(fit):
    real = load({"X": ROWS[:80].numpy(), "label": np.arange(80) % 2})
    audits = AuditCallback(real, n=40, metrics=["coverage"])
    fit(audits, epochs=1)
    assert audits.audit.about["label"] is None
    labelled = AuditCallback(
        real, n=40, metrics=["coverage"], sampler=lambda module, n, _: (module.sample(n), [0, 1] * 20)
    )
    fit(labelled, epochs=1)
    assert labelled.audit.about["label"] == "label"


def test_mistakes_are_told_in_a_sentence(fit):
    with pytest.raises(DataError, match="n must be at least 1, got 0"):
        callback(n=0)
    with pytest.raises(DataError, match="needs gates to judge by"):
        callback(stop_on="fail")
    with pytest.raises(UnknownNameError, match="did you mean 'fail'"):
        callback(stop_on="fial", gates="recommended")
    with pytest.raises(ShapeError, match=r"have shape \(60, 2\)"):
        fit(callback(sampler=lambda _, n, *__: torch.zeros(n, 2)), epochs=1)
