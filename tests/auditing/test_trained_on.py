"""A synthetic set that remembers what its generator was fitted on tells of a holdout that is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import generators
from auditkit.auditing.reference import build_reference, open_reference
from auditkit.auditing.trained_on import trained_on
from auditkit.data import Dataset, load


@pytest.fixture(scope="module")
def people() -> Dataset:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"age": rng.integers(18, 80, 300), "pay": rng.normal(20, 4, 300).round(2)})
    return Dataset.of_table(frame.assign(sex=rng.choice(["f", "m"], 300)), label="sex")


def made_from(data: Dataset) -> Dataset:
    return generators.create("marginals", modality="tabular").fit(data, seed=0).sample(100, seed=1)


def test_a_generator_fitted_on_the_real_set_is_fine(people):
    train, holdout = people.split(holdout=0.3, test=0.0)
    made = made_from(train)
    assert made.provenance["generator"] == "marginals"
    assert made.provenance["data_hash"] == train.hash
    assert made.provenance["n_train"] == len(train)
    assert trained_on(made, train, holdout) == (None, ())
    assert trained_on(replace(made, provenance=None), train, holdout) == (None, ())
    assert made.take([3, 1]).provenance == made.provenance
    assert made.concat(made).provenance == made.provenance
    assert made.concat(train).provenance["parts"][0]["data_hash"] == train.hash


def test_a_holdout_that_the_generator_saw_is_found(people):
    train, holdout = people.split(holdout=0.3, test=0.0)
    for seen in (people, train.concat(holdout), holdout.concat(train)):
        sentence, _ = trained_on(made_from(seen), train, holdout)
        assert sentence is not None
        assert "fitted on the real set and the holdout together" in sentence
    sentence, _ = trained_on(made_from(holdout), train, holdout)
    assert sentence is not None
    assert "fitted on the holdout" in sentence


def test_other_data_are_a_note(people):
    train, holdout, test = people.split(holdout=0.3, test=0.3)
    sentence, notes = trained_on(made_from(test), train, holdout)
    assert sentence is None
    assert "fitted on 90 units that are not those of the real set" in notes[0]
    assert trained_on(made_from(test), train, None)[1] == notes


def test_the_check_is_part_of_an_audit_and_outlives_saving(people, tmp_path):
    from auditkit.auditing import audit

    train, holdout = people.split(holdout=0.4, test=0.0)
    generator = generators.create("cart", modality="tabular").fit(people, seed=0)
    generator.save(tmp_path / "saved")
    made = generators.load(tmp_path / "saved").sample(120, seed=1)
    found = audit(real=train, synthetic=made, holdout=holdout, metrics=["copy_excess"])
    assert "holdout together" in found.about["facts"]["contaminated_holdout"]
    assert found.check().exit_code != 0
    fine = audit(real=people, synthetic=made, metrics=["precision"])
    assert "contaminated_holdout" not in fine.about["facts"]


def test_a_record_beside_a_file_tells_it_too(people, tmp_path):
    train, holdout = people.split(holdout=0.3, test=0.0)
    made_from(people.take(np.random.default_rng(1).permutation(len(people)))).save(tmp_path / "made.csv")
    made_from(train).save(tmp_path / "fine.csv")
    for part, name in ((train, "train.csv"), (holdout, "holdout.csv")):
        part.save(tmp_path / name)
    # Roles are others than those that the generator was told; the records are the same.
    real, held = load(tmp_path / "train.csv"), load(tmp_path / "holdout.csv")
    sentence, _ = trained_on(load(tmp_path / "made.csv"), real, held)
    assert sentence is not None
    assert "holdout together" in sentence
    assert trained_on(load(tmp_path / "fine.csv"), real, held) == (None, ())
    both = load(tmp_path / "made.csv").concat(load(tmp_path / "fine.csv"))
    assert trained_on(both, real, held)[0] == sentence


def test_references_know_the_hashes_of_their_sets(people, tmp_path):
    train, holdout = people.split(holdout=0.3, test=0.0)
    build_reference(path=tmp_path / "kept.reference", real=train, holdout=holdout)
    kept = open_reference(tmp_path / "kept.reference")
    assert trained_on(made_from(train), kept, None) == (None, ())
    sentence, _ = trained_on(made_from(holdout), kept, None)
    assert sentence is not None
