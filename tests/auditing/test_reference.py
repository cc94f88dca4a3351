from __future__ import annotations

import json
import stat
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

import auditkit as ak
from auditkit.auditing import reference_file
from auditkit.data import ArraySamples, Dataset
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UnknownNameError
from auditkit.metrics.moments import Moments
from auditkit.metrics.neighbours import Neighbours
from auditkit.metrics.products import Products, Rows, Side, View
from auditkit.store import dump_json


def scores_of(audit) -> str:
    return dump_json([score.to_json() for score in audit.scores])


def pictures(n: int, seed: int) -> Dataset:
    """Bright and dark squares with noise."""
    rng = np.random.default_rng(seed)
    bright = rng.random(n) < 0.5
    pixels = rng.integers(0, 90, (n, 6, 6, 1)) + np.where(bright, 120, 0)[:, None, None, None]
    pixels[:, 1:4, 1:4] += rng.integers(0, 40, (n, 1, 1, 1))
    frame = pd.DataFrame({"kind": np.where(bright, "bright", "dark"), "site": rng.choice(["a", "b"], n)})
    samples = ArraySamples(pixels.astype(np.uint8))
    return Dataset.of_table(frame, label="kind", groups=["site"], samples=samples, source="pictures")


@pytest.fixture(scope="module")
def place(sets, tmp_path_factory):
    """File of a reference with a holdout."""
    path = tmp_path_factory.mktemp("reference") / "ref.safetensors"
    ak.build_reference(real=sets["real"], holdout=sets["holdout"], path=path)
    return path


@pytest.fixture(scope="module")
def against(place, sets):
    return ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], seed=0)


def test_an_audit_against_a_reference_has_the_scores_of_one_with_the_real_data(against, audited):
    assert scores_of(against) == scores_of(audited)


def test_it_has_the_same_samples_exhibits_and_facts(against, audited):
    pd.testing.assert_frame_equal(against.samples, audited.samples)
    # Which cells of the nearest real record differ cannot be told without it.
    of_others = [[item for item in audit.exhibits if item.kind != "pairs"] for audit in (against, audited)]
    assert of_others[0] == of_others[1]
    unknown = {"fresh_breaches": {}}  # a reference holds no rows that could break a rule
    assert against.about == {**audited.about, **unknown}
    assert sum("words that few training records have" in note for note in against.about["notes"]) == 1


def test_it_hands_on_the_synthetic_set_only(against):
    assert list(against.inputs) == ["synthetic"]


def test_without_a_holdout_the_scores_are_the_same_too(sets):
    reference = ak.build_reference(real=sets["real"], seed=3)
    audit = ak.audit(real=sets["real"], synthetic=sets["synthetic"], seed=3)
    assert scores_of(ak.audit(real=reference, synthetic=sets["synthetic"], seed=3)) == scores_of(audit)


def test_images_have_the_same_scores(tmp_path):
    real, holdout, synthetic = (pictures(n, seed) for seed, n in enumerate((150, 90, 120)))
    ak.build_reference(real=real, holdout=holdout, path=tmp_path / "ref")
    reference = ak.open_reference(tmp_path / "ref")
    assert reference.roles.schema.shape == (6, 6, 1)
    expected = ak.audit(real=real, holdout=holdout, synthetic=synthetic)
    assert scores_of(ak.audit(real=reference, synthetic=synthetic)) == scores_of(expected)


def test_several_rows_per_unit_have_the_same_scores(tmp_path):
    def visits(n, seed):
        rng = np.random.default_rng(seed)
        who = np.repeat(np.arange(n), 3)
        frame = pd.DataFrame({"who": who, "day": np.tile([1, 2, 3], n), "pulse": rng.normal(70, 9, 3 * n)})
        frame["ward"] = np.repeat(rng.choice(["x", "y"], n), 3)
        return Dataset.of_table(frame, key="who", order="day", groups=["ward"])

    real, holdout, synthetic = visits(120, 0), visits(80, 1), visits(100, 2)
    ak.build_reference(real=real, holdout=holdout, path=tmp_path / "ref")
    found = ak.audit(real=ak.open_reference(tmp_path / "ref"), synthetic=synthetic)
    assert scores_of(found) == scores_of(ak.audit(real=real, holdout=holdout, synthetic=synthetic))
    assert found.scores["coherence"].excess is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held | {"real.units.starts": held["real.units.starts"][1:]},
        lambda held: held | {"real.units.starts": held["real.units.starts"][::-1].copy()},
        lambda held: held | {"real.units.steps": held["real.units.steps"][:-1]},
        lambda held: held | {"real.units.cells.0": held["real.units.cells.0"][:-1]},
    ],
)
def test_rows_of_units_that_do_not_fit_each_other_are_refused(tmp_path, change):
    who = np.repeat(np.arange(40), 3)
    table = pd.DataFrame({"who": who, "day": np.tile([1, 2, 3], 40), "pulse": np.arange(120) % 17})
    ak.build_reference(real=Dataset.of_table(table, key="who", order="day"), path=tmp_path / "ref")
    (tmp_path / "other").write_bytes(rewritten((tmp_path / "ref").read_bytes(), arrays=change))
    with pytest.raises(DataError, match="is damaged"):
        ak.open_reference(tmp_path / "other")


def test_levels_that_only_the_holdout_or_the_synthetic_set_has_are_coded_alike(sets):
    changed = {
        role: sets[role].replace_table(sets[role].table.assign(work=sets[role].table["work"].where(odd, level)))
        for role, level, odd in (
            ("holdout", "abroad", np.arange(len(sets["holdout"])) % 7 > 0),
            ("synthetic", "zoo", np.arange(len(sets["synthetic"])) % 5 > 0),
        )
    }
    reference = ak.build_reference(real=sets["real"], holdout=changed["holdout"])
    names = ["classifier_two_sample", "coverage"]
    expected = ak.audit(real=sets["real"], **changed, metrics=names)
    assert scores_of(ak.audit(real=reference, synthetic=changed["synthetic"], metrics=names)) == scores_of(expected)


def test_more_neighbours_than_are_kept_are_found_anew(sets, place):
    names = ["density[k=12]", "density[k=2]"]
    expected = ak.audit(**sets, metrics=names)
    found = ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], metrics=names)
    assert scores_of(found) == scores_of(expected)


def test_a_reference_can_be_asked_about_some_of_its_groups(sets, place):
    reference = ak.open_reference(place)
    found = ak.audit(real=reference, synthetic=sets["synthetic"], groups=["sex"], metrics=["representation_gap"])
    expected = ak.audit(**sets, groups=["sex"], metrics=["representation_gap"])
    assert scores_of(found) == scores_of(expected)
    with pytest.raises(UnknownNameError, match="unknown group 'work'"):
        ak.audit(real=reference, synthetic=sets["synthetic"], groups=["work"])


def test_nothing_of_real_units_is_shown_even_if_asked(sets, place):
    audit = ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], show_real=True, metrics=["coverage"])
    assert audit.about["show_real"] is False
    assert any("a reference holds no cells of them" in note for note in audit.about["notes"])
    (pairs,) = [exhibit for exhibit in audit.exhibits if exhibit.name == "pairs"]
    assert "cells" not in pairs.data["items"][0]


def test_the_same_data_and_seed_give_the_same_bytes(sets, place, tmp_path):
    ak.build_reference(real=sets["real"], holdout=sets["holdout"], path=tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == place.read_bytes()
    ak.open_reference(place).save(tmp_path / "third")
    assert (tmp_path / "third").read_bytes() == place.read_bytes()


def test_only_the_owner_may_read_a_file_of_real_features(place):
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_reference_holds_neither_ids_nor_text(sets, tmp_path):
    named = {}
    for role in ("real", "holdout"):
        ids = [f"canary person {role} {number:06d}" for number in range(len(sets[role]))]
        named[role] = replace(sets[role], ids=np.array(ids))
    assert named["real"].ids[7] == "canary person real 000007"
    assert named["real"].table["note"].str.contains("canary").all()
    ak.build_reference(**named, path=tmp_path / "ref")
    content = (tmp_path / "ref").read_bytes()
    for word in ("canary", "person", "000007"):
        assert word.encode() not in content


def test_a_reference_says_what_it_is(place):
    assert repr(ak.open_reference(place)) == "Reference('train.csv', tabular, 500 real, 250 holdout)"


def test_another_embedder_than_that_of_the_reference_is_refused(sets, place):
    reference = ak.open_reference(place)
    with pytest.raises(DataError, match="features of embedder 'mixed', not of 'mixed\\[grid=9\\]'"):
        ak.audit(real=reference, synthetic=sets["synthetic"], embedder="mixed[grid=9]")
    assert ak.audit(real=reference, synthetic=sets["synthetic"], embedder="mixed", metrics=["coverage"]).scores


def test_a_second_holdout_is_refused(sets, place):
    with pytest.raises(DataError, match="brings its own holdout"):
        ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], holdout=sets["holdout"])


def test_synthetic_data_that_do_not_fit_are_refused_as_beside_the_real_data(sets, place):
    reference, synthetic = ak.open_reference(place), sets["synthetic"]
    other = Dataset.of_table(synthetic.table.drop(columns="work"), label="good", groups=["sex", "region"])
    with pytest.raises(DataError, match="lacks 'work'"):
        ak.audit(real=reference, synthetic=other)
    renamed = synthetic.table.assign(good=np.where(synthetic.table["good"] == "yes", "1", "0"))
    with pytest.raises(DataError, match="write the labels of both alike"):
        ak.audit(real=reference, synthetic=Dataset.of_table(renamed, columns={"note": "text"}, label="good"))
    with pytest.raises(SampleSizeError, match="is empty"):
        ak.audit(real=reference, synthetic=synthetic.take([]))
    with pytest.raises(DataError, match="must be a Dataset"):
        ak.audit(real=reference, synthetic=synthetic.table)


def test_an_embedder_that_cannot_be_kept_is_refused(sets, monkeypatch):
    class Bare:
        name, notes = "bare", []

        def fit(self, _train, **_):
            return self

        def transform(self, dataset):
            return np.zeros((len(dataset), 1), np.float32)

    monkeypatch.setattr("auditkit.auditing.reference.create_embedder", lambda *_, **__: Bare())
    with pytest.raises(DataError, match="'bare' cannot be kept"):
        ak.build_reference(real=sets["real"])


def rewritten(content: bytes, /, arrays=lambda held: held, **changes) -> bytes:
    """File of a reference that says something else, with the right digest."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    plain, arrays = json.loads(header["__metadata__"]["auditkit.reference"]), arrays(load(content))
    for name, change in changes.items():
        plain[name] = change(plain[name])
    plain.pop("digest")
    plain["digest"] = reference_file._digest(plain, arrays)
    return save(arrays, metadata={"auditkit.reference": json.dumps(plain)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": lambda _: 99}, "has format 99 and this auditkit"),
        ({"definitions": lambda _: 0}, "was built for metrics of version 0"),
        ({"ties": lambda _: "strict"}, "counts ties by rule 'strict' and this auditkit .* uses 'half'"),
        ({"embedder": lambda held: held | {"state": held["state"] | {"version": 7}}}, "is version 7"),
        ({"embedder": lambda held: held | {"name": "inception"}}, "unknown tabular embedder 'inception'"),
        ({"sets": lambda held: {"real": held["real"] | {"n": 3}}}, "is damaged"),
        ({"sets": lambda _: {}}, "is damaged"),
        ({"schema": lambda _: []}, "is damaged"),
    ],
)
def test_a_reference_of_another_kind_is_refused_in_one_sentence(place, tmp_path, changes, said):
    path = tmp_path / "other"
    path.write_bytes(rewritten(place.read_bytes(), **changes))
    with pytest.raises(DataError, match=said) as caught:
        ak.open_reference(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "change",
    [
        lambda held: {name: array for name, array in held.items() if name != "real.features"},
        lambda held: held | {"real.features": np.full_like(held["real.features"], np.inf)},
        lambda held: held | {"real.digests": held["real.digests"][:-1]},
        lambda held: held | {"holdout.labels": held["holdout.labels"] + 7},
        lambda held: (
            held
            | {
                name: item + 99
                for name, item in held.items()
                if name.startswith("real.cells.") and item.dtype == np.int32
            }
        ),
        lambda held: held | {"real.cells.0": held["real.cells.0"][:9]},
        lambda held: held | {"real.scatter": held["real.scatter"][:2]},
        lambda held: held | {"real.near.indices": held["real.near.indices"] + 10**6},
        lambda held: held | {"real.near.squared": held["real.near.squared"][:, :1]},
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(place, tmp_path, change):
    path = tmp_path / "other"
    path.write_bytes(rewritten(place.read_bytes(), arrays=change))
    with pytest.raises(DataError, match="is damaged"):
        ak.open_reference(path)


def test_another_seed_than_that_of_the_reference_is_said(sets, place):
    audit = ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], metrics=["coverage"], seed=2)
    assert "The reference was built with seed 0." in audit.about["notes"]


@pytest.mark.parametrize("private", [False, True])
def test_the_same_bytes_come_from_one_and_two_threads(sets, tmp_path, monkeypatch, private):
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        ak.build_reference(real=sets["real"], holdout=sets["holdout"], path=tmp_path / threads, private=private)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda content: content[:100],
        lambda content: content[:-1],
        lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
        lambda content: b"PK\x03\x04" + content,
        lambda _: b"age,sex\n1,f\n" * 50,
        lambda _: save({"x": np.zeros(3)}),
        lambda _: save({"x": np.zeros(3)}, metadata={"auditkit.reference": "[1]"}),
        lambda _: save({"x": np.zeros(3)}, metadata={"auditkit.reference": "{"}),
        lambda content: (2**62).to_bytes(8, "little") + content[8:],
    ],
)
def test_a_spoilt_or_foreign_file_is_one_sentence(place, tmp_path, spoil):
    path = tmp_path / "spoilt"
    path.write_bytes(spoil(place.read_bytes()))
    with pytest.raises(DataError, match="reference") as caught:
        ak.open_reference(path)
    assert "\n" not in str(caught.value)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*nothing.* no such file"):
        ak.open_reference(tmp_path / "nothing")


def test_products_that_were_put_in_are_not_built_again():
    view = View("whole", {}, {"real": Rows("real"), "synthetic": Rows("synthetic")})
    side = Side(np.eye(4))
    products = Products({"real": side}, parameters={"build_neighbours": {"k": 2}})
    known = Moments.of(np.ones((3, 4)))
    products.put(known, view)
    assert products.get(Moments, view) is known
    assert products.get(Moments, view, "real") is known
    assert products.parameters(Neighbours) == {"k": 2}
    assert products.parameters(Moments) == {}
    with pytest.raises(AuditkitError, match="the synthetic set is known by aggregates only"):
        products.get(Moments, view, "synthetic")


def test_a_reference_is_never_changed(sets, place):
    reference = ak.open_reference(place)
    copies = {role: item.described.features.copy() for role, item in reference.known.items()}
    ak.audit(real=reference, synthetic=sets["synthetic"], metrics=["coverage", "frechet_distance"])
    assert all((copies[role] == reference.known[role].described.features).all() for role in copies)
