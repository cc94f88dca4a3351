"""Whether everybody can read the pages: what Chromium and axe-core find, on screens, on a phone and on paper.

The pages are the reports of the demonstrations and the review page of one, and those of a table of German credit that
fails (columns shuffled, rows copied, a group lost), of the same without holdout and without label, and the comparison
of three generators. Or they are the pages that are given. What is looked for is what the tests of the report look for.

Run `python benchmarks/report_browser.py [PAGE ...]`; it needs Chromium, axe-playwright-python and pdftotext. Without
pages they are made first, which takes three minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import itertools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import claim, table
from playwright.sync_api import Browser, sync_playwright
from report_page import demonstrated

from auditkit.cli.app import call

sys.path.append(str(Path(__file__).parent.parent))

from tests.conftest import CHROMIUM
from tests.reports import test_browser as tests

LOST = ("marital-status", "married/widowed")
COPIED = 40


def asked(*words: object) -> None:
    """Run a command, whatever a gate says of the data."""
    with contextlib.redirect_stdout(io.StringIO()):
        code = call([*map(str, words), "--quiet"])
    if code > 1:
        raise SystemExit(code)


def failing(table_of: Path, place: Path) -> list[Path]:
    """Reports of a bad table, with all that an audit can be told, without a holdout, without a label."""
    rng = np.random.default_rng(0)
    rows = pd.read_csv(table_of).sample(frac=1, random_state=0)
    real, holdout = rows[:400], rows[400:]
    synthetic = pd.DataFrame({name: rng.permutation(real[name].to_numpy()) for name in rows})
    synthetic.iloc[:COPIED] = real.iloc[:COPIED].to_numpy()
    synthetic = synthetic[synthetic[LOST[0]] != LOST[1]]
    for name, frame in (("real", real), ("synthetic", synthetic), ("holdout", holdout)):
        frame.to_csv(place / f"{name}.csv", index=False)
    files = ["--real", place / "real.csv", "--synthetic", place / "synthetic.csv"]
    told = ["--label", "class-label", "--group", "sex", "--group", LOST[0]]
    unseen = ["--holdout", place / "holdout.csv"]
    for name, more in (("failing", [*unseen, *told]), ("no-holdout", told), ("no-label", unseen)):
        asked("audit", *files, *more, "--out", place / name)
        asked("report", place / name)
    return [place / name / "report.html" for name in ("failing", "no-holdout", "no-label")]


def made(place: Path) -> dict[str, Path]:
    """Every kind of page, by its name."""
    reports = [folder / "report.html" for folder in demonstrated(place)]
    reports += failing(place / "tabular" / "german_credit.csv", place)
    pages = {page.parent.name: page for page in reports}
    asked("review", place / "tabular", "--n", 20)
    pages["review"] = place / "tabular" / "review.html"
    pages["compare"] = place / "compare.html"
    files = ["--real", place / "real.csv", "--holdout", place / "holdout.csv", "--label", "class-label"]
    asked("compare", "cart", "copula", "marginals", *files, "--output", f"html={pages['compare']}")
    return pages


def looked_at(browser: Browser, path: Path, axe: str) -> tuple[int, int, int]:
    """Violations in both schemes and at both widths, places that are cut or scroll on a phone, addresses asked for."""
    wrong, cut, fetched = [], [], set()
    for width, scheme in itertools.product((tests.DESKTOP, tests.PHONE), ("light", "dark")):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("request", lambda request: fetched.add(request.url))
        page.goto(path.as_uri())
        wrong += tests.violations(page, axe)
        if width == tests.PHONE and scheme == "light":
            cut += page.evaluate(tests.OVERFLOWING)
        page.close()
    for item in [*wrong, *cut]:
        print(f"  {path.parent.name}/{path.name}: {' '.join(map(str, item))}")
    outside = [url for url in fetched if not url.startswith("data:") and url != path.as_uri()]
    return len(wrong), len(cut), len(outside)


def missing_on_paper(browser: Browser, path: Path) -> tuple[int, int]:
    """Headings of a page, and how many of them its printed form lacks."""
    page = browser.new_page()
    page.goto(path.as_uri())
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "page.pdf")
        page.pdf(path=file, prefer_css_page_size=True)
        command = ["pdftotext", "-layout", file, "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - a file of ours
    page.evaluate(tests.OPENED)
    shown = "[...document.querySelectorAll('h1, h2, h3')].filter(item => item.checkVisibility())"
    titles = page.evaluate(shown + ".map(item => item.innerText)")
    page.close()
    return len(titles), sum(not set(title.split()) <= set(text.split()) for title in titles)


def colour_distance(browser: Browser, path: Path) -> float:
    """Least distance of the colours of real and synthetic in CIE L*a*b*, for any eyes and in both schemes."""
    least = []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(path.as_uri())
        named, _, _ = page.evaluate(tests.COLOURS)
        page.close()
        pair = [np.array(tests.channels(named[name])) for name in ("real", "synthetic")]
        for eyes in (np.eye(3), tests.DEUTERANOPIA, tests.PROTANOPIA):
            one, other = (tests.lab(colour, eyes) for colour in pair)
            least.append(float(np.linalg.norm(one - other)))
    return min(least)


def main() -> int:
    """Print what was found on each page, and whether each claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, help="pages to look at; all kinds are made where absent")
    given = parser.parse_args().pages
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None or not CHROMIUM.exists() or shutil.which("pdftotext") is None:
        print(f"axe-playwright-python, pdftotext or {CHROMIUM} is not installed: nothing was looked at")
        return 0
    axe = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        pages = {f"{page.parent.name}/{page.name}": page.resolve() for page in given} or made(Path(place))
        rows = [
            (name, path.stat().st_size, *looked_at(browser, path, axe), *missing_on_paper(browser, path))
            for name, path in pages.items()
        ]
        far = min(colour_distance(browser, path) for name, path in pages.items() if "review" not in name)
        browser.close()
    table(rows, ("page", "bytes", "serious or critical", "cut at 390 px", "fetched", "headings", "not on paper"))
    held = [
        claim("serious and critical violations", sum(row[2] for row in rows), 0),
        claim("places cut off or scrolling at 390 px", sum(row[3] for row in rows), 0),
        claim("addresses asked for", sum(row[4] for row in rows), 0),
        claim("headings that are not on paper", sum(row[6] for row in rows), 0),
        claim("60 over the least distance of the two data colours, for any eyes", 60 / far, 1.0),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
