"""What every command shares: where words go, how progress is shown, and what was asked of the whole program."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from auditkit.blocks import Progress

__all__ = ["Session", "session"]


@dataclass
class Session:
    """Options of the whole program, how often they were given, and the config that a command found by itself."""

    quiet: int = 0
    verbose: int = 0
    debug: bool = False
    found: str | None = None

    def reset(self) -> None:
        """Forget what an earlier command of the same process was asked."""
        self.quiet = self.verbose = 0
        self.debug, self.found = False, None

    @property
    def terse(self) -> bool:
        """Whether of a verdict only its line is wanted."""
        return self.quiet > 1

    @property
    def colour(self) -> bool:
        """Whether results may be coloured: on a terminal or where FORCE_COLOR asks for it, never with NO_COLOR."""
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")

    @property
    def width(self) -> int:
        """Columns to wrap lists to: those of a narrow terminal, else 80."""
        return max(40, min(80, shutil.get_terminal_size((80, 24)).columns))

    @property
    def terminal(self) -> int | None:
        """Columns of the terminal that results go to; None where they go elsewhere."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def finish(self) -> None:
        """Say which config was found, once a command has done its work: an error is told alone."""
        if self.found is not None:
            self.log(f"config: {self.found}")

    def say(self, text: str) -> None:
        """Result, on standard output."""
        try:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the output has stopped; files are still written and the exit code still tells.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def log(self, text: str) -> None:
        """Remark, on standard error; nothing with --quiet."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    def fail(self, text: str) -> None:
        """Why a command that did its work exits otherwise than with 0, on standard error; with --quiet as well."""
        sys.stderr.write(f"error: {text}\n")

    def warn(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """A warning of Python's as a remark: of ours the sentence, of others' only with -v."""
        del filename, lineno, file, line  # where it was raised helps no user
        if category.__module__.startswith("auditkit"):
            self.log(f"note: {message}")
        elif self.verbose:
            self.log(f"{category.__name__}: {message}")

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """Progress bar on standard error while it is a terminal; with -v a line per step elsewhere."""
        if self.quiet or not (sys.stderr.isatty() or self.verbose):
            yield None
            return
        if not sys.stderr.isatty():
            yield _lines(self.log)
            return
        from rich.console import Console  # noqa: PLC0415 - only where somebody watches
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description:<40.40}", markup=False), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda done, total, what: bar.update(
                task, completed=done, total=total if total > 1 else None, description=_step(what)
            )


def _lines(log: Callable[[str], None]) -> Progress:
    """Progress as a line per step, with the seconds since the start."""
    started = time.perf_counter()
    shown = [""]

    def tell(_done: int, _total: int, what: str) -> None:
        step = _step(what)
        # Of the steps within a stage only an audit's views are worth a line each.
        line = step if step != what else what.partition(": ")[0]
        if line != shown[0]:
            shown[0] = line
            log(f"{time.perf_counter() - started:7.1f} s  {line}")

    return tell


_STEPS = {
    "yardstick block": "intervals of the real data",
    "yardstick": "real against fresh real data",
    "block": "intervals",
    "matched": "at equal sizes",
    "at baseline": "at the baseline's size",
    "full": "the whole sets",
}


def _step(what: str) -> str:
    """Step in words that need no knowledge of the plan."""
    stage, sign, view = what.rpartition(": ")
    for name, words in _STEPS.items():
        if view == name or view.startswith(f"{name} "):
            part = view.removeprefix(name).strip()
            return f"{stage}{sign}{words}{f' of {part}' if part else ''}"
    return what


session = Session()
"""The one session of a process; `app.main` fills it in."""
