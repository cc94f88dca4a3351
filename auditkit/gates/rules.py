"""Rules that are known to make sense: presets, the user's changes to them, and the check of their direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from os import PathLike, fspath

from auditkit.config import CheckConfig, Config, GateRule, load_config, load_gates_text
from auditkit.errors import ConfigError, UnknownNameError, did_you_mean
from auditkit.gates.outcome import LimitKind
from auditkit.results import Direction, Scores, base_name

__all__ = [
    "ABLATION",
    "LIMIT_KINDS",
    "check_rules",
    "config_error",
    "gates_of",
    "merge_rules",
    "preset",
]

LIMIT_KINDS: tuple[LimitKind, ...] = ("max", "min", "max_excess")
ABLATION = frozenset(
    {
        "ablation_curve",
        "ablation_difference",
        "ablation_drop",
        "ablation_score",
        "ablation_train_gap",
        "ablation_transfer",
    }
)
"""Scores of an ablation, which no audit reads."""
_PRESETS = ("recommended",)


def preset(name: str = "recommended") -> list[GateRule]:
    """Gates of a preset.

    Raises
    ------
    UnknownNameError
        If there is no such preset.

    Examples
    --------
    >>> [rule.id for rule in preset()][:2]
    ['copies', 'partial-copies']
    """
    if name not in _PRESETS:
        raise UnknownNameError.of("preset", name, _PRESETS)
    text = resources.files("auditkit.gates").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    # A preset's lines are no lines of the user's file, so annotations must not point there.
    return [rule.model_copy(update={"line": None, "file": None}) for rule in load_gates_text(text, f"{name}.toml")]


def merge_rules(rules: Sequence[GateRule], *, extends: str | None = None) -> list[GateRule]:
    """Gates of a preset with the user's changes: the same id changes that gate, a new id adds one.

    Parameters
    ----------
    rules : sequence of GateRule
        The user's own gates.
    extends : str, optional
        Name of the preset.

    Returns
    -------
    list of GateRule
        The preset's gates in their order, then the user's further ones.
    """
    merged = {rule.id: rule for rule in (preset(extends) if extends else [])}
    for rule in rules:
        held = merged.get(rule.id)
        merged[rule.id] = rule if held is None or held.metric != rule.metric else _changed(held, rule)
    return list(merged.values())


def gates_of(config: str | PathLike[str] | Config | None = None) -> tuple[list[GateRule], CheckConfig]:
    """Gates, merged with their preset, and check settings of a config; the preset `"recommended"` without one.

    Raises
    ------
    ConfigError
        If the config is wrong; names file:line:column.
    """
    if config is None:
        return preset(), CheckConfig()
    known = config if isinstance(config, Config) else load_config(fspath(config))
    return merge_rules(known.gates, extends=known.extends), known.check


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
            raise ConfigError(f"{_place(rule)}two gates share the id {rule.id!r}: give each its own.")
        seen.add(rule.id)
        if rule.level != "off":
            _check_direction(rule, _direction(rule, scores, skipped or {}))
            active.append(rule)
    return active


def config_error(rule: GateRule, sentence: str) -> ConfigError:
    """Error about one gate, with the place where it is written."""
    return ConfigError(f"{_place(rule)}gate {rule.id!r} {sentence}")


def _changed(held: GateRule, change: GateRule) -> GateRule:
    """Change only what the user wrote; a new limit replaces the old kind of limit."""
    written = {name: getattr(change, name) for name in change.model_fields_set}
    if any(written.get(kind) is not None for kind in LIMIT_KINDS):
        written = dict.fromkeys(LIMIT_KINDS) | written
    return held.model_copy(update=written | {"line": change.line, "file": change.file})


def _check_direction(rule: GateRule, direction: Direction | None) -> None:
    if all(getattr(rule, kind) is None for kind in LIMIT_KINDS):
        raise config_error(rule, "has no limit: give max, min or max_excess.")
    if direction == "higher" and rule.max is not None:
        raise config_error(rule, f"sets max on {rule.metric}, where higher is better: use min or max_excess.")
    if direction == "lower" and rule.min is not None:
        raise config_error(rule, f"sets min on {rule.metric}, where lower is better: use max or max_excess.")
    if direction == "none" and rule.max_excess is not None:
        raise config_error(rule, f"sets max_excess on {rule.metric}, which has no better side: use max or min.")


def _direction(rule: GateRule, scores: Scores | None, skipped: Mapping[str, str]) -> Direction | None:
    name = base_name(rule.metric)
    held = [item for item in scores or () if item.metric == rule.metric or base_name(item.metric) == name]
    if held:
        # The measures of an ablation point different ways: the part that the rule names goes before the others.
        asked = rule.where.items()
        return next((item for item in held if asked <= item.where.items()), held[0]).direction
    if name in ABLATION:
        return "lower" if name in {"ablation_difference", "ablation_drop", "ablation_train_gap"} else None
    if name in skipped:
        return None
    from auditkit.metrics import registry  # noqa: PLC0415 - imports every metric, needed only for unmeasured ones

    if name not in registry.names():
        known = [*registry.names(), *sorted(ABLATION)]
        near = did_you_mean(name, known)
        raise config_error(rule, f"names an unknown metric {rule.metric!r}{near}{'' if near.endswith('?') else '.'}")
    return registry.get(name).direction


def _place(rule: GateRule) -> str:
    if rule.line is None:
        return ""
    return f"{rule.file or 'auditkit.toml'}:{rule.line}: "
