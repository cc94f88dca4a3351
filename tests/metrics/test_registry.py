"""The list of metrics, and products that are built once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from auditkit import metrics
from auditkit.errors import AuditkitError, SampleSizeError, UnknownNameError
from auditkit.metrics import registry
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.detection import Discriminator
from auditkit.metrics.moments import Moments
from auditkit.metrics.neighbours import Neighbours, Points
from auditkit.metrics.products import ROLES, Products, Rows, Side, View, needs_of, product, roles_of
from auditkit.metrics.registry import Part, Reading, metric


def sides(**sizes):
    rng = np.random.default_rng(0)
    return {role: Side(rng.normal(size=(n, 3))) for role, n in sizes.items()}


WHOLE = View("whole", {}, {role: Rows(role) for role in ("real", "synthetic", "holdout")})


def test_an_unknown_metric_gets_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'recall'"):
        registry.get("recal")


def test_a_taken_name_is_refused_and_both_modules_are_named():
    def recall():
        return 0.0

    register = metric(
        reads=lambda: Reading(0.0, (0, 0)), family="variety", direction="higher", bounds=(0, 1), source="",
        meaning="", advice="",
    )  # fmt: skip
    with pytest.raises(AuditkitError, match=rf"auditkit\.metrics\.manifold already, so {__name__}"):
        register(recall)


def test_a_second_build_of_a_type_is_refused_and_both_modules_are_named():
    def another(side: Side) -> Moments:
        return Moments(1, side.features[0], side.features)

    another.__annotations__ = {"side": Side, "return": Moments}
    with pytest.raises(AuditkitError, match=rf"auditkit\.metrics\.moments already, so {__name__}"):
        product(sides=("real",))(another)


def test_needs_are_read_from_annotations():
    crossing = registry.get("holdout_share").needs
    assert [(need.parameter, need.role) for need in crossing][:2] == [
        ("crossing", None),
        ("holdout_crossing", "holdout"),
    ]
    assert registry.get("holdout_share").roles == {"real", "synthetic", "holdout"}
    assert registry.get("duplicate_share").roles == {"synthetic"}
    assert roles_of(needs_of(registry.get("coverage").reads)) == {"real", "synthetic"}


def test_parameters_are_joined_over_the_metrics_that_share_a_product():
    asked = {"precision": {"k": 3, "ties": "half"}, "coverage": {"k": 7, "ties": "half"}, "authenticity": {}}
    assert registry.unified_parameters(asked.items()) == {"build_crossing": {"k": (3, 7)}, "build_neighbours": {"k": 7}}


def test_more_neighbours_than_rows_are_refused_before_anything_is_built(monkeypatch):
    def build(*_args, **_options):
        raise AssertionError

    rows = np.arange(20.0).reshape(-1, 1)
    sides = {"real": Side(rows), "synthetic": Side(rows[:9])}
    asked = {"coverage[k=9]": {"k": 9}, "coverage": {"k": 5}, "duplicate_share": {}}
    kept = registry.supported(asked.items(), {role: len(side) for role, side in sides.items()})
    assert dict(kept).keys() == {"coverage", "duplicate_share"}
    monkeypatch.setattr(Products, "get", build)
    with pytest.raises(SampleSizeError, match="got k=9 and 9 rows in `synthetic`"):
        registry.get("coverage[k=9]").read(Products(sides), View("whole", {}, {role: Rows(role) for role in sides}))
    with pytest.raises(SampleSizeError, match="got k=20 and 20 rows in `real`"):
        metrics.coverage(real=rows, synthetic=rows, k=20)
    with pytest.raises(SampleSizeError, match="got k=9 and 9 rows in `synthetic`"):
        metrics.local_intrinsic_dimension(synthetic=rows[:9], k=9)


def test_a_product_is_built_once_per_rows():
    products = Products(sides(real=30, synthetic=20, holdout=25))
    assert products.get(Crossing, WHOLE) is products.get(Crossing, WHOLE)
    assert products.get(Neighbours, WHOLE, "holdout") is not products.get(Neighbours, WHOLE)
    again = View("other", {}, {"real": Rows("real"), "synthetic": Rows("holdout")})
    assert products.get(Points, again, "synthetic") is products.get(Points, WHOLE, "holdout")


def test_rows_are_the_same_where_their_index_is():
    first, second = (Rows("real", np.arange(5)) for _ in range(2))
    assert first.key == second.key != Rows("real", np.arange(6)).key
    assert Rows("real").key != Rows("synthetic").key


def test_chance_depends_on_seed_and_rows_and_on_nothing_else():
    rng = np.random.default_rng(1)
    # The second half repeats the first, so that other rows are the same numbers.
    rows = np.tile(rng.normal(size=(60, 2)), (2, 1))
    given = {"real": Side(rows), "synthetic": Side(rows + 0.5)}

    def folds(seed=0, *, start=0, before=()):
        view = View("any", {}, {role: Rows(role, np.arange(start, start + 60)) for role in given})
        products = Products(given, seed=seed)
        for makes in before:
            products.get(makes, view)
        return products.get(Discriminator, view).fold.tolist()

    assert folds() == folds(before=(Points, Moments))
    assert folds() != folds(seed=1)
    assert folds() != folds(start=60)


def test_what_no_later_view_uses_is_forgotten():
    products = Products(sides(real=30, synthetic=20, holdout=25))
    kept, dropped = products.get(Points, WHOLE), products.get(Points, WHOLE, "synthetic")
    products.keep_only({Rows("real").key})
    assert products.get(Points, WHOLE) is kept
    assert products.get(Points, WHOLE, "synthetic") is not dropped


def test_a_side_takes_rows_of_everything_it_has():
    side = Side(
        np.arange(6.0).reshape(3, 2), records=np.array([4, 5, 6]), labels=np.array([0, 1, 0]), label_levels=("a", "b"),
        groups={"g": np.array([1, 0, 1])}, group_levels={"g": ("x", "y")}, columns=np.ones((3, 1)), categorical=(True,),
        name="real",
    )  # fmt: skip
    taken = side.take(np.array([2, 0]))
    assert len(taken) == 2
    assert taken.features.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert (taken.records.tolist(), taken.labels.tolist(), taken.groups["g"].tolist()) == ([6, 4], [0, 0], [1, 1])
    assert (taken.label_levels, taken.categorical, taken.name) == (("a", "b"), (True,), "real")


def test_a_name_may_set_parameters():
    metric = registry.get("precision[ties=inclusive, k=3]")
    assert metric.name == "precision[k=3,ties=inclusive]"
    assert metric.parameters == {"k": 3, "ties": "inclusive"}
    assert registry.get("precision").parameters["k"] == 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("precision[q=3]", "unknown parameter of precision 'q'"),
        ("precision[k=3", "cannot read the metric"),
        ("precision[k]", r"write precision\[name=value\]"),
        ("precison[k=3]", "did you mean 'precision'"),
    ],
)
def test_a_wrong_parameter_in_a_name_is_refused(name, message):
    with pytest.raises(AuditkitError, match=message):
        registry.get(name)


def test_a_metric_that_asks_for_more_neighbours_than_there_are_spoils_no_other():
    products = Products(
        sides(real=30, synthetic=20, holdout=25),
        parameters={"build_crossing": {"k": (5, 25)}, "build_neighbours": {"k": 25}},
    )
    crossing = products.get(Crossing, WHOLE)
    assert crossing.inside_real(5).strict.shape == (20,)
    with pytest.raises(AuditkitError, match="got k=25"):
        crossing.inside_real(25)


def test_an_interval_that_costs_is_found_only_where_it_is_shown():
    reading = Reading(1.0, (2, 2), limits=lambda: (0.5, 1.5), method="test")
    assert reading.settled(shown=True).interval == (0.5, 1.5)
    hidden = reading.settled(shown=False)
    assert hidden.interval is None
    assert hidden.limits is None


def test_each_family_can_be_the_first_that_is_imported():
    probe = """
import importlib, sys
from auditkit.metrics import FAMILIES
for family in FAMILIES:
    for name in [name for name in sys.modules if name.partition(".")[0] == "auditkit"]:
        del sys.modules[name]
    importlib.import_module(f"auditkit.metrics.{family}")
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    assert done.returncode == 0


def test_what_a_perfect_set_scores_is_said_once_and_reaches_readings_and_their_parts():
    part = Part({"group": "a"}, Reading(0.1, (2, 2)))
    own = Part({"group": "b"}, Reading(0.1, (2, 2), null=0.2))
    reading = Reading(0.3, (2, 2), parts=(part, own)).beside(0.5)
    assert reading.null == 0.5
    assert [item.reading.null for item in reading.parts] == [0.5, 0.2]
    assert Reading(0.3, (2, 2), null=0.0).beside(0.5).null == 0.0
    assert Reading(0.3, (2, 2)).beside(None).null is None


@pytest.mark.parametrize("name", ["copy_excess", "membership_inference", "missing_classes", "missing_groups"])
def test_a_constant_null_comes_from_the_metric(name):
    metric = registry.get(name)
    rng = np.random.default_rng(2)
    codes = {"labels": rng.integers(2, size=30), "groups": {"g": rng.integers(2, size=30)}}
    levels = {"label_levels": ("a", "b"), "group_levels": {"g": ("a", "b")}}
    given = {
        role: Side(rng.normal(size=(30, 3)), records=rng.integers(9, size=30), **codes, **levels) for role in ROLES
    }
    assert metric.null is not None
    assert metric.read(Products(given), WHOLE).null == metric.null


def test_several_metrics_are_read_from_one_set_of_products():
    given = sides(real=30, synthetic=20)
    wanted = {"few": "coverage[k=3]", "many": "coverage[k=7]", "share": "duplicate_share", "none": "support_estimate"}
    found = registry.read_all(given, {name: registry.get(metric) for name, metric in wanted.items()})
    public = {name: side.features for name, side in given.items()}
    assert found["few"].value == registry.get("coverage").function(**public, k=3)
    assert found["many"].value == registry.get("coverage").function(**public, k=7)
    assert found["share"].value == 0.0
    assert found["none"].value is None


def test_default_metrics_are_those_that_say_so():
    assert registry.default_names() == [name for name in registry.names() if registry.get(name).default]


def test_the_page_on_metrics_names_each_that_is_read_on_the_whole_set_only():
    page = (Path(__file__).parents[2] / "docs" / "metric-functions.md").read_text(encoding="utf-8")
    _, table = page.split("## Whole set only")
    named = set(
        re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `")))
    )
    built_in = [registry.get(name) for name in registry.names()]
    assert named == {
        item.name for item in built_in if not item.by_group and item.function.__module__.startswith("auditkit.")
    }
