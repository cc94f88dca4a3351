"""Parts of the data: how one is named, and what is said when somebody asks for one that was not measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditkit.errors import UnknownNameError, did_you_mean

__all__ = ["either_order", "part_name", "unknown_part", "with_part"]

_BETWEEN = ", "


def part_name(where: Mapping[str, str]) -> str:
    """Part of the data, as `"sex=Female, class=1"`; empty for the whole set."""
    return _BETWEEN.join(f"{name}={level}" for name, level in where.items())


def with_part(name: str, where: Mapping[str, str]) -> str:
    """What was measured and on which part, as `"coverage [sex=Female]"`; the name alone for the whole set."""
    return f"{name} [{part_name(where)}]" if where else name


def either_order(where: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The part as it is asked for, and with the two columns of a pair exchanged, wherever the first name ends."""
    yield dict(where)
    names = where.get("pair", "").split(_BETWEEN)
    for cut in range(1, len(names)):
        yield {**where, "pair": _BETWEEN.join([*names[cut:], *names[:cut]])}


def unknown_part(
    metric: str, where: Mapping[str, str], known: Sequence[Mapping[str, str]], *, has_parts: bool
) -> UnknownNameError:
    """Error about a part that was not measured, with the nearest one that was.

    Parameters
    ----------
    metric : str
    where : mapping
        What was asked for.
    known : sequence of mapping
        Parts on which this metric was read.
    has_parts : bool
        Whether any metric was read on parts.
    """
    parts = [part_name(item) for item in known]
    if not parts and has_parts:
        why = "it is read on the whole set only, docs/metric-functions.md says why"
        return UnknownNameError(f"{metric} has no part {part_name(where)!r}: {why}.")
    others = [item for item in known if item.keys() == where.keys()]
    wrong = [name for name in where if all(item[name] != where[name] for item in others)]
    if others and len(wrong) == 1:
        (name,) = wrong
        levels = {item[name] for item in others}
        near = [each[name] for each in either_order(where) if did_you_mean(each[name], levels).endswith("?")]
        return UnknownNameError.of(name, (near or [where[name]])[0], levels, f"of {metric}")
    return UnknownNameError.of("part", part_name(where), parts, f"of {metric}")
