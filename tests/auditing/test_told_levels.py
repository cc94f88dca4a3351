import numpy as np
import pandas as pd

import auditkit as ak
from auditkit.auditing.exhibits import _occupancy
from auditkit.metrics.products import Side


def levelled(**counts):
    return pd.DataFrame(
        {"town": np.repeat(list(counts), list(counts.values())), "x": np.arange(sum(counts.values())) % 7.0}
    )


def test_a_group_hides_the_levels_that_its_column_hides():
    # A level of three rows, one that synthetic rows lack, and a holdout whose small level is another one.
    real = levelled(A=3, B=7, C=90, D=20)
    sets = {
        "real": ak.load(real, groups=["town"]),
        "synthetic": ak.load(levelled(A=10, B=10, C=60)),
        "holdout": ak.load(levelled(B=20, C=2, D=30)),
    }
    exhibits = {item.name: item.data for item in ak.audit(**sets, metrics=["ks_complement"]).exhibits}
    (column,) = [item for item in exhibits["columns"]["items"] if item["name"] == "town"]
    group = exhibits["occupancy-group-town"]
    for role in ("real", "holdout"):
        told = dict(zip(column["bins"], column[role], strict=True))
        hidden = {level for level, share in told.items() if share is None}
        assert len(hidden) != 1
        assert not hidden & set(group["levels"])
        assert dict(zip(group["levels"], group[role], strict=True)).items() <= told.items()
    assert column["bins"] == ["C", "B", "(others)"]


def test_a_hidden_class_of_images_is_not_told_by_the_rest():
    codes = {"real": [3, 7, 90], "synthetic": [10, 10, 80]}
    images = {
        role: Side(np.zeros((100, 1)), name=role, labels=np.repeat(np.arange(3), n), label_levels=("a", "b", "c"))
        for role, n in codes.items()
    }
    (exhibit,) = _occupancy(images)
    assert exhibit.data["levels"] == ["c"]
    assert exhibit.data["real"] == [0.9]
