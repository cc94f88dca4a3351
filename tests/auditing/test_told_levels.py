import numpy as np
import pandas as pd
import pytest

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


def peopled(seed, rare=(), n=300):
    """Groups of two countries, and of these few people's."""
    rng = np.random.default_rng(seed)
    country = np.where(rng.random(n) < 0.7, "Here", "There").astype(object)
    country[: len(rare)] = rare
    return pd.DataFrame(
        {"country": country, "x": rng.normal(size=n).round(2), "y": np.where(rng.random(n) < 0.4, "yes", "no")}
    )


def written(folder):
    return "".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in {".json", ".html", ".txt"}
    )


def audit_of(real, synthetic, holdout, **changes):
    sets = {"real": real, "synthetic": synthetic, "holdout": holdout}
    return ak.audit(**{role: ak.load(table, label="y", groups=["country"]) for role, table in sets.items()}, **changes)


METRICS = ["representation_gap", "label_rate_gap", "missing_groups", "precision", "ks_complement"]
FEW = ["Holand", "Holand", "Lilliput", "Blefuscu", "Laputa", "Laputa", "Laputa"]


def test_groups_of_few_people_are_named_nowhere(tmp_path):
    audit = audit_of(peopled(0, FEW), peopled(1, ["Nowhere"]), peopled(2, ["Brobdingnag"]), metrics=METRICS)
    verdict = audit.check()
    audit.save(tmp_path)
    audit.report(tmp_path / "report.html", verdict=verdict)
    (tmp_path / "check.txt").write_text(verdict.text(), encoding="utf-8")
    text = written(tmp_path)
    assert "Here" in text
    assert not any(name in text for name in (*FEW, "Brobdingnag"))
    score = audit.scores["representation_gap"].at(country="(rare)")
    assert score.details["real"] == len(FEW) / 300
    assert audit.scores["missing_groups"].details == {
        **audit.scores["missing_groups"].details,
        "missing": [],
        "too_small_to_judge": ["country=(rare)"],
    }


def test_the_share_of_fewer_than_five_people_is_not_told_either():
    audit = audit_of(peopled(0, FEW[:3]), peopled(1, ["Holand"] * 30), peopled(2), metrics=METRICS)
    score = audit.scores["representation_gap"].at(country="(rare)")
    assert (score.value, score.status, score.details) == (None, "insufficient", {})
    whole = audit.scores["representation_gap"]
    assert whole.details["worst"] != {"country": "(rare)"}
    assert whole.value == max(abs(whole.at(country=name).value) for name in ("Here", "There"))


def test_who_shows_real_records_shows_small_groups_too():
    audit = audit_of(peopled(0, FEW), peopled(1), peopled(2), metrics=METRICS, show_real=True)
    assert audit.scores["representation_gap"].at(country="Laputa").details["real"] == 3 / 300


def test_many_rare_groups_that_are_all_lost_are_missing_together():
    audit = audit_of(peopled(0, [f"town {k}" for k in range(20)]), peopled(1), peopled(2), metrics=METRICS)
    assert audit.scores["missing_groups"].details["missing"] == ["country=(rare)"]


def labelled(seed, rare=()):
    table = peopled(seed)
    table.loc[: len(rare) - 1, "y"] = list(rare)
    return table


CLASS_METRICS = [*METRICS, "missing_classes", "tv_complement", "contingency_similarity"]


def test_classes_of_few_people_are_named_nowhere(tmp_path):
    audit = audit_of(labelled(0, FEW), labelled(1), labelled(2, ["Brobdingnag"]), metrics=CLASS_METRICS)
    verdict = audit.check()
    audit.save(tmp_path)
    audit.report(tmp_path / "report.html", verdict=verdict)
    (tmp_path / "check.txt").write_text(verdict.text(), encoding="utf-8")
    text = written(tmp_path)
    assert '"yes"' in text
    assert not any(name in text for name in (*FEW, "Brobdingnag"))
    assert audit.scores["missing_classes"].details["too_small_to_judge"] == ["(rare)"]


def test_the_label_rate_of_fewer_than_five_people_is_not_told_in_any_group():
    audit = audit_of(labelled(0, FEW[:1]), labelled(1, FEW[:1]), labelled(2), metrics=CLASS_METRICS)
    told = [score for score in audit.scores if score.where.get("class") == "(rare)" and score.value is not None]
    assert not told
    # Of two classes the rate of one is that of the other: none is left for a third.
    classes = {score.where["class"] for score in audit.scores if score.metric == "label_rate_gap" and score.where}
    assert classes == {"yes"}


def test_many_rare_classes_that_are_all_lost_are_missing_together():
    audit = audit_of(labelled(0, [f"class {k}" for k in range(20)]), labelled(1), labelled(2), metrics=CLASS_METRICS)
    assert audit.scores["missing_classes"].details["missing"] == ["(rare)"]
    shown = audit_of(labelled(0, FEW[:1]), labelled(1), labelled(2), metrics=CLASS_METRICS, show_real=True)
    assert shown.scores["missing_classes"].details["too_small_to_judge"] == [FEW[0]]


def test_fewer_than_five_people_do_not_follow_from_the_others_and_the_whole():
    table = peopled(0, ["Laputa", "Laputa"])
    table.loc[:1, "y"] = "yes"
    audit = audit_of(table, peopled(1, ["Laputa"] * 60), peopled(2, ["Laputa"]), metrics=METRICS)
    share = {name: audit.scores["representation_gap"].at(country=name).details["real"] for name in ("Here", "There")}
    assert sum(share.values()) == pytest.approx(1.0)
    rates = audit.scores["label_rate_gap"]
    whole = rates.at(**{"class": "yes"}).details["real"]
    within = [share[name] * rates.at(**{"class": "yes", "country": name}).details["real"] for name in share]
    assert sum(within) == pytest.approx(whole)
    assert audit.scores["representation_gap"].at(country="(rare)").value is None
    (columns,) = [item.data["items"] for item in audit.exhibits if item.name == "columns"]
    (told,) = [dict(zip(item["bins"], item["real"], strict=True)) for item in columns if item["name"] == "country"]
    assert {name: told[name] for name in share} == pytest.approx(share, abs=1e-6)
    assert "Fewer than 5 `real` units of rare levels of 'country' count with 'There'." in audit.about["notes"]


def test_as_many_as_five_people_of_several_rare_groups_are_a_group_of_their_own():
    audit = audit_of(peopled(0, FEW), peopled(1), peopled(2), metrics=METRICS)
    assert audit.scores["representation_gap"].at(country="(rare)").details["real"] == pytest.approx(7 / 300)
    assert not any("rare levels" in note for note in audit.about["notes"])
