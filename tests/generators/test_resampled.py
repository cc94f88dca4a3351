"""Samplers that follow imbalanced-learn: their new rows are told from the real ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import generators
from auditkit.errors import DataError
from auditkit.generators import ShortfallWarning


class Doubler:
    """Adds a row behind every row of the rarer class."""

    def fit_resample(self, features, target):
        rare = target == target.value_counts().index[-1]
        return pd.concat([features, features[rare]]), pd.concat([target, target[rare]])


class Cleaner:
    """Drops a row, as samplers that clean do."""

    def fit_resample(self, features, target):
        return features.iloc[1:], target.iloc[1:]


def test_only_the_added_rows_are_given(people):
    made = generators.create("external", model=Doubler()).fit(people)
    rare = people.table[people.label].value_counts().index[-1]
    n_added = int((people.table[people.label] == rare).sum())
    assert f"added {n_added} rows" in made.fit_report.notes[0]
    few = made.sample(5, seed=1)
    assert set(few.label_values) == {str(rare)}
    assert few.hash == made.sample(5, seed=1).hash
    with pytest.warns(ShortfallWarning, match=f"got {n_added}"):
        assert len(made.sample(n_added + 10)) == n_added


def test_new_rows_that_cannot_be_told_from_real_ones_are_refused(people):
    with pytest.raises(DataError, match="does not give the 400 real rows back"):
        generators.create("external", model=Cleaner()).fit(people)


def test_a_sampler_needs_a_label_and_may_fail(people):
    class Picky:
        def fit_resample(self, *_):
            raise ValueError("could not convert string to float: 'Female'\nmore")

    with pytest.raises(DataError, match="Picky failed: could not convert"):
        generators.create("external", model=Picky()).fit(people)
    from auditkit.data import Dataset

    bare = Dataset.of_table(people.table)
    with pytest.raises(DataError, match="needs a table with a label"):
        generators.create("external", model=Doubler()).fit(bare)


def test_smote_of_imbalanced_learn_is_audited_as_it_comes():
    over_sampling = pytest.importorskip("imblearn.over_sampling", reason="the extra [imbalanced] is not installed")
    from auditkit.data import Dataset

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
    data = Dataset.of_table(frame.assign(kind=["rare"] * 40 + ["common"] * 160), label="kind")
    made = generators.create("external", model=over_sampling.SMOTE(random_state=0)).fit(data).sample(100, seed=0)
    assert set(made.label_values) == {"rare"}
