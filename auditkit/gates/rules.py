"""Rules that are known to make sense: presets, the user's changes to them, and the check of their direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from auditkit.config import CheckConfig, Config, GateRule, load_config
from auditkit.errors import ConfigError
from auditkit.gates.extending import preset_source, sources_of
from auditkit.gates.limits import check_limits
from auditkit.metrics.known import known_metric
from auditkit.results import Scores, base_name

__all__ = [
    "check_rules",
    "gates_of",
    "merge_rules",
    "metrics_asked",
    "preset",
]


def preset(name: str = "recommended") -> list[GateRule]:
    """Gates of a preset, with those that it builds on.

    Raises
    ------
    UnknownNameError
        If there is no such preset.

    Examples
    --------
    >>> [rule.id for rule in preset()][:2]
    ['copies', 'partial-copies']
    """
    return _merged(source.gates for source in preset_source(name))


def merge_rules(rules: Sequence[GateRule], *, extends: str | Sequence[str] | None = None) -> list[GateRule]:
    """Gates of presets with the user's changes: the same id changes that gate, a new id adds one.

    Parameters
    ----------
    rules : sequence of GateRule
        The user's own gates.
    extends : str or sequence of str, optional
        Names of presets, or paths of files; a later one changes an earlier one.

    Returns
    -------
    list of GateRule
        The preset's gates in their order, then the user's further ones.
    """
    names = (extends,) if isinstance(extends, str) else tuple(extends or ())
    return _merged([*(source.gates for source in sources_of(Config(extends=names))), rules])


def gates_of(config: str | PathLike[str] | Config | None = None) -> tuple[list[GateRule], CheckConfig]:
    """Gates, merged with all that it extends, and check settings of a config; the preset `"recommended"` without one.

    Raises
    ------
    ConfigError
        If the config is wrong; names file:line:column.
    """
    if config is None:
        return preset(), CheckConfig()
    known = config if isinstance(config, Config) else load_config(fspath(config))
    sources = sources_of(known)
    settings: dict[str, Any] = {}
    for check in (*(source.check for source in sources), known.check):
        settings |= {name: getattr(check, name) for name in check.model_fields_set}
    return _merged([*(source.gates for source in sources), known.gates]), CheckConfig(**settings)


def _merged(sources: Iterable[Sequence[GateRule]]) -> list[GateRule]:
    """Gates of all sources, those with an id that stood before changed by what comes later."""
    merged: dict[str, GateRule] = {}
    for rules in sources:
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                raise ConfigError(f"{rule.place('id')}two gates share the id {rule.id!r}: give each its own.")
            seen.add(rule.id)
            held = merged.get(rule.id)
            if held is not None and held.metric != rule.metric:
                raise ConfigError(
                    f"{rule.place('id')}the gate {rule.id!r} of {_told(held)} is of {held.metric!r}, this one is of "
                    f"{rule.metric!r} and would take its place: give it another id, or switch the other one off with "
                    '`level = "off"`.'
                )
            merged[rule.id] = rule if held is None else held.changed(rule)
    return list(merged.values())


def _told(rule: GateRule) -> str:
    return "a preset" if rule.file is None else repr(rule.file)


def metrics_asked(rules: Iterable[GateRule], modality: str) -> list[str]:
    """Metrics that gates judge on data of one kind, in order: what an audit must read for them.

    Parameters
    ----------
    rules : iterable of GateRule
    modality : str

    Returns
    -------
    list of str
        Without those of ablations, of gates that are off or for other data, and of other embedders.
    """
    names = [
        rule.metric
        for rule in rules
        if rule.level != "off" and (not rule.modalities or modality in rule.modalities) and "@" not in rule.metric
    ]
    return [
        name
        for name in dict.fromkeys(names)
        if (known := known_metric(base_name(name))) is not None and modality in known.modalities
    ]


def check_rules(
    rules: Iterable[GateRule], *, scores: Scores | None = None, skipped: Mapping[str, str] | None = None
) -> list[GateRule]:
    """Rules that are not switched off, each known to point the right way.

    Parameters
    ----------
    rules : iterable of GateRule
    scores : Scores, optional
        Where directions are looked up first; the registry knows the others.
    skipped : mapping of str to str, optional
        Metrics known not to apply here.

    Raises
    ------
    ConfigError
        If a limit is missing or inverted, a metric is unknown, or an id is used twice.
    """
    seen: set[str] = set()
    active = []
    for rule in rules:
        if rule.id in seen:
            raise ConfigError(f"{rule.place('id')}two gates share the id {rule.id!r}: give each its own.")
        seen.add(rule.id)
        if rule.level != "off":
            check_limits(rule, scores, skipped or {})
            active.append(rule)
    return active
