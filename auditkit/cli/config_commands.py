"""Commands about the config itself: check, show, schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.options import DEFAULT_CONFIG
from auditkit.cli.session import session

if TYPE_CHECKING:
    from auditkit.config import Config

ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="TOML", help="The config.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Check, show or describe the config.")
    group.command("check", short_help="Say whether the config is right.")(check_config)
    group.command("show", short_help="Print the config with every default.")(show_config)
    group.command("schema", short_help="Print the JSON schema of the config.")(config_schema)
    app.add_typer(group, name="config")


def check_config(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[TOML]...", help="The configs; else the one of --config.")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Say whether the config is right; exits 2 with file:line:column if not."""
    for path in files or [config]:
        _check_one(path)


def _check_one(config: Path) -> None:
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.pipeline.checking import check_names  # noqa: PLC0415

    known = load_config(config)
    rules = check_names(known)
    _check_against_data(known)
    session.say(f"{config}: right, {len(rules)} gates, {len(known.filters)} filter rules")
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


def show_config(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print the config with every default and the gates of its preset, as JSON."""
    from auditkit.config import load_config  # noqa: PLC0415 - heavy
    from auditkit.gates.rules import gates_of  # noqa: PLC0415
    from auditkit.store import dump_json  # noqa: PLC0415

    known = load_config(config)
    shown = known.model_dump(mode="json", by_alias=True)
    shown["gate"] = [rule.model_dump(mode="json", exclude={"line", "file"}) for rule in gates_of(known)[0]]
    session.say(dump_json(shown).rstrip("\n"))


def config_schema() -> None:
    """Print the JSON schema of the config, for editors."""
    from auditkit.config import Config  # noqa: PLC0415 - heavy
    from auditkit.store import dump_json  # noqa: PLC0415

    session.say(dump_json(Config.model_json_schema(by_alias=True)).rstrip("\n"))
