"""The trainer: same seed same weights, budgets, early stopping, recovery, and nothing global touched."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit.errors import SampleSizeError
from auditkit.training import (
    Trainer,
    TrainingError,
    build_module,
    derive_seed,
    one_cycle,
    one_thread,
    torch_rng,
)

X = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.layer(x)


def squares(model, rows, rng):
    jitter = 0.01 * torch.randn(len(rows), 3, generator=rng)
    return ((model(X[rows] + jitter) - Y[rows]) ** 2).mean()


def fitted(trainer, *, seed=0, loss=squares, n=200, progress=None):
    model = build_module(Line, seed=seed)
    return model, trainer.train(model, loss, n=n, seed=seed, progress=progress)


def weights(model):
    return np.concatenate([value.numpy().ravel() for value in model.state_dict().values()])


QUICK = Trainer(steps=60, batch=32, check_every=20, learning_rate=0.05)


def test_training_finds_the_line_and_keeps_the_averaged_weights():
    model, training = fitted(Trainer(steps=400, batch=32, learning_rate=0.05, check_every=50))
    np.testing.assert_allclose(weights(model), [1.0, -2.0, 0.5, 0.3], atol=0.02)
    assert training.steps == 400
    assert training.stopped_by == "steps"
    assert not model.training


def test_same_seed_gives_the_same_bytes_and_another_seed_gives_others():
    first, _ = fitted(QUICK)
    again, _ = fitted(QUICK)
    other, _ = fitted(QUICK, seed=1)
    np.testing.assert_array_equal(weights(first), weights(again))
    assert not np.array_equal(weights(first), weights(other))


def test_weights_do_not_depend_on_torch_threads_which_are_restored():
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            model, _ = fitted(QUICK)
            assert torch.get_num_threads() == threads
            results.append(weights(model))
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(results[0], results[1])


def test_torch_runs_on_one_thread_inside():
    with one_thread():
        assert torch.get_num_threads() == 1


def test_global_random_states_are_left_alone():
    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is what is looked at
    torch_before = torch.random.get_rng_state()
    fitted(QUICK)
    np.testing.assert_array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(torch_before, torch.random.get_rng_state())


def test_early_stopping_ends_a_run_that_no_longer_improves_and_keeps_the_best_step():
    def noise_only(model, rows, rng):
        del rng
        # The validation loss rises with the weights' distance from where they began.
        return ((model(X[rows]) - torch.sin(97 * X[rows].sum(1, keepdim=True))) ** 2).mean()

    _, training = fitted(Trainer(steps=5000, batch=32, check_every=10, patience=3, learning_rate=0.05), loss=noise_only)
    assert training.stopped_by == "early_stopping"
    assert training.steps < 5000
    assert training.best_step == training.steps - 30
    valid = [point.valid for point in training.curve]
    assert min(valid) == valid[-4]


def test_few_rows_train_without_validation_and_say_so():
    _, training = fitted(QUICK, n=10)
    assert all(point.valid is None for point in training.curve)
    assert "too few for validation" in training.notes[0]


def test_a_loss_that_becomes_nan_restores_good_weights_and_halves_the_rate():
    calls = {"n": 0}

    def breaks_twice(model, rows, rng):
        calls["n"] += 1
        value = squares(model, rows, rng)
        return value * float("nan") if calls["n"] in {25, 40} else value

    model, training = fitted(QUICK, loss=breaks_twice)
    assert np.isfinite(weights(model)).all()
    assert len([note for note in training.notes if "halved" in note]) == 2
    assert training.steps == 60


def test_infinite_gradients_are_recovered_from_too():
    calls = {"n": 0}

    def steep_once(model, rows, rng):
        calls["n"] += 1
        value = squares(model, rows, rng)
        return torch.sqrt(value - value.detach()) + value.detach() if calls["n"] == 30 else value

    model, training = fitted(QUICK, loss=steep_once)
    assert np.isfinite(weights(model)).all()
    assert "gradient" in training.notes[0]


def test_a_loss_that_stays_nan_is_an_error_after_three_restarts():
    def broken(model, rows, rng):
        return squares(model, rows, rng) * float("nan")

    with pytest.raises(TrainingError, match="after 3 restarts"):
        fitted(QUICK, loss=broken)


def test_no_rows_is_an_error():
    with pytest.raises(SampleSizeError, match="at least 1 row, got 0"):
        fitted(QUICK, n=0)


def test_a_budget_in_seconds_fixes_the_steps_and_its_run_repeats_with_them():
    timed, training = fitted(Trainer(seconds=0.3, batch=32, check_every=20))
    assert training.stopped_by == "seconds"
    assert training.planned_steps == training.steps
    assert f"{training.steps} steps" in training.notes[0]
    repeated, _ = fitted(Trainer(steps=training.planned_steps, batch=32, check_every=20))
    np.testing.assert_array_equal(weights(timed), weights(repeated))


def test_steps_cap_a_budget_in_seconds_when_asked():
    _, training = fitted(Trainer(steps=30, seconds=60.0, cap_steps=True, batch=32))
    assert training.steps == 30


def test_progress_is_called_at_every_check():
    seen = []
    fitted(QUICK, progress=lambda *step: seen.append(step))
    assert [step[:2] for step in seen] == [(20, 60), (40, 60), (60, 60)]
    assert all(np.isfinite(float(said.removeprefix("loss "))) for *_, said in seen)


def test_the_learning_rate_rises_and_falls_once():
    rates = [one_cycle(share) for share in np.linspace(0, 1, 101)]
    peak = int(np.argmax(rates))
    assert peak == 20
    assert rates[peak] == pytest.approx(1)
    assert all(np.diff(rates[: peak + 1]) > 0)
    assert all(np.diff(rates[peak:]) < 0)


def test_stages_of_a_seed_are_independent():
    assert derive_seed(0, 1) == derive_seed(0, 1)
    assert len({derive_seed(0, 1), derive_seed(1, 0), derive_seed(0, 2), derive_seed(0)}) == 4
    assert torch.rand(1, generator=torch_rng(3, 1)) == torch.rand(1, generator=torch_rng(3, 1))
