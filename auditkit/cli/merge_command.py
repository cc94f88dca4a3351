"""The command `merge`: one training set from real and synthetic files, with its record and its card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from auditkit.cli.options import (
    Card,
    ColumnKinds,
    ConfigPath,
    Consent,
    Key,
    Label,
    Licence,
    ModalityName,
    Order,
    OutPath,
    Rate,
    RealPath,
    Seed,
    TextColumn,
    config_in_use,
    data_config,
    pairs,
)
from auditkit.cli.session import session
from auditkit.errors import ConfigError

if TYPE_CHECKING:
    from auditkit.gates import Verdict

__all__ = ["merge_command", "register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("merge", short_help="Join real and synthetic data into one set.")(merge_command)


def merge_command(
    real: RealPath,
    synthetic: Annotated[
        list[Path], typer.Option("--synthetic", metavar="S", help="Synthetic data: a file or a folder; repeatable.")
    ],
    out: OutPath,
    ratio: Annotated[
        float, typer.Option(min=0.0, metavar="X", help="Synthetic samples per real one, at most, all sets together.")
    ] = 1.0,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="W",
            help="Weight of synthetic samples: a number, CLASS=NUMBER (repeatable), or real: classes as in real data.",
        ),
    ] = None,
    label: Label = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    column: ColumnKinds = None,
    modality: ModalityName = None,
    licence: Licence = None,
    consent: Consent = None,
    audit: Annotated[
        Path | None, typer.Option("--audit", metavar="DIR", help="Audit of the synthetic data: its verdict is noted.")
    ] = None,
    config: ConfigPath = None,
    card: Card = True,
    seed: Seed = 0,
) -> None:
    """Join real and synthetic data into one training set with a column `origin` that says which is which.

    Beside it lie PATH.provenance.json (what made each part, from which data, under which licence) and PATH.card.md
    (the same for people). --config is read with --audit only: its gates give the verdict.
    """
    from auditkit.filtering.merging import merge  # noqa: PLC0415 - heavy
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415
    from auditkit.pipeline.writing import check_file, check_not_input, uninterrupted  # noqa: PLC0415

    roles = data_config(
        label=label,
        key=key,
        order=order,
        text=text,
        rate=rate,
        modality=modality,
        kinds=column,
        licence=licence,
        consent=consent,
    )
    weights = _weights(weight)
    train = load_set(real, roles)
    check_not_input(out, [real, *synthetic])
    check_file(out, modality=train.modality)
    sets = [load_set(place, roles, like=train) for place in synthetic]
    verdict = None if audit is None else _verdict(audit, config)
    merged = merge(train, sets[0] if len(sets) == 1 else sets, ratio=ratio, weights=weights, verdict=verdict, seed=seed)
    with uninterrupted():
        merged.save(out, card=card)
    for note in merged.notes:
        session.log(f"note: {note}")
    session.say(f"{len(merged)} samples in {out}")


def _verdict(folder: Path, config: Path | None) -> Verdict:
    from auditkit.auditing.result import open_audit  # noqa: PLC0415 - heavy

    return open_audit(folder).check(config_in_use(config))


def _weights(items: list[str] | None) -> float | Literal["real"] | dict[str, float] | None:
    """What `--weight` says: one number, `real`, or a number per class."""
    if not items:
        return None
    if len(items) == 1 and "=" not in items[0]:
        return "real" if items[0] == "real" else _number(items[0])
    return {level: _number(value) for level, value in pairs(items, "--weight").items()}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"--weight takes a number, CLASS=NUMBER or real, got {text!r}.") from None
