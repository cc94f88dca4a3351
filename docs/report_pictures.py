"""Make the pictures of the page on reading a report: a set with planted faults, its report, parts of it as PNG.

    python docs/report_pictures.py

Needs playwright and a Chromium (`CHROMIUM` names it); nothing else of the documents does.
"""

from __future__ import annotations

import io
import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

import auditkit as ak

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

IMAGES = Path(__file__).resolve().parent / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTH, EDGE, COLOURS = 1080, 10, 200


def planted(train: ak.Dataset) -> pd.DataFrame:
    """Rows of `cart`, of which 60 are training rows; one column shuffled, half of the women made men."""
    made = ak.generators.create("cart", modality="tabular").fit(train, seed=0).sample(400, seed=1).table
    rng = np.random.default_rng(0)
    rows = pd.concat([made.iloc[:340], train.table.sample(60, random_state=0)]).reset_index(drop=True)
    rows["credit-amount"] = rng.permutation(rows["credit-amount"])
    return rows.assign(sex=rows["sex"].mask((rows["sex"] == "female") & (rng.random(len(rows)) < 1 / 2), "male"))


def write_report(folder: Path) -> Path:
    """Run the loop on German credit and the planted set; the page that it writes."""
    real = ak.load(str(files("auditkit.demo") / "german_credit.csv.gz"), label="class-label", groups=["sex"])
    train, holdout, test = real.split(holdout=0.35, test=0.25, seed=0)
    sets = {"train": train.table, "holdout": holdout.table, "test": test.table, "synthetic": planted(train)}
    for name, rows in sets.items():
        rows.to_csv(folder / f"{name}.csv", index=False)
    (folder / "auditkit.toml").write_text(
        """
[data]
real = "train.csv"
synthetic = "synthetic.csv"
holdout = "holdout.csv"
test = "test.csv"
label = "class-label"
groups = ["sex"]
[ablation]
repeats = 3
[report]
title = "German credit, with planted faults"
""",
        encoding="utf-8",
    )
    ak.run(folder / "auditkit.toml")
    return folder / "auditkit-out" / "report.html"


def picture(page: Page, name: str, first: Locator, last: Locator | None = None) -> None:
    """Part of the page from the top of one element to the end of another, in few colours."""
    start, end = first.bounding_box(), (last or first).bounding_box()
    if start is None or end is None:
        raise SystemExit(f"the page has no such part as {name!r} shows: mend its place here.")
    left, top = min(start["x"], end["x"]) - EDGE, start["y"] - EDGE
    right = max(start["x"] + start["width"], end["x"] + end["width"]) + EDGE
    clip = {"x": left, "y": top, "width": right - left, "height": end["y"] + end["height"] + EDGE - top}
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")  # type: ignore[arg-type]
    few = shot.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(IMAGES / f"reading-{name}.png", optimize=True)


def take_pictures(page: Page) -> None:
    """Take every picture of the guide, with folds open where it speaks of them."""

    def unfolded(part: Locator) -> Locator:
        part.locator("details").first.evaluate("fold => fold.open = true")
        return part

    picture(page, "verdict", page.locator("#verdict"), page.locator(".strip"))
    gates = page.locator("#gates table.gates").first
    unfolded(gates.locator("tbody").first)
    picture(page, "gates", gates.locator("thead"), gates.locator("tbody").nth(1))
    picture(page, "undecided", unfolded(page.locator("#gates tbody", has_text="closer-to-train").first))
    picture(page, "score", unfolded(page.locator("#realistic tbody", has_text="Correlations").first))
    picture(page, "groups", page.locator("#fair table.heat").first)
    picture(page, "distances", page.locator("#copied figure").first)
    picture(page, "map", page.locator("#realistic figure", has_text="First direction").first)
    picture(page, "ablation", page.locator("#helps figure").first, page.locator("#helps table").first)


def main() -> None:
    """Write all pictures anew."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - nothing else here needs it

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1200})
        page.goto(write_report(Path(folder)).as_uri())
        take_pictures(page)
        browser.close()


if __name__ == "__main__":
    main()
