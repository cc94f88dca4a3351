"""Pages of the metrics, made from the registry: what a decorator says, and what a docstring does."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import docstrings
from docstrings import inline, section, table

from auditkit.config import GateRule
from auditkit.gates.extending import PRESETS
from auditkit.gates.limits import LIMIT_KINDS
from auditkit.gates.rules import preset
from auditkit.kinds import MODALITIES
from auditkit.metrics import registry as metrics
from auditkit.metrics.registry import Metric
from auditkit.questions import QUESTIONS, Question, question_of_family
from auditkit.results import base_name

__all__ = ["KINDS", "gates_by_preset", "limit", "linked", "metric_index", "metric_page", "metrics_by_question"]

KINDS = {"tabular": "tables", "image": "images", "text": "texts", "audio": "recordings", "series": "time series"}
BETTER = {
    "higher": "higher is better",
    "lower": "lower is better",
    "match": "nearest to fresh real data is best",
    "none": "neither side is better",
}
INTERVALS = {
    "blocks": "from blocks of samples that are left out ([how](../intervals.md))",
    "reading": "by a formula of its own ([how](../intervals.md))",
    "none": "none",
}
ASKS = {
    "label": "a label",
    "groups": "groups",
    "key": "several rows per unit (`key`)",
    "steps": "rows that follow each other in a unit",
    "rows": "columns of a table",
    "rules": "a schema or constraints",
    "words": "columns of words",
}


def metric_page(metric: Metric) -> str:
    """Page of one metric."""
    told = docstrings.read(metric.function)
    parts = [
        f"# {metric.name}",
        f"*{question_of_family(metric.family).title}* {metric.meaning}",
        f'!!! warning "When it misleads"\n    {inline(metric.misleads)}',
        f'!!! tip "What to do when it is bad"\n    {inline(metric.advice)}',
        table(("at a glance", ""), [(name, text) for name, text in _glance(metric) if text]),
        "## Definition",
        inline(told.summary),
        *([_formula(told.extended)] if told.extended else []),
        "## Source",
        "\n\n".join(filter(None, [f"{inline(metric.source)}.", section(told, "References")])),
        "## Parameters",
        _parameters(metric, told),
        "## Gates that judge it",
        _gates_of(metric),
        "## In Python",
        f"```python\nfrom auditkit.metrics import {metric.name}\n```",
        section(told, "Examples"),
        f"Returns {section(told, 'Returns')}",
        *(["## Notes", section(told, "Notes")] if "Notes" in told.sections else []),
    ]
    return linked("\n\n".join(parts) + "\n", here=metric.name)


def _glance(metric: Metric) -> list[tuple[str, str]]:
    low, high = ("…" if end is None else f"{end:g}" for end in metric.bounds)
    kinds = "every kind" if len(metric.modalities) == len(MODALITIES) else ", ".join(map(KINDS.get, metric.modalities))
    needs = [*(["a holdout"] if "holdout" in metric.roles else []), *(ASKS[item] for item in metric.asks)]
    perfect = metric.null if metric.null is not None else metric.target
    sizes = " and ".join(f"{role} samples" for role in metric.sized_by)
    return [
        ("better", BETTER[metric.direction]),
        ("range", f"{low} to {high}" + (f" ({metric.unit})" if metric.unit else "")),
        ("perfect data score", "" if perfect is None else f"{perfect:g}"),
        ("data", kinds),
        ("needs", ", ".join(needs)),
        ("reads", "features of the [embedder](../embedders.md)" if metric.embedded else "the data themselves"),
        ("moves with the number of", f"{sizes}: compare equal sizes" if sizes else "nothing: any sizes compare"),
        ("in groups and classes", "yes" if metric.by_group else "no ([why](../metric-functions.md#whole-set-only))"),
        ("interval", INTERVALS[metric.interval]),
        ("read by default", "yes" if metric.default else f'no: name it, as in `metrics=["default", "{metric.name}"]`'),
    ]


def _formula(paragraphs: Iterable[str]) -> str:
    lines = (re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False)) for text in paragraphs)
    return '<div class="formula">' + "".join(f"<p>{line}</p>" for line in lines) + "</div>"


def _parameters(metric: Metric, told: docstrings.Docstring) -> str:
    known = dict(metric.parameters)
    rows = section(told, "Parameters", of="name")
    if not known:
        return rows
    name, value = next(iter(known.items()))
    given = value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
    return f"{rows}\n\nIn an audit, parameters stand in brackets: `{metric.name}[{name}={given}]`."


def _gates_of(metric: Metric) -> str:
    rows = [
        (f"[`{rule.id}`](../gates.md#{rule.id})", f"`{name}`", limit(rule), rule.level, inline(rule.why))
        for name in PRESETS
        for rule in preset(name)
        if base_name(rule.metric) == metric.name
    ]
    if rows:
        return table(("gate", "preset", "limit", "level", "why"), rows)
    bound = {"higher": "min", "lower": "max"}.get(metric.direction, "max_excess")
    own = f'[[gate]]\nid = "my-{metric.name.replace("_", "-")}"\nmetric = "{metric.name}"\n{bound} = ...'
    return f"No gate of the presets. One of your own ([keys](../config.md#gate)):\n\n```toml\n{own}\n```"


def gates_by_preset() -> dict[str, dict[str, GateRule]]:
    """Gates of all presets by their id, each as the presets that hold it have it."""
    found: dict[str, dict[str, GateRule]] = {}
    for name in PRESETS:
        for rule in preset(name):
            found.setdefault(rule.id, {})[name] = rule
    return found


def limit(rule: GateRule) -> str:
    """Limits of a gate, in its own words."""
    told = [f"`{kind} = {getattr(rule, kind):g}`" for kind in LIMIT_KINDS if getattr(rule, kind) is not None]
    parts = {"worst": "the worst of each ", "each": "each "}[str(rule.reduce)]
    return " and ".join(told) + (f", {parts}{' and '.join(f'`{item}`' for item in rule.by)}" if rule.by else "")


def linked(text: str, *, here: str = "", folder: str = "", once: bool = False) -> str:
    """Names of metrics in backticks lead to their pages, outside of code blocks, headings and links.

    With `once` only where a name first stands, and only those that are no words of other meanings as well.
    """
    known = {name for name in metrics.names() if not once or "_" in name} - {here}

    def link(found: re.Match[str]) -> str:
        if found[1] not in known:
            return found[0]
        if once:
            known.remove(found[1])
        return f"[{found[0]}]({folder}{found[1]}.md)"

    parts = re.split(r"(^```.*?^```$|^#.*$|\[[^\]\n]*\]\([^)\n]*\))", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if index % 2 else re.sub(r"`(\w+)`", link, part) for index, part in enumerate(parts))


def metrics_by_question() -> list[tuple[Question, list[Metric]]]:
    """Metrics of each question that has any, in the order of the questions."""
    known = [metrics.get(name) for name in metrics.names()]
    found = [(item, [each for each in known if question_of_family(each.family) is item]) for item in QUESTIONS]
    return [(item, those) for item, those in found if those]


def metric_index() -> str:
    """All metrics, by question."""
    parts = ["# All metrics", "A page each, by the question that it answers. *Default*: read unless told otherwise."]
    for question, found in metrics_by_question():
        rows = [
            (f"[`{item.name}`]({item.name}.md)", inline(item.meaning), item.direction, "yes" if item.default else "")
            for item in found
        ]
        parts += [f"## {question.title}", table(("name", "what it says", "better", "default"), rows)]
    return "\n\n".join(parts) + "\n"
