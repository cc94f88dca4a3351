"""Pages of the site that are made from the registries: metrics, generators, embedders, rules, presets, Python names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import docstrings
from docstrings import inline, section, table
from metric_pages import KINDS, gates_by_preset, limit, linked, metric_index, metric_page, metrics_by_question
from python_pages import python_page

import auditkit
import auditkit.generators
import auditkit.metrics
from auditkit.features.registry import default_embedder, embedder_entries
from auditkit.filtering.rules import DEFAULT_RULES, NAMED_RULES
from auditkit.gates.extending import PRESETS
from auditkit.generators import registry as generators
from auditkit.kinds import MODALITIES
from auditkit.metrics import registry as metrics
from auditkit.plugins import Entry

__all__ = ["everything", "functions", "generator_rows", "linked", "nav"]

CONDITIONS = {"exact": "met exactly", "rejection": "met by drawing until they hold", "none": "not taken"}
GATES = """\
What `auditkit check` judges by unless the [config](config.md#gate) says otherwise. A starting point: calibrate it on
your own data, real against real."""
RULES = """\
Rules by name, for `ak.filter(..., rules=[...])` and `[[filter]]`. How they are written, and a rule on any column:
[filtering](filtering.md#rules)."""
FUNCTIONS = """\
Functions beside the [metrics](../metrics/index.md): they take other arguments than two or three sets, or return a
report."""


def gate_page() -> str:
    """Gates of the presets, one by one."""
    parts = [
        "# Gates of the presets",
        GATES,
        table(("preset", "for"), [(f"`{name}`", text) for name, text in PRESETS.items()]),
    ]
    for rule_id, rules in gates_by_preset().items():
        rule = next(iter(rules.values()))
        rows = [(f"`{name}`", limit(each), each.level) for name, each in rules.items()]
        parts += [
            f"## {rule_id}",
            inline(rule.why),
            f"Judges `{rule.metric}`.",
            table(("preset", "limit", "level"), rows),
        ]
    return linked("\n\n".join(parts) + "\n", folder="metrics/")


def generator_rows() -> list[tuple[str, str, str]]:
    """All generators: name, kind of data, and what they do."""
    return [
        (f"`{e.name}`", e.modality, inline(generators.describe(e.name, modality=e.modality).summary))
        for e in generators.entries()
    ]


def generator_index() -> str:
    """All generators, each with the page of its kind of data."""
    places = {modality: modality for modality in MODALITIES} | {"any": MODALITIES[0]}
    rows = [
        (f"[{name}]({places[modality]}.md#{name.strip('`')})", modality, told)
        for name, modality, told in generator_rows()
    ]
    return "\n\n".join(["# All generators", table(("name", "modality", "what it does"), rows)]) + "\n"


def generator_page(modality: str) -> str:
    """Generators of one kind of data."""
    known = [entry for entry in generators.entries() if entry.modality in {modality, "any"}]
    parts = [
        f"# Generators of {KINDS[modality]}",
        f"Used where none is named: `{generators.default(modality)}`. Which when: [choosing](../generators.md).",
    ]
    for entry in known:
        parts += [f"## {entry.name}", *_generator(entry, modality)]
    return "\n\n".join(parts) + "\n"


def _generator(entry: Entry, modality: str) -> Iterable[str]:
    info = generators.describe(entry.name, modality=modality)
    yield inline(info.summary)
    yield f'```python\ngenerator = ak.generators.create("{entry.name}", modality="{modality}").fit(train, seed=0)\n```'
    facts = [
        ("family", inline(info.family)),
        ("conditions", CONDITIONS[info.conditional]),
        ("same seed, same bytes", "yes" if info.deterministic else "no"),
        ("saved, it holds values of real records", "yes" if info.stores_real_values else "no"),
        ("needs a label", "yes" if info.needs_label else ""),
        ("needs the packages", ", ".join(f"`{name}`" for name in info.requires)),
        ("differentially private training (`dp=`)", "yes" if info.private else ""),
        ("places between units (`interpolate`)", "yes" if info.latent else ""),
        ("says how real units look to it (`score`)", "yes" if info.scores else ""),
        ("bad on purpose, to show that an audit tells it", "yes" if info.reference else ""),
        ("source", inline(info.citation)),
    ]
    yield table(("at a glance", ""), [row for row in facts if row[1]])
    if info.params:
        yield table(("parameter", "meaning"), [(f"`{name}`", inline(text)) for name, text in info.params.items()])


def embedder_page() -> str:
    """Embedders, one by one."""
    parts = ["# All embedders", "What turns units into features. What they are for: [embedders](embedders.md)."]
    for modality in MODALITIES:
        parts.append(f"## {KINDS[modality].capitalize()}")
        for entry in embedder_entries(modality):
            told = docstrings.read(entry.load())
            used = ", used where none is named" if entry.name == default_embedder(modality) else ""
            parts += [
                f"### {entry.name}",
                inline(f"{entry.about[:1].upper()}{entry.about[1:]}{used}."),
                inline(told.summary),
            ]
            parts += [inline(text) for text in told.extended]
            parts += filter(None, [section(told, "Parameters", of="parameter")])
    return "\n\n".join(parts) + "\n"


def rule_page() -> str:
    """Filter rules that have a name."""
    rows = [
        (f"`{name}`", "yes" if name in DEFAULT_RULES else "", inline(getattr(rule, "reason", "")), _reads(rule))
        for name, rule in NAMED_RULES.items()
    ]
    best = ("`best`", "", "not among the best, or not drawn", "the column of `prefer`")
    return (
        "\n\n".join(
            [
                "# All filter rules",
                RULES,
                table(("name", "default", "a rejected sample", "reads"), [*rows, best]),
            ]
        )
        + "\n"
    )


def _reads(rule: Any) -> str:
    return ", ".join(f"`{column}`" for column in rule.columns)


def functions() -> list[str]:
    """Public names of `auditkit.metrics` that are not scores."""
    known = set(metrics.names())
    return [name for name in auditkit.metrics.__all__ if name not in known]


def everything() -> Mapping[str, str]:
    """All pages, by their place in the documents."""
    return {
        "metrics/index.md": metric_index(),
        **{f"metrics/{name}.md": metric_page(metrics.get(name)) for name in metrics.names()},
        "generators/index.md": generator_index(),
        **{f"generators/{modality}.md": generator_page(modality) for modality in MODALITIES},
        "gates.md": gate_page(),
        "all-embedders.md": embedder_page(),
        "filter-rules.md": rule_page(),
        "python/auditkit.md": python_page(
            "auditkit",
            "`import auditkit as ak`. What `ak.NAME` is.",
            auditkit,
            [n for n in auditkit.__all__ if n[0] != "_"],
        ),
        "python/generators.md": python_page(
            "auditkit.generators", "`ak.generators.NAME`.", auditkit.generators, auditkit.generators.__all__
        ),
        "python/metrics.md": python_page(
            "auditkit.metrics",
            FUNCTIONS,
            auditkit.metrics,
            functions(),
        ),
    }


def nav(name: str) -> list[Any]:
    """Entries that stand in the navigation for one of the words of mkdocs.yml that begin with @."""
    if name == "@metrics":
        return [
            "metrics/index.md",
            *(
                {question.title: [{item.name: f"metrics/{item.name}.md"} for item in found]}
                for question, found in metrics_by_question()
            ),
        ]
    if name == "@generators":
        own = [{f"All for {KINDS[modality]}": f"generators/{modality}.md"} for modality in MODALITIES]
        return ["generators/index.md", *own]
    message = f"mkdocs.yml asks for {name!r}, which docs/pages.py does not make."
    raise KeyError(message)
