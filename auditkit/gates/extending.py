"""Gates that a config builds on: presets, and files of its own, each taken once and a later one changing an earlier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from auditkit.config import CheckConfig, Config, GateRule, load_config, parse_config
from auditkit.errors import ConfigError, UnknownNameError

__all__ = ["PRESETS", "Source", "gate_sources", "preset_source", "sources_of"]

PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "recommended": "a starting point for deciding whether synthetic data may be used",
        "strict": "the same with limits about half as wide, and every warning an error",
        "privacy": "the same with stricter gates on copying, and gates on four attacks",
    }
)
"""Name and what it is for."""
# What a file that is built on may say; all else is of one set of data and would be lost.
_SHARED = {"version": "schema", "extends": "extends", "gates": "[[gate]]", "check": "[check]"}


@dataclass(frozen=True)
class Source:
    """Gates and check settings from one place.

    Attributes
    ----------
    name : str
        The preset, or the file.
    gates : tuple of GateRule
    check : CheckConfig
    """

    name: str
    gates: tuple[GateRule, ...]
    check: CheckConfig


def sources_of(config: Config) -> list[Source]:
    """All that a config builds on, in the order in which it applies; its own gates are not among them.

    Parameters
    ----------
    config : Config

    Returns
    -------
    list of Source
        What one source builds on stands before it, once, where it is first needed. What the config itself names after
        something that builds on it stands there again, for what is named later goes before.

    Raises
    ------
    ConfigError
        If a preset is unknown, a file is absent or wrong, or files build on each other in a circle.
    """
    above = () if config.path is None else (config.path.resolve(),)
    known: dict[str, Source] = {}
    order: list[Source] = []
    for index in range(len(config.extends)):
        before = set(known)
        named = _gather(config, index, known, above=above)
        order += [source for name, source in known.items() if name not in before]
        order += [] if named not in before else [known[named]]
    return order


def gate_sources(config: Config) -> dict[str, list[str]]:
    """Where each gate comes from, by its id: a preset or `file:line`, then what changed it.

    Raises
    ------
    ConfigError
        As `sources_of`.
    """
    told: dict[str, list[str]] = {}
    metrics: dict[str, str] = {}
    for source in (*sources_of(config), Source("the config", config.gates, config.check)):
        for rule in source.gates:
            name = f"preset {source.name}" if source.name in PRESETS else source.name
            place = name if rule.file is None else f"{rule.file}:{rule.line}"
            earlier = told.get(rule.id, []) if metrics.get(rule.id) == rule.metric else []
            told[rule.id] = [*earlier, f"changed by {place}" if earlier else place]
            metrics[rule.id] = rule.metric
    return told


def preset_source(name: str) -> list[Source]:
    """A preset after all that it builds on.

    Raises
    ------
    UnknownNameError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise UnknownNameError.of("preset", name, PRESETS)
    return sources_of(Config(extends=(name,)))


def _gather(config: Config, index: int, found: dict[str, Source], *, above: tuple[Path, ...]) -> str:
    """Add what a name in `extends` stands for, behind what that builds on; the key under which it is found."""
    name, place = config.extends[index], config.place("extends", index)
    if not _is_file(name):
        if name not in PRESETS:
            hint = "auditkit list gates; a file is named with its ending, as 'team.toml'"
            raise ConfigError(f"{place}{UnknownNameError.of('preset', name, PRESETS, hint)}")
        _add(name, _preset(name), found, above=above)
        return name
    near = config.resolve(name)
    if not near.is_file():
        raise ConfigError(
            f"{place}there is no file {str(near)!r} to extend: paths are relative to the config's folder."
        )
    path = near.resolve()
    if path in above:
        raise ConfigError(f"{place}{_circle(path, above)}")
    known = load_config(near)
    _check_shared(known)
    _add(str(path), known, found, above=(*above, path))
    return str(path)


def _add(name: str, known: Config, found: dict[str, Source], *, above: tuple[Path, ...]) -> None:
    if name in found:
        return
    for index in range(len(known.extends) if "extends" in known.model_fields_set else 0):
        _gather(known, index, found, above=above)
    found[name] = Source(name, known.gates, known.check)


def _is_file(name: str) -> bool:
    return name.endswith(".toml") or "/" in name or "\\" in name


def _preset(name: str) -> Config:
    text = resources.files("auditkit.gates").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    known = parse_config(text, f"{name}.toml")
    # A preset's lines are no lines of the user's file, so annotations must not point there.
    gates = tuple(rule.model_copy(update={"line": None, "file": None}).placed({}) for rule in known.gates)
    return known.model_copy(update={"gates": gates})


def _circle(path: Path, above: tuple[Path, ...]) -> str:
    names = [item.name for item in (*above[above.index(path) :], path)]
    ways = ", which extends ".join(repr(name) for name in names[1:])
    return f"{names[0]!r} extends {ways} again: take one of them out."


def _check_shared(known: Config) -> None:
    """Refuse what a config that is built on cannot hand on."""
    for name in _others(known):
        raise ConfigError(
            f"{known.place(name)}[{name}] cannot stand in a file that another extends: only "
            f"{', '.join(_SHARED.values())} are taken from it."
        )


def _others(known: Config) -> Iterator[str]:
    for name, field in type(known).model_fields.items():
        if name in known.model_fields_set and name not in _SHARED:
            yield field.alias or name
