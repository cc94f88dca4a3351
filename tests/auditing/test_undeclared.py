"""Blind spots in audits: what is looked for, shown and told, and what is not."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing import undeclared
from auditkit.auditing.undeclared import _named_by_class
from auditkit.metrics.slices.conditions import Axis


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "work": rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "age": rng.integers(18, 80, n),
            "name": [f"person {seed} {place}" for place in range(n)],
        }
    )


def audited(synthetic: pd.DataFrame, **options) -> ak.Audit:
    sets = (ak.load(frame, label="work") for frame in (people(1200, 0), synthetic, people(600, 2)))
    real, made, holdout = sets
    given = {"metrics": ["precision", "coverage"]} | options
    return ak.audit(real=real, synthetic=made, holdout=holdout, **given)


def lacking() -> pd.DataFrame:
    frame = people(1200, 1)
    return frame[(frame["sex"] == "m") | (frame["work"] != "c")].reset_index(drop=True)


def spots(audit: ak.Audit):
    return next((item for item in audit.exhibits if item.kind == "blind_spots"), None)


@pytest.fixture(scope="module")
def audit() -> ak.Audit:
    return audited(lacking())


def test_a_destroyed_corner_is_an_exhibit_and_a_warning(audit):
    (item,) = spots(audit).data["items"]
    assert item["conditions"] == ["sex is f", "work is c"]
    assert (item["kind"], item["n_synthetic"], item["synthetic_share"]) == ("rare", 0, 0.0)
    assert item["real_share"] == pytest.approx(0.1, abs=0.03)
    (finding,) = [item for item in audit.check().findings if item.kind == "blind_spot"]
    assert finding.severity == "warn"
    assert "sex is f and work is c" in finding.sentence


def test_real_units_are_named_only_where_they_are_shown(audit):
    assert "real" not in spots(audit).data["items"][0]
    assert "person" not in json.dumps(spots(audit).data)
    shown = audited(lacking(), show_real=True)
    frame = people(1200, 0)
    place = int(spots(shown).data["items"][0]["real"][0])
    assert (frame["sex"][place], frame["work"][place]) == ("f", "c")


def test_fresh_real_data_have_an_exhibit_without_a_slice_and_no_warning():
    found = audited(people(1200, 1))
    assert spots(found).data["items"] == []
    assert spots(found).data["n_looked_at"] > 0
    assert [item for item in found.check().findings if item.kind == "blind_spot"] == []


def test_they_are_looked_for_where_coverage_is_and_in_sets_that_are_large_enough():
    assert spots(audited(lacking(), metrics=["frechet_distance"])) is None
    assert spots(audited(lacking().head(150))) is None


def test_the_same_audit_from_disk_tells_the_same(audit, tmp_path):
    audit.save(tmp_path)
    opened = ak.open_audit(tmp_path)
    assert spots(opened) == spots(audit)
    assert [item.sentence for item in opened.check().findings] == [item.sentence for item in audit.check().findings]


def test_features_have_clusters_classes_and_groups_for_conditions():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 6)) * 20

    def points(n: int, *, lacks: bool) -> ak.Dataset:
        kinds, teams = rng.choice(3, n), rng.choice(["x", "y"], n)
        kept = ~((kinds == 1) & (teams == "x") & lacks)
        pixels = np.clip(2.0 * (centres[kinds] + rng.normal(size=(n, 6))) + 128.0, 0, 255).astype(np.uint8)[kept]
        return ak.load({"images": np.repeat(pixels, 6, axis=1).reshape(-1, 6, 6), "label": teams[kept]})

    found = ak.audit(
        real=points(1500, lacks=False), synthetic=points(1500, lacks=True), holdout=points(700, lacks=False),
        metrics=["coverage"],
    )  # fmt: skip
    conditions = {word for item in spots(found).data["items"] for word in item["conditions"]}
    assert "class is x" in conditions
    assert any(word.startswith("cluster ") for word in conditions)


def test_clusters_are_named_by_the_class_that_most_of_them_are():
    axis = Axis("cluster", 3, np.arange(2), np.arange(2) + 1, ("cluster 1", "cluster 2"))
    clusters = np.repeat(np.array([0, 1], np.int32), [10, 10])
    labels = np.repeat(np.array([0, 1, 0, 1], np.int64), [8, 2, 5, 5])
    named = _named_by_class(axis, clusters, labels, ("cat", "dog"))
    assert named.words == ("cluster 1 (80 % cat)", "cluster 2")


def test_declared_groups_and_classes_have_scores_of_their_own():
    frame = people(1200, 1)
    half = frame[(frame["sex"] == "m") | (np.arange(1200) % 10 == 0)].reset_index(drop=True)
    assert spots(audited(half)).data["items"][0]["conditions"] == ["sex is f"]
    sets = [ak.load(item, label="work", groups=["sex"]) for item in (people(1200, 0), half, people(600, 2))]
    found = ak.audit(real=sets[0], synthetic=sets[1], holdout=sets[2], metrics=["coverage"])
    assert spots(found).data["items"] == []


def declared(frame: pd.DataFrame) -> list[list[str]]:
    sets = [ak.load(item, label="work", groups=["sex"]) for item in (people(3000, 0), frame, people(1200, 2))]
    found = ak.audit(real=sets[0], synthetic=sets[1], holdout=sets[2], metrics=["coverage"])
    return [item["conditions"] for item in spots(found).data["items"]]


def test_of_a_halved_declared_group_nothing_undeclared_is_named():
    frame = people(6000, 1)
    drawn = np.random.default_rng(3).random(len(frame))
    for share in (0.55, 0.35):
        assert declared(frame[(frame["sex"] == "m") | (drawn < share)].head(3000).reset_index(drop=True)) == []
    # Nor of a declared group in one class, which has rates of its own.
    corner = (frame["sex"] == "f") & (frame["work"] == "a") & (drawn > 0.3)
    assert declared(frame[~corner].head(3000).reset_index(drop=True)) == []


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_a_hidden_corner_of_a_declared_group_is_named_though_the_group_is_rare_too(share):
    frame = people(6000, 1)
    drawn = np.random.default_rng(3).random(len(frame))
    lost = (frame["sex"] == "f") & ((drawn > share) | (frame["age"] >= 60))
    (named,) = declared(frame[~lost].head(3000).reset_index(drop=True))
    assert named[0] == "sex is f"
    assert len(named) == 2
    assert named[1].startswith("age from ")


def test_a_search_that_fails_ends_no_audit(monkeypatch):
    def fail(*_, **__):
        raise ValueError

    monkeypatch.setattr(undeclared, "spots_of", fail)
    found = audited(lacking())
    assert spots(found) is None
    assert found.scores["coverage"].status == "ok"
