"""Write real data and a config into a folder, and run the loop on them."""

from __future__ import annotations

import gzip
import io
from importlib.resources import files
from os import PathLike
from pathlib import Path

import numpy as np

from auditkit.blocks import Progress
from auditkit.errors import UnknownNameError
from auditkit.pipeline import Run, check_folder, run
from auditkit.reports.summary import summarise
from auditkit.reports.text import summary_text
from auditkit.store import write_bytes, write_text

__all__ = ["ABOUT", "run_demo", "summary_lines"]

TABULAR = """\
# The demo on German credit (UCI, CC BY 4.0). Change a line and run: auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "german_credit.csv"
label = "class-label"
groups = ["sex"]
split = { holdout = 0.3, test = 0.3 }

[generator]
name = "cart"
n = 400
seed = 0

[audit]
seed = 0

[ablation]
repeats = 5

[report]
title = "German credit, made by cart"
"""
IMAGE = """\
# The demo on handwritten digits (UCI optical recognition, as shipped with scikit-learn). Change a line and run:
# auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "digits.npz"
label = "label"
split = { holdout = 0.3, test = 0.3 }

[generator]
name = "vae"
n = 720
seed = 0

[audit]
seed = 0

[ablation]
repeats = 3

[report]
title = "Handwritten digits, made by vae"
"""
ABOUT = {
    "tabular": "German credit: 1,000 real borrowers, and a generator that learns from 400 of them",
    "image": "Handwritten digits: 1,797 real images, and a generator that learns from 719 of them",
}
"""What each demo is about, by modality."""


def run_demo(modality: str = "tabular", *, out: str | PathLike[str], progress: Progress | None = None) -> Run:
    """Run the demo and return what it made.

    Parameters
    ----------
    modality : {"tabular", "image"}
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
    folder = Path(out)
    check_folder(folder)
    if modality == "tabular":
        packed = files("auditkit.demo").joinpath("german_credit.csv.gz").read_bytes()
        write_bytes(folder / "german_credit.csv", gzip.decompress(packed))
        write_text(folder / "auditkit.toml", TABULAR)
    elif modality == "image":
        _write_digits(folder / "digits.npz")
        write_text(folder / "auditkit.toml", IMAGE)
    else:
        raise UnknownNameError.of("modality of the demo", modality, ABOUT)
    return run(folder / "auditkit.toml", out=folder, progress=progress)


def summary_lines(found: Run) -> str:
    """Ten lines that a newcomer understands."""
    return summary_text(
        summarise(found.audit, verdict=found.verdict, selection=found.selection, ablation=found.ablation)
    )


def _write_digits(path: Path) -> None:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - only this demo needs it

    pixels, label = load_digits(return_X_y=True)
    # The 17 grey levels of the digits, spread over the range of a byte.
    images = np.minimum(pixels.reshape(-1, 8, 8) * 16, 255).astype(np.uint8)
    packed = io.BytesIO()
    np.savez_compressed(packed, images=images, label=label)
    write_bytes(path, packed.getvalue())
