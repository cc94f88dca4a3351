"""Flow matching: the way of a known velocity, the loss it starts from, guidance, and rows that never change."""

from __future__ import annotations

import pytest
import torch

from auditkit.errors import AuditkitError
from auditkit.generators.denoiser import VelocityNetwork, embed_times, flow_loss, integrate, spread_times
from auditkit.training import Trainer, build_module, one_thread, torch_rng


def normal_flow(places, times, _conditions):
    """Mean velocity of lines from normal noise to a normal with mean 2 and spread 0.5: known in closed form."""
    mean, spread = 2.0, 0.5
    time = times[:, None]
    variance = (1 - time) ** 2 + (time * spread) ** 2
    slope = (time * spread**2 - (1 - time)) / variance
    return mean + slope * (places - time * mean)


@pytest.mark.parametrize(("method", "bound"), [("heun", 0.01), ("euler", 0.1)])
def test_the_way_of_a_known_velocity_ends_at_its_distribution(method, bound):
    noise = torch.randn(500, 1, generator=torch_rng(0), dtype=torch.float64)
    arrived = integrate(normal_flow, noise, steps=40, method=method)
    torch.testing.assert_close(arrived, 2 + 0.5 * noise, atol=bound, rtol=0)


def test_training_learns_two_clusters_and_conditions_choose_between_them():
    side = torch.arange(400) % 2
    data = (side * 4.0 - 2)[:, None] + 0.2 * torch.randn(400, 2, generator=torch_rng(1))
    told = torch.nn.functional.one_hot(side, 2).float()
    network = build_module(lambda: VelocityNetwork(2, 2, hidden=32, layers=2), seed=0)
    Trainer(steps=400, batch=128, learning_rate=5e-3).train(
        network, lambda model, rows, rng: flow_loss(model, data[rows], told[rows], rng), n=400
    )
    with one_thread():
        noise = torch.randn(300, 2, generator=torch_rng(2))
        right = integrate(network, noise, told[[1]].expand(300, 2), steps=10)
        either = integrate(network, noise, steps=10)
    assert right.mean() == pytest.approx(2, abs=0.2)
    assert (either.mean(dim=1) > 0).float().mean() == pytest.approx(0.5, abs=0.15)
    assert (either.abs().mean(dim=1) > 1).float().mean() > 0.8


def test_rows_do_not_depend_on_how_many_are_asked_for():
    network = build_module(lambda: VelocityNetwork(3, 2, hidden=16, layers=2), seed=0)
    noise, told = torch.randn(700, 3, generator=torch_rng(3)), torch.rand(700, 2, generator=torch_rng(4))
    with one_thread():
        many = integrate(network, noise, told, steps=4, guidance=1.5)
        few = integrate(network, noise[:300], told[:300], steps=4, guidance=1.5)
    assert torch.equal(many[:300], few)
    assert integrate(network, noise[:0]).shape == (0, 3)


def test_guidance_moves_from_the_hidden_to_the_told_velocity_and_beyond():
    def velocity(places, _times, conditions):
        return torch.zeros_like(places) if conditions is None else conditions

    noise, told = torch.zeros(2, 1), torch.ones(2, 1)
    ends = [integrate(velocity, noise, told, steps=3, guidance=g)[0, 0].item() for g in (0, 0.5, 1, 2)]
    assert ends == pytest.approx([0, 0.5, 1, 2])


def test_an_untrained_loss_is_that_of_its_velocities():
    network = build_module(lambda: VelocityNetwork(2, hidden=8, layers=1), seed=0)
    torch.nn.init.zeros_(network.leave.weight)
    torch.nn.init.zeros_(network.leave.bias)
    loss = flow_loss(network, torch.zeros(20_000, 2), None, torch_rng(0))
    assert loss.item() == pytest.approx(1, abs=0.03)


def test_times_are_spread_evenly_and_told_apart():
    times = spread_times(100, torch_rng(0)).sort().values
    assert (times.diff() - 0.01).abs().max() < 1e-5
    embedded = embed_times(torch.tensor([0.0, 0.01, 1.0]), 64)
    assert embedded.shape == (3, 64)
    assert (embedded[0] - embedded[1]).norm() > 0.5
    assert (embedded[0] - embedded[2]).norm() > 1


def test_no_steps_are_refused():
    with pytest.raises(AuditkitError, match="at least 1, got 0"):
        integrate(normal_flow, torch.zeros(1, 1), steps=0)
