"""Near copies of training texts and images by sample: found where they are more than chance, else not called so."""

from __future__ import annotations

import numpy as np
import pandas as pd

import auditkit as ak
from auditkit.data import ArraySamples, Dataset, TextSamples


def texts(found: list[str]) -> Dataset:
    labels = pd.DataFrame({"label": np.where(np.arange(len(found)) % 2, "a", "b")})
    return Dataset.of_table(labels, label="label", samples=TextSamples.of(found))


def sentences(n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return [" ".join("".join(rng.choice(letters, 5)) for _ in range(8)) for _ in range(n)]


def images(pixels: np.ndarray) -> Dataset:
    labels = pd.DataFrame({"label": np.where(np.arange(len(pixels)) % 2, "a", "b")})
    return Dataset.of_table(labels, label="label", samples=ArraySamples(pixels))


def audited(**sets: Dataset) -> ak.Audit:
    return ak.audit(**sets, metrics=["duplicate_share"], seed=0)


def flags(audit: ak.Audit) -> list[object]:
    return [None if pd.isna(flag) else bool(flag) for flag in audit.samples["near_copy"]]


def test_texts_with_a_word_exchanged_are_near_copies_and_are_filtered_out() -> None:
    real, fresh, holdout = (sentences(60, seed) for seed in range(3))
    made = [text.rsplit(" ", 1)[0] + " zzzzz" for text in real[:20]] + fresh[:40]
    for sets in ({"holdout": texts(holdout)}, {}):
        audit = audited(real=texts(real), synthetic=texts(made), **sets)
        assert flags(audit) == [True] * 20 + [False] * 40
        assert "near_copy" not in audit.about["sample_reasons"]
        assert not audit.samples["copy"].any()
        found = ak.filter(texts(made), audit, ["near-copies"])
        assert found.rejected.ids.tolist() == texts(made).ids[:20].tolist()
        assert set(found.reasons["reason"]) == {"a training sample but for a little"}


def test_greetings_that_real_texts_repeat_are_no_near_copies() -> None:
    parts = [sentences(40, seed) for seed in range(3)]
    wishes = [[f"happy new year to all of {name}"] * 20 for name in ("you", "you", "us")]
    real, holdout, made = (texts([*part, *wish]) for part, wish in zip(parts, wishes, strict=True))
    with_holdout = audited(real=real, synthetic=made, holdout=holdout)
    assert flags(with_holdout) == [False] * 60
    alone = audited(real=real, synthetic=made)
    assert flags(alone) == [False] * 40 + [None] * 20
    assert "real samples are as often so alike" in alone.about["sample_reasons"]["near_copy"]


def test_mirrored_training_images_are_near_copies_and_without_a_holdout_nobody_knows() -> None:
    rng = np.random.default_rng(0)
    real, fresh, holdout = (rng.integers(0, 256, (60, 16, 16, 1), dtype=np.uint8) for _ in range(3))
    made = images(np.concatenate([real[:20, :, ::-1], fresh[:40]]))
    audit = audited(real=images(real), synthetic=made, holdout=images(holdout))
    assert flags(audit) == [True] * 20 + [False] * 40
    alone = audited(real=images(real), synthetic=made)
    assert flags(alone) == [None] * 20 + [False] * 40
    assert "no holdout was given" in alone.about["sample_reasons"]["near_copy"]


def test_images_as_alike_as_real_ones_are_not_judged() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 256, (6, 16, 16, 1), dtype=np.uint8)

    def drawn(n: int) -> Dataset:
        pixels = kinds[rng.integers(0, 6, n)].astype(int) + rng.integers(-3, 4, (n, 16, 16, 1))
        return images(np.clip(pixels, 0, 255).astype(np.uint8))

    assert True not in flags(audited(real=drawn(60), synthetic=drawn(60), holdout=drawn(60)))


def test_copies_are_no_evidence_against_images_as_alike_as_real_ones() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 256, (6, 16, 16, 1), dtype=np.uint8)

    def drawn(n: int) -> np.ndarray:
        pixels = kinds[rng.integers(0, 6, n)].astype(int) + rng.integers(-3, 4, (n, 16, 16, 1))
        return np.clip(pixels, 0, 255).astype(np.uint8)

    real, holdout = drawn(80), drawn(80)
    audit = audited(
        real=images(real), synthetic=images(np.concatenate([real[:40], drawn(60)])), holdout=images(holdout)
    )
    assert audit.samples["copy"].tolist() == [True] * 40 + [False] * 60
    assert True not in flags(audit)


def rows(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = {name: rng.normal(size=n).round(3) for name in ("x", "y", "z")}
    return pd.DataFrame({**numbers, "kind": rng.choice(["a", "b"], n), "count": rng.integers(0, 50, n)})


def test_rows_that_are_training_rows_but_for_a_little_are_near_copies() -> None:
    real, fresh, holdout = (rows(200, seed) for seed in range(3))
    moved = real.head(30).assign(x=real["x"] + 0.02, z=real["z"] - 0.01).round(3)
    other = real.iloc[30:40].assign(kind=real["kind"].map({"a": "b", "b": "a"}))
    made = Dataset.of_table(pd.concat([moved, real.iloc[40:50], other, fresh.head(100)], ignore_index=True))
    audit = audited(real=Dataset.of_table(real), synthetic=made, holdout=Dataset.of_table(holdout))
    # A copy is no near copy, and neither is a row with another category: its copied bits tell.
    assert flags(audit) == [True] * 30 + [False] * 120
    assert audit.samples["copy"].tolist() == [False] * 30 + [True] * 10 + [False] * 110
    bits, limit = audit.samples["copied_bits"], audit.about["sample_limits"]["copied_bits"]["0.01"]
    assert (bits[30:50] > max(limit, 10)).all()
    assert (bits[50:] <= limit).all()
    assert "near_copy" not in audit.about["sample_reasons"]
    alone = audited(real=Dataset.of_table(real), synthetic=made)
    assert flags(alone) == [None] * 30 + [False] * 120
    assert "no holdout was given" in alone.about["sample_reasons"]["near_copy"]


def test_rows_as_alike_as_real_ones_are_not_judged() -> None:
    def drawn(seed: int) -> Dataset:
        kinds, rng = rows(6, 9), np.random.default_rng(seed)
        table = kinds.iloc[rng.integers(0, 6, 80)].reset_index(drop=True)
        return Dataset.of_table(table.assign(x=table["x"] + rng.uniform(-0.01, 0.01, 80)))

    assert True not in flags(audited(real=drawn(0), synthetic=drawn(1), holdout=drawn(2)))


def test_tables_of_categories_have_no_near_copies_and_the_filter_says_nothing_of_it() -> None:
    def table(seed: int) -> Dataset:
        rng = np.random.default_rng(seed)
        return Dataset.of_table(pd.DataFrame({name: rng.choice(list("abcdef"), 60) for name in ("one", "two")}))

    synthetic = table(1)
    audit = audited(real=table(0), synthetic=synthetic)
    assert flags(audit) == [None] * 60
    assert "near copies of rows are told in tables with numbers" in audit.about["sample_reasons"]["near_copy"]
    assert audit.samples["copied_bits"].isna().all()
    assert "tables of 4 columns" in audit.about["sample_reasons"]["copied_bits"]
    found = ak.filter(synthetic, audit)
    assert not any("near" in note for note in found.notes)
    assert "near-copies" not in {rule.name for rule in found.rules}
