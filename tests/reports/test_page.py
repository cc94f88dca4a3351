from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import auditkit.reports
from auditkit.ablation import ArmSlices, WorstSlice
from auditkit.auditing.undeclared import SPOTS
from auditkit.exhibits import Exhibit
from auditkit.filtering.agreement import Agreement
from auditkit.gates.outcome import Verdict
from auditkit.reports import render_page, summarise, write_report
from auditkit.reports.page import environment
from auditkit.results import Scores

VOID = {"meta", "img", "br", "hr", "link", "input"}
ALERT = "</script><script>alert(1)</script>"
HOSTILE = [ALERT, '" onmouseover=alert(1) x="', "{{7*7}}", "<img src=x onerror=alert(1)>", "$5 to $6", "a\x01\x1bb"]


class Page(HTMLParser):
    """Elements with their attributes, the text of each, and whether tags balance."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.text, self.raw = [], [], [], {}
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        self.raw[self.open[-1] if self.open else ""] = data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def html(rich):
    return render_page(summarise(rich.audit, **rich.options, title="German credit"))


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_cells_on_a_phone_are_labelled_as_their_columns_are_headed(html):
    labels = set(re.findall(r'data-label="([^"]*)"', html))
    assert {"Worse by", "Limit", "Synthetic", "Difference from real only"} <= labels
    assert labels <= set(re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', html))


def test_the_page_has_one_heading_a_title_a_language_and_landmarks(page):
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#verdict"}
    assert "Fail: German credit" in page.words


def test_headings_never_skip_a_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_identifiers_are_unique_and_links_lead_to_them(page):
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    assert {item["href"][1:] for item in page.all("a")} <= set(names)
    assert {item["href"][1:] for item in page.all("use")} <= set(names)
    labels = [item["aria-labelledby"] for _, item in page.elements if "aria-labelledby" in item]
    assert {name for label in labels for name in label.split()} <= set(names)


def test_the_policy_comes_first_and_allows_only_our_style(html, page):
    head = html[html.index("<head>") + len("<head>") :].lstrip()
    assert head.startswith('<meta http-equiv="Content-Security-Policy"')
    policy = page.all("meta")[0]["content"]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy


def test_nothing_runs_and_nothing_is_fetched(html, page):
    assert page.all("script") == [{"type": "application/json", "id": "auditkit-summary"}]
    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "form", "base"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,"))
    assert not re.search(r"url\((?!#)|@import", html)


def test_sections_come_in_the_order_a_reader_needs(page):
    names = [attributes.get("id", "gallery") for attributes in page.all("section")]
    told = ["verdict", "facts", "findings", "gates", "unmeasured"]
    assert names == [
        *told,
        "realistic",
        "varied",
        "copied",
        "fair",
        "helps",
        "filter",
        "rescored",
        "gallery",
        "reproduce",
    ]


def test_gates_show_word_value_yardstick_limit_and_bar(html):
    row = re.search(
        r"<tbody>(?:(?!</tbody>).)*Copy excess.*?</tbody>", html[html.index('id="gates"') :], re.DOTALL
    ).group()
    words = Page(f"<table>{row}</table>").words.replace("\u00a0", " ")
    for told in ("Fail", "6.3 %", "4.5 to 8.1 %", "+1 point", "give real people away"):
        assert told in words
    assert 'class="bar"' in row
    assert 'class="zone"' in row


def test_every_score_stands_beside_its_yardstick_with_its_meaning(page):
    assert "The share of real samples that have a synthetic sample near them." in page.words
    assert "71.2 %" in page.words.replace("\u00a0", " ")
    assert "88.5 %" in page.words.replace("\u00a0", " ")


def test_undefined_cells_are_dashes_with_a_footnote(page):
    assert "only 3 real records of this group" in page.words
    assert "missing from the synthetic set" in page.words


def test_the_summary_travels_inside_as_json(html, rich):
    text = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL).group(1)
    data = json.loads(text)
    expected = json.loads(json.dumps(summarise(rich.audit, **rich.options, title="German credit").to_json()))
    assert {**data, "gates": []} == {**expected, "gates": []}
    assert len(data["gates"]) == len(expected["gates"])
    assert data["banner"]["state"] == "fail"


def test_the_same_results_give_the_same_bytes(html, rich):
    assert render_page(summarise(rich.audit, **rich.options, title="German credit")) == html


def test_the_page_is_small(html):
    assert len(html.encode()) < 400_000


def test_the_page_stays_small_with_many_groups_and_classes(rich):
    scores, results = list(rich.audit.scores), list(rich.verdict.results)
    metrics = [item for item in scores if not item.where]
    for level in range(200):
        for where in ({"sex": f"level {level}"}, {"class": f"class {level}"}):
            scores += [dataclasses.replace(item, where=where) for item in metrics]
        results += [dataclasses.replace(item, where={"sex": f"level {level}"}) for item in rich.verdict.results[:3]]
    audit = SimpleNamespace(**vars(rich.audit) | {"scores": Scores.of(scores)})
    html = render_page(summarise(audit, verdict=dataclasses.replace(rich.verdict, results=tuple(results))))
    assert re.search(r"And [\d,]+ more of <code>", html)
    assert len(html.encode()) < 400_000


@pytest.mark.parametrize("state", ["fail", "undecided", "pass"])
def test_every_gate_stands_on_the_page_however_many_comparisons_others_make(rich, state):
    first = dataclasses.replace(rich.verdict.results[0], verdict=state)
    many = [dataclasses.replace(first, gate="shares", where={"sex": f"level {at}"}) for at in range(61)]
    others = [dataclasses.replace(first, gate=f"gate-{at}") for at in range(40)]
    page = render_page(summarise(rich.audit, verdict=Verdict(True, 0, (*many, *others))))
    body = page.partition("<main>")[2].partition("<footer>")[0]
    assert all(f">gate-{at}<" in body for at in range(40))
    left = int(re.search(r"And (\d+) more of <code>shares</code>", body).group(1))
    assert body.count("sex = level") == len(many) - left
    told = json.loads(re.search(r'"auditkit-summary">(.*?)</script>', page, re.DOTALL).group(1))["gates"]
    places = [row[told["columns"].index("gate")] for row in told["rows"]]
    assert (places.count("shares"), len(set(places))) == (len(many) - left, 41)


def test_scores_of_groups_that_do_not_fit_beside_each_other_stand_below(rich):
    scores = list(rich.audit.scores)
    scores += [dataclasses.replace(item, where={"sex": "F"}) for item in scores if not item.where]
    audit = SimpleNamespace(**vars(rich.audit) | {"scores": Scores.of(scores)})
    page = render_page(summarise(audit, verdict=rich.verdict))
    tables = re.findall(r'<table class="heat">\s*<thead>(.*?)</thead>', page, re.DOTALL)
    counts = [table.count("<th") for table in tables]
    assert len(tables) > 1
    assert counts[0] == 2 + 6
    assert max(counts[1:]) <= 1 + 6
    assert f"Further scores by group ({sum(counts[1:]) - len(counts[1:])})" in page


def test_real_records_are_named_in_order_and_their_cells_hidden(html, rich):
    assert "row-981" not in html
    assert "canary-age" not in html
    assert "R1" in html
    about = {**rich.audit.about, "show_real": True}
    shown = SimpleNamespace(
        scores=rich.audit.scores, samples=rich.audit.samples, exhibits=rich.audit.exhibits, about=about
    )
    page = render_page(summarise(shown))
    assert "canary-age" in page
    assert "may show real records" in page


def test_only_pictures_are_shown_as_pictures(rich):
    items = [
        {"id": "s1", "png_base64": 'x" onerror="alert(1)', "caption": "bad"},
        {"id": "s2", "png_base64": "iVBORw0KGgoAAAA=", "caption": "good"},
    ]
    audit = SimpleNamespace(
        scores=rich.audit.scores,
        samples=rich.audit.samples,
        exhibits=(Exhibit("t", "thumbnails", "T", {"items": items}),),
        about=rich.audit.about,
    )
    html = render_page(summarise(audit))
    assert [item["alt"] for item in Page(html).all("img")] == ["synthetic sample s2, good"]
    assert "1 picture could not be shown" in html


@pytest.mark.parametrize("text", [*HOSTILE, "\u202egnp.exe", "n" * 10_000])
def test_names_and_messages_of_any_kind_stay_text(rich, text):
    html = render_page(hostile_summary(rich, text))
    page = Page(html)
    sections = {item.get("id") for item in page.all("section")}
    assert {"findings", "gates", "fair", "helps", "filter", "rescored", "review", "timings"} <= sections
    assert "blind-spots" in {item.get("id") for item in page.all("h3")}
    tables = {item.get("aria-label") for item in page.all("div")}
    assert {"Groups and label together", "Where a model is worse than with real data alone", "The audit"} <= tables
    assert "What treats groups more alike" in page.words
    assert [item.get("type") for item in page.all("script")] == ["application/json"]
    assert not [name for _, item in page.elements for name in item if name.startswith("on")]
    assert len(page.all("img")) == 0
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202e]", html)
    assert "49" not in page.raw.get("h1", "")
    assert len(html) < 400_000


def hostile_summary(rich, text):
    """The places that take a name or a message hold the text: each step's, one at least of every section."""
    scores = [
        dataclasses.replace(score, where=dict.fromkeys(score.where, text), reason=text, embedder=text)
        for score in rich.audit.scores
    ]
    scores = [dataclasses.replace(score, details={"missing": [text]}) for score in scores]
    scores.append(dataclasses.replace(scores[0], metric=text))
    about = {
        **rich.audit.about,
        "label": text,
        "groups": ["sex", "race", text],
        "names": {"real": text, "synthetic": text},
        "notes": [text],
        "skipped": {text: text},
        "embedder": text,
        "versions": {text: text},
    }
    data = {"levels": [text, "b"], "real": [0.5, 0.5], "synthetic": [0.5, 0.5]}
    cells = [{"column": text, "synthetic": text, "real": text, "differs": True}]
    pair = {"synthetic": text, "real": text, "distance": 0.0, "ratio": 0.1, "why": "copy", "copy": True, "cells": cells}
    shares = dict.fromkeys(("real_share", "synthetic_share", "coverage", "fresh_coverage", "fresh_precision"), 0.5)
    spot = {"kind": "rare", "conditions": [text, text], "n_real": 9, "n_synthetic": 1, "precision": None, **shares}
    spot |= {"synthetic": [text], "real": [text]}
    plain = {"reason": text, "references": {}, "excess": None}
    scores.append(dataclasses.replace(scores[0], metric="bias_amplification", where={"attribute": text}, **plain))
    audit = SimpleNamespace(
        scores=Scores.of(scores),
        samples=rich.audit.samples,
        exhibits=(
            Exhibit("o", "occupancy", text, data),
            Exhibit("t", "texts", text, {"items": [{"id": text, "caption": text, "text": text}]}),
            Exhibit("pairs", "pairs", text, {"n": 9, "n_hidden": 1, "items": [pair]}),
            Exhibit("blind-spots", "blind_spots", text, {"items": [spot], "n_looked_at": 9, "least": 5, "alpha": 0.01}),
        ),
        about=about,
        run={"seconds": 1.0, "steps": [{"step": text, "seconds": 1.0}]},
    )
    results = tuple(
        dataclasses.replace(item, gate=text, where={text: text}, sentence=text, why=text, power={text: text})
        for item in rich.verdict.results
    )
    findings = tuple(dataclasses.replace(item, sentence=text, advice=(text,)) for item in rich.verdict.findings)
    verdict = dataclasses.replace(rich.verdict, results=results, findings=findings, notes=(text,))
    selection = dataclasses.replace(
        rich.selection,
        rules=tuple({**rule, "name": text, "limit": text} for rule in rich.selection.rules),
        reasons={text: 1},
        retention=tuple({**row, "part": text, "level": text} for row in rich.selection.retention),
        notes=(text,),
    )
    changes = [dataclasses.replace(item, where={text: text}, reason=text) for item in rich.rescored.changes[1:]]
    rescored = dataclasses.replace(rich.rescored, changes=(rich.rescored.changes[0], *changes), notes=(text,))
    later = {"ablation": hostile_ablation(rich, text), "decisions": hostile_decisions(text)}
    later |= {"selection": selection, "rescored": rescored}
    return summarise(audit, verdict=verdict, title=text, timings=True, **later)


def hostile_ablation(rich, text):
    """Arms, models, groups, slices, reasons and notes hold the text."""
    scores = []
    for item in rich.ablation.scores:
        arm = item.where["arm"] if item.where["arm"] == "real" else f"{text} {item.where['arm']}"
        plain = {"parameters": {"model": text}, "reason": text}
        scores.append(dataclasses.replace(item, where={**item.where, "arm": arm}, **plain))
        if item.metric == "ablation_score" and item.where["measure"] == "balanced_accuracy":
            where = {"arm": arm, "measure": "demographic_parity_difference", "group": text}
            scores += [dataclasses.replace(item, where=where, **plain)]
            scores += [dataclasses.replace(item, where={**item.where, "arm": arm, text: text}, **plain)]
    slices = (WorstSlice((text,), 120, 0.2, 0.11, 0.01, 0.05, 0.17, 0.001),)
    return dataclasses.replace(
        rich.ablation,
        scores=Scores.of(scores),
        verdicts=tuple(
            dataclasses.replace(item, arm=text, model=text, sentence=text) for item in rich.ablation.verdicts
        ),
        about={**rich.ablation.about, "measures": ["balanced_accuracy"], "notes": [text]},
        worst_slices=(ArmSlices(text, text, 1234, 30, slices),),
    )


def hostile_decisions(text):
    """Reviewers, parts, reasons and notes hold the text."""
    frame = pd.DataFrame({"id": [text, "b"], "reviewers": 1, "human": ["accept", "reject"], "stratum": text})
    return SimpleNamespace(
        frame=frame,
        people=(text,),
        acceptance=None,
        real_acceptance=None,
        why_no_acceptance="too few were shown",
        reviews=(SimpleNamespace(strata={text: 5, "b": 5}),),
        reviewers=None,
        showings=Agreement("showings", None, None, 0, "none was shown twice"),
        reasons=((text, 1),),
        notes=(text,),
    )


def test_a_page_with_little_to_say_is_complete(poor):
    page = Page(render_page(summarise(poor.audit)))
    assert "Not judged" in page.words
    assert "No ablation was run" in page.words


def test_the_report_is_written_with_its_folder(tmp_path, rich):
    path = write_report(tmp_path / "new" / "report.html", rich.audit, **rich.options)
    assert path.read_bytes() == write_report(tmp_path / "again.html", rich.audit, **rich.options).read_bytes()


def test_templates_never_switch_escaping_off():
    folder = auditkit.reports.__path__[0]
    texts = [path.read_text(encoding="utf-8") for path in Path(folder, "templates").iterdir()]
    assert texts
    assert not [text for text in texts if re.search(r"\|\s*safe|autoescape|Markup", text)]


def test_the_bare_name_is_refused():
    code = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('reports', sys.argv[1]); "
        "s.loader.exec_module(u.module_from_spec(s))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, auditkit.reports.__file__], capture_output=True, text=True, check=False
    )
    assert "import auditkit.reports" in done.stderr
    assert done.returncode == 1


def test_importing_reports_loads_nothing_heavy():
    heavy = ("matplotlib", "jinja2", "pandas", "numpy")
    code = f"import sys, auditkit.reports; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_real_trained_models_on_synthetic_data_have_a_table(html):
    words = Page(html).words
    assert "Real-trained model on synthetic data (TRTS)" in words
    assert "harder than real data" in words
    assert "lacks the class 'bad'" in words


def test_undecided_comparisons_of_one_gate_share_a_card_after_what_stands_alone(rich):
    undecided = next(item for item in rich.verdict.results if item.verdict == "undecided")
    many = [dataclasses.replace(undecided, where={"sex": f"level {level}"}) for level in range(16)]
    others = [item for item in rich.verdict.results if item.verdict != "undecided"]
    shown = render_page(summarise(rich.audit, verdict=dataclasses.replace(rich.verdict, results=(*many, *others))))
    gates = shown[shown.index('id="gates"') : shown.index('id="unmeasured"')]
    assert gates.count('class="folded"') == 1
    assert "16 comparisons" in gates
    card = gates[gates.index('class="folded"') :]
    assert sum(f"level {level}<" in card for level in range(16)) == 5
    assert "And 11 more of <code>" in card
    assert gates.index("Fail") < gates.index('class="folded"')
    assert "level 3<" not in gates[: gates.index('class="folded"')]
    two = render_page(summarise(rich.audit, verdict=dataclasses.replace(rich.verdict, results=(*many[:2], *others))))
    assert 'class="folded"' not in two


def test_the_style_loses_its_breaks_and_keeps_its_words(html):
    written = environment().get_template("style.css").render()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    quoted = re.compile(r"content: ?(\"[^\"]*\")")
    assert "\n" not in style
    assert quoted.findall(style) == quoted.findall(written)
    assert style.count("{") == style.count("}")


@pytest.mark.parametrize(
    "damaged",
    [
        Exhibit("distances", "distances", "Distances", {"x": ["near", 1.0], "synthetic": [0.1, 1.0]}),
        Exhibit("columns", "columns", "Columns", {"items": [{"bins": 5}]}),
        Exhibit("pairs", "pairs", "Pairs", {"items": [None]}),
        Exhibit("blind-spots", SPOTS, "Spots", -1),
    ],
    ids=lambda exhibit: exhibit.name,
)
def test_damaged_evidence_is_named_and_the_rest_is_shown(rich, damaged):
    kept = tuple(item for item in rich.audit.exhibits if item.kind != damaged.kind)
    pages = [
        render_page(dataclasses.replace(summarise(rich.audit), exhibits=shown))
        for shown in (kept, (damaged, *kept), (*kept, damaged))
    ]
    told = f"{damaged.title} ({{}} in its file, exhibits/{damaged.name}.json)"
    assert "could not be shown" not in pages[0]
    for page in pages[1:]:
        assert re.search(re.escape(told).replace(re.escape("{}"), r"\w+Error"), page)
        assert page.count("<figure") == pages[0].count("<figure")
