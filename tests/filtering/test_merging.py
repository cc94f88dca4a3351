"""Merging: ratio, origin, weights, provenance, and no unit that joins another's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, load
from auditkit.errors import DataError, ShapeError
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
    assert provenance["real"] == {"source": "bank", "hash": REAL.hash, "available": 10, "used": 10}
    assert provenance["synthetic"]["used"] == 10
    assert provenance["contains_synthetic"]


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


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ratio": -1}, DataError, "at least 0"),
        ({"ratio": float("nan")}, DataError, "at least 0"),
        ({"weights": [1.0]}, ShapeError, "one number per synthetic unit, 30"),
        ({"weights": -1.0}, DataError, "not negative"),
    ],
)
def test_wrong_options_are_refused(options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        merge(REAL, SYNTHETIC, **options)


def test_other_columns_are_refused() -> None:
    with pytest.raises(DataError, match="same columns"):
        merge(REAL, Dataset.of_table(SYNTHETIC.table.rename(columns={"x": "z"}), label="y", source="made"))
