"""A generator trained with Lightning and audited after every epoch; the checkpoint with the best score is kept.

`python examples/audit_lightning.py` takes seconds on a CPU; it needs the extra `lightning`.
"""

from __future__ import annotations

import tempfile

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import auditkit as ak
from auditkit.integrations.lightning import AuditCallback


class Generator(lightning.LightningModule):
    """Learns to shift and scale noise until its mean and spread are those of the data."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, width)
        nn.init.eye_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def sample(self, n: int) -> Tensor:
        """Draw n samples: what the callback calls."""
        made: Tensor = self.layer(torch.randn(n, self.layer.in_features))
        return made

    def training_step(self, batch: list[Tensor], _: int) -> Tensor:
        """Distance between the moments of a batch and of as many samples."""
        (real,) = batch
        made = self.sample(len(real))
        return (made.mean(0) - real.mean(0)).square().sum() + (made.std(0) - real.std(0)).square().sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.layer.parameters(), lr=0.2)


def main() -> None:
    """Train for some epochs, and print what each audit found."""
    lightning.seed_everything(0)
    rows = 3.0 + 2.0 * torch.randn(400, 4)
    train, holdout = ak.load(rows).split(holdout=0.5, test=0.0)
    loader = DataLoader(TensorDataset(torch.tensor(train.to_pandas().to_numpy())), batch_size=60, shuffle=True)
    audits = AuditCallback(train, holdout, n=200, metrics=["precision", "coverage", "holdout_share"])
    with tempfile.TemporaryDirectory() as folder:
        best = ModelCheckpoint(folder, monitor="audit/coverage", mode="max")
        trainer = lightning.Trainer(
            max_epochs=3,
            accelerator="cpu",
            callbacks=[audits, best],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(Generator(width=4), loader)
        for found in audits.history:
            coverage, yardstick = found["audit/coverage"], found["audit/coverage.yardstick"]
            print(f"epoch {found['epoch']:.0f}: coverage {coverage:.2f}, fresh real data {yardstick:.2f}")
        print(f"the best checkpoint covers {float(best.best_model_score or 0):.2f}")


if __name__ == "__main__":
    main()
