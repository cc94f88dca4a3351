"""Write docs/lists.md from the registries; `--check` only says whether it is up to date."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import auditkit.metrics
from auditkit.config import GateRule
from auditkit.features.registry import embedder_entries
from auditkit.gates.rules import preset
from auditkit.generators import registry as generators
from auditkit.metrics import registry as metrics

METRICS = """\
Each is a function of `auditkit.metrics` and a score of an audit. *Better*: higher, lower, or nearest to the same metric
of fresh real data (match)."""
FUNCTIONS = """\
These are no scores: they take other arguments than two or three sets, or return a report. Types that they return are
described where each function is."""
GATES = """\
`max_excess`: at most this much worse than the yardstick. A starting point: calibrate it on your own data."""
PATH = Path(__file__).with_name("lists.md")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def functions() -> list[tuple[str, str, str]]:
    """Public functions of `auditkit.metrics` that are no scores: name, what they return, first sentence."""
    known = set(metrics.names())
    found = {name: getattr(auditkit.metrics, name) for name in auditkit.metrics.__all__ if name not in known}
    return [
        (f"`{name}`", f"`{item.__annotations__['return']}`", inspect.getdoc(item).partition("\n")[0])
        for name, item in found.items()
        if inspect.isfunction(item)
    ]


def limit(rule: GateRule, kind: str) -> str:
    """Limit of a gate, and of what."""
    worst = f", the worst {' and '.join(rule.by)}" if rule.reduce == "worst" else ""
    return f"{kind} {getattr(rule, kind):g}{worst}"


def lists() -> str:
    """Text of docs/lists.md."""
    known = [metrics.get(name) for name in metrics.names()]
    limits = [
        (rule, next(kind for kind in ("max_excess", "max", "min") if getattr(rule, kind) is not None))
        for rule in preset()
    ]
    return (
        "\n\n".join(
            [
                "# Metrics, gates, generators, embedders",
                "Written by `python docs/build.py` from the registries; a test holds that it is up to date.",
                "## Metrics",
                METRICS,
                table(
                    ("name", "question", "better", "what it says", "source"),
                    [(f"`{m.name}`", m.family, m.direction, m.meaning, m.source) for m in known],
                ),
                "## Further functions of `auditkit.metrics`",
                FUNCTIONS,
                table(("name", "returns", "what it says"), functions()),
                "## Gates of the preset `recommended`",
                GATES,
                table(
                    ("id", "metric", "limit", "level", "why"),
                    [(f"`{r.id}`", f"`{r.metric}`", limit(r, k), r.level, r.why) for r, k in limits],
                ),
                "## Generators",
                table(
                    ("name", "modality", "what it does"),
                    [
                        (f"`{e.name}`", e.modality, generators.describe(e.name, modality=e.modality).summary)
                        for e in generators.entries()
                    ],
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
    """Write the page, or say whether it is up to date."""
    if "--check" in sys.argv:
        return int(PATH.read_text(encoding="utf-8") != lists())
    PATH.write_text(lists(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
