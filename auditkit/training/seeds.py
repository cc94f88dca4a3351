"""Local random generators, initial weights and the one thread that make a training run repeat."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch

from auditkit.blocks import single_threaded
from auditkit.whole_numbers import check_seed

__all__ = ["BATCHES", "NOISE", "SPLIT", "VALIDATION", "build_module", "derive_seed", "one_thread", "torch_rng"]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)

_INIT, SPLIT, BATCHES, NOISE, VALIDATION = range(5)


def derive_seed(*path: int) -> int:
    """Seed for one stage, drawn from the path of seeds and stage numbers that leads to it.

    Raises
    ------
    AuditkitError
        For a seed that is no whole number of at least 0.
    """
    return int(np.random.SeedSequence([check_seed(seed) for seed in path]).generate_state(1, np.uint64)[0])


def torch_rng(*path: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Local torch generator for one stage, whose numbers appear on a device; see `derive_seed`."""
    return torch.Generator(device).manual_seed(derive_seed(*path))


def build_module(build: Callable[[], ModuleT], *, seed: int) -> ModuleT:
    """Module whose initial weights follow from the seed; torch's global generator is left as it was."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also reach the accelerators' generators, which the fork does not restore.
        torch.default_generator.manual_seed(derive_seed(seed, _INIT))
        return build()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch, BLAS and OpenMP at one thread while the block runs, then restore what was set."""
    before = torch.get_num_threads()
    with single_threaded():
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
