"""The page of a comparison: who is better for what, then one table and one small picture per score of each."""

from __future__ import annotations

import base64
import hashlib
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.reports.compare import CompareQuestion, CompareRow, CompareSummary, compare_summary
from auditkit.reports.page import environment
from auditkit.store import write_text

if TYPE_CHECKING:
    from auditkit.auditing.comparison import Comparison

__all__ = ["compare_page", "write_compare_page"]

FORMAT = 1
MOST_DRAWN = 16


def compare_page(comparison: Comparison, *, title: str | None = None) -> str:
    """HTML of a comparison.

    Parameters
    ----------
    comparison : Comparison
    title : str, optional
        Heading, by default the names.

    Returns
    -------
    str
        A whole document: no script that runs, no address outside itself; the same comparison gives the same text.
    """
    templates, found = environment(), compare_summary(comparison, title=title)
    style = "".join(templates.get_template(f"{name}.css").render() for name in ("style", "compare"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return templates.get_template("compare.html.j2").render(
        found=found, drawn=_drawn, data=_plain(found), style_hash=f"sha256-{digest}"
    )


def write_compare_page(path: str | PathLike[str], comparison: Comparison, *, title: str | None = None) -> Path:
    """Write the page of a comparison to a file, and return its path.

    Parameters
    ----------
    path : path
        The HTML file; its folder is made where missing.
    comparison : Comparison
    title : str, optional
        Heading, by default the names.

    Returns
    -------
    Path
    """
    write_text(Path(path), compare_page(comparison, title=title))
    return Path(path)


def _drawn(question: CompareQuestion) -> list[CompareRow]:
    """Scores of the whole sets that have something to draw; those of parts stand in the table only."""
    rows = [row for row in question.rows if any(cell.bar is not None for cell in row.cells)]
    whole = [row for row in rows if not row.part]
    return (whole or rows)[:MOST_DRAWN]


def _plain(found: CompareSummary) -> dict[str, Any]:
    """Numbers and words of the page as plain types."""
    return {
        "format": FORMAT,
        "title": found.title,
        "names": list(found.names),
        "sentences": list(found.sentences),
        "notes": list(found.notes),
        "scores": [
            {
                "question": question.key,
                "metric": row.metric,
                "part": row.part,
                "outcome": row.outcome,
                "cells": [
                    {"name": cell.name, "value": cell.value, "low": cell.low, "high": cell.high, "word": cell.word}
                    for cell in row.cells
                ],
            }
            for question in found.questions
            for row in question.rows
        ],
    }
