"""Fixtures for the whole suite."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
REPOSITORY = Path(__file__).resolve().parent.parent
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard():
    """A shell starts what runs in its background deaf to interrupts, and the processes that tests start inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Callable[..., Path]:
    """Path of real data beside the checkout: `shared_data("pairs_adult")`, or a skip with the reason."""

    def find(*parts: str) -> Path:
        root = REPOSITORY.parent / "shared" / "data"
        path = root.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"real data are absent: no {'/'.join(('../shared/data', *parts))}")
        return path

    return find


@pytest.fixture(scope="session")
def twice_in_other_worlds() -> Callable[[Callable[[], T]], tuple[T, T]]:
    """Results of a task under two states of the global generators of Python, numpy and torch, which it must not change.

    A task that reads one of them gives two results that differ, one that draws fails here.
    """
    import numpy as np
    import sklearn.ensemble  # noqa: F401 - when it is first imported, Python's own generator is drawn from
    import torch

    def states() -> tuple[object, ...]:
        name, keys, *place = np.random.get_state()  # noqa: NPY002 - the state that is watched
        return random.getstate(), name, keys.tobytes(), place, torch.random.get_rng_state().numpy().tobytes()

    def run(task: Callable[[], T]) -> tuple[T, T]:
        results = []
        before = random.getstate(), np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002
        try:
            for seed in (1, 2):
                random.seed(seed)
                np.random.seed(seed)  # noqa: NPY002
                torch.random.manual_seed(seed)
                start = states()
                results.append(task())
                assert states() == start, "a global random state was changed"
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])  # noqa: NPY002
            torch.random.set_rng_state(before[2])
        return results[0], results[1]

    return run


@pytest.fixture(scope="module")
def browser():
    """A Chromium for a file's tests; not for longer, as playwright keeps a loop of events running meanwhile."""
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    with sync.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()
