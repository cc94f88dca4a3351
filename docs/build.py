"""Write docs/lists.md and the JSON schema of the config; `--check` only says whether they are up to date.

The lists are for readers of the checkout. The site has a page for each name instead, which docs/pages.py makes while
mkdocs builds, and docs/hooks.py sends links there.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pages
from docstrings import inline, table
from metric_pages import gates_by_preset, limit

import auditkit.metrics
from auditkit.config import GateRule
from auditkit.config.schema import SCHEMA_NAME, config_schema
from auditkit.features.registry import embedder_entries
from auditkit.gates.extending import PRESETS
from auditkit.metrics import registry as metrics
from auditkit.store import dump_json

METRICS = """\
Each is a function of `auditkit.metrics` and a score of an audit. *Better*: higher, lower, or nearest to the same metric
of fresh real data (match)."""
FUNCTIONS = """\
These are not scores: they take other arguments than two or three sets, or return a report. Types that they return are
described where each function is."""
GATES = """\
`max_excess`: at most this much worse than the yardstick. A starting point: calibrate it on your own data. An empty
cell: as in `recommended`."""
PATH = Path(__file__).with_name("lists.md")
SCHEMA = Path(auditkit.__file__).parent / "config" / SCHEMA_NAME


def returned() -> list[tuple[str, str, str]]:
    """Public functions of `auditkit.metrics` that are not scores: name, what they return, first sentence."""
    found = {name: getattr(auditkit.metrics, name) for name in pages.functions()}
    return [
        (f"`{name}`", f"`{item.__annotations__['return']}`", inline(inspect.getdoc(item).partition("\n")[0]))
        for name, item in found.items()
        if inspect.isfunction(item)
    ]


def changed(rule: GateRule, held: GateRule | None) -> str:
    """Limit and level of a gate where another preset has others."""
    if held is None:
        return f"{limit(rule)}, {rule.level}"
    told = [limit(rule)] if limit(rule) != limit(held) else []
    return ", ".join([*told, *([rule.level] if rule.level != held.level else [])])


def gates() -> list[tuple[str, ...]]:
    """Gates of all presets: limit and level in `recommended`, and what the others change."""
    rows = []
    for rule_id, rules in gates_by_preset().items():
        own, rule = rules.get("recommended"), next(iter(rules.values()))
        said = [changed(rules[name], own) if name in rules else "" for name in PRESETS]
        said[0] = "" if own is None else f"{limit(own)}, {own.level}"
        rows.append((f"`{rule_id}`", f"`{rule.metric}`", *map(inline, said), inline((own or rule).why)))
    return rows


def lists() -> str:
    """Text of docs/lists.md."""
    known = [metrics.get(name) for name in metrics.names()]
    return (
        "\n\n".join(
            [
                "# Metrics, gates, generators, embedders",
                "Written by `python docs/build.py` from the registries; a test holds that it is up to date.",
                "## Metrics",
                METRICS,
                table(
                    ("name", "question", "better", "what it says", "source"),
                    [(f"`{m.name}`", m.family, m.direction, inline(m.meaning), inline(m.source)) for m in known],
                ),
                "## Further functions of `auditkit.metrics`",
                FUNCTIONS,
                table(("name", "returns", "what it says"), returned()),
                "## Gates of the presets",
                GATES,
                table(("id", "metric", *(f"`{name}`" for name in PRESETS), "why"), gates()),
                "## Generators",
                table(
                    ("name", "modality", "what it does"),
                    pages.generator_rows(),
                ),
                "## Embedders",
                table(
                    ("name", "modality", "what it is"),
                    [(f"`{e.name}`", e.modality, e.about) for e in embedder_entries()],
                ),
            ]
        )
        + "\n"
    )


def main() -> int:
    """Write the files, or say whether they are up to date."""
    made = {PATH: lists(), SCHEMA: dump_json(config_schema())}
    if "--check" in sys.argv:
        return int(any(path.read_text(encoding="utf-8") != text for path, text in made.items()))
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
