"""Where results go that have several formats: one on standard output, others in files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from auditkit.errors import ConfigError, UnknownNameError

__all__ = ["output_targets"]

_STDOUT = "-"


def output_targets(
    given: str | None, outputs: Sequence[str], formats: Sequence[str], *, example: str
) -> tuple[str, dict[Path, str]]:
    """Format for standard output, and a format for each file.

    Parameters
    ----------
    given : str or None
        What `--format` says.
    outputs : sequence of str
        What `--output` says, as `"junit=gates.xml"`; a path of `-` is standard output.
    formats : sequence of str
        Those there are, the default first.
    example : str
        What an error shows.

    Returns
    -------
    tuple of (str, dict of Path to str)

    Raises
    ------
    ConfigError
        If an output is no pair, or two go to one place.
    UnknownNameError
        If there is no such format.
    """
    files: dict[Path, str] = {}
    shown = given
    seen: set[str] = set()
    for item in outputs:
        name, sign, path = item.partition("=")
        if not sign or not path:
            raise ConfigError(f"--output takes FORMAT=PATH, as {example}, got {item!r}.")
        _check_format(name, formats, "of --output")
        if path == _STDOUT and shown is not None:
            raise ConfigError(f"standard output holds one format, got {shown} and {name}: write one to a file.")
        real = path if path == _STDOUT else os.path.realpath(path)
        if real in seen:
            raise ConfigError(f"--output writes {path!r} twice: give each format a file of its own.")
        seen.add(real)
        if path == _STDOUT:
            shown = name
        else:
            files[Path(path)] = name
    shown = shown or formats[0]
    _check_format(shown, formats, "of --format")
    return shown, files


def _check_format(name: str, formats: Sequence[str], where: str) -> None:
    if name not in formats:
        raise UnknownNameError.of("format", name, formats, where)
