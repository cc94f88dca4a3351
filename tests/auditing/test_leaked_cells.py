import numpy as np
import pandas as pd

import auditkit as ak


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


def audited(synthetic, **others):
    others = {"holdout": HOLDOUT} | others
    sets = {role: ak.load(frame) for role, frame in others.items() if frame is not None}
    return ak.audit(real=ak.load(REAL), synthetic=ak.load(synthetic), metrics=["copy_excess"], **sets)


def test_columns_that_hold_the_words_of_training_records_are_told():
    taken = FRESH.assign(mail=REAL["mail"].head(200), note=FRESH["note"].where(FRESH.index > 49, REAL["note"]))
    audit = audited(taken)
    sentences = [note for note in audit.about["notes"] if "few training records" in note]
    assert [note.split(" (")[0] for note in sentences] == ["200 of 200", "50 of 200"]
    assert "'mail'" in sentences[0]
    assert not any("@" in note for note in audit.about["notes"])
    (finding,) = [item for item in audit.check().findings if item.kind == "leaked_cells"]
    assert finding.severity == "warn"
    assert finding.sentence == " ".join(sentences)


def test_fresh_words_and_sets_without_a_holdout_are_not_accused():
    assert "leaked_cells" not in audited(FRESH).about["facts"]
    assert "leaked_cells" not in audited(FRESH.assign(mail=REAL["mail"].head(200)), holdout=None).about["facts"]
