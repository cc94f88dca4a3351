"""Fixtures for the whole suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


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
