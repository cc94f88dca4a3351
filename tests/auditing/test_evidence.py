"""The row per synthetic sample, what is kept on disk, and what is hidden of real records."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing import open_audit
from auditkit.auditing.evidence import SAMPLE_COLUMNS, breach_note
from auditkit.errors import DataError
from auditkit.store import write_table

CANARY = "canary"
DTYPES = {
    "id": "str",
    "realism": "float64",
    "density": "float64",
    "rarity": "float64",
    "nearest_real": "str",
    "distance_real": "float64",
    "nearest_holdout": "str",
    "distance_holdout": "float64",
    "copy": "boolean",
    "near_copy": "boolean",
    "copied_bits": "float64",
    "discriminator": "float64",
    "discriminator_logit": "float64",
    "oddness": "float64",
    "label_agreement": "float64",
    "confidence": "float64",
    "duplicate_cluster": "Int64",
    "violations": "str",
}


def dtypes(samples):
    return {name: str(dtype) for name, dtype in samples.dtypes.items()}


def everything_shared(audit, folder):
    """Text of all that a saved audit shares, the parquet's cells included."""
    audit.save(folder)
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.json") if path.name != "run.json"]
    return "\n".join([*texts, pd.read_parquet(folder / "samples.parquet").to_csv()])


def test_every_column_is_there_with_its_type(audited, bare):
    groups = {"group:sex": "str", "group:region": "str"}
    assert tuple(DTYPES) == SAMPLE_COLUMNS
    assert dtypes(audited.samples) == DTYPES | groups
    assert dtypes(bare.samples) == DTYPES


def test_empty_cells_have_a_reason_per_column(audited, bare):
    for audit in (audited, bare):
        empty = {name for name in audit.samples if audit.samples[name].isna().any()}
        assert set(audit.about["sample_reasons"]) == empty
        assert all(audit.about["sample_reasons"].values())
    assert bare.samples["nearest_holdout"].isna().all()
    assert bare.about["sample_reasons"]["nearest_holdout"] == "no holdout was given"
    assert bare.about["sample_reasons"]["label_agreement"] == "no label was declared"


def test_copies_and_repeats_are_flagged(audited, sets):
    samples = audited.samples
    assert samples["id"].tolist() == sets["synthetic"].ids.tolist()
    assert samples["copy"].tolist() == [True] * 30 + [False] * 270
    assert (samples["distance_real"][:30] == 0).all()
    assert samples["nearest_real"][:30].nunique() == 30
    # The last twenty rows repeat the first twenty that are not copies.
    assert samples["duplicate_cluster"][30:50].tolist() == list(range(20))
    assert samples["duplicate_cluster"][280:].tolist() == list(range(20))
    assert samples["duplicate_cluster"][:30].isna().all()
    assert samples["duplicate_cluster"][50:280].isna().all()


def test_the_nearest_record_is_the_nearest_by_brute_force(sets):
    audit = ak.audit(**sets, metrics=["precision"], show_real=True)
    embedded = ak.features.create_embedder(None, modality="tabular").fit(sets["real"], seed=0)
    real, synthetic, holdout = (
        embedded.transform(sets[role]).astype(float) for role in ("real", "synthetic", "holdout")
    )
    for other, name in ((real, "real"), (holdout, "holdout")):
        between = np.sqrt(((synthetic[:, None] - other[None]) ** 2).sum(axis=2))
        np.testing.assert_allclose(audit.samples[f"distance_{name}"], between.min(axis=1), atol=1e-6)
        place = {unit: number for number, unit in enumerate(sets[name].ids)}
        named = [place[unit] for unit in audit.samples[f"nearest_{name}"]]
        np.testing.assert_allclose(between[np.arange(len(named)), named], between.min(axis=1), atol=1e-9)


def test_numbers_are_in_their_ranges(audited):
    samples = audited.samples
    for name in ("discriminator", "label_agreement"):
        assert samples[name].between(0, 1).all()
    for name in ("realism", "density", "rarity", "distance_real", "distance_holdout"):
        assert (samples[name].dropna() >= 0).all()
    # A label turned around is believed less.
    assert samples["label_agreement"].mean() > 0.5


def test_groups_of_samples_are_their_own(audited, sets):
    for name in ("sex", "region"):
        assert audited.samples[f"group:{name}"].tolist() == sets["synthetic"].group_values(name).tolist()


def test_impossible_cells_are_told_without_real_values(make_set):
    real, holdout = make_set(200, 1), make_set(100, 2)
    table = make_set(100, 3).table.copy()
    table.loc[0, "age"], table.loc[1, "work"] = 200, "moon"
    fake = ak.load(table, label="good", groups=["sex", "region"], schema=real.schema)
    told = ak.audit(real=real, synthetic=fake, holdout=holdout, metrics=["precision"]).samples["violations"]
    assert told[0] == "age: far above the real range"
    assert told[1].startswith("work: ")
    assert (told[2:] == "").mean() > 0.9


def test_a_collapsed_set_has_its_evidence_too(make_set):
    table = pd.concat([make_set(60, 3).table.iloc[:1]] * 60, ignore_index=True)
    audit = ak.audit(real=make_set(200, 1), synthetic=ak.load(table, label="good", groups=["sex", "region"]))
    assert audit.scores["duplicate_share"].value == pytest.approx(59 / 60)
    assert audit.samples["duplicate_cluster"].eq(0).all()
    assert audit.samples["discriminator"].isna().all()
    assert "too few distinct" in audit.about["sample_reasons"]["discriminator"]


def test_real_units_are_hidden_in_order_of_appearance(audited, sets):
    for column, letter, role in (("nearest_real", "R", "real"), ("nearest_holdout", "H", "holdout")):
        names = audited.samples[column]
        assert names.drop_duplicates().tolist() == [f"{letter}{number + 1}" for number in range(names.nunique())]
        assert not set(names) & set(sets[role].ids)


def test_real_units_are_named_when_asked_for(sets):
    audit = ak.audit(**sets, metrics=["precision"], show_real=True)
    assert audit.about["show_real"] is True
    assert audit.samples["nearest_real"][:30].tolist() == sets["real"].ids[:30].tolist()
    pairs = next(item for item in audit.exhibits if item.kind == "pairs").data["items"]
    assert not any(cell["differs"] for cell in pairs[0]["cells"])
    assert {cell["column"] for pair in pairs for cell in pair["cells"]} <= set(sets["real"].table.columns)


def test_nothing_of_a_real_record_is_shared(audited, sets, tmp_path):
    verdict = audited.check()
    page = audited.report(tmp_path / "page.html", verdict=verdict).read_text(encoding="utf-8")
    kept = everything_shared(audited, tmp_path / "out")
    assert CANARY in sets["real"].table["note"][0]
    assert CANARY not in "\n".join([kept, page, json.dumps(verdict.to_json()), str(verdict)])
    ids = set(sets["real"].ids) - set(sets["synthetic"].ids)
    assert not [unit for unit in ids if f'"{unit}"' in kept]


def test_copied_records_are_not_shown_even_by_their_synthetic_twin(make_set, tmp_path):
    real, holdout = make_set(200, 1), make_set(100, 2)
    audit = ak.audit(real=real, synthetic=real.take(np.arange(100)), holdout=holdout)
    assert CANARY not in everything_shared(audit, tmp_path)


def test_unique_categories_and_ids_of_real_records_are_not_shared(tmp_path):
    def frame(n, seed):
        rng = np.random.default_rng(seed)
        return pd.DataFrame(
            {
                "name": [f"{CANARY}-name-{seed}-{number}" for number in range(n)],
                "town": [f"{CANARY}-town-{seed}-{number % 40}" for number in range(n)],
                "x": rng.normal(size=n),
                "born": pd.Timestamp("1987-06-05") + pd.to_timedelta(rng.integers(0, 9999, n), "D"),
            }
        )

    real, holdout = (ak.load(frame(n, seed), columns={"town": "category"}) for n, seed in ((200, 1), (100, 2)))
    fake = ak.load(frame(100, 3).assign(name="made", town="made"), schema=real.schema)
    told = everything_shared(ak.audit(real=real, synthetic=fake, holdout=holdout), tmp_path)
    assert CANARY not in told


def test_few_real_records_of_a_level_are_not_counted_in_an_exhibit(make_set):
    real = make_set(200, 1)
    table = real.table.copy()
    table.loc[:2, "region"] = "enclave"
    real = ak.load(table, label="good", groups=["region"])
    audit = ak.audit(real=real, synthetic=make_set(100, 2), holdout=make_set(100, 3), metrics=["precision"])
    shown = next(item for item in audit.exhibits if item.name == "occupancy-group-region").data["levels"]
    assert "enclave" not in shown
    assert "north" in shown


def test_saved_and_opened_again_it_is_the_same(audited, tmp_path):
    audited.save(tmp_path / "out")
    opened = open_audit(tmp_path / "out")
    assert opened.to_json() == json.loads(json.dumps(audited.to_json()))
    pd.testing.assert_frame_equal(opened.samples, audited.samples)
    assert sorted(item.name for item in opened.exhibits) == sorted(item.name for item in audited.exhibits)
    assert opened.scores["coverage"].at(sex="Female") == audited.scores["coverage"].at(sex="Female")
    assert opened.inputs == {}
    pd.testing.assert_frame_equal(opened.groups, audited.groups)
    opened.save(tmp_path / "again")
    for path in (tmp_path / "out").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "out")).read_bytes()


def test_the_page_is_the_same_from_memory_and_from_disk(audited, tmp_path):
    opened = open_audit(audited.save(tmp_path / "out"))
    first, second = (item.report(tmp_path / f"{name}.html") for item, name in ((audited, "a"), (opened, "b")))
    assert first.read_bytes() == second.read_bytes()


def test_saving_twice_leaves_no_old_exhibits(audited, bare, tmp_path):
    audited.save(tmp_path)
    bare.save(tmp_path)
    names = {path.stem for path in (tmp_path / "exhibits").iterdir()}
    assert names == {item.name for item in bare.exhibits}


def test_an_audit_without_label_groups_and_holdout_survives_the_disk(bare, tmp_path):
    bare.save(tmp_path)
    opened = open_audit(tmp_path)
    assert dtypes(opened.samples) == DTYPES
    pd.testing.assert_frame_equal(opened.samples, bare.samples)


def test_a_folder_without_an_audit_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"there is no audit\.json"):
        open_audit(tmp_path)
    (tmp_path / "audit.json").write_text('{"format_version": 99}', encoding="utf-8")
    with pytest.raises(DataError, match="format version 99"):
        open_audit(tmp_path)


def test_json_holds_plain_finite_numbers(audited):
    json.dumps(audited.to_json(), allow_nan=False)
    for exhibit in audited.exhibits:
        json.dumps(exhibit.to_json(), allow_nan=False)


def test_the_audit_in_words_has_a_line_per_metric(audited):
    lines = str(audited).splitlines()
    assert lines[0] == "audit of synthetic.csv (500 real, 300 synthetic, 250 holdout)"
    assert len(lines) == 1 + len(audited.scores.metrics)


def test_a_fresh_audit_is_judged(audited):
    verdict = audited.check()
    assert verdict.exit_code == 1
    assert "copies" in {item.gate for item in verdict.failed}


def test_inputs_are_not_changed(make_set):
    sets = {"real": make_set(150, 1), "synthetic": make_set(90, 2), "holdout": make_set(80, 3)}
    before = {role: (item.hash, item.table.copy()) for role, item in sets.items()}
    ak.audit(**sets)
    for role, item in sets.items():
        assert item.hash == before[role][0]
        pd.testing.assert_frame_equal(item.table, before[role][1])


def test_a_breach_that_many_samples_share_is_said():
    rows = ["age: missing"] * 9 + ["age: missing; work: a new level", *[""] * 90]
    assert breach_note(pd.DataFrame({"violations": rows})) == (
        "10 of 100 synthetic samples break the real data's schema in one way: age: missing."
    )
    assert breach_note(pd.DataFrame({"violations": [*rows[:4], *[""] * 96]})) is None
    assert breach_note(pd.DataFrame({"violations": [""] * 5})) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda samples: samples.iloc[:250], "it has 250 rows, and 300 synthetic samples were audited"),
        (lambda samples: samples.iloc[::-1], "it holds other rows, or its rows in another order"),
        (lambda samples: samples.assign(realism=1.0), "it holds other rows, or its rows in another order"),
    ],
)
def test_another_table_of_samples_is_refused(audited, tmp_path, change, said):
    audited.save(tmp_path)
    write_table(tmp_path / "samples.parquet", change(audited.samples))
    with pytest.raises(DataError, match=rf"samples\.parquet' is not the table that its audit wrote: {said}\. Put"):
        open_audit(tmp_path)


def test_an_audit_without_a_digest_is_held_to_its_number_of_rows(audited, tmp_path):
    audited.save(tmp_path)
    data = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    del data["samples_sha256"]
    (tmp_path / "audit.json").write_text(json.dumps(data), encoding="utf-8")
    write_table(tmp_path / "samples.parquet", audited.samples.iloc[::-1])
    assert len(open_audit(tmp_path).samples) == 300
    write_table(tmp_path / "samples.parquet", audited.samples.iloc[:10])
    with pytest.raises(DataError, match="it has 10 rows, and 300"):
        open_audit(tmp_path)
