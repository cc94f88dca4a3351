"""auditkit.toml: what a run reads, measures, judges and writes. A mistake in it is named with its place and a remedy.

Each section is a frozen model; absent sections have their defaults. Paths in the file are relative to the file.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from auditkit import mistakes, positions
from auditkit.errors import ConfigError
from auditkit.kinds import Kind, Modality

__all__ = [
    "AblationConfig",
    "AuditConfig",
    "CheckConfig",
    "ConditionalConfig",
    "Config",
    "DataConfig",
    "FilterRule",
    "GateRule",
    "GeneratorConfig",
    "MergeConfig",
    "QuotaRule",
    "ReportConfig",
    "SplitConfig",
    "load_config",
    "load_gates_text",
    "parse_config",
]

# Keys that the reader fills in and the file may not.
_OWN_KEYS = frozenset({"line", "file"})


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        message = "should be a list of names, as [" + repr(value).replace("'", '"') + "]"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects only this class
    return tuple(value) if isinstance(value, list) else value


def _listed_or_default(value: Any) -> Any:
    if isinstance(value, str) and value not in ("default", "all"):
        message = 'should be "default", "all" or a list of metric names'
        raise ValueError(message)
    if isinstance(value, list) and not all(isinstance(name, str) for name in value):
        message = "should hold names of metrics only"
        raise ValueError(message)
    return value if isinstance(value, str) else _listed(value)


def _absent(value: Any) -> Any:
    return None if value == "none" else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True, protected_namespaces=()
    )


class SplitConfig(_Section):
    """`[data.split]`: shares of the real units held out and kept for the final test."""

    holdout: Share = 0.2
    test: Share = 0.2

    @model_validator(mode="after")
    def _leave_some(self) -> SplitConfig:
        if self.holdout + self.test >= 1:
            message = f"holdout + test should stay below 1, got {self.holdout + self.test:g}"
            raise ValueError(message)
        return self


class DataConfig(_Section):
    """`[data]`: where the sets are and what their columns mean."""

    real: str | None = None
    synthetic: str | None = None
    holdout: str | None = None
    test: str | None = None
    label: str | None = None
    groups: Names = ()
    key: str | None = None
    order: str | None = None
    text: str | None = None
    rate: Annotated[int, Field(ge=1)] | None = None
    modality: Modality | None = None
    columns: dict[str, Kind] = Field(default_factory=dict)
    split: SplitConfig = SplitConfig()


class GeneratorConfig(_Section):
    """`[generator]`: a generator to fit on the training part, and how much to sample from it."""

    name: str = "cart"
    n: Annotated[int, Field(ge=1)] = 1000
    seed: Seed = 0
    params: dict[str, Any] = Field(default_factory=dict)


class AuditConfig(_Section):
    """`[audit]`: what is measured, and how."""

    metrics: Annotated[Literal["default", "all"] | tuple[str, ...], BeforeValidator(_listed_or_default)] = "default"
    embedder: str | None = None
    groups: Annotated[tuple[str, ...] | None, BeforeValidator(_listed)] = None
    seed: Seed = 0
    sizes: Literal["matched", "full"] = "matched"
    show_real: bool = False
    quick: bool = False
    constraints: Names = ()


class GateRule(_Section):
    """`[[gate]]`: a limit on a score, on the whole set, on a part (`where`) or on every part of some groups (`by`)."""

    id: Annotated[str, Field(min_length=1)]
    metric: Annotated[str, Field(min_length=1)]
    where: dict[str, str] = Field(default_factory=dict)
    by: Names = ()
    reduce: Literal["each", "worst"] = "each"
    max: float | None = None
    min: float | None = None
    max_excess: float | None = None
    level: Literal["error", "warn", "off"] = "error"
    decide: Literal["confident", "point"] = "confident"
    min_support: Annotated[int, Field(ge=0)] = 30
    why: str = ""
    line: Annotated[int | None, mistakes.FILLED_IN] = None
    file: Annotated[str | None, mistakes.FILLED_IN] = None


class CheckConfig(_Section):
    """`[check]`: confidence of all error-level gates together, and what undecided ones count as."""

    confidence: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.99
    undecided: Literal["pass", "warn", "fail"] = "warn"


class FilterRule(_Section):
    """`[[filter]]`: a demand on a column of the samples; a sample that breaks it is rejected."""

    column: Annotated[str, Field(min_length=1)]
    min: float | None = None
    max: float | None = None
    equals: str | float | bool | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _demand_something(self) -> FilterRule:
        if self.min is None and self.max is None and self.equals is None:
            message = "needs min, max or equals"
            raise ValueError(message)
        return self


class QuotaRule(_Section):
    """`[[quota]]`: shares of classes and groups that the kept samples must have."""

    by: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    target: Literal["equal", "real"] | dict[str, Annotated[float, Field(ge=0.0)]] = "equal"
    size: Annotated[int, Field(ge=1)] | None = None
    prefer: str | None = None
    reason: str = ""


class MergeConfig(_Section):
    """`[merge]`: synthetic units added per real one."""

    ratio: Annotated[float, Field(gt=0.0)] = 1.0


class ConditionalConfig(_Section):
    """`[ablation.conditional]`: what the arm `"conditional"` generates, and to which shares."""

    generator: str | None = None
    by: Names = ()
    target: Literal["equal", "real"] | dict[str, Annotated[float, Field(ge=0.0)]] = "equal"


class AblationConfig(_Section):
    """`[ablation]`: training sets and models that are compared on real test data."""

    repeats: Annotated[int, Field(ge=1)] = 5
    arms: Names = ("real", "synthetic", "real+synthetic", "real+kept")
    models: Names = ("boosting",)
    generators: Names = ()
    conditional: ConditionalConfig = ConditionalConfig()
    measures: Names = ()
    ratios: Annotated[tuple[Annotated[float, Field(gt=0.0)], ...], BeforeValidator(_listed)] = ()
    curve: Annotated[tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...], BeforeValidator(_listed)] = ()
    mitigations: Names = ()
    perturb: Names = ()
    shifted: dict[str, str] = Field(default_factory=dict)
    margin: Annotated[float, Field(gt=0.0)] = 0.01
    slices: bool = True


class ReportConfig(_Section):
    """`[report]`: where the page goes and what it is called."""

    path: str | None = None
    title: str | None = None


class Config(_Section):
    """A whole auditkit.toml.

    Attributes
    ----------
    version : int
        `schema` in the file.
    extends : str or None
        Preset whose gates come first; `"none"` in the file stands for no preset.
    gates, filters, quotas : tuple
        `[[gate]]`, `[[filter]]` and `[[quota]]` in the file.
    """

    version: Literal[1] = Field(default=1, alias="schema")
    extends: Annotated[str | None, BeforeValidator(_absent)] = "recommended"
    data: DataConfig = DataConfig()
    generator: GeneratorConfig | None = None
    audit: AuditConfig = AuditConfig()
    gates: Annotated[tuple[GateRule, ...], BeforeValidator(_listed)] = Field(default=(), alias="gate")
    check: CheckConfig = CheckConfig()
    filters: Annotated[tuple[FilterRule, ...], BeforeValidator(_listed)] = Field(default=(), alias="filter")
    quotas: Annotated[tuple[QuotaRule, ...], BeforeValidator(_listed)] = Field(default=(), alias="quota")
    merge: MergeConfig = MergeConfig()
    ablation: AblationConfig = AblationConfig()
    report: ReportConfig = ReportConfig()
    _path: Path | None = PrivateAttr(default=None)

    @property
    def path(self) -> Path | None:
        """File that it was read from."""
        return self._path

    def resolve(self, place: str) -> Path:
        """Path of a file named in the config, which is relative to the config's own folder."""
        return Path(place) if self._path is None else self._path.parent / place


def load_config(path: str | Path) -> Config:
    """Read a config file.

    Parameters
    ----------
    path : str or Path

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
    r"""Config from TOML text; `filename` is named in errors.

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
    places = positions.key_positions(text)
    _number_gates(data, places, filename)
    try:
        return Config.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        (line, column), sentence = mistakes.first_mistake(error, model=Config, places=places)
    raise ConfigError(f"{filename}:{line}:{column}: {sentence}")


def load_gates_text(text: str, filename: str = "auditkit.toml") -> list[GateRule]:
    """Gates from TOML text that holds nothing else than `[[gate]]` tables (and `schema`).

    Raises
    ------
    ConfigError
        As `load_config`.
    """
    return list(parse_config(text, filename).gates)


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


def _number_gates(data: dict[str, Any], places: mistakes.Places, filename: str) -> None:
    """Give each gate its line and file, which the file itself may not."""
    gates = data.get("gate")
    for index, gate in enumerate(gates if isinstance(gates, list) else []):
        if not isinstance(gate, dict):
            continue
        for name in sorted(_OWN_KEYS & gate.keys()):
            line, column = mistakes.place_of(("gate", index, name), places)
            sentence = mistakes.unknown_key(name, ("gate", index), Config)
            raise ConfigError(f"{filename}:{line}:{column}: {sentence}")
        gate |= {"line": mistakes.place_of(("gate", index), places)[0], "file": filename}
