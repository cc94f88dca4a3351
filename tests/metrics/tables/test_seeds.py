"""Reports that draw refuse a seed that is none."""

from functools import partial

import pytest

from auditkit.errors import AuditkitError
from auditkit.metrics import accuracy_report, coherence, quality_report, relations_report, sequence_report

TABLE = {"who": [1, 1, 2, 2], "state": ["a", "b", "a", "b"]}
SETS = {"real": TABLE, "synthetic": TABLE}
TABLES = {"shop": {"id": [1, 2]}, "sale": {"shop": [1, 1, 2]}}
REPORTS = {
    "accuracy": partial(accuracy_report, **SETS),
    "coherence": partial(coherence, **SETS, key="who"),
    "quality": partial(quality_report, **SETS),
    "sequences": partial(sequence_report, **SETS, key="who"),
    "relations": partial(relations_report, real=TABLES, synthetic=TABLES, keys=[("sale", "shop", "shop", "id")]),
}


@pytest.mark.parametrize("seed", [-1, 0.5, "0", True])
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_seed_that_is_none_is_refused(report, seed):
    with pytest.raises(AuditkitError, match="`seed` must be a whole number from 0 on"):
        report(seed=seed)
