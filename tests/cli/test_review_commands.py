"""The commands of a review: a page from a folder, decisions back into it, and then the filter and the report."""

from __future__ import annotations

import base64
import json
import re

import pandas as pd
import pytest


def answers(page: str, reviewer: str = "Ada", *, reject: int = 3) -> dict:
    """The file that a page gives to save when every `reject`th sample is rejected."""
    data = json.loads(re.search(r'id="review-data">(.*?)</script>', page, re.DOTALL).group(1))
    sealed = json.loads(base64.b64decode(data["sealed"]))
    decisions = []
    for sample, occurrence in data["showings"]:
        said = "reject" if sample % reject == 0 else "accept"
        decisions.append(sealed["samples"][sample] | {"occurrence": occurrence, "decision": said, "seconds": 1.0})
    return sealed["head"] | {"reviewer": reviewer, "saved": "2026-01-01T00:00:00Z", "decisions": decisions}


@pytest.fixture
def reviewed(run, folder):
    """The prepared folder with a page and the file of one reviewer."""
    assert run("review", "audit", "--n", 20, "--repeats", 0.2).code == 0
    page = (folder / "audit" / "review.html").read_text(encoding="utf-8")
    for name, reject in (("ada", 3), ("bob", 4)):
        (folder / f"{name}.json").write_text(json.dumps(answers(page, name, reject=reject)), encoding="utf-8")
    return folder


def test_a_page_is_written_into_the_folder_and_the_next_step_told(run, folder):
    done = run("review", "audit", "--n", 20, "--reason", "odd pay")
    assert (done.code, done.out.strip()) == (0, "audit/review.html")
    assert "20 samples on 22 screens (10 of " in done.err
    assert "auditkit review apply FILE --audit audit" in done.err
    assert "odd pay" in (folder / "audit" / "review.html").read_text(encoding="utf-8")


def test_real_samples_need_to_be_allowed(run, folder):
    refused = run("review", "audit", "--with-real", 5)
    assert refused.code == 2
    assert "--show-real" in refused.err
    done = run("review", "audit", "--n", 10, "--with-real", 5, "--show-real", "--out", "blind.html")
    assert done.code == 0
    assert "15 samples, 5 of them real, on 17 screens" in done.err
    assert (folder / "blind.html").is_file()


@pytest.mark.parametrize("way", ["random", "filter", "realism", "rich", "sex"])
@pytest.mark.usefixtures("folder")
def test_samples_are_chosen_as_asked(run, way):
    assert run("review", "audit", "--n", 10, "--by", way).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("review",), "missing argument 'DIR' (see `auditkit review --help`)"),
        (("review", "nowhere"), "nowhere"),
        (("review", "audit", "--by", "realsm"), "did you mean 'realism'"),
        (("review", "audit", "--n", "0"), "--n"),
        (("review", "apply", "none.json", "--audit", "audit"), "cannot read 'none.json'"),
        (("review", "apply", "audit/audit.json", "--audit", "audit"), "holds no decisions"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_usage_exits_2_with_a_sentence(run, arguments, said):
    done = run(*arguments)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_decisions_reach_the_filter_and_the_report(run, reviewed):
    done = run("review", "apply", "ada.json", "--audit", "audit")
    assert done.code == 0
    assert re.search(r"share of the set that people accept: .* \[.* to .*\]", done.out)
    assert re.search(r"agreement, first and second showing: kappa .* 4 samples", done.out)
    assert run("filter", "audit", "--out", "kept.csv").code == 0
    told = pd.read_parquet(reviewed / "kept.csv.selection.parquet")
    rejected = {item["id"] for item in answers_of(reviewed, "ada") if item["decision"] == "reject"}
    by_people = set(told.loc[told["reasons"].str.contains("person rejected"), "id"].astype(str))
    assert by_people == rejected
    assert run("report", "audit").code == 0
    page = (reviewed / "audit" / "report.html").read_text(encoding="utf-8")
    assert "What people say" in page
    assert "ada" not in page.lower().split("what people say")[1].split("</section>")[0]


def answers_of(folder, name):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["decisions"]


def test_a_second_reviewer_joins_the_first(run, reviewed):
    assert run("review", "apply", "ada.json", "--audit", "audit").code == 0
    done = run("review", "apply", "bob.json", "--audit", "audit")
    assert "judged by 2 people" in done.out
    assert re.search(r"agreement, between reviewers: kappa", done.out)
    assert "votes are equal" in done.err
    alone = (reviewed / "audit" / "decisions.json").read_bytes()
    assert run("review", "apply", "bob.json", "ada.json", "--audit", "audit").code == 0
    assert (reviewed / "audit" / "decisions.json").read_bytes() == alone


def test_decisions_on_other_data_are_refused_and_stale_ones_left_out(run, reviewed):
    record = json.loads((reviewed / "ada.json").read_text(encoding="utf-8")) | {"data_hash": "0" * 64}
    (reviewed / "other.json").write_text(json.dumps(record), encoding="utf-8")
    done = run("review", "apply", "other.json", "--audit", "audit")
    assert done.code == 2
    assert "other synthetic data" in done.err
    assert not (reviewed / "audit" / "decisions.json").exists()
    (reviewed / "audit" / "decisions.json").write_text(json.dumps(record), encoding="utf-8")
    done = run("report", "audit")
    assert done.code == 0
    assert "leaves out what people decided" in done.err


def test_the_lines_of_a_summary_say_what_people_accept(reviewed):
    from auditkit import open_audit
    from auditkit.filtering import read_decisions
    from auditkit.reports import summarise, summary_text

    found = open_audit("audit")
    without = summary_text(summarise(found)).splitlines()
    told = summary_text(summarise(found, decisions=read_decisions(reviewed / "ada.json"))).splitlines()
    assert len(told) == len(without)
    assert any(re.search(r"Filter .*people accept .* \[.*\]", line) for line in told)
    assert not any("people accept" in line for line in without)


@pytest.mark.usefixtures("reviewed")
def test_what_the_page_calls_rejected_is_what_the_filter_rejects(run):
    assert run("review", "apply", "ada.json", "--audit", "audit").code == 0
    page = run("review", "audit", "--n", 20, "--by", "filter").err
    assert run("filter", "audit", "--out", "kept.csv").code == 0
    counts = pd.read_parquet("kept.csv.selection.parquet")["kept"].value_counts()
    sizes = {what: int(size.replace(",", "")) for size, what in re.findall(r"of ([\d,]+) (\w+) by the filter", page)}
    assert sizes == {"kept": counts[True], "rejected": counts[False]}
