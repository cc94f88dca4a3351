"""Pieces of a data card: the YAML header, tables, lists, and names that cannot break out of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["code", "header", "listed", "plain", "table"]

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# Names that hubs have for licences; any other is "other" with its own name.
_LICENCES = frozenset(
    {
        "afl-3.0", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0",
        "cc-by-nc-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0",
        "gpl-3.0", "mit", "mpl-2.0", "odbl", "odc-by", "pddl", "unlicense",
    }
)  # fmt: skip
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MODALITY = {"tabular": "tabular", "image": "image", "text": "text", "audio": "audio", "series": "timeseries"}


def plain(value: Any) -> str:
    r"""A value as text of one line in which nothing is markup.

    Examples
    --------
    >>> plain("a|b\n# <i>")
    'a\\|b \\# \\<i\\>'
    """
    return _MARKS.sub(r"\\\1", _SPACES.sub(" ", str(value)).strip())


def code(value: Any) -> str:
    """A name set as code, which holds every sign as it is; also inside a table.

    Examples
    --------
    >>> code("a`b"), code("age")
    ('`` a`b ``', '`age`')
    """
    text = _SPACES.sub(" ", str(value)).strip().replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def listed(items: Iterable[str]) -> str:
    """A list with a line per item."""
    return "\n".join(f"- {item}" for item in items)


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are markdown already."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def header(dataset: Dataset, record: Mapping[str, Any], title: str) -> str:
    """Block of YAML; texts in it are JSON strings, which YAML reads as they are."""
    licence = record.get("licence")
    known = str(licence).lower() in _LICENCES if licence else False
    lines = [f"license: {str(licence).lower() if known else 'other' if licence else 'unknown'}"]
    lines += [f"license_name: {_quoted(licence)}"] if licence and not known else []
    lines += [f"pretty_name: {_quoted(title)}", "tags:"]
    lines += [f"- {tag}" for tag in ("synthetic", "auditkit", _MODALITY[dataset.modality]) if _tagged(tag, record)]
    size = next((word for most, word in _SIZES if len(dataset) < most), "n>1M")
    lines += ["size_categories:", f"- {size}"]
    if record.get("synthetic"):
        lines += ["annotations_creators:", "- machine-generated", "synthetic: true"]
    if record.get("generator"):
        lines.append(f"generator: {_quoted(record['generator'])}")
    return "\n".join(["---", *lines, "---"])


def _tagged(tag: str, record: Mapping[str, Any]) -> bool:
    return tag != "synthetic" or bool(record.get("synthetic"))


def _quoted(value: Any) -> str:
    return json.dumps(_SPACES.sub(" ", str(value)))
