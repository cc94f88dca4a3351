"""The review page as a file: which samples it shows, what it hides, and that nothing in it can do harm."""

from __future__ import annotations

import base64
import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.filtering import read_decisions
from auditkit.reports.review_cards import cards_of, seen
from auditkit.reports.review_sampling import draw_parts, parts_of, showing_order, suspicion
from auditkit.reports.review_section import review_lines, review_summary

HOSTILE = "</script><script>alert(1)</script>"


def people(n: int = 200, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": rng.integers(18, 80, n), "job": rng.choice(["nurse", HOSTILE, "a\u202eb"], n)})
    frame["sex"] = rng.choice(["f", "m"], n)
    frame["rich"] = rng.choice(["no", "yes"], n)
    return Dataset.of_table(frame, label="rich", groups=["sex"], source="people.csv")


def audit_of(dataset: Dataset, **about) -> SimpleNamespace:
    """What a page reads of an audit."""
    n, rng = len(dataset), np.random.default_rng(1)
    samples = pd.DataFrame({"id": dataset.ids, "realism": rng.random(n), "discriminator": rng.random(n)})
    samples["copy"] = np.arange(n) < 3
    samples["violations"] = np.where(np.arange(n) == 9, "age is 200", "")
    told = {"hashes": {"synthetic": dataset.hash}, "names": {"synthetic": dataset.source}, "show_real": False}
    return SimpleNamespace(samples=samples, about=told | about, inputs={})


def opened(page: str) -> dict:
    """What the page keeps out of sight until decisions are saved."""
    data = json.loads(re.search(r'id="review-data">(.*?)</script>', page, re.DOTALL).group(1))
    return data | json.loads(base64.b64decode(data["sealed"]))


@pytest.fixture(scope="module")
def synthetic() -> Dataset:
    return people()


@pytest.fixture
def write(tmp_path, synthetic):
    """`write(n=10)` makes a page of the people and returns the review and the page's text."""

    def make(*, audit=None, data=None, **options):
        chosen = synthetic if data is None else data
        made = ak.review(audit or audit_of(chosen), chosen, tmp_path / "review.html", **options)
        return made, made.path.read_text(encoding="utf-8")

    return make


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_page(write):
    (first, page), (second, again) = write(n=20), write(n=20)
    assert (page, first.review_id) == (again, second.review_id)
    other, _ = write(n=20, seed=1)
    assert other.review_id != first.review_id


def test_half_come_from_the_suspicious_fifth_and_every_chance_is_written_down(write, synthetic):
    made, page = write(n=20, show_real=True)
    assert [(part["name"], part["size"], part["drawn"]) for part in made.design["strata"]] == [
        ("suspicious", 40, 10),
        ("others", 160, 10),
    ]
    samples = opened(page)["samples"]
    score = suspicion(audit_of(synthetic).samples)
    worst = set(synthetic.ids[np.argsort(-score, kind="stable")[:40]])
    for item in samples:
        assert (item["id"] in worst) == (item["stratum"] == "suspicious")
        assert item["inclusion"] == (0.25 if item["stratum"] == "suspicious" else 0.0625)


def test_each_sample_of_a_part_has_the_same_chance(synthetic):
    samples, hits = audit_of(synthetic).samples, np.zeros(200)
    parts = parts_of("suspicion", synthetic, samples, n=20, hidden=np.zeros(200, dtype=bool))
    for seed in range(400):
        for places in draw_parts(parts, n=20, rng=np.random.default_rng(seed)):
            hits[places] += 1
    for part in parts:
        expected = 400 * 10 / len(part)
        assert abs(hits[part.places] - expected).max() < 5 * np.sqrt(expected)


def test_breaches_of_the_schema_are_most_suspicious(synthetic):
    assert int(np.argmax(suspicion(audit_of(synthetic).samples))) == 9


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("random", ["all samples"]),
        ("realism", ["worst by realism", "others"]),
        ("rich", ["rich = yes", "rich = no"]),
        ("sex", ["sex = f", "sex = m"]),
    ],
)
def test_samples_are_chosen_as_asked(write, by, names):
    made, _ = write(n=20, by=by)
    assert sorted(part["name"] for part in made.design["strata"]) == sorted(names)
    assert sum(part["drawn"] for part in made.design["strata"]) == 20


def test_many_levels_are_joined_so_that_each_part_is_seen(write, synthetic):
    data = synthetic.with_roles(label="age")
    made, _ = write(data=data, n=20, by="age")
    assert len(made.design["strata"]) == 4
    assert made.design["strata"][-1]["name"] == "other levels"


def test_kept_and_rejected_samples_of_a_filter_are_parts(tmp_path, synthetic):
    audit = audit_of(synthetic)
    selection = ak.Selection(
        kept=synthetic.take(np.arange(150)),
        rejected=synthetic.take(np.arange(150, 200)),
        reasons=pd.DataFrame(),
        retention=pd.DataFrame(),
        notes=(),
        rules=(),
        about={},
        audit=audit,
    )
    made = ak.review(selection, synthetic, tmp_path / "page.html", n=20)
    sizes = {part["name"]: part["size"] for part in made.design["strata"]}
    assert sizes == {"kept by the filter": 147, "rejected by the filter": 50}


def test_copies_of_real_records_are_hidden_unless_allowed(write):
    made, page = write(n=200)
    assert made.design["left_out"] == 3
    assert {"0", "1", "2"}.isdisjoint(item["id"] for item in opened(page)["samples"])
    assert any("3 samples equal or nearly equal a real record" in note for note in made.notes)
    assert write(n=200, show_real=True)[0].design["left_out"] == 0
    assert write(n=200, audit=audit_of(people(), show_real=True))[0].design["left_out"] == 0


def test_real_samples_need_consent_and_are_blind(write):
    real = people(seed=5)
    with pytest.raises(AuditkitError, match="private"):
        write(n=10, real=real, with_real=4)
    made, page = write(n=10, real=real, with_real=4, show_real=True)
    assert (made.n, made.n_real, made.design["blind"], made.design["real_size"]) == (14, 4, True, 200)
    assert sum(item["origin"] == "real" for item in opened(page)["samples"]) == 4
    assert "What the audit found" not in page
    assert '"real"' not in page


def test_second_showings_come_a_third_of_the_review_later():
    for n in (3, 10, 100):
        order = showing_order(n, repeats=0.2, rng=np.random.default_rng(n))
        again = [place for place, (_, occurrence) in enumerate(order) if occurrence == 2]
        assert len(again) == min(round(0.2 * n), n // 3)
        assert sorted(sample for sample, occurrence in order if occurrence == 1) == list(range(n))
        for place in again:
            assert place - order.index((order[place][0], 1)) >= n // 3
    assert showing_order(1, repeats=0.3, rng=np.random.default_rng(0)) == [(0, 1)]


BAD = [
    ({"n": 0}, "at least 1 sample"),
    ({"repeats": 0.5}, "repeats is a share"),
    ({"repeats": float("nan")}, "repeats is a share"),
    ({"with_real": -1}, "with_real counts"),
    ({"with_real": 2, "show_real": True}, "pass real="),
    ({"by": "discriminatr"}, "did you mean 'discriminator'"),
    ({"by": "filter"}, "way to choose samples 'filter'"),
    ({"reasons": "blurred"}, "put it in a list"),
    ({"reasons": [str(number) for number in range(10)]}, "at most 9 reasons"),
    ({"reasons": ["a; b"]}, "semicolon"),
    ({"reasons": ["a", "a"]}, "must differ"),
]


@pytest.mark.parametrize(("options", "said"), BAD)
def test_what_cannot_be_is_refused_in_a_sentence(write, options, said):
    with pytest.raises(AuditkitError, match=said):
        write(**options)


def test_another_set_than_the_audited_one_is_refused(tmp_path, synthetic):
    with pytest.raises(AuditkitError, match="not the one that was audited"):
        ak.review(audit_of(synthetic), people(seed=9), tmp_path / "page.html")


def test_a_set_of_copies_only_has_nothing_to_show(write, synthetic):
    audit = audit_of(synthetic)
    audit.samples["copy"] = True
    with pytest.raises(AuditkitError, match="show_real"):
        write(audit=audit)


def test_the_page_allows_its_own_script_and_nothing_from_outside(write):
    _, page = write(n=10)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/=]+'", rules["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/=]+'", rules["style-src"])
    assert set(rules) == {
        "default-src",
        "script-src",
        "style-src",
        "img-src",
        "media-src",
        "base-uri",
        "form-action",
    }
    assert not re.search(r"https?://", page)
    assert not re.search(r"\s(style|on\w+)=", re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL))


def test_hostile_texts_are_text(write):
    _, page = write(n=100, reasons=[HOSTILE])
    assert HOSTILE not in page
    assert "\u202e" not in page
    assert "⟨U+202E⟩" in page
    assert page.count("<script") == 2


def test_unseen_signs_are_written_out_and_endless_texts_cut():
    assert seen("a\u202eb\x07") == "a⟨U+202E⟩b⟨U+0007⟩"
    assert seen("x" * 30_000).endswith("… (10,000 more signs)")


def test_missing_cells_and_long_names_are_told():
    frame = pd.DataFrame({"n" * 10_000: ["a", None], "x": [0.1 + 0.2, np.nan]})
    first, second = (card["cells"] for card in cards_of(Dataset.of_table(frame), [0, 1]))
    assert len(first[0]["name"]) < 200
    assert first[1]["value"] == "0.3"
    assert [cell["value"] for cell in second] == [None, None]


def test_a_unit_of_several_rows_is_a_small_table():
    frame = pd.DataFrame(
        {"who": np.repeat(["a", "b"], 80), "step": list(range(80)) * 2, "sex": np.repeat(["f", "m"], 80)}
    )
    data = Dataset.of_table(frame, key="who", order="step", groups=["sex"])
    card = cards_of(data, [1])[0]
    assert (card["kind"], card["columns"], card["n"], len(card["rows"])) == ("rows", ["step"], 80, 60)
    assert card["about"] == [{"name": "sex", "value": "m", "role": "group"}]


@pytest.fixture
def decisions(tmp_path, write):
    """Decisions on a page of ten samples, every third rejected."""
    _, page = write(n=12)
    found = opened(page)
    answers = [
        item | {"occurrence": 1, "decision": ["reject", "accept", "accept"][place % 3], "reasons": [], "seconds": 1}
        for place, item in enumerate(found["samples"])
    ]
    answers += [answers[0] | {"occurrence": 2, "decision": "accept"}]
    place = tmp_path / "ada.json"
    place.write_text(json.dumps(found["head"] | {"reviewer": "Ada", "saved": "", "decisions": answers}))
    return read_decisions(place)


def test_the_page_and_the_reader_of_decisions_agree(decisions, synthetic):
    decisions.check(audit_of(synthetic))
    assert len(decisions.frame) == 12
    assert decisions.acceptance.n == (0, 12)
    assert decisions.showings.n == 1


def test_the_report_says_what_people_say(decisions):
    summary = review_summary(decisions)
    assert (summary.n, summary.n_people, summary.n_accepted, summary.n_rejected) == (12, 1, 8, 3)
    lines = review_lines(summary)
    assert lines[0] == "12 samples judged by 1 person: 8 accepted, 3 rejected, 1 undecided"
    assert re.match(r"share of the set that people accept: \d.* \[.* to .*\]", lines[1])
    assert any(line.startswith("agreement, first and second showing: kappa") for line in lines)
    assert not any("Ada" in line for line in lines)
    assert lines[0] in decisions._repr_html_()
