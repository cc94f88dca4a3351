"""Merging: ratio, origin, weights, provenance, and no unit that joins another's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, load
from auditkit.errors import DataError, ShapeError, UnknownNameError
from auditkit.filtering import Merged, merge
from auditkit.store import read_json


def _set(n: int, source: str, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n).round(3), "y": np.where(np.arange(n) % 2 == 0, "a", "b")})
    return Dataset.of_table(frame, label="y", source=source)


REAL, SYNTHETIC = _set(10, "bank"), _set(30, "cart", seed=1)


@pytest.mark.parametrize(("ratio", "drawn"), [(1.0, 10), (0.5, 5), (2.0, 20), (0.0, 0), (3, 30)])
def test_ratio_is_synthetic_per_real(ratio: float, drawn: int) -> None:
    merged = merge(REAL, SYNTHETIC, ratio=ratio)
    assert merged.origin.tolist() == ["real"] * 10 + ["synthetic"] * drawn
    assert merged.frame["origin"].tolist() == merged.origin.tolist()
    assert merged.weights.tolist() == [1.0] * (10 + drawn)
    assert merged.notes == ()


def test_fewer_available_are_all_taken_and_noted() -> None:
    merged = merge(REAL, SYNTHETIC, ratio=5)
    assert len(merged) == 40
    assert merged.notes == ("ratio 5 asks for 50 synthetic units and there are 30: all of them are in.",)


def test_the_draw_follows_the_seed_and_repeats_nothing() -> None:
    first, again, other = (merge(REAL, SYNTHETIC, seed=seed) for seed in (0, 0, 1))
    assert first.table.equals(again.table)
    assert not first.table.equals(other.table)
    assert len(set(first.ids)) == 20
    assert set(first.table["x"][10:]) <= set(SYNTHETIC.table["x"])


def test_origin_is_no_feature() -> None:
    merged = merge(REAL, SYNTHETIC)
    assert isinstance(merged, Merged)
    assert merged.schema.names == ("x", "y")
    assert list(merged.table.columns) == ["x", "y"]
    assert isinstance(merged.take([0, 12]), Merged)
    assert merged.take([0, 12]).origin.tolist() == ["real", "synthetic"]


def test_a_column_of_the_users_called_origin_stays() -> None:
    named = [Dataset.of_table(part.table.assign(origin="z"), source=part.source) for part in (REAL, SYNTHETIC)]
    frame = merge(*named).frame
    assert set(frame["origin"]) == {"z"}
    assert set(frame["auditkit_origin"]) == {"real", "synthetic"}


def test_weights_belong_to_the_drawn_units() -> None:
    assert merge(REAL, SYNTHETIC, weights=0.25).weights.tolist() == [1.0] * 10 + [0.25] * 10
    values = SYNTHETIC.table["x"].to_numpy() ** 2
    merged = merge(REAL, SYNTHETIC, weights=values, seed=3)
    assert np.allclose(merged.weights[10:], merged.table["x"][10:] ** 2)


def test_provenance_names_both_sides() -> None:
    provenance = merge(REAL, SYNTHETIC, seed=4).provenance
    assert provenance["real"] == {
        "source": "bank",
        "hash": REAL.hash,
        "licence": None,
        "consent": None,
        "available": 10,
        "used": 10,
    }
    assert provenance["added"][0]["used"] == 10
    assert provenance["synthetic"]
    assert not merge(REAL, SYNTHETIC, ratio=0).provenance["synthetic"]


def test_several_sets_are_drawn_from_together_or_each_by_its_ratio() -> None:
    sets = {"cart": SYNTHETIC, "smote": _set(10, "smote", seed=2)}
    together = merge(REAL, sets, ratio=2)
    assert set(together.origin) == {"real", "synthetic:cart", "synthetic:smote"}
    assert len(together) == 30
    each = merge(REAL, sets, ratio={"cart": 0.5, "smote": 0.2}, weights={"a": 0.5})
    assert [int(np.sum(each.origin == f"synthetic:{name}")) for name in sets] == [5, 2]
    assert [part["used"] for part in each.provenance["added"]] == [5, 2]
    assert set(each.weights[10:][each.label_values[10:] == "a"]) <= {0.5}
    assert merge(REAL, list(sets.values())).provenance["added"][1]["source"] == "smote"
    short = merge(REAL, sets, ratio={"smote": 3})
    assert short.notes == ("ratio 3 asks for 30 synthetic units of smote and there are 10: all of them are in.",)


def test_weights_can_give_classes_the_shares_of_the_real_units() -> None:
    uneven = SYNTHETIC.take(np.flatnonzero((SYNTHETIC.label_values == "a") | (np.arange(30) < 6)))
    merged = merge(REAL, uneven, weights="real", ratio=10)
    drawn = merged.weights[10:]
    masses = [drawn[merged.label_values[10:] == level].sum() for level in ("a", "b")]
    assert masses == pytest.approx([9.0, 9.0])
    assert merged.provenance["weights"] == "real"


def test_licence_and_consent_of_both_sides_follow() -> None:
    told = [
        replace(item, provenance={"licence": licence, "consent": None})
        for item, licence in ((REAL, "CC-BY-4.0"), (SYNTHETIC, "MIT"))
    ]
    assert merge(*told).provenance["licence"] == "CC-BY-4.0 AND MIT"
    assert merge(told[0], SYNTHETIC).notes == ("the licence of 'cart' is not known: ask before you pass this set on.",)


def test_keys_of_both_sides_do_not_join() -> None:
    frame = pd.DataFrame({"who": ["p", "p", "q"], "x": [1.0, 2.0, 3.0]})
    real, synthetic = (Dataset.of_table(frame, key="who", source=name) for name in ("real data", "made"))
    merged = merge(real, synthetic)
    assert len(merged) == 4
    assert set(merged.table["who"]) == {"p", "q", "synthetic:p", "synthetic:q"}
    assert merged.frame["origin"].tolist() == ["real"] * 3 + ["synthetic"] * 3


def test_saved_merge_has_its_origin_and_provenance(tmp_path: Path) -> None:
    merged = merge(REAL, SYNTHETIC)
    merged.save(tmp_path / "train.csv")
    assert load(tmp_path / "train.csv").table["origin"].tolist() == merged.origin.tolist()
    assert read_json(tmp_path / "train.csv.provenance.json") == dict(merged.provenance)
    assert (tmp_path / "train.csv.card.md").read_text().startswith("---\nlicense: unknown\n")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ratio": -1}, DataError, "at least 0"),
        ({"ratio": float("nan")}, DataError, "at least 0"),
        ({"weights": [1.0]}, ShapeError, "one number per synthetic unit, 30"),
        ({"weights": -1.0}, DataError, "not negative"),
        ({"weights": "equal"}, DataError, 'or "real", got'),
        ({"weights": {"c": 1.0}}, UnknownNameError, "unknown class 'c'"),
        ({"ratio": {"cart": 1.0}}, UnknownNameError, "unknown synthetic set 'cart'"),
    ],
)
def test_wrong_options_are_refused(options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        merge(REAL, SYNTHETIC, **options)


def test_other_columns_are_refused() -> None:
    with pytest.raises(DataError, match="same columns"):
        merge(REAL, Dataset.of_table(SYNTHETIC.table.rename(columns={"x": "z"}), label="y", source="made"))


@pytest.mark.parametrize(
    "wrap", [lambda frame: frame, lambda _: "syn.csv", lambda frame: [frame], lambda frame: {"a": frame}]
)
def test_what_is_no_set_is_told(wrap) -> None:
    real = load(pd.DataFrame({"x": [1, 2, 3]}))
    with pytest.raises(
        DataError, match=r"`synthetic` must be a Dataset, got (DataFrame|str): make one with auditkit.load"
    ):
        merge(real, wrap(real.table))
