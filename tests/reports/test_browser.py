"""The report in a real Chromium: access, phones, dark, paper, keyboard, no network, and hostile names."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from auditkit.reports import write_report
from auditkit.reports.page import render_page
from tests.reports.planted import KINDS
from tests.reports.test_page import HOSTILE, hostile_summary

DESKTOP, PHONE = 1280, 390
OPENED = "document.querySelectorAll('details').forEach(item => { item.open = true; })"
OVERFLOWING = """() => {
  const found = [], wide = document.documentElement.clientWidth;
  const scrolls = item => item.closest('.box, pre, .skip, thead, [aria-hidden=true]');
  for (const item of document.querySelectorAll('body *')) {
    const box = item.getBoundingClientRect(), name = item.tagName + '.' + (item.getAttribute('class') || '');
    if (item.ownerSVGElement) {
      const outer = item.ownerSVGElement.getBoundingClientRect();
      const out = box.left < outer.left - 2 || box.right > outer.right + 2;
      if (item.tagName === 'text' && out) found.push([name, 'out of its drawing', item.textContent]);
      continue;
    }
    if (scrolls(item) || !box.width) continue;
    if (box.right > wide + 1 || box.left < -1) found.push([name, 'out of the page', item.textContent.slice(0, 60)]);
    const inline = getComputedStyle(item).display === 'inline';
    const cut = !inline && item.scrollWidth > item.clientWidth + 1;
    if (cut) found.push([name, 'clipped', item.textContent.slice(0, 60)]);
  }
  const page = document.documentElement;
  return page.scrollWidth > page.clientWidth ? [['html', 'scrolls', String(page.scrollWidth)], ...found] : found;
}"""
FOCUSED = """() => {
  window.stops = [];
  document.addEventListener('focusin', event => {
    const item = event.target, style = getComputedStyle(item);
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    item.dataset.stop = '';
    window.stops.push([item.tagName, seen]);
  });
  const can = 'a[href], summary, [tabindex="0"], input, select, textarea, button, audio[controls]';
  const shown = item => item.checkVisibility();
  return [...document.querySelectorAll(can)].filter(shown).length;
}"""
COLOURS = """() => {
  const find = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const names = ['card', 'real', 'synthetic', 'ink', 'muted', 'fail', 'warn', 'undecided', 'error', 'pass', 'skipped'];
  const texts = [...document.querySelectorAll('svg.chart text')].map(item => getComputedStyle(item).fill);
  const bars = [...document.querySelectorAll('svg.bar .dot, svg.bar .mark, svg.bar .baseline-mark')];
  const marks = bars.map(item => getComputedStyle(item)).flatMap(style => [style.fill, style.stroke]);
  return [Object.fromEntries(names.map(name => [name, find(name)])), [...new Set(texts)], [...new Set(marks)]];
}"""


@pytest.fixture(scope="module")
def pages(loops, rich, tmp_path_factory) -> dict[str, Path]:
    """A page of each kind of data, and one with every section and every verdict."""
    full = write_report(tmp_path_factory.mktemp("full") / "report.html", rich.audit, **rich.options)
    return {kind: loops[kind].page for kind in KINDS} | {"full": full}


@pytest.fixture
def visit(browser):
    """Open a page in a window of a width and a scheme; what it asks of the network is kept in `asked`."""
    opened = []

    def go(path: Path, *, width: int = DESKTOP, scheme: str = "light"):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        page.asked, page.alerts = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("dialog", lambda dialog: (page.alerts.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        return page

    yield go
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def axe() -> str:
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-playwright-python is not installed")
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def violations(page, axe: str) -> list[tuple[str, str]]:
    page.evaluate(OPENED)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    bad = [item for item in found if item["impact"] in ("serious", "critical")]
    return [(item["id"], node["html"][:160]) for item in bad for node in item["nodes"]]


@pytest.mark.parametrize("name", [*KINDS, "full"])
def test_pages_are_small(pages, name):
    page = pages[name].read_text(encoding="utf-8")
    samples = r'"data:image/png;base64,[^"]*"|<ul class="(?:gallery|texts|pairs)[^"]*">.*?</ul>'
    assert len(page.encode()) < 3_000_000
    assert len(re.sub(samples, "", page, flags=re.DOTALL).encode()) < 400_000


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        *(("full", width, scheme) for width in (DESKTOP, PHONE) for scheme in ("light", "dark")),
        *(("tabular", DESKTOP, "light"), ("tabular", PHONE, "dark")),
    ],
)
def test_everybody_can_read_the_page(visit, pages, axe, name, width, scheme):
    assert violations(visit(pages[name], width=width, scheme=scheme), axe) == []


@pytest.mark.parametrize("name", ["image", "text", "audio", "series"])
def test_everybody_can_read_pages_of_other_kinds(visit, pages, axe, name):
    assert violations(visit(pages[name], width=PHONE, scheme="dark"), axe) == []


@pytest.mark.parametrize("name", [*KINDS, "full"])
def test_nothing_is_clipped_on_a_phone_and_nothing_is_fetched(visit, pages, name):
    page = visit(pages[name], width=PHONE)
    assert page.evaluate(OVERFLOWING) == []
    page.evaluate(OPENED)
    assert page.evaluate(OVERFLOWING) == []
    page.mouse.wheel(0, 100_000)
    assert [url for url in page.asked if not url.startswith("data:")] == [pages[name].as_uri()]


@pytest.mark.parametrize("name", ["full", "tabular"])
def test_nothing_is_clipped_on_a_desktop(visit, pages, name):
    page = visit(pages[name])
    page.evaluate(OPENED)
    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("name", ["full", "image"])
def test_every_section_and_every_fold_is_on_paper(visit, pages, name, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    page = visit(pages[name])
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    command = ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"]
    paper = " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    page.evaluate(OPENED)
    titles = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(item => item.innerText)")
    folds = page.evaluate("[...document.querySelectorAll('summary')].map(item => item.innerText)")
    first = page.evaluate("[...document.querySelectorAll('details dd, details th')].map(item => item.innerText)")
    words = {line.split("\n")[0].strip() for line in (*titles, *folds, *first)}
    assert len(words) > 30
    # A line may break at a hyphen and go on upon the next page, below the head of its table: its words are looked for.
    lost = [line for line in sorted(words) if not all(word in paper for word in re.split(r"[\s-]", line)[:4])]
    assert lost == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(visit, pages):
    page = visit(pages["full"])
    n = page.evaluate(FOCUSED)
    for _ in range(n):
        page.keyboard.press("Tab")
    stops = page.evaluate("window.stops")
    assert len(stops) == n > 40
    assert page.evaluate("document.querySelectorAll('[data-stop]').length") == n
    assert [tag for tag, seen in stops if not seen] == []
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_drawings_can_be_read_and_no_verdict_colour_is_in_them(visit, pages, scheme):
    page = visit(pages["full"], scheme=scheme)
    named, texts, marks = page.evaluate(COLOURS)
    colours = {name: np.array(channels(value)) for name, value in named.items()}
    for text in texts:
        assert contrast(np.array(channels(text)), colours["card"]) >= 4.5
    for name in ("real", "synthetic"):
        assert contrast(colours[name], colours["card"]) >= 3.0
    verdicts = {tuple(colours[name]) for name in ("fail", "warn", "undecided", "error", "pass", "skipped")}
    data = {tuple(colours[name]) for name in ("real", "synthetic", "ink", "card")}
    assert not verdicts & data
    assert not {tuple(channels(mark)) for mark in marks if mark != "none"} & (verdicts - {tuple(colours["muted"])})
    drawn = set(
        re.findall(
            r'(?:fill|stroke)="([^"]+)"', "".join(re.findall(r"<svg [^>]*chart.*?</svg>", page.content(), re.DOTALL))
        )
    )
    assert drawn <= {"none", "currentColor", "var(--muted)", "var(--rule)", "var(--real)", "var(--synthetic)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_real_and_synthetic_are_told_apart_without_red_or_green(visit, pages, scheme):
    named, _, _ = visit(pages["full"], scheme=scheme).evaluate(COLOURS)
    real, synthetic = (np.array(channels(named[name])) for name in ("real", "synthetic"))
    for weak in (np.eye(3), DEUTERANOPIA, PROTANOPIA):
        assert np.linalg.norm(lab(real, weak) - lab(synthetic, weak)) > 60


@pytest.mark.parametrize("text", [*HOSTILE, "\u202egnp.exe", "n" * 10_000])
def test_hostile_names_do_nothing_and_are_seen(visit, rich, tmp_path, text):
    path = tmp_path / "page.html"
    path.write_text(render_page(hostile_summary(rich, text)), encoding="utf-8")
    page = visit(path, width=PHONE)
    page.evaluate(OPENED)
    page.mouse.move(200, 200)
    words = page.evaluate("document.body.innerText")
    spelt = re.sub(r"[\x00-\x1f\u202e]", lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)
    assert words.count(spelt if len(text) < 100 else "n" * 39 + "…") > 10
    assert "\u202e" not in words
    assert page.alerts == []
    assert page.locator("[onmouseover], [onerror], script:not([type='application/json'])").count() == 0
    assert page.evaluate("document.title").endswith(spelt) or len(text) > 100
    assert [url for url in page.asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate(OVERFLOWING) == []


DEUTERANOPIA = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
PROTANOPIA = np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]])
"""How linear red, green and blue are seen, from Machado et al. 2009, table 1, severity 1."""


def channels(colour: str) -> list[float]:
    if colour.startswith("#"):
        return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    light, dark = sorted((float(linear(item) @ [0.2126, 0.7152, 0.0722]) for item in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(colour: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(seen @ linear(colour), 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
