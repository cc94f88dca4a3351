"""Fixtures for the whole suite."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


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
