"""Options that several commands share, so that each is spelt one way."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli.session import session
from auditkit.errors import ConfigError, UnknownNameError
from auditkit.kinds import KINDS

if TYPE_CHECKING:
    from auditkit.config import DataConfig

__all__ = [
    "DEFAULT_CONFIG",
    "AuditFolder",
    "Card",
    "ColumnKinds",
    "ConfigPath",
    "Consent",
    "Groups",
    "Key",
    "Label",
    "Licence",
    "ModalityName",
    "Order",
    "OutPath",
    "Rate",
    "RealPath",
    "Seed",
    "SyntheticPath",
    "TextColumn",
    "config_in_use",
    "config_needed",
    "data_config",
    "pairs",
]

DEFAULT_CONFIG = Path("auditkit.toml")
_VARIABLE = "AUDITKIT_CONFIG"

AuditFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `auditkit audit` or `run` wrote.")]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="TOML", envvar=_VARIABLE, help="The config; the nearest auditkit.toml by default."
    ),
]
RealPath = Annotated[
    Path, typer.Option("--real", metavar="R", help="Real data that the generator was trained on: a file or a folder.")
]
SyntheticPath = Annotated[Path, typer.Option("--synthetic", metavar="S", help="Synthetic data: a file or a folder.")]
Label = Annotated[str | None, typer.Option("--label", metavar="L", help="Column to predict.")]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="G", help="Column whose levels are compared; repeatable.")
]
Key = Annotated[str | None, typer.Option("--key", metavar="COLUMN", help="All rows of one key are one sample.")]
Order = Annotated[str | None, typer.Option("--order", metavar="COLUMN", help="Orders the rows of one key.")]
ColumnKinds = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=KIND", help="Kind of a column, as zip=category; repeatable."),
]
ModalityName = Annotated[
    str | None,
    typer.Option("--modality", metavar="M", help="tabular, image, text, audio or series; else inferred."),
]
TextColumn = Annotated[
    str | None, typer.Option("--text", metavar="COLUMN", help="Column of a table whose texts are the samples.")
]
Rate = Annotated[
    int | None, typer.Option("--rate", min=1, metavar="HZ", help="Samples per second to resample recordings to.")
]
Licence = Annotated[
    str | None,
    typer.Option("--licence", metavar="TEXT", help="Licence of the real data, as CC-BY-4.0: noted in what is made."),
]
Consent = Annotated[
    str | None,
    typer.Option(
        "--consent", metavar="TEXT", help="What the people in the real data agreed to: noted in what is made."
    ),
]
Card = Annotated[bool, typer.Option("--card/--no-card", help="Write the data card PATH.card.md.")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="The same seed gives the same bytes.")]
OutPath = Annotated[
    Path,
    typer.Option(
        "--out", metavar="PATH", help="What to write: csv, parquet, jsonl; npz for series; a folder for images and wav."
    ),
]


def config_in_use(given: Path | None) -> Path | None:
    """The config that was named, else the nearest one, else none: then the preset holds.

    Which one was found is said when the command has done its work.
    """
    from auditkit.config.discovery import find_config  # noqa: PLC0415 - keeps --help quick

    chosen = find_config() if given is None else given
    if chosen is not None and (given is None or str(given) == os.environ.get(_VARIABLE)):
        session.found = str(chosen) if given is None else f"{chosen} ({_VARIABLE})"
    return chosen


def config_needed(given: Path | None) -> Path:
    """The config that was named, else the nearest one.

    Raises
    ------
    ConfigError
        If there is none.
    """
    chosen = config_in_use(given)
    if chosen is None:
        message = (
            f"there is no {DEFAULT_CONFIG} in this folder or above it, and no pyproject.toml with [tool.auditkit]: "
            "`auditkit init FILE` writes one."
        )
        raise ConfigError(message)
    return chosen


def data_config(
    *,
    label: str | None = None,
    groups: Sequence[str] | None = None,
    key: str | None = None,
    order: str | None = None,
    text: str | None = None,
    rate: int | None = None,
    modality: str | None = None,
    kinds: Sequence[str] | None = None,
    licence: str | None = None,
    consent: str | None = None,
) -> DataConfig:
    """Roles and kinds of columns as a config would state them.

    Raises
    ------
    ConfigError
        If the modality is not known, or kinds are not spelt NAME=KIND.
    UnknownNameError
        If a kind is not known.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - keeps --help quick

    from auditkit.config import DataConfig  # noqa: PLC0415

    roles = {"label": label, "groups": tuple(groups or ()), "key": key, "order": order, "modality": modality}
    roles |= {"licence": licence, "consent": consent}
    try:
        return DataConfig.model_validate({**roles, "text": text, "rate": rate, "columns": _column_kinds(kinds)})
    except ValidationError as error:
        problem = error.errors()[0]
        message = f"--{problem['loc'][0]} {problem['input']!r}: {problem['msg'].lower()}."
        raise ConfigError(message) from None


def _column_kinds(items: Sequence[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in items or ():
        name, sign, kind = item.rpartition("=")
        if not sign or not name:
            raise ConfigError(f"--column takes NAME=KIND, as zip=category, got {item!r}.")
        if kind not in KINDS:
            raise UnknownNameError.of("kind", kind, KINDS, f"of --column {item!r}")
        if name in found:
            raise ConfigError(f"--column gives {name!r} twice: give it once.")
        found[name] = kind
    return found


def pairs(items: Sequence[str] | None, option: str) -> dict[str, str]:
    """Mapping from options spelt NAME=VALUE.

    Raises
    ------
    ConfigError
        If one is spelt otherwise, or a name comes twice.
    """
    found: dict[str, str] = {}
    for item in items or ():
        name, sign, value = item.partition("=")
        if not sign or not name or not value:
            message = f"{option} takes NAME=VALUE, got {item!r}."
            raise ConfigError(message)
        if name in found:
            message = f"{option} gives {name!r} twice: give it once."
            raise ConfigError(message)
        found[name] = value
    return found
