"""Tasks side by side leave the process as it was."""

from __future__ import annotations

import threading
import warnings

import pytest

from auditkit.blocks import run_blocks


def test_the_filters_of_warnings_outlive_tasks_that_meet_in_them() -> None:
    emptied, saved, restored = threading.Event(), threading.Event(), threading.Event()

    def task(number: int) -> None:
        # What scikit-learn's fits and checks do at once: the second saves the filters that the first has emptied.
        if number == 0:
            with warnings.catch_warnings():
                warnings.resetwarnings()
                emptied.set()
                assert saved.wait(10)
            restored.set()
        else:
            assert emptied.wait(10)
            with warnings.catch_warnings():
                saved.set()
                assert restored.wait(10)

    run_blocks(abs, [0, 1], threads=2)  # imports what sets filters of its own
    before = list(warnings.filters)
    assert before
    run_blocks(task, [0, 1], threads=2)
    assert list(warnings.filters) == before


def test_warnings_of_tasks_are_told_but_for_that_of_lost_filters() -> None:
    def task(number: int) -> None:
        text = "mind this" if number else "`sklearn.utils.parallel.delayed` should be used with another"
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(text, UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="mind this") as found:
        run_blocks(task, [0, 1, 1], threads=2)
    assert {str(item.message) for item in found} == {"mind this"}
