"""The adversarial table generator: rows of the right form and ties, scores, packs, and places found by search."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import load
from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.generators.interface import Latent, Scored
from auditkit.generators.tabular.columns import read_columns
from auditkit.generators.tabular.gan import TabularGan
from auditkit.generators.tabular.gan_network import PACK, Discriminator, GanNetwork
from auditkit.generators.tabular.mixed_coding import Layout
from auditkit.training import build_module, torch_rng


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    kind = rng.choice(["low", "high"], 500, p=[0.6, 0.4])
    size = np.where(kind == "low", 0.0, 4.0) + rng.normal(0, 0.5, 500)
    mark = np.where(rng.random(500) < 0.9, kind, "low")
    tax = np.where(rng.random(500) < 0.3, np.nan, rng.normal(size=500).round(3))
    return load(pd.DataFrame({"size": size.round(3), "tax": tax, "mark": mark, "kind": kind}), label="kind")


@pytest.fixture(scope="module")
def gan(data):
    return TabularGan(steps=400, hidden=48, latent=8, batch=128, learning_rate=1e-3).fit(data, seed=0)


def test_rows_follow_the_label_and_keep_their_gaps(data, gan):
    made = gan.sample(1000, seed=1).table
    means = made.groupby("kind")["size"].mean()
    assert means["high"] - means["low"] > 2
    assert (made["mark"] == made["kind"]).mean() > 0.7
    assert made["tax"].isna().mean() == pytest.approx(data.table["tax"].isna().mean(), abs=0.2)
    assert made["size"].nunique() > 100


def test_scores_put_torn_rows_below_real_ones(data, gan):
    assert isinstance(gan, Scored)
    torn = data.table.assign(size=4.0 - data.table["size"])
    scores, others = gan.score(data), gan.score(load(torn, label="kind", schema=data.schema))
    assert scores.shape == (500,)
    assert scores.mean() > others.mean()
    np.testing.assert_allclose(gan.score(data.take(np.arange(40))), scores[:40], atol=1e-5)


def test_places_that_a_search_finds_lead_back_to_their_rows(data, gan):
    assert isinstance(gan, Latent)
    few = data.take(np.arange(60))
    places = gan.encode(few, seed=1)
    assert places.shape == (60, 8)
    np.testing.assert_array_equal(places, gan.encode(few, seed=1))
    back = pd.concat([gan.decode(places[[at]], conditions={"kind": few.table["kind"][at]}).table for at in range(60)])
    assert np.corrcoef(back["size"], few.table["size"])[0, 1] > 0.8
    assert (back["mark"].to_numpy() == few.table["mark"].to_numpy()).mean() > 0.8


def test_places_conditions_and_rows_that_do_not_fit_are_refused(data, gan):
    with pytest.raises(ShapeError, match=r"shape \(n, 8\), got \(2, 3\)"):
        gan.decode(np.zeros((2, 3)))
    with pytest.raises(AuditkitError, match="need the label or a group, got 'mark'"):
        gan.decode(np.zeros((2, 8)), conditions={"mark": "low"})
    with pytest.raises(DataError, match="column 'mark': it has a level"):
        gan.score(load(data.table.assign(mark="new"), label="kind", schema=None))
    with pytest.raises(DataError, match="column 'size': it has missing cells"):
        gan.encode(load(data.table.assign(size=data.table["size"].where(data.table["size"] > 0)), label="kind"))


def test_missing_numbers_of_made_rows_are_zero_as_in_real_ones(data):
    columns, _ = read_columns(data, TabularGan.info)
    layout = Layout.of(columns, grid=20)
    network = build_module(lambda: GanNetwork(layout, hidden=16, latent=4), seed=0)
    made = network.made(torch.zeros(200, columns.n_conditions), torch_rng(0))
    at = layout.numbers.index(layout.gaps[0])
    gaps = made[:, -1] == 1
    assert gaps.any()
    assert (made[gaps, at] == 0).all()
    assert (made[~gaps, at] != 0).all()


def test_packs_are_scored_together_and_rows_alone():
    network = build_module(lambda: Discriminator(3, 0, hidden=8), seed=0).eval()
    rows, told = torch.randn(2 * PACK, 3, generator=torch_rng(1)), torch.zeros(2 * PACK, 0)
    scores = network(rows, told)
    assert scores.shape == (4 * PACK,)
    torch.testing.assert_close(scores[: 2 * PACK], network.rows(rows, told))
    packs = scores[2 * PACK :].reshape(2, PACK)
    assert (packs == packs[:, :1]).all()
    assert packs[0, 0] != packs[1, 0]
    torch.testing.assert_close(network(rows[:PACK].flip(0), told[:PACK])[PACK:], packs[0])
