"""Words of training records in an audit: a metric with its parts, a gate, a note, and never the words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.store import dump_json


def make_frame(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "mail": [f"p{seed}_{number}@example.org" for number in range(n)],
            "note": [f"person {seed} {number} came in with trouble {rng.integers(10**6)}" for number in range(n)],
        }
    )


REAL, HOLDOUT, FRESH = make_frame(300, 0), make_frame(250, 1), make_frame(200, 2)
TAKEN = FRESH.assign(mail=REAL["mail"].head(200), note=FRESH["note"].where(FRESH.index > 49, REAL["note"]))
METRIC = "verbatim_leak_share"


def audited(synthetic, *, real=None, **others):
    others = {"holdout": HOLDOUT} | others
    sets = {role: ak.load(frame) for role, frame in others.items() if frame is not None}
    return ak.audit(
        real=ak.load(REAL) if real is None else real, synthetic=ak.load(synthetic), metrics=[METRIC], **sets
    )


def test_columns_that_hold_the_words_of_training_records_are_scored_and_told():
    audit = audited(TAKEN)
    score = audit.scores[METRIC]
    assert score.value == audit.scores[METRIC].at(column="mail").value == pytest.approx(1.0)
    assert score.at(column="note").value == pytest.approx(0.25)
    assert (score.details["column"], score.details["leaked_share"], score.details["looks"]) == ("mail", 1.0, 2)
    notes = [note for note in audit.about["notes"] if "few training records have" in note]
    assert [note.split(" (")[0] for note in notes] == ["200 of 200", "50 of 200"]
    assert not any("@" in str(text) or "came in" in str(text) for text in (audit.about, score, audit.exhibits))


def test_the_gate_fails_and_its_finding_says_where():
    verdict = audited(TAKEN).check()
    (result,) = [item for item in verdict.results if item.gate == "leaked-text"]
    assert (result.verdict, result.level) == ("fail", "error")
    assert result.sentence.startswith(
        "100.0 % of the synthetic records hold words of few training records in column mail, 100.0 percentage points "
        "more than real records that the generator never saw would explain"
    )
    (finding,) = [item for item in verdict.findings if item.kind == "leaked_cells"]
    assert (finding.severity, result.sentence in finding.sentence) == ("error", True)
    assert verdict.exit_code == 1


def test_fresh_words_are_not_accused():
    audit = audited(FRESH)
    assert audit.scores[METRIC].value == 0
    assert not [note for note in audit.about["notes"] if "words" in note]
    (result,) = [item for item in audit.check().results if item.gate == "leaked-text"]
    assert result.verdict != "fail"


def test_without_a_holdout_or_without_words_there_is_no_score():
    lacks = audited(TAKEN, holdout=None).scores[METRIC]
    assert (lacks.status, lacks.value) == ("insufficient", None)
    bare = audited(FRESH[["x"]], real=ak.load(REAL[["x"]]), holdout=HOLDOUT[["x"]])
    assert bare.about["skipped"] == {METRIC: "no column of free text or personal data was recognised"}
    (result,) = [item for item in bare.check().results if item.gate == "leaked-text"]
    assert result.verdict == "not_applicable"


@pytest.mark.parametrize("key", [None, "who"])
def test_a_reference_gives_the_scores_of_the_real_data(tmp_path, key):
    def loaded(frame):
        return ak.load(frame.assign(who=np.arange(len(frame)) // 2), key=key)

    real, holdout, synthetic = map(loaded, (REAL, HOLDOUT, TAKEN))
    ak.build_reference(real=real, holdout=holdout, path=tmp_path / "ref")
    against, direct = (
        ak.audit(real=first, synthetic=synthetic, metrics=[METRIC], **others)
        for first, others in ((ak.open_reference(tmp_path / "ref"), {}), (real, {"holdout": holdout}))
    )
    assert dump_json([item.to_json() for item in against.scores]) == dump_json(
        [item.to_json() for item in direct.scores]
    )
    assert against.scores[METRIC].value == pytest.approx(1.0)
    assert against.about["notes"] == direct.about["notes"]
    content = (tmp_path / "ref").read_bytes()
    assert b"@example" not in content
    assert b"trouble" not in content


def test_a_private_reference_says_why_it_has_no_answer(tmp_path):
    ak.build_reference(real=ak.load(REAL), holdout=ak.load(HOLDOUT), path=tmp_path / "ref", private=True)
    reference = ak.open_reference(tmp_path / "ref")
    why = "needs records of the holdout, and a private reference keeps none"
    assert reference.unserved()[METRIC] == why
    score = ak.audit(real=reference, synthetic=ak.load(TAKEN)).scores[METRIC]
    assert (score.status, score.reason) == ("insufficient", f"{why}.")
