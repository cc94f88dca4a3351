"""The page of a comparison: who is best is said in words, on one axis, and nothing in it runs."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from itertools import combinations

import pytest

from auditkit.auditing.comparison import Comparison, Contrast
from auditkit.reports.compare import compare_summary
from auditkit.reports.compare_page import compare_page, write_compare_page
from auditkit.results import Estimate

HOSTILE = '</script><script>window.hurt = 1</script><img src=x onerror="window.hurt=1"> {{7*7}} \u202e' + "x" * 10_000
METRICS = {"realism": ("precision", "ks_complement"), "variety": ("coverage", "recall"), "copying": ("copy_excess",)}


def contrast(question, metric, pair, values, *, better="", **other):
    found = tuple(None if value is None else Estimate(value, value - 0.02, value + 0.02) for value in values)
    fresh = (Estimate(0.9, 0.88, 0.92),) * 2
    difference = None if None in values else Estimate(values[1] - values[0], values[1] - values[0] - 0.03, 0.4)
    given = {"difference": difference, "better": better, "yardsticks": fresh, "p_adjusted": 0.01} | other
    return Contrast(metric, other.pop("where", {}), question, "higher", pair, found, **given)


def compared(*names, parts=0, metrics=METRICS):
    """The first is best at each question's first score, and nothing else is decided."""
    values = {name: 0.9 - 0.05 * at for at, name in enumerate(names)}
    items = []
    for pair in combinations(names, 2):
        for question, asked in metrics.items():
            for at, metric in enumerate(asked):
                both = tuple(values[name] for name in pair)
                items.append(
                    contrast(question, metric, pair, both, better=pair[0] if not at and pair[0] == names[0] else "")
                )
                items += [
                    dataclasses.replace(items[-1], where={"column": f"column {part}"}, better="")
                    for part in range(parts)
                ]
        lost = contrast("fairness", "label_rate_gap", pair, (0.1, None), reason=f"{pair[1]}: it has no label.")
        items.append(lost)
    sizes = {name: 1000 + at for at, name in enumerate(names)}
    return Comparison(
        names, tuple(items), ("Variety: said.",), ("Both share the real data.",), {"modality": "image", "n": sizes}
    )


@pytest.fixture(scope="module")
def page():
    return compare_page(compared("gan", "vae", "cart"))


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main>")[2]).replace("\u00a0", " ").split())


def test_who_is_best_for_what_comes_first(page):
    assert (
        page.index('id="better"') < page.index('id="facts"') < page.index('id="realistic"') < page.index('id="copied"')
    )
    told = words(page)
    assert "Realism: of 2 scores, gan is best on 1 (Precision); vae is behind on 1 (Precision)" in told.replace(
        " :", ":"
    )
    assert "1,000 images" in told


def test_the_best_is_marked_by_a_word_in_its_column(page):
    row = re.search(r"<tr>\s*<th scope=\"row\">Coverage.*?</tr>", page, re.DOTALL).group()
    cells = re.findall(r'<td[^>]*data-label="([^"]+)">(.*?)</td>', row, re.DOTALL)
    assert [name for name, _ in cells] == ["Yardstick", "gan", "vae", "cart"]
    assert "best" in cells[1][1]
    assert all("behind gan" in cell for _, cell in cells[2:])
    assert "88 to 92 %" in cells[1][1].replace("\u00a0", " ")


def test_what_is_undecided_or_missing_says_so(page):
    told = words(page)
    assert "undecided" in told
    assert "not compared: vae: it has no label." in told


def test_bars_of_one_score_share_an_axis():
    row = compare_summary(compared("gan", "vae", "cart")).questions[0].rows[0]
    places = [cell.bar.value for cell in row.cells]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 3
    assert len({cell.bar.yardstick for cell in row.cells}) == 1


def test_yardsticks_that_differ_stand_in_their_cells():
    found = compared("gan", "vae")
    other = (Estimate(0.9), Estimate(0.8))
    items = tuple(dataclasses.replace(item, yardsticks=other) for item in found.contrasts)
    row = compare_summary(dataclasses.replace(found, contrasts=items)).questions[0].rows[0]
    assert row.fresh == ""
    assert [cell.fresh.replace("\u00a0", " ") for cell in row.cells] == ["90 %", "80 %"]


def test_of_two_the_better_is_named_once():
    told = compare_summary(compared("gan", "vae"))
    assert told.sentences[0] == "Realism: of 2 scores, gan is better on 1 (Precision); 1 is undecided."
    assert told.pairs == ()


def test_nothing_runs_and_only_its_own_style_is_allowed(page):
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/json" id="auditkit-comparison">']
    assert not re.search(r'\son\w+="|\sstyle="|url\((?!#)|@import|https?://', page)


def test_its_numbers_travel_inside(page):
    data = json.loads(re.search(r'id="auditkit-comparison">(.*?)</script>', page, re.DOTALL).group(1))
    assert data["names"] == ["gan", "vae", "cart"]
    assert data["scores"][0]["cells"][0]["value"] == 0.9
    assert data["scores"][0]["cells"][0]["word"] == "best"


def test_it_is_small_bounded_and_the_same_each_time(tmp_path):
    many = compared(*(f"generator {at}" for at in range(6)), parts=60)
    html = compare_page(many)
    assert len(html.encode()) < 400_000
    assert "The first" in html
    assert write_compare_page(tmp_path / "new" / "c.html", many).read_text(encoding="utf-8") == html


def test_names_of_any_kind_are_bounded():
    html = compare_page(compared(HOSTILE, "vae", metrics={"variety": (HOSTILE,)}), title=HOSTILE)
    assert "<img" not in html
    assert "\u202e" not in html
    assert len(html) < 60_000


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_finds_nothing_wrong(browser, tmp_path, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    path = write_compare_page(tmp_path / "c.html", compared(HOSTILE, "vae", "cart"), title=HOSTILE)
    asked = []
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    view = context.new_page()
    view.on("request", lambda request: asked.append(request.url))
    view.goto(path.as_uri())
    found = axe.Axe().run(view).response["violations"]
    bad = [(item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in ("serious", "critical")]
    assert bad == []
    assert view.evaluate("window.hurt") is None
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def test_a_notebook_piece_is_readable_on_light_and_dark_pages(browser, rich, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    pieces = [rich.verdict._repr_html_(), rich.ablation._repr_html_(), rich.audit.scores._repr_html_()]
    view = browser.new_page()
    for back, ink in (("#ffffff", "#000000"), ("#111111", "#e0e0e0")):
        body = "".join(pieces).replace("<details>", "<details open>")
        head = "<html lang=en><head><title>notebook</title></head>"
        path = tmp_path / "n.html"
        path.write_text(
            f"<!doctype html>{head}<body style='background:{back};color:{ink}'><main>{body}", encoding="utf-8"
        )
        view.goto(path.as_uri())
        found = axe.Axe().run(view).response["violations"]
        bad = [(item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in ("serious", "critical")]
        assert bad == [], back
    view.close()
