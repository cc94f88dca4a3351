"""How long each step takes, by the progress that is told anyway: from one word to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.blocks import Progress

__all__ = ["Stopwatch"]


class Stopwatch:
    """Progress that counts the seconds of each step and passes on what it is told.

    Parameters
    ----------
    progress : callable, optional
        Told what the stopwatch is told.
    step : callable, optional
        Step that steps done and a word belong to; by default the word itself.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> watch(0, 2, "read")
    >>> watch(1, 2, "write")
    >>> [item["step"] for item in watch.steps()]
    ['read', 'write']
    """

    def __init__(self, progress: Progress | None = None, *, step: Callable[[int, str], str] | None = None) -> None:
        self._progress, self._step = progress, step
        self._seconds: dict[str, float] = {}
        self._current, self._since = "", time.perf_counter()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Hear of progress, and pass it on."""
        self.begin(what if self._step is None else self._step(done, what))
        if self._progress is not None:
            self._progress(done, total, what)

    def begin(self, step: str) -> None:
        """End the step that runs, and begin another one, or go on with it."""
        now = time.perf_counter()
        if self._current:
            self._seconds[self._current] = self._seconds.get(self._current, 0.0) + now - self._since
        self._current, self._since = step, now

    def over(self, steps: Sequence[str], progress: Progress | None = None) -> Progress:
        """Progress of tasks, each of which belongs to a step, that is passed on as well."""

        def tell(done: int, total: int, what: str) -> None:
            if done < len(steps):
                self.begin(steps[done])
            if progress is not None:
                progress(done, total, what)

        return tell

    def steps(self) -> list[dict[str, Any]]:
        """Steps in the order in which they began, with their seconds, as plain types; ends the one that runs."""
        self.begin("")
        return [{"step": step, "seconds": round(seconds, 3)} for step, seconds in self._seconds.items()]
