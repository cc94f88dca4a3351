from __future__ import annotations

import math
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from auditkit import plugins
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.generators import create, default, entries, load, names
from auditkit.plugins import construct


@pytest.fixture
def plug(monkeypatch):
    def add(*points: EntryPoint) -> None:
        monkeypatch.setattr(plugins, "entry_points", lambda *, group: [p for p in points if p.group == group])

    return add


def point(name, value="statistics:NormalDist"):
    return EntryPoint(name, value, "auditkit.generators")


def test_names_by_modality():
    assert {"cart", "vae", "external"} <= set(names("tabular"))
    assert "cart" not in names("image")
    assert default("tabular") == "cart"


def test_listing_imports_nothing_heavy():
    code = (
        "import sys, auditkit.generators as g; g.names(); g.entries();"
        "print([m for m in ('torch', 'sklearn', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_names_are_said_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"did you mean 'cart'\? \(auditkit list generators\)"):
        create("crat", modality="tabular")
    with pytest.raises(UnknownNameError, match="smells"):
        default("smells")


def test_a_name_of_several_modalities_needs_one():
    with pytest.raises(AuditkitError, match=r"write .*'image/vae' or 'tabular/vae', or modality="):
        create("vae")
    assert create("tabular/vae").info.modality == "tabular"


def test_unknown_parameters_are_said_with_the_nearest():
    with pytest.raises(AuditkitError, match="did you mean 'smoothing'"):
        create("cart", smooting=True)


@pytest.mark.parametrize(
    ("name", "params", "sentence"),
    [
        ("tabular/cart", {"min_samples_leaf": "x"}, "generator 'tabular/cart' does not take min_samples_leaf='x'"),
        ("tabular/cart", {"smoothing": "x"}, "does not take smoothing='x': give true or false"),
        ("tabular/vae", {"hidden": 1.5}, "does not take hidden=1.5: give a whole number"),
        ("tabular/vae", {"hidden": True}, "does not take hidden=True: give a whole number"),
        ("tabular/vae", {"dp": {"epsilon": math.nan}}, "give finite numbers"),
        ("tabular/vae", {"dp": 3}, "must be a mapping"),
        ("tabular/vae", {"dp": {"epsilon": "x"}}, "needs epsilon and max_grad_norm above 0"),
        ("series/flow", {"temperature": math.nan}, "does not take temperature=nan: give finite numbers"),
        ("series/flow", {"temperature": math.inf}, "give finite numbers"),
        ("series/flow", {"temperature": "x"}, "give a number"),
        ("image/augment", {"operations": 5}, "generator 'image/augment' does not take operations=5"),
    ],
)
def test_values_that_a_parameter_cannot_have_are_said(name, params, sentence):
    with pytest.raises(AuditkitError, match=sentence):
        create(name, **params)


def test_what_a_constructor_fails_on_is_said():
    def made(*, weight):
        return 1 / len(weight)

    with pytest.raises(AuditkitError, match=r"^thing 'odd' does not take weight='': division by zero\.$"):
        construct("thing", "odd", made, {"weight": ""})


def test_entry_points_are_listed_without_being_imported(plug):
    plug(point("tabular/mine", "no_such_module_here:Mine"))
    assert "mine" in names("tabular")
    assert "mine" not in names("image")
    with pytest.raises(AuditkitError, match="could not be imported"):
        create("mine")


def test_entry_points_without_a_modality_serve_all(plug):
    plug(point("mine"))
    assert "mine" in names("image")
    assert [entry.modality for entry in entries("tabular") if entry.name == "mine"] == ["any"]


def test_entry_points_can_be_switched_off(plug, monkeypatch):
    plug(point("tabular/mine"))
    monkeypatch.setenv("AUDITKIT_DISABLE_PLUGINS", "1")
    assert "mine" not in names()


def test_a_second_registration_is_refused_and_names_both(plug):
    plug(point("tabular/cart", "theirs.trees:Cart"))
    with pytest.raises(AuditkitError, match=r"registered twice.*auditkit\.generators.*theirs\.trees"):
        names()


def test_loading_what_is_no_generator_is_said(tmp_path):
    with pytest.raises(DataError, match="found none"):
        load(tmp_path)
    with pytest.raises(DataError, match="found none"):
        load(tmp_path / "nowhere")
