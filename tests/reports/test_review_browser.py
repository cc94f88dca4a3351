"""The review page in a real Chromium, by keyboard: decisions, undo, reload, files, modalities, phones, no network."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.result import Audit
from auditkit.cli.app import call
from auditkit.data import Dataset
from auditkit.data.recordings import RecordingSamples
from auditkit.data.samples import ArraySamples
from auditkit.data.series import SeriesSamples
from auditkit.data.texts import TextSamples
from auditkit.filtering import read_decisions
from auditkit.results import Scores

HOSTILE = "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
N = 9
BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked'); }});"


def labelled(**columns) -> pd.DataFrame:
    return pd.DataFrame({"word": ["yes", "no", "maybe"] * 3, **columns})


def make(kind: str) -> Dataset:
    rng = np.random.default_rng(0)
    if kind == "row":
        frame = labelled(age=rng.integers(18, 80, N), note=[HOSTILE, "a\u202eb", "x" * 10_000] * 3)
        return Dataset.of_table(frame.rename(columns={"note": "n" * 10_000}), label="word", source=HOSTILE)
    if kind == "rows":
        frame = pd.DataFrame({"who": np.repeat(np.arange(N), 4), "step": np.tile(np.arange(4), N)})
        frame = frame.assign(**{f"column_{number}": rng.random(4 * N).round(3) for number in range(12)})
        return Dataset.of_table(frame, key="who", order="step", source="units.csv")
    samples = {
        "picture": lambda: ArraySamples(rng.integers(0, 255, (N, 12, 12, 3)).astype(np.uint8)),
        "text": lambda: TextSamples.of([HOSTILE, "a\u202eb " + "long " * 400, ""] * 3),
        "sound": lambda: RecordingSamples.of(
            [0.5 * np.sin(np.arange(4000) / place) for place in range(5, 14)], rate=8000
        ),
        "series": lambda: SeriesSamples.of([rng.standard_normal((50, 2)).cumsum(axis=0) for _ in range(N)]),
    }[kind]()
    return Dataset.of_table(labelled(), label="word", samples=samples, source=kind)


def audit_of(dataset: Dataset) -> Audit:
    samples = pd.DataFrame({"id": dataset.ids, "realism": np.linspace(0.1, 0.9, len(dataset))})
    samples["copy"] = False
    about = {"hashes": {"synthetic": dataset.hash}, "names": {"synthetic": dataset.source}, "show_real": False}
    about |= {"n": {"synthetic": len(dataset)}, "seed": 0, "groups": []}
    return Audit(scores=Scores.of([]), samples=samples, exhibits=(), about=about)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, SimpleNamespace]:
    """A page per kind of sample, written once."""
    folder, made = tmp_path_factory.mktemp("pages"), {}
    for kind in ("row", "rows", "picture", "text", "sound", "series"):
        data = make(kind)
        audit = audit_of(data)
        path = folder / f"{kind}.html"
        review = ak.review(audit, data, path, n=N, repeats=0.3, blind=kind == "picture")
        made[kind] = SimpleNamespace(path=path, data=data, audit=audit, review=review)
    return made


@pytest.fixture
def visit(browser, pages):
    """`visit("row")` opens a page in a context of its own; in the end nothing may have been asked of the network."""
    opened, asked, wrong = [], [], []

    def go(kind: str, *, script: str = "", **options):
        context = browser.new_context(**options)
        opened.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(pages[kind].path.as_uri())
        return page

    yield go
    for context in opened:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert wrong == []


def start(page, name: str = "Ada") -> None:
    page.fill("#name", name)
    page.keyboard.press("Enter")
    page.wait_for_selector("#stage:not([hidden])")


def place(page) -> str:
    return page.inner_text("#place")


def press(page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def reload(page) -> None:
    """Load the page again: it goes on. With busy cores Chromium may find what it has kept at the second time only."""
    page.reload()
    if page.is_hidden("#stage"):
        page.reload()
    page.wait_for_selector("#stage:not([hidden])")


def until(page, claim: str) -> None:
    """Wait until the claim holds; the page's policy forbids to wait inside it."""
    end = time.monotonic() + 5
    while not page.evaluate(claim):
        assert time.monotonic() < end, claim
        page.wait_for_timeout(20)


def saved(page, button: str = "#json") -> str:
    with page.expect_download() as caught:
        page.click(button)
    return Path(caught.value.path()).read_text(encoding="utf-8")


def test_a_review_by_keyboard_reaches_the_filter(visit, pages, tmp_path, capsys):
    page, made = visit("row"), pages["row"]
    assert made.review.n_showings == 12
    start(page)
    assert place(page) == "1 of 12"
    press(page, "a 2 1 r s")
    assert place(page) == "4 of 12"
    press(page, "u")
    assert place(page) == "3 of 12"
    press(page, "ArrowLeft")
    assert page.get_attribute("[data-decision=reject].big", "aria-pressed") == "true"
    assert page.get_attribute("[data-reason='0']", "aria-pressed") == "true"
    press(page, "ArrowRight a Control+a Alt+r")
    assert place(page) == "4 of 12"
    reload(page)
    assert place(page) == "4 of 12"
    assert "3 of 12 are decided" in page.inner_text("#said")
    press(page, "a a a a a a a a a")
    assert page.inner_text("#end-title") == "Done: all 12 decided"
    assert page.evaluate("document.activeElement.id") == "end-title"
    assert page.inner_text("#totals").split() == ["accepted", "11", "rejected", "1", "skipped", "0", "left", "0"]

    text = saved(page)
    record = json.loads(text)
    assert (record["review_id"], record["reviewer"]) == (made.review.review_id, "Ada")
    assert record["data_hash"] == made.data.hash
    assert [item["occurrence"] for item in record["decisions"]].count(2) == 3
    rejected = next(item for item in record["decisions"] if item["decision"] == "reject")
    assert rejected["reasons"] == ["impossible together", "implausible value"]
    assert all(item["seconds"] >= 0 and 0 < item["inclusion"] <= 1 for item in record["decisions"])
    table = saved(page, "#csv").splitlines()
    assert len(table) == 13
    assert table[0].startswith('"id","origin","occurrence","decision"')

    made.audit.save(tmp_path / "audit")
    file = tmp_path / "decisions.json"
    file.write_text(text, encoding="utf-8")
    assert call(["-q", "review", "apply", str(file), "--audit", str(tmp_path / "audit")]) == 0
    assert "share of the set that people accept" in capsys.readouterr().out
    found = read_decisions(tmp_path / "audit" / "decisions.json")
    selection = ak.filter(made.data, made.audit, rules=["human"], evidence=found.evidence())
    human = found.frame.set_index("id")["human"]
    assert list(selection.rejected.ids) == list(human.index[human == "reject"])


def test_a_file_that_was_saved_half_way_goes_on_in_another_browser(visit, tmp_path):
    page = visit("row")
    start(page)
    press(page, "r a")
    page.click("#finish")
    assert page.inner_text("#end-title") == "Your decisions so far"
    file = tmp_path / "half.json"
    file.write_text(saved(page), encoding="utf-8")
    other = visit("row")
    other.set_input_files("#file-input", file)
    until(other, "document.querySelector('#place').textContent === '3 of 12'")
    press(other, "ArrowLeft ArrowLeft")
    assert other.get_attribute("[data-decision=reject].big", "aria-pressed") == "true"
    other.set_input_files("#file-input", {"name": "x.json", "mimeType": "text/plain", "buffer": b"{}"})
    until(other, "document.querySelector('#warning').textContent.includes('holds no decisions')")


def test_a_name_is_asked_for_before_anything_is_saved(visit):
    page = visit("row")
    start(page, name="")
    press(page, "a")
    page.click("#finish")
    page.click("#json")
    assert page.is_visible("#unsigned")
    assert page.evaluate("document.activeElement.id") == "signed"
    page.fill("#signed", "Bob")
    assert json.loads(saved(page))["reviewer"] == "Bob"


def test_where_storage_is_blocked_it_says_so_and_works(visit):
    page = visit("row", script=BLOCKED)
    assert "keeps no progress" in page.inner_text("#warning")
    start(page)
    press(page, "a r")
    assert place(page) == "3 of 12"


def test_leaving_with_unsaved_decisions_is_warned_of(visit):
    page, asked = visit("row"), []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    start(page)
    page.reload()
    assert asked == []
    start(page)
    press(page, "a")
    page.reload()
    assert asked == ["beforeunload"]


def test_undo_goes_back_before_a_reload_and_a_mouse_leaves_no_button_behind(visit):
    page = visit("sound")
    start(page)
    press(page, "r")
    reload(page)
    press(page, "u")
    assert place(page) == "1 of 12"
    page.click(".big.accept")
    press(page, "Space")
    assert place(page) == "2 of 12"
    page.focus(".big.accept")
    press(page, "Enter")
    assert place(page) == "3 of 12"


def test_held_keys_decide_once_and_help_takes_no_decisions(visit):
    page = visit("row")
    start(page)
    page.keyboard.down("a")
    page.keyboard.down("a")
    page.keyboard.up("a")
    assert place(page) == "2 of 12"
    press(page, "?")
    assert page.is_visible("#help")
    press(page, "r")
    assert place(page) == "2 of 12"
    press(page, "Escape")
    assert not page.is_visible("#help")
    press(page, "u u u")
    assert "nothing to undo" in page.inner_text("#said")


def test_hostile_texts_do_nothing_and_are_seen(visit):
    page = visit("row")
    start(page)
    texts = []
    for _ in range(12):
        texts.append(page.inner_text("#stage"))
        press(page, "ArrowRight")
    assert page.evaluate("window.hurt === undefined")
    assert page.evaluate("document.scripts.length") == 2
    assert any(HOSTILE in text for text in texts)
    assert any("⟨U+202E⟩" in text for text in texts)


SHOWN = {
    "row": ".about dd",
    "rows": ".box tbody tr",
    "picture": ".picture img",
    "text": "blockquote.text",
    "sound": "svg.wave path",
    "series": ".plot path",
}


@pytest.mark.parametrize("kind", SHOWN)
def test_each_kind_of_sample_is_shown_on_a_phone_without_scrolling_sideways(visit, kind):
    page = visit(kind, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    wide = "[document.documentElement.scrollWidth, Math.max(...[...document.querySelectorAll('button, .stage, .panel')]"
    wide += ".map((item) => item.getBoundingClientRect().right))]"
    assert max(page.evaluate(wide)) <= 390
    page.tap("#begin")
    for number in range(1, 4):
        assert place(page) == f"{number} of 12"
        assert page.is_visible(SHOWN[kind])
        assert max(page.evaluate(wide)) <= 390
        page.tap(".big.accept")
    assert page.evaluate("document.querySelector('.big.accept').getBoundingClientRect().height") >= 48


def test_a_recording_plays(visit):
    page = visit("sound")
    start(page)
    until(page, "document.querySelector('#stage audio').duration > 0")
    assert page.evaluate("document.querySelector('#stage audio').duration") == pytest.approx(0.5, abs=0.01)
    press(page, "Space")
    until(page, "document.querySelector('#stage audio').currentTime > 0")
    until(page, "Number(document.querySelector('#stage .head').getAttribute('x1')) > 0")


def test_a_picture_is_whole_and_a_blind_page_names_nothing(visit):
    page = visit("picture")
    start(page)
    until(page, "document.querySelector('#stage img').naturalWidth === 12")
    assert "What the audit found" not in page.inner_text("#stage")
    assert page.query_selector("details") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(visit, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = visit("row", color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    for step in (None, lambda: start(page), lambda: press(page, "1 a ArrowLeft"), lambda: page.click("#finish")):
        if step is not None:
            step()
        found = axe.Axe().run(page)
        assert [(item["id"], item["nodes"][0]["html"][:200]) for item in found.response["violations"]] == []


def test_all_of_it_can_be_reached_by_tab(visit):
    page = visit("sound")
    start(page)
    names = set()
    for _ in range(20):
        press(page, "Tab")
        names.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"finish", "ask", "next"} <= names  # nothing can be undone yet
    assert any("Accept" in name for name in names)
    assert any("noise" in name for name in names)
