"""Audits of real synthetic sets of Adult with known faults: time, memory, verdict, and what must come out.

Each pair is audited by the command line in a process of its own, so that the peak of memory is that pair's, and judged
with the preset `recommended`.

    python benchmarks/adult_pairs.py
    python benchmarks/adult_pairs.py --pairs 2021_flip30 2021_tvae
"""

from __future__ import annotations

import argparse
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
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "pairs_adult"
MOST_SECONDS = 60.0
MOST_BYTES = 2e9
PROGRAM = (sys.executable, "-c", "from auditkit.cli.app import main; main()")
COPYING = {"copies", "closer-to-train"}
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
MUST_HOLD: dict[str, tuple[Expectation, ...]] = {
    "2021_flip10": LEAKS,
    "2021_flip30": LEAKS,
    "2021_mostly_temp01": (
        ("fails on collapse", lambda it: bool(it.failed(*COLLAPSE)) and it.found("collapse")),
        ("is not called memorization", lambda it: not it.failed(*COPYING) and not it.found("copying")),
    ),
    "2021_tvae": (("fails on the women's positive rate", lambda it: bool(it.failed("label-rates", sex="Female"))),),
    "2021_gaussian_copula": (("fails on subgroup shares", lambda it: bool(it.failed("group-shares", sex="Female"))),),
    "2024_mostlyai": (
        (
            "no error on copying, collapse or label rates",
            lambda it: it.exit_code in (0, 1) and not it.failed(*COPYING, *COLLAPSE, "label-rates"),
        ),
        (
            "its low share of women is a warning",
            lambda it: (
                bool(it.failed("group-shares-close", level="warn", sex="Female"))
                and not it.failed("group-shares", sex="Female")
            ),
        ),
        (f"audited within {MOST_SECONDS:.0f} s", lambda it: it.seconds <= MOST_SECONDS),
        (f"below {MOST_BYTES / 1e9:.0f} GB", lambda it: it.peak < MOST_BYTES),
    ),
}


def run(pair: str, folder: Path, groups: Sequence[str]) -> Outcome:
    """Audit and check one pair."""
    with tempfile.TemporaryDirectory() as place:
        asked = ["--label", "income", *(word for name in groups for word in ("--group", name))]
        sets = {"real": "real_trn", "holdout": "real_hol", "synthetic": f"syn_{pair}"}
        paths = [word for role, name in sets.items() for word in (f"--{role}", str(folder / f"{name}.csv.gz"))]
        started = time.perf_counter()
        peak, processor_seconds = _cost([*PROGRAM, "audit", "--quiet", *paths, *asked, "--out", place])
        seconds = time.perf_counter() - started
        report = Path(place) / "verdict.json"
        check = [*PROGRAM, "check", "--quiet", place, "--output", f"json={report}"]
        subprocess.run(check, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own program
        verdict = json.loads(report.read_text(encoding="utf-8"))
    return Outcome(
        pair,
        seconds,
        processor_seconds,
        peak,
        verdict["exit_code"],
        tuple(verdict["results"]),
        tuple(verdict["findings"]),
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


def show(outcome: Outcome) -> bool:
    """Print a pair; whether everything that must hold does."""
    time_taken = f"{outcome.seconds:.1f} s ({outcome.processor_seconds:.1f} s of processor)"
    print(f"{outcome.pair}: {time_taken}, {outcome.peak / 1e9:.2f} GB, exit code {outcome.exit_code}")
    for level in ("error", "warn"):
        for item in outcome.failed(level=level):
            part = ", ".join(f"{name}={value}" for name, value in item["where"].items()) or "whole set"
            excess = "" if item["excess"] is None else f", excess {item['excess']:.4f}"
            print(f"    {level:<5} {item['gate']} [{part}]: {item['metric']} {item['value']:.4f}{excess}")
    checks = [(words, holds(outcome)) for words, holds in MUST_HOLD.get(outcome.pair, ())]
    for words, held in checks:
        print(f"    {'MET' if held else 'NOT MET'}: {words}")
    return all(held for _, held in checks)


def main() -> None:
    """Audit the named pairs; exits 1 if something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with real_trn, real_hol and syn_* files")
    parser.add_argument("--pairs", nargs="+", default=list(MUST_HOLD), metavar="NAME", help="as 2021_flip30; or: all")
    parser.add_argument("--groups", nargs="*", default=["sex", "race"], metavar="COLUMN")
    asked = parser.parse_args()
    pairs = asked.pairs
    if pairs == ["all"]:
        pairs = sorted(path.name.removeprefix("syn_").removesuffix(".csv.gz") for path in asked.data.glob("syn_*"))
    held = [show(run(pair, asked.data, asked.groups)) for pair in pairs]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
