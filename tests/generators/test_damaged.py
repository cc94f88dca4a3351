"""Saved generators that were cut, changed or mixed up are refused with one sentence."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from auditkit.data import Dataset
from auditkit.errors import DataError
from auditkit.generators import Budget, create, load

NAMES = ["tabular/cart", "tabular/vae", "any/bootstrap", "any/external", "image/gaussian", "series/flow"]


@pytest.fixture(scope="module")
def folders(people, stripes, tides, tmp_path_factory):
    """A saved generator of each way of saving."""
    plain = Dataset.of_table(people.table[["age", "sex", "income"]], label="income", groups=["sex"])
    data = {"tabular": plain, "any": plain, "image": stripes, "series": tides}
    made = {}
    for name in NAMES:
        params = {"path": "made.csv"} if name == "any/external" else {}
        made[name] = tmp_path_factory.mktemp("saved")
        create(name, **params).fit(data[name.split("/")[0]], budget=Budget(steps=1)).save(made[name])
    return made


@pytest.fixture
def saved(request, folders, tmp_path):
    """A copy of a saved generator, to damage."""
    return shutil.copytree(folders[request.param], tmp_path / "copy")


def change(folder, **changed):
    head = folder / "generator.json"
    kept = json.loads(head.read_text(encoding="utf-8")) | changed
    head.write_text(json.dumps({key: value for key, value in kept.items() if value != "gone"}), encoding="utf-8")


def is_refused(folder):
    with pytest.raises(DataError) as caught:
        load(folder)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("saved", NAMES, indirect=True)
@pytest.mark.parametrize("part", ["cut", "empty", "header", "inverted", "garbage"])
@pytest.mark.parametrize("digest", ["kept", "gone"])
def test_damaged_arrays(saved, part, digest):
    path = saved / "arrays.safetensors"
    content = path.read_bytes()
    if digest == "gone":
        if part in {"inverted", "garbage"} or "external" in (saved / "generator.json").read_text(encoding="utf-8"):
            pytest.skip("only the digest tells")
        change(saved, arrays_sha256="gone")
    strange = save_arrays({name: np.zeros(3) for name in load_arrays(content)} | {"more": np.zeros(1)})
    changed = {
        "cut": content[: len(content) // 2],
        "empty": b"",
        "header": b"\xff" * 8 + content[8:],
        "inverted": content[:-20] + bytes(255 - byte for byte in content[-20:]),
        "garbage": strange,
    }
    path.write_bytes(changed[part])
    is_refused(saved)


@pytest.mark.parametrize("saved", NAMES, indirect=True)
@pytest.mark.parametrize("key", ["name", "modality", "params", "outline", "report", "extra"])
@pytest.mark.parametrize("value", [None, "gone", 3])
def test_a_damaged_head(saved, key, value):
    change(saved, **{key: value})
    is_refused(saved)


@pytest.mark.parametrize("saved", NAMES, indirect=True)
def test_another_name_or_parameter(saved):
    for changed in (
        {"name": "marginals", "modality": "tabular"},
        {"name": "nothing of this kind"},
        {"params": {"no_such_parameter": 1}},
    ):
        before = (saved / "generator.json").read_bytes()
        change(saved, **changed)
        is_refused(saved)
        (saved / "generator.json").write_bytes(before)
    load(saved)


@pytest.mark.parametrize("saved", ["tabular/cart"], indirect=True)
def test_folders_without_a_digest_still_load(saved):
    change(saved, arrays_sha256="gone")
    assert len(load(saved).sample(3)) == 3


@pytest.mark.parametrize("saved", ["tabular/vae"], indirect=True)
def test_a_class_that_reads_damage_says_so_itself(saved):
    from auditkit.generators.tabular.vae import TabularVae

    change(saved, extra={})
    with pytest.raises(DataError, match="is damaged"):
        TabularVae.load(saved)
