"""Names of what lies in an audit's folder, for those who write it and those who read it."""

from __future__ import annotations

__all__ = ["ABLATION", "DECISIONS", "EXHIBITS", "REPORT", "RESCORED", "REVIEW", "RUN", "SAMPLES", "SCORES", "SELECTION"]

SCORES = "audit.json"
"""Scores and what was audited; shareable."""

SAMPLES = "samples.parquet"
"""A row of evidence per synthetic sample; shareable."""

EXHIBITS = "exhibits"
"""Folder of bounded evidence for pages, a JSON file each; shareable."""

RUN = "run.json"
"""Local and private: paths, times, plan."""

SELECTION = "selection.json"
"""What the filter kept and rejected, and by which rules."""

REVIEW = "review.html"
"""The page on which people accept and reject samples; holds samples in full."""

DECISIONS = "decisions.json"
"""What they decided: every review that was applied."""

RESCORED = "rescored.json"
"""Scores before and after the filter."""

ABLATION = "ablation.json"
REPORT = "report.html"
