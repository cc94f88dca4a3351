"""Parameters of the wrong type end in one sentence, whatever function they are given to."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd
import pytest

import auditkit as ak
from auditkit import metrics
from auditkit.errors import AuditkitError, DataError

MIXED = {"a": [1.0, 2.0, 3.0, 4.0], "b": ["x", "y", "x", "y"]}
PAIR = {"a": [1.0, 2.0, 3.0, 4.0], "b": [2.0, 1.0, 3.0, 5.0]}
ROWS = {"u": [1, 1, 2, 2], "a": [1.0, 2.0, 3.0, 4.0]}
UNORDERED = ROWS | {"o": pd.Series([1, "x", pd.Timestamp("2020-01-01"), 2.5], dtype=object)}
SECRET = {"secret": "b"}
BINS = "`bins` must be a whole number from 1 to 100000"
KINDS = "kinds must map names of columns to kinds, got"
COLUMNS = "must be a list of columns, got 3: put their names in brackets"


def same(table, **options):
    return {"real": table, "synthetic": table, **options}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("cramers_v", {"table": MIXED, "bins": "x"}, BINS),
        ("cramers_v", {"table": MIXED, "bins": 2.5}, BINS),
        ("cramers_v", {"table": MIXED, "kinds": ["a"]}, KINDS),
        ("mutual_information", {"table": MIXED, "bins": None}, BINS),
        ("mutual_information", {"table": MIXED, "relative": "x"}, "`relative` must be True or False"),
        ("contingency_similarity", same(MIXED, bins=None), BINS),
        ("contingency_similarity", same(MIXED, edges=None), "unknown `edges`"),
        ("association_similarity", same(MIXED, bins=0), BINS),
        ("association_retention", same(MIXED, bins="x"), BINS),
        ("quality_report", same(MIXED, kinds=3), KINDS),
        ("quality_report", same(MIXED, kinds={"a": None}), "unknown kind None"),
        ("quality_report", same(MIXED, kinds={3: "number"}), "unknown column 3"),
        ("correlation_similarity", same(PAIR, coefficient=None), "unknown `coefficient` 'None'"),
        ("rare_category_loss", same(["a"], rare="x"), "`rare` must be a number above 0 and at most 1"),
        ("tv_complement", same(["a"], compatible=True), "unknown `compatible` 'True'"),
        ("verbatim_leaks", same(MIXED, rare="x"), "`rare` must be a whole number from 1 on"),
        ("verbatim_leaks", same(MIXED, columns=3), "`columns` must be a list of names, got 3"),
        ("verbatim_leaks", same(MIXED, columns=[3]), "unknown column 3"),
        ("validity", same(MIXED, constraints=3), "constraints must be a list of rules, got int"),
        ("validity", same(MIXED, schema=3), "`schema` must be a Schema, got int"),
        ("linkability_risk", same(MIXED, known=3), "`known` must be two lists of columns, one per source, got 3"),
        ("linkability_risk", same(MIXED, known=(3, 4)), COLUMNS),
        ("inference_risk", same(MIXED, **SECRET, known=3), COLUMNS),
        ("attribute_disclosure", same(MIXED, known=3, sensitive=["b"]), COLUMNS),
        ("coherence", same(ROWS, key=3), "unknown key column 3"),
        ("coherence", same(ROWS, key=["u"]), "unknown key column ['u']"),
        ("coherence", same(ROWS | {"u": [[1], [1], [2], [2]]}, key="u"), "holds cells that are no plain values"),
        ("coherence", same(UNORDERED, key="u", order="o"), "order column 'o' of `real` holds cells that cannot be"),
    ],
)
def test_a_wrong_parameter_is_named(name, given, message):
    with pytest.raises(AuditkitError, match=re.escape(message)) as caught:
        getattr(metrics, name)(**given)
    assert str(caught.value).endswith((".", "?"))


@pytest.mark.parametrize("names", [3, None, [3]])
def test_metrics_of_an_audit_are_names(names):
    table = ak.load(pd.DataFrame(MIXED))
    with pytest.raises(AuditkitError, match="metrics must be a list of names, got"):
        ak.audit(real=table, synthetic=table, metrics=names)


def test_a_signalling_nan_is_missing():
    cells = pd.DataFrame({"x": [Decimal("sNaN"), Decimal("1.5"), Decimal(2)]})
    assert ak.load(cells).table["x"].isna().tolist() == [True, False, False]
    assert metrics.ks_complement(real=cells, synthetic={"x": [None, 1.5, 2]}) == 1.0
    with pytest.raises(DataError, match="infinite"):
        ak.load(pd.DataFrame({"x": [Decimal("Infinity"), Decimal(1)]}))
