"""The record of where a set comes from: made, kept through every step, written beside files, and read back."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.data import Dataset, load
from auditkit.data.digests import add_hashes, records_hash
from auditkit.data.provenance import ProvenanceWarning
from auditkit.errors import DataError

FRAME = pd.DataFrame({"x": np.arange(40) / 4, "n": np.arange(40) % 5, "y": ["a", "b"] * 20})
REAL = load(FRAME, label="y", licence="CC-BY-4.0", consent="given for research", name="people.csv")


@pytest.fixture(scope="module")
def made() -> Dataset:
    generator = ak.generators.create("cart", modality="tabular", min_samples_leaf=4)
    return generator.fit(REAL, seed=3).sample(12, conditions={"y": "a"}, seed=5)


def test_samples_say_what_made_them_from_what(made) -> None:
    assert made.provenance == {
        "auditkit": ak.__version__,
        "synthetic": True,
        "generator": "cart",
        "modality": "tabular",
        "parameters": {"min_samples_leaf": 4, "smoothing": True},
        "conditions": {"y": "a"},
        "n_asked": 12,
        "seed": 5,
        "fit_seed": 3,
        "fit_steps": 2,
        "data_source": "people.csv",
        "data_hash": REAL.hash,
        "data_records": records_hash(REAL),
        "n_train": 40,
        "licence": "CC-BY-4.0",
        "consent": "given for research",
    }


def test_licence_and_consent_follow_the_real_data() -> None:
    train, holdout = REAL.split(holdout=0.3, test=0.0)
    assert train.provenance == holdout.provenance == REAL.provenance
    assert train.concat(holdout).provenance == REAL.provenance
    assert load(FRAME).provenance is None
    with pytest.raises(DataError, match="licence must be a text"):
        load(FRAME, licence=3)


@pytest.mark.parametrize("name", ["made.csv", "made.csv.gz", "made.parquet", "made.jsonl"])
def test_the_record_lies_beside_a_file_and_comes_back(made, tmp_path, name) -> None:
    made.save(tmp_path / name)
    back = load(tmp_path / name, label="y", schema=REAL.schema)
    assert back.provenance == made.provenance
    assert back.hash == made.hash
    first = (tmp_path / f"{name}.provenance.json").read_bytes()
    back.save(tmp_path / name)
    assert (tmp_path / f"{name}.provenance.json").read_bytes() == first


def test_real_sets_have_no_record_beside_them_and_an_earlier_one_goes(made, tmp_path) -> None:
    made.save(tmp_path / "data.csv")
    REAL.save(tmp_path / "data.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]
    (tmp_path / "data.csv.provenance.json").write_text('{"theirs": 1}')
    REAL.save(tmp_path / "data.csv")
    assert (tmp_path / "data.csv.provenance.json").read_text() == '{"theirs": 1}'


@pytest.mark.parametrize("content", ["{", "[1]", '"text"'])
def test_a_record_that_cannot_be_read_is_told_and_left_out(tmp_path, content) -> None:
    FRAME.to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "data.csv.provenance.json").write_text(content)
    with pytest.warns(ProvenanceWarning, match="left out"):
        assert load(tmp_path / "data.csv").provenance is None


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"filters": 5}, "'filters' is 5 and should be a list of mappings"),
        ({"filters": [5]}, "'filters' is [5]"),
        ({"filters": [{"n": 3}]}, "counts 'n' and 'kept'"),
        ({"filters": [{"n": 3, "kept": 2, "rules": [{"columns": 4}]}]}, "list of names as 'columns'"),
        ({"parts": "zz"}, "'parts' is 'zz'"),
        ({"parts": [{"filters": 5}]}, "of a record within it, its 'filters' is 5"),
        ({"added": [1]}, "'added' is [1]"),
        ({"real": {"used": 1}}, "only one of"),
        ({"real": {}, "added": [{"used": 1}]}, "only one of"),
        ({"parameters": [1], "generator": "g"}, "'parameters' is [1]"),
        ({"generator": 5}, "'generator' is 5 and should be a text"),
        ({"licence": ["a"]}, "'licence' is ['a']"),
        ({"n_train": True}, "'n_train' is True and should be a count"),
        ({"source_record": 7}, "'source_record' is 7"),
    ],
)
def test_a_record_of_another_shape_is_told_and_left_out(tmp_path, record, fault) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    (tmp_path / "a.csv.provenance.json").write_text(json.dumps({"synthetic": True, **record}))
    with pytest.warns(ProvenanceWarning) as told:
        assert ak.load(tmp_path / "a.csv").provenance is None
    assert f"a.csv.provenance.json is left out: {fault}".split(":")[0] in str(told[0].message)
    assert fault in str(told[0].message)


def test_what_is_said_counts_more_than_the_record(made, tmp_path) -> None:
    made.save(tmp_path / "made.csv")
    said = load(tmp_path / "made.csv", licence="MIT").provenance
    assert (said["licence"], said["consent"], said["generator"]) == ("MIT", "given for research", "cart")


def test_sets_behind_each_other_keep_each_their_record(made) -> None:
    joined = made.concat(load(FRAME, label="y", name="more")).provenance
    assert joined["synthetic"]
    assert [part.get("generator") for part in joined["parts"]] == ["cart", None]
    assert made.concat(made).provenance == made.provenance


def test_what_came_from_outside_says_so_without_where_it_lies(tmp_path) -> None:
    FRAME.to_csv(tmp_path / "theirs.csv", index=False)
    outside = ak.generators.create("external", path=tmp_path / "theirs.csv").fit(REAL)
    record = outside.sample(5).provenance
    assert (record["generator"], record["source"]["name"]) == ("external", "theirs.csv")
    assert "data_hash" not in record
    assert str(tmp_path) not in json.dumps(record)
    drawn = ak.generators.create("external", function=partial(FRAME.sample, random_state=0)).fit(REAL).sample(5)
    assert drawn.provenance["source"]["name"] == "partial"


def test_records_are_recognised_in_any_order_with_any_roles() -> None:
    same = load(FRAME[["y", "n", "x"]].sample(frac=1, random_state=0).astype({"n": "float64", "y": "object"}))
    assert records_hash(same) == records_hash(REAL)
    as_text = load(FRAME.astype({"n": "str"}), columns={"n": "category"})
    assert records_hash(as_text) == records_hash(REAL)
    parts = [REAL.take(np.arange(15)), REAL.take(np.arange(15, 40))]
    assert add_hashes(*map(records_hash, parts)) == records_hash(REAL)
    assert records_hash(REAL.take(np.arange(39))) != records_hash(REAL)
    assert records_hash(load(FRAME.rename(columns={"x": "z"}))) != records_hash(REAL)
