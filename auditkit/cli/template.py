"""A commented config for the data in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.data import load
from auditkit.store import write_text

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["template", "write_template"]

MAX_CLASSES = 20
USUAL_LABELS = ("label", "class", "target", "y", "outcome", "income")
USUAL_GROUPS = ("sex", "gender", "race", "ethnicity", "age_group")


def write_template(file: Path, out: Path, *, label: str | None, groups: Sequence[str]) -> list[str]:
    """Write a config for a file, and return what was guessed, a sentence each.

    Parameters
    ----------
    file : Path
        Real data.
    out : Path
        The config.
    label : str or None
        Column to predict; guessed where the name is a usual one.
    groups : sequence of str
        Columns whose levels are compared; guessed likewise.
    """
    dataset = load(file, label=label, groups=groups)
    guesses = []
    if dataset.label is None:
        label = _guess_label(dataset)
        if label is not None:
            guesses.append(f"guessed label {label!r}: change it in {out} if it is another column.")
    else:
        label = dataset.label
    if not groups:
        groups = [name for name in dataset.table.columns if str(name).lower() in USUAL_GROUPS and name != label]
        if groups:
            guesses.append(f"guessed groups {', '.join(groups)}: change them in {out}.")
    write_text(out, template(dataset, _beside(file, out), label=label, groups=groups))
    return guesses


def template(dataset: Dataset, place: str, *, label: str | None, groups: Sequence[str]) -> str:
    """Text of a commented config.

    Parameters
    ----------
    dataset : Dataset
    place : str
        Path of the real data as seen from the config.
    label : str or None
    groups : sequence of str
    """
    kinds = "".join(f"#   {_shown(column.name)}: {column.kind}\n" for column in dataset.schema.columns)
    images = dataset.samples is not None
    return TEMPLATE.format(
        real=_quoted(place),
        label=f"label = {_quoted(label)}" if label is not None else '# label = "column"',
        groups=f"groups = [{', '.join(map(_quoted, groups))}]" if groups else '# groups = ["sex"]',
        kinds=kinds,
        generator=_quoted("vae" if images else "cart"),
        n=len(dataset),
        arms_comment="" if label is not None else "# needs a label\n",
    )


def _guess_label(dataset: Dataset) -> str | None:
    """Column whose name says that it is the label, with few enough levels."""
    for name in dataset.table.columns:
        words = str(name).lower().replace("-", "_").split("_")
        if any(word in USUAL_LABELS for word in words) and dataset.table[name].nunique() <= MAX_CLASSES:
            return str(name)
    return None


def _beside(file: Path, out: Path) -> str:
    return Path(os.path.relpath(file.resolve(), out.resolve().parent)).as_posix()


def _quoted(text: str) -> str:
    """TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _shown(name: str) -> str:
    """Name on one line of a comment."""
    return json.dumps(name, ensure_ascii=False)[1:-1]


TEMPLATE = """\
# auditkit.toml: what is audited, and what makes it fail. Check it with: auditkit config check
schema = 1
extends = "recommended"          # gates to start from: auditkit list gates

[data]
real = {real}
# synthetic = "synthetic.csv"    # audit this file; without it the [generator] below makes the data
# holdout = "holdout.csv"        # real data that the generator never saw; without it split off the real data
{label}
{groups}
split = {{ holdout = 0.2, test = 0.2 }}
# The columns, as they were read; correct one with: columns = {{ name = "category" }}
{kinds}
[generator]                      # used where [data] names no synthetic file: auditkit list generators
name = {generator}
n = {n}
seed = 0

[audit]
seed = 0
# quick = true                   # look at 5,000 samples of each set at most
# show_real = true               # show real records in the report; off by default

# A gate of your own; one with the id of a preset gate changes that gate.
# [[gate]]
# id = "variety"
# metric = "coverage"
# max_excess = 0.05              # at most this much worse than fresh real data
# why = "Half the allowance of the preset."

# A sample that breaks a rule is rejected; without rules the default ones hold.
# [[filter]]
# column = "realism"
# min = 0.5
# reason = "far from all real samples"

[merge]
ratio = 1.0                      # synthetic samples per real one

{arms_comment}[ablation]
repeats = 5
arms = ["real", "synthetic", "real+synthetic", "real+kept"]
models = ["boosting"]
"""
