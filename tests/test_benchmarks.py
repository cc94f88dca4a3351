"""The page on benchmarks and the Makefile name the scripts that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
(IN_BENCH,) = re.findall(r"^BENCHMARKS := (.*)$", MAKEFILE, re.MULTILINE)
ROWS = {name: bool(dot.strip()) for name, dot in re.findall(r"^\| `(\w+)\.py` \|([^|]*)\|", PAGE, re.MULTILINE)}


def scripts() -> set[str]:
    """Benchmarks that can be run; a script that another environment runs (`peer_*`) is none."""
    found = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    return {name for name in found if not name.startswith("peer_")}


def test_every_benchmark_has_a_row_and_every_row_a_benchmark():
    assert set(ROWS) == scripts()


def test_one_target_runs_what_must_hold_on_real_data():
    recipe = re.search(r"^alarms:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    assert "benchmarks/bias_pairs.py" in recipe[1]
    assert "benchmarks/false_alarms.py --table $$name --kind honest --seeds 100" in recipe[1]
    assert re.search(r"^ALARMS := compas oulad adult$", MAKEFILE, re.MULTILINE)
    assert "`make alarms`" in PAGE


def test_the_page_marks_what_make_bench_runs():
    assert {name for name, dot in ROWS.items() if dot} == set(IN_BENCH.split())
