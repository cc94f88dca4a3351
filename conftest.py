"""Keep pytest out of the links at the top, and threads that wait from burning the processors of other workers."""

import gc
import os
from collections.abc import Generator

import pytest

collect_ignore = ["metrics", "generators", "reports"]
"""These links lead into auditkit/, which is collected itself."""

# OpenMP reads this once, when the first library that uses it is loaded. By default its threads spin while they wait.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

LONGEST = (
    "tests/demo/test_demo_loop.py",
    "tests/test_docs.py",
    "tests/test_tutorials.py",
    "tests/auditing/test_known_faults.py",
    "tests/reports/test_browser.py",
    "tests/filtering/test_sample_filter.py",
    "tests/generators/test_contract.py",
    "tests/auditing/test_reference.py",
    "tests/auditing/test_all_metrics.py",
    "tests/auditing/test_planted_samples.py",
    "tests/auditing/test_repeats.py",
    "tests/auditing/test_undeclared.py",
    "tests/integrations/test_lightning.py",
    "tests/pipeline/test_loop.py",
    "tests/test_ci_kit.py",
    "tests/test_wheel.py",
    "tests/test_documented.py",
    "tests/auditing/test_brought_to_size.py",
    "tests/auditing/test_comparing.py",
    "tests/pipeline/test_filtering_run.py",
    "tests/cli/test_filter_command.py",
    "tests/metrics/test_contracts.py",
    "tests/metrics/tables/test_table_contracts.py",
    "tests/test_structure.py",
    "tests/metrics/test_compiled.py",
    "tests/auditing/test_kept_rules.py",
    "tests/cli/test_exit_codes.py",
)
"""Files that take longest: workers that begin with them end together."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, nor later in what that made: it stays, millions of objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the longest files to the workers of pytest-xdist first."""
    if hasattr(config, "workerinput"):
        place = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))
