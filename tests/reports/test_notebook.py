"""What notebooks show of results: small, bounded, inert, readable without colour, and the numbers of the results."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from auditkit.auditing.comparison import Comparison, Contrast
from auditkit.auditing.result import Audit
from auditkit.filtering.selection import Selection
from auditkit.gates import Verdict
from auditkit.reports import notebook
from auditkit.results import Estimate, Scores

HOSTILE = (
    "</style></div><script>alert(1)</script><img src=x onerror=alert(1)> {{7*7}} $5 to $6 \u202e\x01" + "x" * 10_000
)
KINDS = ("audit", "scores", "score", "verdict", "selection", "ablation", "comparison")


class Piece(HTMLParser):
    """Elements with their attributes, and what can be read."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.text = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in {"br", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).replace("\u00a0", " ").split())


def contrast(metric, values, *, better="", names=("one", "two"), where=None, **other):
    found = tuple(Estimate(value, value - 0.02, value + 0.02, "blocks", (200, 200)) for value in values)
    difference = Estimate(values[1] - values[0], values[1] - values[0] - 0.03, values[1] - values[0] + 0.03)
    fresh = Estimate(0.9, 0.88, 0.92)
    given = {
        "difference": difference,
        "basis": "value",
        "p_adjusted": 0.01,
        "better": better,
        "yardsticks": (fresh, fresh),
    }
    return Contrast(metric, where or {}, "variety", "higher", names, found, **given | other)


def comparison_of(*names):
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    values = {name: 0.9 - 0.1 * at for at, name in enumerate(names)}
    items = [contrast("coverage", (values[a], values[b]), better=a, names=(a, b)) for a, b in pairs]
    return Comparison(names, tuple(items), ("Variety: said.",), ("A note.",), {"modality": "image", "n": {}})


@pytest.fixture(scope="module")
def pieces(rich):
    return {
        "audit": notebook.audit_html(with_check(rich)),
        "scores": rich.audit.scores._repr_html_(),
        "score": rich.audit.scores["coverage"]._repr_html_(),
        "verdict": rich.verdict._repr_html_(),
        "selection": notebook.selection_html(rich.selection),
        "ablation": rich.ablation._repr_html_(),
        "comparison": comparison_of("one", "two", "three")._repr_html_(),
    }


def with_check(rich):
    return SimpleNamespace(**vars(rich.audit), check=lambda: rich.verdict)


@pytest.mark.parametrize("kind", KINDS)
def test_a_piece_is_whole_small_and_runs_nothing(pieces, kind):
    html = pieces[kind]
    piece = Piece(html)
    assert piece.elements[0] == ("div", {"class": "auditkit-result tex2jax_ignore mathjax_ignore"})
    assert not [tag for tag, _ in piece.elements if tag in {"script", "img", "link", "iframe", "a", "object"}]
    assert not [
        name for _, given in piece.elements for name in given if name.startswith("on") or name in {"id", "style"}
    ]
    assert not re.search(r"url\(|@import|https?:", html)
    assert len(html) < 60_000


@pytest.mark.parametrize("kind", ["audit", "verdict"])
def test_badges_have_their_signs_within(pieces, kind):
    assert "<use" not in pieces[kind]
    badges = re.findall(r'<span class="verdict \w+">(.*?)</span>', pieces[kind])
    signs = {re.sub("<[^>]*>", "", badge): re.findall(r' d="([^"]+)"', badge) for badge in badges}
    assert signs["Fail"]
    assert signs["Fail"] != signs["Pass"]
    assert all(re.search(r"<svg [^>]*viewBox[^>]*><(circle|path|rect)", badge) for badge in badges)


def test_its_style_touches_nothing_else_of_the_notebook(pieces):
    (style,) = re.findall(r"<style>(.*?)</style>", pieces["score"], re.DOTALL)
    selectors = [item.strip() for block in re.findall(r"([^{}]+)\{", style) for item in block.split(",")]
    assert selectors
    assert [item for item in selectors if not item.startswith(".auditkit-result")] == []
    assert not re.search(r"background: (?!none|var|linear-gradient)", style)


def test_verdicts_are_told_in_words_with_the_numbers(pieces):
    told = Piece(pieces["verdict"]).words
    for words in ("Fail", "Copy excess", "6.3 %", "4.5 to 8.1", "+1 point", "Not passed", "Passed", "What to do"):
        assert words in told
    assert 'class="zone"' in pieces["verdict"]


def test_an_audit_says_whose_verdict_it_is_and_answers_the_questions(pieces):
    told = Piece(pieces["audit"]).words
    for words in ("Fail", "By the preset recommended", "Is it realistic?", "Is it copied?", "Is it fair?", "Coverage"):
        assert words in told
    assert pieces["audit"].count("<details") >= 3


def test_an_audit_that_cannot_be_judged_is_shown_all_the_same(rich):
    from auditkit.errors import ConfigError

    def refuse():
        raise ConfigError("no.")

    piece = Piece(notebook.audit_html(SimpleNamespace(**vars(rich.audit), check=refuse)))
    assert "Not judged" in piece.words
    assert "By the preset" not in piece.words


def test_a_score_stands_beside_its_yardstick_and_says_what_it_means(pieces, rich):
    told = Piece(pieces["score"]).words
    for words in ("71.2 %", "88.5 %", "Higher is better", "real samples that have a synthetic sample near them"):
        assert words in told
    lost = next(score for score in rich.audit.scores if score.value is None)
    told = Piece(lost._repr_html_()).words
    assert lost.status in told
    assert lost.reason in told
    assert "On the line" not in told


def test_a_selection_says_what_went_and_who_lost_most(pieces):
    told = Piece(pieces["selection"]).words
    for words in ("Kept 850 of 1,000", "worth 820", "copies", "0.40 %", "not known", "sex = Female", "80 %"):
        assert words in told


def test_an_ablation_puts_differences_on_one_line(pieces):
    told = Piece(pieces["ablation"]).words
    for words in ("real+kept", "helps", "hurts", "cannot tell", "+0.020", "Right is better", "Other measures"):
        assert words in told
    bars = re.findall(r'class="mark" d="M([\d.]+) ', pieces["ablation"])
    assert len(set(bars[:3])) == 1


def test_a_comparison_says_who_is_best_and_who_is_behind(pieces):
    told = Piece(pieces["comparison"]).words
    for words in (
        "one, two and three",
        "one is best on 1 (Coverage)",
        "three is behind on 1",
        "behind one and two",
        "90 %",
    ):
        assert words in told


def test_names_of_any_kind_stay_inert(rich):
    score = dataclasses.replace(rich.audit.scores["coverage"], metric=HOSTILE, where={HOSTILE: HOSTILE}, reason=HOSTILE)
    lost = dataclasses.replace(score, estimate=None, status="undefined")
    result = dataclasses.replace(rich.verdict.results[0], metric=HOSTILE, where={HOSTILE: HOSTILE}, sentence=HOSTILE)
    finding = dataclasses.replace(rich.verdict.findings[0], sentence=HOSTILE, advice=(HOSTILE,))
    verdict = Verdict(False, 1, (result,), (finding,), (HOSTILE,))
    about = {**rich.audit.about, "label": HOSTILE, "groups": [HOSTILE], "names": {"synthetic": HOSTILE}}
    audit = SimpleNamespace(
        **vars(rich.audit) | {"about": about, "scores": Scores.of([score, lost])}, check=lambda: verdict
    )
    record = dataclasses.replace(
        rich.selection,
        reasons={HOSTILE: 1},
        notes=(HOSTILE,),
        rules=({"name": HOSTILE, "limit": HOSTILE, "columns": [HOSTILE], "rejected": 1},),
        retention=({"part": HOSTILE, "level": HOSTILE, "n": 1, "kept": 1},),
    )
    compared = Comparison(
        (HOSTILE, "b"), (contrast(HOSTILE, (0.1, 0.2), names=(HOSTILE, "b"), better=HOSTILE),), (HOSTILE,)
    )
    for html in (
        notebook.audit_html(audit),
        notebook.score_html(score),
        notebook.score_html(lost),
        notebook.scores_html(Scores.of([dataclasses.replace(score, where={})])),
        notebook.verdict_html(verdict),
        notebook.selection_html(record),
        notebook.comparison_html(compared),
    ):
        piece = Piece(html)
        assert not [tag for tag, _ in piece.elements if tag in {"script", "img"}]
        assert len(html) < 60_000
        assert "49 $5" not in piece.words
        assert not set("\u202e\x01") & set(html)


def test_what_is_too_long_is_cut_with_a_note(rich):
    many = [dataclasses.replace(rich.verdict.results[0], where={"sex": f"level {level}"}) for level in range(300)]
    html = notebook.verdict_html(dataclasses.replace(rich.verdict, results=tuple(many)))
    assert "The first 20 of 300 comparisons" in Piece(html).words
    scores = [dataclasses.replace(rich.audit.scores["coverage"], metric=f"metric_{at}") for at in range(300)]
    long = notebook.scores_html(Scores.of(scores))
    assert "The first 20 of 300 scores" in Piece(long).words
    assert max(len(html), len(long)) < 60_000


def test_the_same_result_gives_the_same_piece(rich, pieces):
    assert rich.verdict._repr_html_() == pieces["verdict"]
    assert rich.ablation._repr_html_() == pieces["ablation"]


def test_audits_and_selections_show_these_pieces(rich, pieces):
    assert Audit._repr_html_(with_check(rich)) == pieces["audit"]
    assert Selection._repr_html_(rich.selection) == pieces["selection"]
