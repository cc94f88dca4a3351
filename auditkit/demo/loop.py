"""Write real data and a config into a folder, and run the loop on them."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from auditkit.blocks import Progress
from auditkit.demo.configs import CONFIGS
from auditkit.demo.sets import WRITERS
from auditkit.errors import UnknownNameError
from auditkit.pipeline import Run, check_folder, run
from auditkit.reports.summary import summarise
from auditkit.reports.text import summary_text
from auditkit.store import write_text

__all__ = ["run_demo", "summary_lines"]


def run_demo(modality: str = "tabular", *, out: str | PathLike[str], progress: Progress | None = None) -> Run:
    """Run the demo and return what it made.

    Parameters
    ----------
    modality : {"tabular", "image", "text", "audio", "series"}
    out : path
        Folder for data, config, audit and report.
    progress : callable, optional

    Returns
    -------
    Run

    Raises
    ------
    UnknownNameError
        For another modality.
    """
    if modality not in CONFIGS:
        raise UnknownNameError.of("modality of the demo", modality, CONFIGS)
    folder = Path(out)
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    WRITERS[modality](folder)
    write_text(folder / "auditkit.toml", CONFIGS[modality])
    return run(folder / "auditkit.toml", out=folder, progress=progress)


def summary_lines(found: Run) -> str:
    """Ten lines that a newcomer understands."""
    return summary_text(
        summarise(found.audit, verdict=found.verdict, selection=found.selection, ablation=found.ablation)
    )
