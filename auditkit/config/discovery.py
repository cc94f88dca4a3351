"""Which config holds where none is named: the nearest one above, as far as the same checkout or owner goes."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["CONFIG_NAME", "PROJECT_NAME", "find_config"]

CONFIG_NAME = "auditkit.toml"
PROJECT_NAME = "pyproject.toml"


def find_config(start: Path | None = None) -> Path | None:
    """The nearest `auditkit.toml`, or `pyproject.toml` with a table `[tool.auditkit]`.

    Parameters
    ----------
    start : Path, optional
        Folder to start in; the current one by default.

    Returns
    -------
    Path or None
        Relative to the folder where it started, as a user would type it. In one folder `auditkit.toml` goes first.

    Notes
    -----
    Within a checkout of git the search ends at its root. Elsewhere it ends before a folder of another owner. It never
    enters a folder above that everybody may write to: what a stranger leaves there must not judge anybody's data.
    """
    here = Path.cwd() if start is None else Path(start).resolve()
    for folder in _folders(here):
        if (folder / CONFIG_NAME).is_file():
            found = folder / CONFIG_NAME
        elif _holds_table(folder / PROJECT_NAME):
            found = folder / PROJECT_NAME
        else:
            continue
        return Path(os.path.relpath(found, here)) if start is None else found
    return None


def _folders(here: Path) -> Iterator[Path]:
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    yield here
    for folder in () if here == root else here.parents:
        if not _trusted(folder, same_owner=root is None):
            return
        yield folder
        if folder == root:
            return


def _trusted(folder: Path, *, same_owner: bool) -> bool:
    try:
        about = folder.stat()
    except OSError:
        return False
    if os.name == "nt":  # where these two say nothing
        return folder.is_relative_to(Path.home())
    return not about.st_mode & stat.S_IWOTH and (not same_owner or about.st_uid == os.getuid())


def _holds_table(path: Path) -> bool:
    """Whether a project's file has a table of ours, or is broken where it may have one: then reading it says how."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    if "auditkit" not in text:
        return False
    try:
        tools = tomllib.loads(text).get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return "tool.auditkit" in text
    return isinstance(tools, dict) and "auditkit" in tools
