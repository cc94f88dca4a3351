from __future__ import annotations

import numpy as np
import pytest

from auditkit.config import DataConfig
from auditkit.errors import DataError
from auditkit.pipeline.sets import load_set, quick_sample, stage


@pytest.fixture
def real(folder):
    return load_set(folder / "real.csv", DataConfig(label="rich", groups=("sex",)))


def test_another_set_is_read_with_schema_and_roles_of_the_real_one(folder, real):
    found = load_set(folder / "synthetic.csv", DataConfig(label="rich", groups=("sex",)), like=real)
    assert (found.label, found.groups, found.schema) == (real.label, real.groups, real.schema)


def test_a_set_that_does_not_fit_is_called_by_role_and_file(folder, real):
    real.frame.drop(columns="age").to_csv(folder / "short.csv", index=False)
    with pytest.raises(DataError, match=r"holdout \(short\.csv\) lacks 'age'"):
        load_set(folder / "short.csv", DataConfig(label="rich"), like=real, name="holdout")


def test_a_quick_sample_is_seeded_and_keeps_the_order(real, monkeypatch):
    monkeypatch.setattr("auditkit.pipeline.sets.QUICK_UNITS", 30)
    first, again, other = (quick_sample(real, seed=seed) for seed in (0, 0, 1))
    assert first.ids.tolist() == again.ids.tolist()
    assert first.ids.tolist() != other.ids.tolist()
    assert (np.diff(first.ids.astype(int)) > 0).all()


def test_a_small_set_is_taken_whole(real):
    assert quick_sample(real, seed=0) is real


def test_steps_of_a_stage_bear_its_name():
    told = []
    tell = stage(lambda *step: told.append(step), "ablate")
    assert tell is not None
    tell(2, 9, "arm real")
    assert told == [(2, 9, "ablate: arm real")]
    assert stage(None, "ablate") is None
