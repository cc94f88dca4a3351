from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import Dataset, SeriesSamples
from auditkit.errors import DataError, ShapeError
from auditkit.generators import Budget, Latent, create
from auditkit.generators.series.recurrent import StepNetwork
from auditkit.metrics import volatility_ratio


def rough_waves(n: int = 120, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    kinds = np.array(["low", "high"])[rng.integers(2, size=n)]
    series = [
        np.sin(np.arange(length) / 4 + rng.uniform(0, 6)) + 0.3 * rng.standard_normal(length) + 2 * (kind == "high")
        for length, kind in zip(rng.integers(14, 20, n), kinds, strict=True)
    ]
    return Dataset.of_table(pd.DataFrame({"kind": kinds}), label="kind", samples=SeriesSamples.of(series))


def test_the_loss_is_the_likelihood_of_a_mixture():
    network = StepNetwork(2, 1, hidden=4, parts=1)
    torch.nn.init.zeros_(network.leave.weight)
    torch.nn.init.zeros_(network.leave.bias)
    targets = torch.tensor([[[1.0, -2.0], [0.0, 0.0]]])
    found = network.loss(torch.zeros(1, 2, 7), targets, torch.tensor([[1.0, 0.0]]))
    assert found.item() == pytest.approx(0.5 * 5 + np.log(2 * np.pi), rel=1e-5)


def test_a_recurrent_network_moves_as_real_series_do_and_an_autoencoder_hardly():
    data = rough_waves()
    ratios = {}
    for name in ("rnn", "rnn_vae"):
        made = create(name, modality="series", hidden=24).fit(data, budget=Budget(steps=100))
        ratios[name] = volatility_ratio(real=data, synthetic=made.sample(160, seed=1))
    assert ratios["rnn"] == pytest.approx(1, abs=0.35)
    assert ratios["rnn_vae"] < 0.7
    assert any("dead volatility" in note for note in made.fit_report.notes)


def test_codes_are_read_and_written():
    data = rough_waves(60)
    vae = create("rnn_vae", modality="series", latent=3).fit(data, budget=Budget(steps=20))
    assert isinstance(vae, Latent)
    codes = vae.encode(data)
    assert codes.shape == (60, 3)
    made = vae.decode(codes[:5], conditions={"kind": "high"}, seed=2)
    assert set(made.group_values("kind")) == {"high"}
    again = vae.decode(codes[:2], conditions={"kind": "high"}, seed=2)
    assert again.arrays()[1].tobytes() == made.arrays()[1].tobytes()
    assert vae.encode(data.take([])).shape == (0, 3)
    with pytest.raises(ShapeError, match="of shape \\(n, 3\\)"):
        vae.decode(np.zeros((2, 4)))
    wide = Dataset.of_table(pd.DataFrame({"kind": ["low"]}), label="kind", samples=SeriesSamples.of([np.zeros((4, 2))]))
    with pytest.raises(ShapeError, match="same channels"):
        vae.encode(wide)
    other = Dataset.of_table(pd.DataFrame({"kind": ["odd"]}), label="kind", samples=SeriesSamples.of([np.zeros(4)]))
    with pytest.raises(DataError, match="no training unit has"):
        vae.encode(other)
