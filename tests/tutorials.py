"""Run a page of the documents as its reader would, and hold that it prints what it shows.

What a page may hold, in fenced blocks, which run in order in one folder:

- ```` ```python ````: runs. All such blocks of a page share one namespace.
- ```` ```console ````: commands, plain and without a prompt: `auditkit ...` or `python FILE.py ...`. A backslash
  continues a line. `# exits with 1` behind a command, or in the line above it, is its exit code; without it that is 0.
  Other comments mean nothing.
- ```` ```text ```` as the next block: what that block prints, all of it. Where standard output is empty, standard error
  is meant (progress, notes and errors). Words are compared exactly, and spaces as one space. Numbers with a point may
  be off by a tenth or by one in their last digit, whole ones by a tenth: those below 10 are exact. `...` in a line
  stands for any words, and as a line for any lines. A block without a text block may print what it likes.
- ```` ```toml title="auditkit.toml" ````, or any other language with a title: a file of that name, which does not run.
- Any other block is only read: ```` ``` ````, ```` ```sh ````, ```` ```toml ```` without a title.

A warning is an error. Nothing is fetched: data come with auditkit or scikit-learn, or the page makes them.
"""

from __future__ import annotations

import difflib
import io
import os
import re
import runpy
import shlex
import sys
import textwrap
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from auditkit.cli.app import call

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)(?P<rest>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
EXIT = re.compile(r"#\s*exits with (\d+)")
NUMBER = r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)"
TOLERANCE = 0.1


class PageError(AssertionError):
    """A page that does not run, or does not print what it shows."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is, its text, and the line where that begins."""

    language: str
    title: str
    text: str
    line: int

    @property
    def runs(self) -> bool:
        return not self.title and self.language in {"python", "console"}


@dataclass(frozen=True)
class Printed:
    """What a page printed on standard output, and how many of its blocks show what they print."""

    out: str
    shown: int


def blocks(text: str) -> list[Block]:
    """Fenced blocks of a page, in order."""
    found = []
    for fence in FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', fence["rest"])
        line = text.count("\n", 0, fence.start("text")) + 1
        inside = textwrap.dedent(fence["text"])
        found.append(Block(fence["language"], title[1] if title else "", inside, line))
    if loose := re.search(r"^ *```.*", FENCE.sub("", text), re.MULTILINE):
        raise PageError(f"{loose[0]!r} opens or closes no block.")
    return found


def run_page(path: Path, folder: Path, *, replacing: Mapping[str, str] | None = None) -> Printed:
    """Run the blocks of a page in a folder.

    Parameters
    ----------
    path : Path
        The page.
    folder : Path
        Where it runs; what it needs besides lies there already.
    replacing : mapping of str to str, optional
        What stands in the blocks, and what runs instead: to make a long example short.

    Raises
    ------
    PageError
        Names the line of the page.
    """
    found = blocks(path.read_text(encoding="utf-8"))
    names: dict[str, object] = {"__name__": "__main__"}
    printed, shown = [], 0
    with _at_home(folder):
        for number, block in enumerate(found):
            place = f"{path.name}, line {block.line}"
            before = found[number - 1] if number else None
            if block.title:
                _write(folder / block.title, block.text)
            elif block.runs:
                text = block.text
                for old, new in (replacing or {}).items():
                    text = text.replace(old, new)
                out, err = _run_block(block, text, place, names)
                printed.append(out)
            elif block.language == "text":
                if before is None or not before.runs:
                    raise PageError(
                        f"{place}: a text block shows what the block before it prints, and that does not run."
                    )
                _compare(block.text, out if out.strip() else err, place)
                shown += 1
    return Printed("".join(printed), shown)


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    """Work in a folder as a program that starts there would, and leave nothing of it behind."""
    known = set(sys.modules)
    with ExitStack() as stack:
        stack.enter_context(chdir(folder))
        stack.enter_context(mock.patch.object(sys, "path", [str(folder), *sys.path]))
        stack.enter_context(mock.patch.dict(os.environ))
        os.environ.pop("FORCE_COLOR", None)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error")
        try:
            yield
        finally:
            for name in set(sys.modules) - known:
                if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                    del sys.modules[name]
            if plots := sys.modules.get("matplotlib.pyplot"):
                plots.close("all")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _run_block(block: Block, text: str, place: str, names: dict[str, object]) -> tuple[str, str]:
    """What a block prints on standard output and on standard error."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            if block.language == "python":
                # Empty lines above it: a traceback names the line of the page.
                exec(compile("\n" * (block.line - 1) + text, place.partition(",")[0], "exec"), names)  # noqa: S102
                wrong = ""
            else:
                wrong = _run_commands(text)
        except BaseException as error:
            raise PageError(f"{place}: {err.getvalue()}{traceback.format_exc()}") from error
    if wrong:
        raise PageError(f"{place}: {wrong}\n{out.getvalue()}{err.getvalue()}")
    return out.getvalue(), err.getvalue()


def _run_commands(text: str) -> str:
    """Run commands up to the first that ends with another exit code than it should, and say which that is."""
    for command, expected in commands(text):
        code = _command(command)
        if code != expected:
            return f"{shlex.join(command)} exits with {code}, not {expected}."
    return ""


def commands(text: str) -> list[tuple[list[str], int]]:
    """Commands of a console block in words, and the exit code of each."""
    found, expected = [], 0
    for line in text.replace("\\\n", " ").splitlines():
        if said := EXIT.search(line):
            expected = int(said[1])
        if words := shlex.split(line, comments=True):
            found.append((words, expected))
            expected = 0
    return found


def _command(words: list[str]) -> int:
    """Exit code of a command, run in process."""
    program, *arguments = words
    if program == "auditkit":
        return call(arguments)
    if program == "python" and arguments and arguments[0].endswith(".py"):
        with mock.patch.object(sys, "argv", arguments):
            try:
                runpy.run_path(arguments[0], run_name="__main__")
            except SystemExit as end:
                return end.code if isinstance(end.code, int) else int(end.code is not None)
        return 0
    raise PageError(f"{shlex.join(words)}: only `auditkit ...` and `python FILE.py ...` are run.")


def _compare(expected: str, actual: str, place: str) -> None:
    """Raise where what was printed is not what is shown."""
    wanted, found = (text.strip("\n").splitlines() for text in (expected, actual))
    if not _same_lines(wanted, found):
        difference = "\n".join(difflib.ndiff(wanted, found))
        raise PageError(f"{place}: the page shows - and + is printed:\n{difference}")


def _same_lines(wanted: list[str], found: list[str]) -> bool:
    """Whether lines are as shown, where a line `...` stands for any lines."""
    if not wanted:
        return not found
    if wanted[0].strip() == "...":
        return any(_same_lines(wanted[1:], found[start:]) for start in range(len(found) + 1))
    return bool(found) and same_line(wanted[0], found[0]) and _same_lines(wanted[1:], found[1:])


def same_line(wanted: str, found: str) -> bool:
    """Whether a line is as shown: words exactly, numbers nearly, `...` anything."""
    pattern, expected = "", []
    for word in re.split(rf"({NUMBER}|\.\.\.|\s+)", wanted.strip()):
        if word == "...":
            pattern += ".*?"
        elif re.fullmatch(NUMBER, word):
            pattern += f"({NUMBER})"
            expected.append(word)
        else:
            pattern += r"\s+" if word.isspace() else re.escape(word)
    match = re.fullmatch(pattern, found.strip())
    return match is not None and all(map(_close, expected, match.groups()))


def _close(wanted: str, found: str) -> bool:
    """Whether a number is within a tenth of the one that is shown, or one off in its last digit after the point."""
    value = float(wanted.replace(",", ""))
    digits = re.search(r"\.(\d+)", wanted)
    last = 10.0 ** -len(digits[1]) if digits else 0.0
    return abs(float(found.replace(",", "")) - value) <= max(TOLERANCE * abs(value), last) * (1 + 1e-9)
