"""Commands about references: build one from the real data, and audit against one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditkit.cli.options import (
    ColumnKinds,
    ConfigPath,
    Groups,
    Key,
    Label,
    ModalityName,
    Order,
    Rate,
    Seed,
    TextColumn,
    config_in_use,
    data_config,
)
from auditkit.cli.session import session
from auditkit.errors import ConfigError

if TYPE_CHECKING:
    from auditkit.auditing.reference import Reference
    from auditkit.config import DataConfig, GateRule

__all__ = ["ReferencePath", "reference_roles"]

ReferencePath = Annotated[
    Path | None,
    typer.Option("--reference", metavar="F", help="What `auditkit reference build` kept of the real data, instead."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Keep what audits read of the real data.")
    group.command("build", short_help="Write what audits read of the real data to a file.")(build_command)
    app.add_typer(group, name="reference")


def build_command(
    real: Annotated[Path, typer.Argument(metavar="REAL", help="Real data that generators are trained on.")],
    out: Annotated[Path, typer.Option(metavar="PATH", help="The file, as ref.safetensors.")],
    holdout: Annotated[
        Path | None,
        typer.Option(metavar="H", help="Real data that no generator sees; without them copying is not judged."),
    ] = None,
    label: Label = None,
    group: Groups = None,
    key: Key = None,
    order: Order = None,
    text: TextColumn = None,
    rate: Rate = None,
    column: ColumnKinds = None,
    modality: ModalityName = None,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME", help="What turns samples into numbers: auditkit list embedders.")
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Rule for each row, as 'end >= start', that audits hold too; repeatable."),
    ] = None,
    seed: Seed = 0,
    private: Annotated[
        bool, typer.Option("--private", help="Keep aggregates only, nothing of any single record.")
    ] = False,
    config: ConfigPath = None,
) -> None:
    """Write what audits read of the real data to a file, for places where the real data may not be.

    Without --private the file is as confidential as the data. Prints the metrics and the gates (of the config, or of
    the preset `recommended`) that the file cannot serve, and why.
    """
    from auditkit.auditing.reference import build_reference  # noqa: PLC0415 - heavy
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415
    from auditkit.pipeline.writing import check_folder  # noqa: PLC0415

    check_folder(out.parent)
    gates = _gates(config)
    roles = data_config(
        label=label, groups=group, key=key, order=order, text=text, rate=rate, modality=modality, kinds=column
    )
    train = load_set(real, roles)
    fresh = None if holdout is None else load_set(holdout, roles, like=train, name="holdout")
    asked = [gate.metric for gate in gates]
    made = build_reference(
        real=train,
        holdout=fresh,
        path=out,
        embedder=embedder,
        seed=seed,
        private=private,
        metrics=asked,
        constraints=constraint or (),
    )
    sizes = " and ".join(f"{n:,} {role}" for role, n in made.n.items())
    kind = "aggregates" if private else "features and digests"
    session.say(f"{out}: {kind} of {sizes} units by embedder {made.embedder.name}, {out.stat().st_size / 1e6:.1f} MB")
    _tell_unserved(made, gates)
    if not private:
        session.log(f"note: {out} is as confidential as the data; --private keeps aggregates only.")
    session.log(f"audit with: auditkit audit --reference {shlex.quote(str(out))} --synthetic S --out DIR")


def reference_roles(
    reference: Reference,
    *,
    label: str | None,
    groups: Sequence[str] | None,
    key: str | None,
    order: str | None,
    modality: str | None,
    text: str | None = None,
    rate: int | None = None,
) -> DataConfig:
    """Roles of columns as the reference knows them; other ones that were asked for are refused.

    Raises
    ------
    ConfigError
        If an option differs from what the reference was built with.
    """
    own = reference.roles
    asked: dict[str, tuple[Any, Any]] = {
        "label": (label, own.label),
        "key": (key, own.key),
        "order": (order, own.order),
        "modality": (modality, own.modality),
    }
    for name, (given, held) in asked.items():
        if given is not None and given != held:
            message = f"--{name} {given!r} does not fit the reference, whose {name} is {held!r}: leave it out."
            raise ConfigError(message)
    return data_config(
        label=own.label,
        groups=groups or own.groups,
        key=own.key,
        order=own.order,
        text=text,
        rate=rate,
        modality=own.modality,
    )


def _gates(config: Path | None) -> list[GateRule]:
    """Gates that are switched on."""
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.gates.rules import gates_of  # noqa: PLC0415

    chosen = config_in_use(config)
    rules, _ = gates_of(None if chosen is None else load_config(chosen))
    return [rule for rule in rules if rule.level != "off"]


def _tell(verb: str, noun: str, reasons: Mapping[str, str]) -> None:
    """A line for each reason: how many there are, and which."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    for reason, each in names.items():
        session.say(f"cannot {verb} {len(each)} {noun}{'' if len(each) == 1 else 's'} ({reason}): {', '.join(each)}")


def _tell_unserved(reference: Reference, gates: Sequence[GateRule]) -> None:
    """Say on standard output which metrics and gates there will be no answer to."""
    from auditkit.gates.limits import ABLATION  # noqa: PLC0415 - heavy

    reasons = reference.unserved([gate.metric for gate in gates])
    lost = [gate for gate in gates if gate.metric in reasons]
    _tell("measure", "metric", {name: reason for name, reason in reasons.items() if name not in ABLATION})
    _tell("judge", "gate", {gate.id: reasons[gate.metric] for gate in lost})
    if any(gate.level == "error" and gate.metric not in ABLATION for gate in lost):
        session.log("note: `auditkit check` exits 3 until these gates are switched off or have another reference.")
