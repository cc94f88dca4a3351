"""How large a report is and how long it takes to write: under 400 kB without galleries, 3 MB with, and 3 s.

The audits are those of the demonstrations, one for each kind of data, and of a wide table (60 columns, two groups of
eight levels, ten classes), or of the folders that are given. Galleries are
the parts that show samples: pictures, words and tables of pairs. The same folder gives the same bytes.

Run `python benchmarks/report_page.py [FOLDER ...]`; without folders the audits are made first, which takes five
minutes.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import claim, table

from auditkit.cli.app import call

KINDS = ("tabular", "image", "text", "audio", "series")
MOST_BYTES = 400_000
MOST_WITH_GALLERIES = 3_000_000
MOST_SECONDS = 3.0
_SAMPLES = re.compile(r'"data:image/png;base64,[^"]*"|<ul class="(?:gallery|texts|pairs)[^"]*">.*?</ul>', re.DOTALL)


def demonstrated(folder: Path) -> list[Path]:
    """Folders of the five demonstrations."""
    for kind in KINDS:
        call(["demo", "--modality", kind, "--out", str(folder / kind), "--quiet"])
    return [folder / kind for kind in KINDS]


def wide(folder: Path) -> Path:
    """Folder of the audit of a wide table with many groups and classes."""
    for place, (role, shift) in enumerate({"real": 0.0, "holdout": 0.0, "synthetic": 0.15}.items()):
        wide_table(3000, place + 1, shift).to_csv(folder / f"{role}.csv", index=False)
    given = [word for role in ("real", "holdout", "synthetic") for word in (f"--{role}", str(folder / f"{role}.csv"))]
    named = ["--label", "outcome", "--group", "region", "--group", "work"]
    call(["audit", *given, *named, "--quick", "--out", str(folder / "wide"), "--quiet"])
    return folder / "wide"


def wide_table(n: int, seed: int, shift: float) -> pd.DataFrame:
    """Forty numbers, seventeen categories, two groups of eight levels and a label of ten."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 5))
    columns = {f"measure {at:02d}": 0.6 * common[:, at % 5] + rng.normal(size=n) + shift * (at % 3) for at in range(40)}
    levels = np.array([f"level {letter}" for letter in "abcdefgh"])
    for at in range(17):
        columns[f"kind {at:02d}"] = levels[(rng.integers(0, 8, n) + (common[:, at % 5] > 0.5 + shift)) % 8]
    region = rng.integers(0, 8, n)
    work = (rng.integers(0, 8, n) + region * (rng.random(n) < 0.3)) % 8
    outcome = rng.integers(0, 10, n) * (rng.random(n) > 0.2 + shift)
    for name, codes in (("region", region), ("work", work), ("outcome", outcome)):
        columns[name] = np.array([f"{name} {code}" for code in range(10)])[codes]
    return pd.DataFrame(columns)


def without_galleries(page: str) -> int:
    """Bytes of a page whose samples are taken out."""
    return len(_SAMPLES.sub("", page).encode())


def written(folder: Path, page: Path) -> float:
    """Seconds that the report of a folder takes, after the first one loaded what it needs."""
    start = time.perf_counter()
    code = call(["report", str(folder), "--out", str(page), "--quiet"])
    if code:
        raise SystemExit(code)
    return time.perf_counter() - start


def main() -> int:
    """Print sizes and times, and whether each claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="folders of audits; the demonstrations' where absent")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        page, rows = Path(place, "report.html"), []
        for folder in asked.folders or [*demonstrated(Path(place)), wide(Path(place))]:
            written(folder, page)
            first = page.read_bytes()
            seconds = min(written(folder, page) for _ in range(2))
            same = page.read_bytes() == first
            rows.append((folder.name, without_galleries(first.decode()), len(first), seconds, same))
    table(rows, ("audit", "bytes without galleries", "bytes", "seconds", "same bytes"))
    held = [
        claim("bytes without galleries", max(row[1] for row in rows), MOST_BYTES),
        claim("bytes with galleries", max(row[2] for row in rows), MOST_WITH_GALLERIES),
        claim("seconds", max(row[3] for row in rows), MOST_SECONDS),
        claim("pages that differ the second time", sum(not row[4] for row in rows), 0.5),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
