"""The whole config, and how it is read: a mistake is named with its place and a remedy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, WithJsonSchema

from auditkit import mistakes, positions
from auditkit.config.discovery import PROJECT_NAME
from auditkit.config.filter_rules import FilterRule, QuotaRule
from auditkit.config.gate_rules import CheckConfig, GateRule
from auditkit.config.sections import (
    AblationConfig,
    AuditConfig,
    DataConfig,
    GeneratorConfig,
    MergeConfig,
    ReportConfig,
)
from auditkit.config.values import Section, listed, presets_listed
from auditkit.errors import ConfigError

__all__ = ["Config", "load_config", "parse_config"]

# Keys that the reader fills in and the file may not.
_OWN_KEYS = frozenset({"line", "file"})
_TABLE = ("tool", "auditkit")
"""Where a project's own file holds the config."""
_ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Presets = Annotated[tuple[str, ...], BeforeValidator(presets_listed), WithJsonSchema(_ONE_OR_MORE)]


class Config(Section):
    """A whole auditkit.toml.

    Attributes
    ----------
    version : int
        `schema` in the file.
    extends : tuple of str
        Presets, and files relative to the config, whose gates come first, a later one changing an earlier one; a name
        alone or a list in the file, `"none"` for none.
    baseline : str or None
        Kept scores that `max_increase` and `max_drop` compare with: a file, or `git:REV[:PATH]`.
    gates, filters, quotas : tuple
        `[[gate]]`, `[[filter]]` and `[[quota]]` in the file.
    """

    version: Literal[1] = Field(default=1, alias="schema")
    extends: Annotated[tuple[str, ...], BeforeValidator(presets_listed), WithJsonSchema(_ONE_OR_MORE)] = (
        "recommended",
    )
    baseline: Annotated[str, Field(min_length=1)] | None = None
    data: DataConfig = DataConfig()
    generator: GeneratorConfig | None = None
    audit: AuditConfig = AuditConfig()
    gates: Annotated[tuple[GateRule, ...], BeforeValidator(listed)] = Field(default=(), alias="gate")
    check: CheckConfig = CheckConfig()
    filters: Annotated[tuple[FilterRule, ...], BeforeValidator(listed)] = Field(default=(), alias="filter")
    quotas: Annotated[tuple[QuotaRule, ...], BeforeValidator(listed)] = Field(default=(), alias="quota")
    merge: MergeConfig = MergeConfig()
    ablation: AblationConfig = AblationConfig()
    report: ReportConfig = ReportConfig()
    _path: Path | None = PrivateAttr(default=None)
    _places: mistakes.Places = PrivateAttr(default_factory=dict)
    _file: str = PrivateAttr(default="")

    @property
    def path(self) -> Path | None:
        """File that it was read from."""
        return self._path

    def place(self, *path: str | int) -> str:
        """`file:line:column: ` of a key, or of the nearest table around it; empty where no file says it."""
        if not self._places:
            return ""
        line, column = mistakes.place_of(path, self._places)
        return f"{self._file}:{line}:{column}: "

    def line(self, *path: str | int) -> int | None:
        """Line of a key that the file holds."""
        return mistakes.place_of(path, self._places)[0] if path in self._places else None

    def resolve(self, place: str) -> Path:
        """Path of a file named in the config, which is relative to the config's own folder."""
        return Path(place) if self._path is None else self._path.parent / place


def load_config(path: str | Path) -> Config:
    """Read a config file.

    Parameters
    ----------
    path : str or Path
        Of a `pyproject.toml` the table `[tool.auditkit]` is read.

    Returns
    -------
    Config

    Raises
    ------
    ConfigError
        If the file is absent, is no TOML, or has a mistake; the message is one sentence that starts with
        file:line:column where there is such a place.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot read the config {str(path)!r}: {reason}; `auditkit init` writes one.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}:1: this is no UTF-8 text: save the file as UTF-8.") from None
    config = parse_config(text, str(path))
    config._path = Path(path)  # noqa: SLF001 - its own module fills it in
    return config


def parse_config(text: str, filename: str = "auditkit.toml") -> Config:
    r"""Config from TOML text; `filename` is named in errors, and a `pyproject.toml` is read as such.

    Raises
    ------
    ConfigError
        As `load_config`.

    Examples
    --------
    >>> parse_config("[audit]\nseed = 3").audit.seed
    3
    >>> parse_config("[audit]\nsede = 3")
    Traceback (most recent call last):
    auditkit.errors.ConfigError: auditkit.toml:2:1: unknown key 'sede' in [audit]; did you mean 'seed'?
    """
    text = text.replace("\r\n", "\n")
    data = _read_toml(text, filename)
    places: mistakes.Places = positions.key_positions(text)
    inside: positions.Path = ()
    if _is_project(filename):
        data, places, inside = _own_table(data, places, filename)
    _number_gates(data, places, filename, inside)
    try:
        config = Config.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        (line, column), sentence = mistakes.first_mistake(error, model=Config, places=places, inside=inside)
        raise ConfigError(f"{filename}:{line}:{column}: {sentence}") from None
    gates = tuple(gate.placed(_places_of(index, places)) for index, gate in enumerate(config.gates))
    config = config.model_copy(update={"gates": gates} if gates else None)
    config._places, config._file = places, filename  # noqa: SLF001 - its own module fills them in
    return config


def _is_project(filename: str) -> bool:
    return filename.replace("\\", "/").rpartition("/")[2] == PROJECT_NAME


def _own_table(
    data: dict[str, Any], places: mistakes.Places, filename: str
) -> tuple[dict[str, Any], mistakes.Places, positions.Path]:
    """What a project's file says to us, where it says it, and the name of the table."""
    tools = data.get("tool")
    own = tools.get("auditkit") if isinstance(tools, dict) else None
    if own is None:
        raise ConfigError(f"{filename} has no table [tool.auditkit]: add one, or name another config.")
    if not isinstance(own, dict):
        line, column = mistakes.place_of(_TABLE, places)
        raise ConfigError(f"{filename}:{line}:{column}: [tool.auditkit] should be a table: write its keys below it.")
    n = len(_TABLE)
    return own, {path[n:]: place for path, place in places.items() if path[:n] == _TABLE}, _TABLE


def _read_toml(text: str, filename: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{filename}:1:1: this is nested too deeply for a config.") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error), re.DOTALL)
        what = found.group(1) if found else str(error)
        if found and found.group(2):
            place = (int(found.group(2)), int(found.group(3)))
        else:
            place = (text.count("\n") + 1, len(text) - text.rfind("\n"))
        what = what[:1].lower() + what[1:]
        raise ConfigError(f"{filename}:{place[0]}:{place[1]}: this is no valid TOML: {what}.") from None


def _places_of(index: int, places: mistakes.Places) -> dict[str, tuple[int, int]]:
    """Places of a gate and of its keys."""
    table = ("gate", index)
    found = {str(path[2]): place for path, place in places.items() if path[:2] == table and len(path) == len(table) + 1}
    return found | {"": mistakes.place_of(table, places)}


def _number_gates(data: dict[str, Any], places: mistakes.Places, filename: str, inside: positions.Path) -> None:
    """Give each gate its line and file, which the file itself may not."""
    gates = data.get("gate")
    for index, gate in enumerate(gates if isinstance(gates, list) else []):
        if not isinstance(gate, dict):
            continue
        for name in sorted(_OWN_KEYS & gate.keys()):
            line, column = mistakes.place_of(("gate", index, name), places)
            sentence = mistakes.unknown_key(name, ("gate", index), Config, inside)
            raise ConfigError(f"{filename}:{line}:{column}: {sentence}")
        gate |= {"line": mistakes.place_of(("gate", index), places)[0], "file": filename}
