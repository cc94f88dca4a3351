"""Two players in turns: each moves its own weights, with its own rate, as one run of the same trainer."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from auditkit.training import Player, Trainer, TrainingError, build_module

X = 2.0 + 0.5 * torch.randn(300, 1, generator=torch.Generator().manual_seed(0))


class Pair(torch.nn.Module):
    """A generator of normal numbers and a discriminator of means and spreads."""

    def __init__(self):
        super().__init__()
        self.generator = torch.nn.Linear(1, 1)
        self.discriminator = torch.nn.Linear(2, 1)

    def judge(self, x):
        return self.discriminator(torch.cat([x, x**2], dim=1))


def discriminate(model, rows, rng):
    with torch.no_grad():
        made = model.generator(torch.randn(len(rows), 1, generator=rng))
    strength = sum((weight**2).sum() for weight in model.discriminator.parameters())
    return torch.relu(1 - model.judge(X[rows])).mean() + torch.relu(1 + model.judge(made)).mean() + strength


def generate(model, rows, rng):
    return -model.judge(model.generator(torch.randn(len(rows), 1, generator=rng))).mean()


PLAYERS = (
    Player("discriminator", discriminate, learning_rate=0.02, betas=(0.0, 0.99)),
    Player("generator", generate, learning_rate=0.01, betas=(0.0, 0.99)),
)
QUICK = Trainer(steps=60, batch=64, check_every=20, clip=math.inf)


def played(trainer=QUICK, players=PLAYERS, *, seed=0):
    model = build_module(Pair, seed=seed)
    return model, trainer.train_players(model, players, n=len(X), seed=seed)


def weights(model):
    return np.concatenate([value.numpy().ravel() for value in model.state_dict().values()])


def test_the_generator_finds_the_mean_and_spread_of_the_data():
    model, training = played(Trainer(steps=1500, batch=128, ema=0.99, clip=math.inf))
    assert model.generator.bias.item() == pytest.approx(2.0, abs=0.1)
    assert abs(model.generator.weight.item()) == pytest.approx(0.5, abs=0.15)
    assert training.stopped_by == "steps"
    assert not model.training


def test_each_player_moves_only_its_own_part():
    start = build_module(Pair, seed=0)
    model, _ = played(players=PLAYERS[:1])
    assert torch.equal(model.generator.weight, start.generator.weight)
    assert not torch.equal(model.discriminator.weight, start.discriminator.weight)


def test_same_seed_gives_the_same_bytes_and_another_seed_others():
    np.testing.assert_array_equal(weights(played()[0]), weights(played()[0]))
    assert not np.array_equal(weights(played()[0]), weights(played(seed=1)[0]))


def test_the_curve_tells_both_losses_and_there_are_no_validation_rows():
    _, training = played()
    assert [point.step for point in training.curve] == [20, 40, 60]
    assert all(point.valid is None and len(point.opponents) == 1 for point in training.curve)
    assert training.notes == ()


def test_turns_give_a_player_more_batches():
    calls = []

    def counted(model, rows, rng):
        calls.append(len(rows))
        return discriminate(model, rows, rng)

    played(Trainer(steps=5, batch=64), (Player("discriminator", counted, turns=3), PLAYERS[1]))
    assert calls == [64] * 15


def test_a_constant_rate_goes_as_far_in_the_last_step_as_in_the_first():
    def pull(model, rows, rng):
        del rows, rng
        return model.generator.weight.sum()

    def moved(schedule):
        model = build_module(Pair, seed=0)
        before = model.generator.weight.item()
        trainer = Trainer(steps=10, schedule=schedule, ema=0.0, learning_rate=0.1, clip=math.inf)
        trainer.train_players(model, (Player("generator", pull),), n=8)
        return before - model.generator.weight.item()

    assert moved("constant") == pytest.approx(1.0, abs=1e-4)
    assert moved("one_cycle") < 0.8


def test_a_loss_that_becomes_nan_restores_both_players():
    calls = {"n": 0}

    def breaks_once(model, rows, rng):
        calls["n"] += 1
        value = generate(model, rows, rng)
        return value * float("nan") if calls["n"] == 30 else value

    model, training = played(players=(PLAYERS[0], Player("generator", breaks_once)))
    assert np.isfinite(weights(model)).all()
    assert "halved" in training.notes[0]


def test_a_loss_that_stays_nan_is_an_error():
    def broken(model, rows, rng):
        return generate(model, rows, rng) * float("nan")

    with pytest.raises(TrainingError, match="after 3 restarts"):
        played(players=(PLAYERS[0], Player("generator", broken)))


def test_a_budget_in_seconds_is_turned_into_steps():
    _, training = played(Trainer(seconds=0.2, batch=64))
    assert training.stopped_by == "seconds"
    assert f"{training.planned_steps} steps" in training.notes[0]
