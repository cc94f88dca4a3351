"""A generator trained with Lightning, which logs after every epoch how far its samples are from the real ones.

`python examples/streaming_lightning.py` takes seconds on a CPU; it needs the extra `lightning`.
"""

from __future__ import annotations

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from auditkit.metrics.streaming import FrechetDistance, Neighbourhood


class Generator(lightning.LightningModule):
    """Learns to shift and scale noise until its mean and spread are those of the data."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.noise = torch.Generator().manual_seed(0)
        self.layer = nn.Linear(width, width)
        nn.init.eye_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)
        self.distance = FrechetDistance()
        self.neighbours = Neighbourhood(metrics=["precision", "coverage"])

    def sample(self, n: int) -> Tensor:
        """Draw n samples."""
        made: Tensor = self.layer(torch.randn(n, self.layer.in_features, generator=self.noise))
        return made

    def training_step(self, batch: list[Tensor], _: int) -> Tensor:
        """Distance between the moments of a batch and of as many samples."""
        (real,) = batch
        made = self.sample(len(real))
        return (made.mean(0) - real.mean(0)).square().sum() + (made.std(0) - real.std(0)).square().sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.layer.parameters(), lr=0.1)

    def validation_step(self, batch: list[Tensor], _: int) -> None:
        """Take a batch of each side; Lightning computes, logs and resets `distance` at the end of the epoch."""
        (real,) = batch
        made = self.sample(len(real))
        for metric in (self.distance, self.neighbours):
            metric.update(real, real=True)
            metric.update(made, real=False)
        self.log("frechet_distance", self.distance)

    def on_validation_epoch_end(self) -> None:
        """Log what comes as a dict, and start anew."""
        self.log_dict(self.neighbours.compute())
        self.neighbours.reset()


def batches(n: int, seed: int) -> DataLoader[tuple[Tensor, ...]]:
    """Batches of data around (3, 3, 3, 3) with spread 2."""
    rows = 3.0 + 2.0 * torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))
    return DataLoader(TensorDataset(rows), batch_size=128)


def main() -> dict[str, float]:
    """Train for some epochs and print what was logged."""
    trainer = lightning.Trainer(
        max_epochs=4,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    model = Generator(width=4)
    before = trainer.validate(model, batches(512, 1), verbose=False)[0]
    trainer.fit(model, batches(1024, 0), batches(512, 1))
    after = {name: float(value) for name, value in trainer.logged_metrics.items()}
    for name, value in after.items():
        print(f"{name}: {before[name]:.3f} before, {value:.3f} after")
    return after


if __name__ == "__main__":
    main()
