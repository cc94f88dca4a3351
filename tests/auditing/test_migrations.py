"""audit.json has a described form, and audits of older forms open."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import jsonschema
import pytest

import auditkit as ak
from auditkit.auditing import migrations
from auditkit.errors import DataError
from auditkit.store import dump_json

HERE = Path(__file__).resolve().parent
OLD = HERE / "old_audits"
SCHEMA = Path(migrations.__file__).with_name("audit.schema.json")


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def old(version: int) -> dict:
    return json.loads((OLD / f"version_{version}" / "audit.json").read_text(encoding="utf-8"))


def test_a_fresh_audit_has_the_form_that_the_schema_describes(audited, bare, validator):
    for audit in (audited, bare):
        validator.validate(json.loads(dump_json(audit.to_json())))


def test_the_schema_names_the_version_and_every_key_of_a_score(audited):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema["properties"]["format_version"]["const"] == migrations.FORMAT_VERSION
    described = schema["$defs"]["score"]
    written = set(audited.to_json()["scores"][0])
    assert written == set(described["properties"]) == set(described["required"])


def test_there_is_an_audit_of_every_older_version():
    kept = {int(place.name.rpartition("_")[2]) for place in OLD.iterdir()}
    assert kept == set(range(1, migrations.FORMAT_VERSION))


@pytest.mark.parametrize("version", range(1, migrations.FORMAT_VERSION))
def test_an_older_audit_is_brought_to_today_s_form(version, validator):
    given = old(version)
    before = copy.deepcopy(given)
    brought = migrations.migrated(given, "audit.json")
    assert given == before
    assert brought["format_version"] == migrations.FORMAT_VERSION
    validator.validate(brought)


@pytest.mark.parametrize("version", range(1, migrations.FORMAT_VERSION))
def test_an_older_audit_opens_is_judged_and_saved_in_today_s_form(version, tmp_path):
    audit = ak.open_audit(OLD / f"version_{version}")
    assert audit.scores["coverage"].value == 0.9725
    assert audit.check().results
    audit.save(tmp_path)
    assert json.loads((tmp_path / "audit.json").read_text())["format_version"] == migrations.FORMAT_VERSION
    assert ak.open_audit(tmp_path).to_json() == audit.to_json()


def test_version_1_kept_values_at_equal_size_among_the_details():
    scores = ak.open_audit(OLD / "version_1").scores
    coverage, alone = scores["coverage"], scores["copy_excess"]
    assert coverage.matched.value == coverage.details["at_equal_size"]
    assert coverage.matched.n == coverage.references["yardstick"].n
    assert coverage.matched.low is None  # it was not kept, so it is not known
    assert coverage.compared == coverage.matched
    assert alone.matched is None
    assert alone.compared == alone.estimate
    assert {score.metric_version for score in scores} == {1}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"format_version": 99}, r"has format version 99, this auditkit reads \d+ at most: install the auditkit"),
        ({"format_version": "2"}, "is no audit: it has format version '2'"),
        ({"format_version": True}, "is no audit"),
        ({"format_version": 0}, "is no audit"),
        ([], "is no audit: it has format version None"),
        ({"format_version": 1}, "is damaged .KeyError 'scores'"),
        ({"format_version": 1, "scores": [3]}, "is damaged .TypeError"),
    ],
)
def test_what_is_no_audit_or_newer_is_refused_in_a_sentence(data, said):
    with pytest.raises(DataError, match=said) as caught:
        migrations.migrated(data, "audit.json")
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")


def test_a_damaged_audit_is_refused(tmp_path):
    shutil.copytree(OLD / "version_1", tmp_path / "audit")
    data = old(1)
    del data["scores"][0]["estimate"]["n"]
    (tmp_path / "audit" / "audit.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(DataError, match="is damaged"):
        ak.open_audit(tmp_path / "audit")
