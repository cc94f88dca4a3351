"""What every command shares: where words go, how progress is shown, how a path is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditkit.pipeline import Stage

__all__ = ["Session", "session"]


@dataclass
class Session:
    """Options of the whole program."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def say(self, text: str) -> None:
        """Result, on standard output."""
        sys.stdout.write(f"{text}\n")

    def log(self, text: str) -> None:
        """Remark, on standard error; nothing with --quiet."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    @contextmanager
    def progress(self) -> Iterator[Stage | None]:
        """Progress bar on standard error while it is a terminal; with -v a line per step elsewhere."""
        if self.quiet or not (sys.stderr.isatty() or self.verbose):
            yield None
            return
        if not sys.stderr.isatty():
            yield lambda done, total, what: self.log(f"[{done}/{total}] {what}")
            return
        from rich.console import Console  # noqa: PLC0415 - only where somebody watches
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description:<40.40}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)


session = Session()
"""The one session of a process; `app.main` fills it in."""
