"""Commands about the config itself: check, show, schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.options import ConfigPath, config_needed
from auditkit.cli.session import session
from auditkit.errors import AuditkitError, UnknownNameError

if TYPE_CHECKING:
    from auditkit.config import Config

_FORMATS = ("toml", "json")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Check, show or describe the config.")
    group.command("check", short_help="Say whether the config is right.")(check_config)
    group.command("show", short_help="Print the config, with every default if asked.")(show_config)
    group.command("schema", short_help="Print the JSON schema of the config.")(print_schema)
    app.add_typer(group, name="config")


def check_config(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="TOML", help="The configs; else the one of --config.")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Say whether the config is right; exits 2 with file:line:column if not, after having looked at all."""
    wrong: list[AuditkitError] = []
    for path in files or [config_needed(config)]:
        try:
            _check_one(path)
        except AuditkitError as error:
            wrong.append(error)
    session.found = None  # each line names it
    if wrong:
        # The last is told like that of any command, after the others.
        for earlier in wrong[:-1]:
            session.fail(str(earlier))
        raise wrong[-1]


def _check_one(config: Path) -> None:
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.pipeline.checking import check_names  # noqa: PLC0415

    known = load_config(config)
    rules = check_names(known)
    _check_against_data(known)
    n_gates, n_rules = len(rules), len(known.filters)
    gates = f"{n_gates} gate{'' if n_gates == 1 else 's'}"
    session.say(f"{config}: right, {gates}, {n_rules} filter rule{'' if n_rules == 1 else 's'}")
    for name in ("real", "synthetic", "holdout", "test"):
        place = getattr(known.data, name)
        if place is not None and not known.resolve(place).exists():
            session.log(f"note: {name} = {place!r} does not exist yet.")


def _check_against_data(config: Config) -> None:
    """Hold real data that can be read against the constraints, which name their columns."""
    from auditkit.errors import DataError  # noqa: PLC0415 - heavy
    from auditkit.pipeline.checking import check_constraints  # noqa: PLC0415
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415

    place = config.data.real
    if not config.audit.constraints or place is None or not config.resolve(place).exists():
        return
    try:
        real = load_set(config.resolve(place), config.data)
    except DataError as error:
        session.log(f"note: the constraints were not held against real = {place!r}: {error}")
        return
    check_constraints(config, real)


def show_config(
    config: ConfigPath = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="With every default, and the gates of all that it extends.")
    ] = False,
    format: Annotated[str, typer.Option(metavar="FMT", help="toml or json.")] = "toml",  # noqa: A002 - the option's name
) -> None:
    """Print the config as it was read, and where each of its gates comes from.

    With --resolved nothing is left to be looked up: what is printed as TOML is a config that says the same.
    """
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.config.writing import config_data, config_text  # noqa: PLC0415
    from auditkit.gates.extending import gate_sources  # noqa: PLC0415
    from auditkit.gates.rules import gates_of  # noqa: PLC0415
    from auditkit.store import dump_json  # noqa: PLC0415

    if format not in _FORMATS:
        raise UnknownNameError.of("format", format, _FORMATS)
    known = load_config(config_needed(config))
    gates, check = gates_of(known)  # wrong gates are told either way
    sources = gate_sources(known)
    if resolved:
        known = known.model_copy(update={"check": check})
    else:
        gates = list(known.gates)
    if format == "toml":
        session.say(config_text(known, gates=gates, sources=sources, resolved=resolved).rstrip("\n"))
    else:
        session.say(dump_json(config_data(known, gates=gates, sources=sources, resolved=resolved)).rstrip("\n"))


def print_schema() -> None:
    """Print the JSON schema of the config, for editors: auditkit config schema > auditkit.schema.json."""
    from auditkit.config.schema import schema_text  # noqa: PLC0415 - heavy

    session.say(schema_text().rstrip("\n"))
