"""Every way in takes sets that `load` made, and says so of anything else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import DataError
from auditkit.filtering import data_card
from auditkit.generators.targeted import sample_to_target

FRAME = pd.DataFrame({"a": np.arange(20) / 3, "y": np.resize(["u", "v"], 20)})
SET = ak.load(FRAME, label="y")
ROWS = {"frame": FRAME, "array": FRAME[["a"]].to_numpy(), "path": "adult.csv"}
FITTED = ak.generators.create("marginals", modality="tabular").fit(SET)


def fit(name: str, modality: str):
    return lambda item: ak.generators.create(name, modality=modality).fit(item)


DOORS = {
    "cart": fit("cart", "tabular"),
    "vae": fit("vae", "image"),
    "bootstrap": fit("bootstrap", "text"),
    "audit": lambda item: ak.audit(real=item, synthetic=SET),
    "holdout": lambda item: ak.audit(real=SET, synthetic=SET, holdout=item),
    "merge": lambda item: ak.merge(SET, item),
    "ablate": lambda item: ak.ablate(real=item, test=SET, arms={"made": SET}),
    "test": lambda item: ak.ablate(real=SET, test=item, arms={"made": SET}),
    "shifted": lambda item: ak.ablate(real=SET, test=SET, arms={"made": SET}, shifted={"later": item}),
    "balance": lambda item: ak.generators.balance(item, by="y"),
    "target": lambda item: sample_to_target(FITTED, 4, by="y", real=item),
    "concat": SET.concat,
    "card": data_card,
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_what_is_no_set_is_refused_with_the_way_to_make_one(door, rows) -> None:
    with pytest.raises(DataError, match=f"must be a Dataset, got {type(rows).__name__}: make one with auditkit.load"):
        door(rows)


def test_a_comparison_takes_audits() -> None:
    with pytest.raises(DataError, match="compare takes audits or their folders, got DataFrame"):
        ak.compare(FRAME, FRAME)
