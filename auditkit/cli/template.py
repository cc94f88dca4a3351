"""A commented config for the data in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.config.schema import SCHEMA_NAME
from auditkit.data import load
from auditkit.data.orders import orders_of, spanning
from auditkit.errors import DataError
from auditkit.generators.registry import default
from auditkit.store import write_text

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["template", "write_template"]

MAX_CLASSES = 20
MOST_COLUMNS = 100
MOST_ORDERS = 10
TRAINING = 0.6
"""Share of the real data that is left to train on."""
USUAL_LABELS = ("label", "class", "target", "y", "outcome", "income")
USUAL_GROUPS = ("sex", "gender", "race", "ethnicity", "age_group")


def write_template(
    file: Path,
    out: Path,
    *,
    label: str | None,
    groups: Sequence[str],
    roles: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write a config for a file, and return what was guessed or left out, a sentence each.

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
    roles : mapping, optional
        Further arguments of `load` that the config names too: modality, text, rate, key, order.

    Raises
    ------
    DataError
        If the data cannot be read, or a name in them cannot be written in a config.
    """
    told = {name: value for name, value in (roles or {}).items() if value is not None}
    dataset = load(file, label=label, groups=groups, **told)
    # What is inferred from a file is inferred again; tables that hold something else are not.
    if told or dataset.modality not in ("tabular", "image"):
        told = {"modality": dataset.modality, **told}
    said = []
    if dataset.label is not None:
        label = dataset.label
    else:
        label = _guess_label(dataset)
        said.append(
            _no_label(out, _likely_label(dataset, groups))
            if label is None
            else f"guessed the label {label!r}: change it in {out} if it is another column."
        )
    if not groups:
        groups = _guess_groups(dataset, label)
        if groups:
            said.append(f"guessed the groups {', '.join(map(repr, groups))}: change them in {out}.")
    write_text(out, template(dataset, _beside(file, out), label=label, groups=groups, roles=told))
    return said


def template(
    dataset: Dataset, place: str, *, label: str | None, groups: Sequence[str], roles: Mapping[str, Any] | None = None
) -> str:
    """Text of a commented config.

    Parameters
    ----------
    dataset : Dataset
    place : str
        Path of the real data as seen from the config.
    label : str or None
    groups : sequence of str
    roles : mapping, optional
        Further keys of `[data]`.
    """
    keys = {name: _quoted(value) if isinstance(value, str) else value for name, value in (roles or {}).items()}
    return TEMPLATE.format(
        schema_name=SCHEMA_NAME,
        real=_quoted(place),
        label=f"label = {_quoted(label)}" if label is not None else _label_comment(_likely_label(dataset, groups)),
        groups=f"groups = [{', '.join(map(_quoted, groups))}]"
        if groups
        else '# groups = ["sex"]           # columns whose levels are compared',
        roles="".join(f"{name} = {value}\n" for name, value in keys.items()),
        columns="" if dataset.samples is not None else _columns(dataset),
        constraints=_constraints(dataset),
        generator=_quoted(default(dataset.modality)),
        n=max(2, round(TRAINING * len(dataset))),
        ablation="" if label is not None else "                       # needs a label",
    )


def _columns(dataset: Dataset) -> str:
    """Comment with the kinds of the columns."""
    columns = dataset.schema.columns
    lines = [f"#   {_quoted(column.name)}: {column.kind}" for column in columns[:MOST_COLUMNS]]
    if len(columns) > MOST_COLUMNS:
        lines.append(f"#   and {len(columns) - MOST_COLUMNS} more")
    head = '# The columns, as they were read; correct one with: columns = { "name" = "category" }'
    return "\n".join([head, *lines, ""])


def _constraints(dataset: Dataset) -> str:
    """Comment with the orders of columns that hold in every row, else with an example."""
    orders = [] if dataset.samples is not None else spanning(orders_of(dataset.table, dataset.schema))[:MOST_ORDERS]
    if not orders:
        return (
            '# constraints = ["column >= 0"]  # rules for each row: docs/constraints.md; '
            "samples that break one are rejected"
        )
    named = [f"#   {_quoted(order.constraint)}," for order in orders]
    head = "# Orders that hold in every row. Declare those that are rules: samples that break one are then rejected"
    return "\n".join([f"{head} (docs/constraints.md).", "# constraints = [", *named, "# ]"])


def _guess_label(dataset: Dataset) -> str | None:
    """Column whose name says that it is the label, with few enough levels."""
    for name in dataset.table.columns:
        words = str(name).lower().replace("-", "_").split("_")
        if any(word in USUAL_LABELS for word in words) and dataset.table[name].nunique() in range(2, MAX_CLASSES + 1):
            return str(name)
    return None


def _likely_label(dataset: Dataset, groups: Sequence[str]) -> str | None:
    """Last column with so few levels that it may be the label: worth a proposal, too unsure to be taken."""
    taken = {*groups, *_guess_groups(dataset, None)}
    names = [str(name) for name in dataset.table.columns if str(name) not in taken]
    few = range(2, min(MAX_CLASSES, len(dataset) // 2) + 1)
    return next((name for name in reversed(names) if dataset.table[name].nunique() in few), None)


def _no_label(out: Path, likely: str | None) -> str:
    text = f"no label was found: set `label` in {out} to have classes and usefulness measured"
    return f"{text}." if likely is None else f"{text}; {likely!r} may be the one, it stands there in a comment."


def _label_comment(likely: str | None) -> str:
    if likely is None:
        return '# label = "column"          # column to predict'
    return f"# label = {_quoted(likely)}  # column to predict: the last one with few levels, if it is that"


def _guess_groups(dataset: Dataset, label: str | None) -> list[str]:
    names = [str(name) for name in dataset.table.columns if str(name).lower() in USUAL_GROUPS and name != label]
    return [name for name in names if dataset.table[name].nunique() in range(2, MAX_CLASSES + 1)]


def _beside(file: Path, out: Path) -> str:
    """Path of the data as seen from the config."""
    try:
        return Path(os.path.relpath(file.resolve(), out.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return file.resolve().as_posix()


def _quoted(text: str) -> str:
    """TOML basic string on one line; JSON's escapes are among TOML's."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        message = f"the name {text!r} is no valid Unicode and cannot stand in a config: rename it."
        raise DataError(message) from None
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


TEMPLATE = """\
#:schema ./{schema_name}
# auditkit.toml: what is audited, and what makes it fail. Check it with: auditkit config check
# Editors that read the first line complete and check keys once that file exists: auditkit config schema > {schema_name}
schema = 1
extends = "recommended"          # gates to start from: auditkit list gates

[data]
real = {real}
# synthetic = "synthetic.csv"    # audit this file; without it the [generator] below makes the data
# holdout = "holdout.csv"        # real data that the generator never saw: without it copying cannot be judged
# test = "test.csv"              # more of that, to test models on: without it usefulness cannot be judged
{label}
{groups}
{roles}split = {{ holdout = 0.2, test = 0.2 }}  # shares of `real` kept away from the [generator]
{columns}
[generator]                      # used where [data] names no synthetic file: auditkit list generators
name = {generator}
n = {n}
seed = 0

[audit]
seed = 0
# quick = true                   # look at 5,000 samples of each set at most
# show_real = true               # name and show real records in the results
{constraints}

# A gate of your own; one with the id of a preset gate changes that gate.
# [[gate]]
# id = "variety"
# metric = "coverage"
# max_excess = 0.05              # at most this much worse than fresh real data
# why = "Half the allowance of the preset."

# A sample that breaks a rule is rejected; without rules the default ones hold (docs/filtering.md).
# [[filter]]
# rule = "exact-copies"
# [[filter]]
# column = "realism"
# min = "real:0.01"              # what 1 % of fresh real samples lie below
# reason = "far from all real samples"

# Shares of classes and groups that are left after the rules: "equal", "real", or a share per level.
# [[quota]]
# by = ["sex"]
# target = "real"

[merge]
ratio = 1.0                      # synthetic samples per real one

[ablation]{ablation}
repeats = 5
arms = ["real", "synthetic", "real+synthetic", "real+kept"]
models = ["boosting"]
"""
