"""A config as TOML text, which reads back as the same config; the standard library only reads TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditkit.config.filter_rules import FilterRule, QuotaRule
from auditkit.config.gate_rules import GateRule
from auditkit.config.reading import Config
from auditkit.config.values import Section
from auditkit.mistakes import FILLED_IN

__all__ = ["config_data", "config_text", "toml_value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NONE = "not set"


def toml_value(value: Any) -> str:
    r"""A value on one line.

    Parameters
    ----------
    value : str, bool, int, float, date, list, tuple or mapping

    Returns
    -------
    str

    Examples
    --------
    >>> toml_value({"f": 0.5, "not binary": [1, True, "a\nb"]})
    '{ f = 0.5, "not binary" = [1, true, "a\\nb"] }'
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(name))} = {toml_value(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml_value, value))}]"
    return str(value)


def config_text(
    config: Config, *, gates: Sequence[GateRule], sources: Mapping[str, Sequence[str]], resolved: bool
) -> str:
    """A config as TOML.

    Parameters
    ----------
    config : Config
    gates : sequence of GateRule
        Those to write: the config's own, or with all that it extends.
    sources : mapping of str to sequence of str
        Where each gate comes from, by its id: told in a comment.
    resolved : bool
        Write every default, and nothing to extend, for its gates are written.

    Returns
    -------
    str
        Ends with a newline. What has no value stands in a comment.
    """
    lines: list[str] = []
    tables: list[str] = []
    for key, value, is_set in _items(config):
        if key == "gate":
            for rule in gates:
                tables += ["", f"[[gate]]  # {', '.join(sources[rule.id])}", *_pairs(rule, resolved=resolved)]
        elif not (resolved or is_set):
            continue
        elif key == "extends" and resolved:
            names = ", ".join(config.extends) or "nothing"
            lines.append(f'extends = "none"  # stands below: {names}')
        elif isinstance(value, Section):
            tables += ["", *_table(key, value, resolved=resolved)]
        elif _is_tables(value):
            tables += [line for item in value for line in ("", f"[[{key}]]", *_pairs(item, resolved=resolved))]
        elif value is not None and value != ():
            lines.append(f"{key} = {toml_value(value)}")
        else:
            lines.append(f"# {key}: {_NONE}")
    return "\n".join([*lines, *tables]).lstrip("\n") + "\n"


def config_data(
    config: Config, *, gates: Sequence[GateRule], sources: Mapping[str, Sequence[str]], resolved: bool
) -> dict[str, Any]:
    """The same for JSON: null stands for what has no value, and `source` of a gate says where it comes from."""
    data = config.model_dump(mode="json", by_alias=True, exclude_unset=not resolved)
    if resolved or gates:
        data["gate"] = [
            rule.model_dump(mode="json", exclude={"line", "file"}, exclude_unset=not resolved)
            | {"source": list(sources[rule.id])}
            for rule in gates
        ]
    return data


def _items(section: Section) -> Iterator[tuple[str, Any, bool]]:
    """Key as the file spells it, value, and whether it was given."""
    for name, field in type(section).model_fields.items():
        if FILLED_IN not in field.metadata:
            yield field.alias or name, getattr(section, name), name in section.model_fields_set


def _is_tables(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Section) for item in value)


def _table(name: str, section: Section, *, resolved: bool) -> list[str]:
    inner = [(key, item) for key, item, is_set in _items(section) if isinstance(item, Section) and (resolved or is_set)]
    lines = [f"[{name}]", *_pairs(section, resolved=resolved)]
    return lines + [line for key, item in inner for line in ("", *_table(f"{name}.{key}", item, resolved=resolved))]


def _pairs(section: Section, *, resolved: bool) -> list[str]:
    """Keys and values of one table; of a rule only those that say something, for most are for other rules."""
    is_rule = isinstance(section, (GateRule, FilterRule, QuotaRule))
    lines = []
    for key, value, is_set in _items(section):
        if isinstance(value, Section) or not (resolved or is_set):
            continue
        if value is not None and not (is_rule and value in ("", (), {})):
            lines.append(f"{key} = {toml_value(value)}")
        elif not is_rule:
            lines.append(f"# {key}: {_NONE}")
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)
