"""Tables whose only column beside the label holds texts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak


@pytest.mark.parametrize("named", [False, True])
def test_a_table_of_texts_and_labels_is_audited_and_told_how_to_read_the_texts(named: bool) -> None:
    rng = np.random.default_rng(0)
    sets = []
    for number in range(3):
        words = [" ".join(rng.choice(list("abcdefgh"), 8)) for _ in range(60)]
        frame = pd.DataFrame({"text": words, "label": rng.choice(["p", "n"], 60)})
        sets.append(ak.load(frame.assign(id=np.arange(60) + 1000 * number) if named else frame, label="label"))
    found = ak.audit(real=sets[0], synthetic=sets[1], holdout=sets[2], metrics=["coverage"])
    assert found.samples["label_agreement"].isna().all()
    assert "no column but the label tells samples apart" in found.about["sample_reasons"]["label_agreement"]
    assert any("say --modality text" in note for note in found.about["notes"])
