"""Audits of synthetic sets of two real tables with known faults: time, memory, verdict, and what must come out.

Each pair is audited by the command line in a process of its own, so that the peak of memory is that pair's, and judged
with the preset `recommended`. What was measured of each file otherwise (`measured_facts.csv` beside it) must be found.

    python benchmarks/known_pairs.py
    python benchmarks/known_pairs.py --table bank_marketing --pairs 2021_tvae
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Nothing but the standard library: a child's peak of memory starts at that of its parent.
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MOST_SECONDS = 60.0
MOST_BYTES = 2e9
PROGRAM = (sys.executable, "-c", "from auditkit.cli.app import main; main()")
COPYING = {"copies", "partial-copies", "closer-to-train"}
COLLAPSE = {"duplicates"}


@dataclass(frozen=True)
class Outcome:
    """One pair, audited and checked."""

    pair: str
    seconds: float
    processor_seconds: float
    peak: float
    exit_code: int
    results: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]
    scores: tuple[dict[str, Any], ...]

    def score(self, metric: str, **where: str) -> dict[str, Any] | None:
        """Score of a metric on a part; None where it was not measured."""
        found = [item for item in self.scores if item["metric"] == metric and item["where"] == where]
        return found[0] if found and found[0]["estimate"] is not None else None

    def failed(self, *gates: str, level: str = "error", **where: str) -> list[dict[str, Any]]:
        """Failed results of these gates (of any without names) on these parts."""
        return [
            item
            for item in self.results
            if (item["verdict"], item["level"]) == ("fail", level)
            and (not gates or item["gate"] in gates)
            and where.items() <= item["where"].items()
        ]

    def found(self, kind: str) -> bool:
        """Whether a finding of a kind was made at error level."""
        return any((item["kind"], item["severity"]) == (kind, "error") for item in self.findings)


Expectation = tuple[str, Callable[[Outcome], bool]]


def _copying(outcome: Outcome) -> bool:
    return outcome.exit_code == 1 and bool(outcome.failed(*COPYING)) and outcome.found("copying")


LEAKS: tuple[Expectation, ...] = (("fails on copying", _copying),)
COLLAPSES: tuple[Expectation, ...] = (
    ("fails on collapse", lambda it: bool(it.failed(*COLLAPSE)) and it.found("collapse")),
    ("is not called memorization", lambda it: not it.failed(*COPYING) and not it.found("copying")),
)
HONEST: tuple[Expectation, ...] = (
    (
        "no error on copying or collapse",
        lambda it: it.exit_code in (0, 1) and not it.failed(*COPYING, *COLLAPSE),
    ),
    (f"audited within {MOST_SECONDS:.0f} s", lambda it: it.seconds <= MOST_SECONDS),
    (f"below {MOST_BYTES / 1e9:.0f} GB", lambda it: it.peak < MOST_BYTES),
)


@dataclass(frozen=True)
class Table:
    """A real table with synthetic sets of it: its label, the level that the facts count, its groups, what must hold."""

    label: str
    positive: str
    groups: tuple[str, ...]
    must_hold: dict[str, tuple[Expectation, ...]]


TABLES = {
    "adult": Table(
        "income",
        ">50K",
        ("sex", "race"),
        {
            "2021_flip10": LEAKS,
            "2021_flip30": LEAKS,
            "2021_synthpop": (("copies but for fnlwgt are found", lambda it: bool(it.failed("partial-copies"))),),
            "2021_mostly_temp01": COLLAPSES,
            "2021_tvae": (
                ("fails on the women's positive rate", lambda it: bool(it.failed("label-rates", sex="Female"))),
            ),
            "2021_gaussian_copula": (
                ("fails on subgroup shares", lambda it: bool(it.failed("group-shares", sex="Female"))),
            ),
            "2024_mostlyai": (
                *HONEST,
                ("no error on label rates", lambda it: not it.failed("label-rates")),
                (
                    "its low share of women is a warning",
                    lambda it: (
                        bool(it.failed("group-shares-close", level="warn", sex="Female"))
                        and not it.failed("group-shares", sex="Female")
                    ),
                ),
            ),
        },
    ),
    "bank_marketing": Table(
        "y",
        "yes",
        ("marital",),
        {
            "2021_flip10": LEAKS,
            "2021_flip30": LEAKS,
            "2021_mostly_temp01": COLLAPSES,
            "2021_tvae": (
                ("fails on lost groups", lambda it: bool(it.failed("missing-groups", "group-shares"))),
                ("fails on the lost label", lambda it: bool(it.failed("missing-classes", "label-rates"))),
                ("is not called memorization", lambda it: not it.failed(*COPYING)),
            ),
            "2024_mostlyai": HONEST,
        },
    ),
}
SHARE_SLACK = 6e-5
"""The facts have four digits."""


def facts_of(outcome: Outcome, table: Table, facts: dict[str, str]) -> list[tuple[str, float, float]]:
    """What was measured otherwise beside what the audit says: name, fact, found."""
    copies = outcome.score("copy_excess")
    found: dict[str, float | None] = {
        "match_trn": _value(outcome.score("identical_match_share")),
        "match_hol": None if copies is None else float(copies["details"]["holdout_match_share"]),
        "dup_in_syn": _value(outcome.score("duplicate_share")),
        "pos_rate": _synthetic(outcome.score("label_rate_gap", **{"class": table.positive})),
    }
    for name in facts:
        kind, _, level = name.partition("[")
        level = level.removesuffix("]")
        for group in table.groups if level else ():
            metric = "representation_gap" if kind == "share" else "label_rate_gap"
            where = {group: level} if kind == "share" else {group: level, "class": table.positive}
            share = _synthetic(outcome.score(metric, **where))
            if share is not None:
                found[name] = share
    return [(name, float(facts[name]), value) for name, value in found.items() if value is not None and facts.get(name)]


def _value(score: dict[str, Any] | None) -> float | None:
    return None if score is None else float(score["estimate"]["value"])


def _synthetic(score: dict[str, Any] | None) -> float | None:
    return None if score is None else float(score["details"]["synthetic"])


def run(pair: str, folder: Path, table: Table) -> Outcome:
    """Audit and check one pair."""
    with tempfile.TemporaryDirectory() as place:
        asked = ["--label", table.label, *(word for name in table.groups for word in ("--group", name))]
        sets = {"real": "real_trn", "holdout": "real_hol", "synthetic": f"syn_{pair}"}
        paths = [word for role, name in sets.items() for word in (f"--{role}", str(folder / f"{name}.csv.gz"))]
        started = time.perf_counter()
        peak, processor_seconds = _cost([*PROGRAM, "audit", "--quiet", *paths, *asked, "--out", place])
        seconds = time.perf_counter() - started
        report = Path(place) / "verdict.json"
        check = [*PROGRAM, "check", "--quiet", place, "--output", f"json={report}"]
        subprocess.run(check, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own program
        verdict = json.loads(report.read_text(encoding="utf-8"))
        scores = json.loads((Path(place) / "audit.json").read_text(encoding="utf-8"))["scores"]
    return Outcome(
        pair,
        seconds,
        processor_seconds,
        peak,
        verdict["exit_code"],
        tuple(verdict["results"]),
        tuple(verdict["findings"]),
        tuple(scores),
    )


def _cost(command: Sequence[str]) -> tuple[float, float]:
    """Run a command to its end; its peak of memory in bytes and its processor seconds over all cores."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        message = f"the audit ended with exit code {process.returncode}"
        raise SystemExit(message)
    # Linux counts in kilobytes, macOS in bytes.
    return usage.ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0), usage.ru_utime + usage.ru_stime


def show(outcome: Outcome, table: Table, facts: dict[str, str]) -> bool:
    """Print a pair; whether everything that must hold does."""
    time_taken = f"{outcome.seconds:.1f} s ({outcome.processor_seconds:.1f} s of processor)"
    print(f"{outcome.pair}: {time_taken}, {outcome.peak / 1e9:.2f} GB, exit code {outcome.exit_code}")
    for level in ("error", "warn"):
        for item in outcome.failed(level=level):
            part = ", ".join(f"{name}={value}" for name, value in item["where"].items()) or "whole set"
            excess = "" if item["excess"] is None else f", excess {item['excess']:.4f}"
            print(f"    {level:<5} {item['gate']} [{part}]: {item['metric']} {item['value']:.4f}{excess}")
    checks = [(words, holds(outcome)) for words, holds in table.must_hold.get(outcome.pair, ())]
    compared = facts_of(outcome, table, facts)
    off = [
        f"{name} {found:.4f} and not {fact:.4f}" for name, fact, found in compared if abs(found - fact) > SHARE_SLACK
    ]
    checks.append((f"{len(compared)} measured facts are reported" + "".join(f"; {told}" for told in off), not off))
    for words, held in checks:
        print(f"    {'MET' if held else 'NOT MET'}: {words}")
    return all(held for _, held in checks)


def main() -> None:
    """Audit the named pairs; exits 1 if something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds the folders of pairs")
    parser.add_argument("--table", choices=sorted(TABLES), nargs="+", default=sorted(TABLES))
    parser.add_argument("--pairs", nargs="+", metavar="NAME", help="as 2021_flip30; or: all")
    asked = parser.parse_args()
    held = []
    for name in asked.table:
        table, folder = TABLES[name], asked.data / f"pairs_{name}"
        with (folder / "measured_facts.csv").open(encoding="utf-8") as stream:
            facts = {line["file"]: line for line in csv.DictReader(stream)}
        there = sorted(path.name.removeprefix("syn_").removesuffix(".csv.gz") for path in folder.glob("syn_*"))
        pairs = there if asked.pairs == ["all"] else asked.pairs or list(table.must_hold)
        print(f"== {name}")
        held += [show(run(pair, folder, table), table, facts.get(f"syn_{pair}.csv.gz", {})) for pair in pairs]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
