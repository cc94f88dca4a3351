"""Ablations: arms told apart for the right reason, the same bytes from the same seed, and clear refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from auditkit.ablation import Ablation, ablate
from auditkit.blocks import single_threaded
from auditkit.data import Dataset, load
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.store import dump_json

MakeSet = Callable[..., Dataset]


@pytest.fixture(scope="module")
def found(make_set: MakeSet) -> Ablation:
    arms = {"all": make_set(seed=2), "kept": make_set(seed=3, wrong=1.0)}
    return ablate(real=make_set(seed=0), test=make_set(120, seed=1), arms=arms, repeats=3, models=("logistic",))


def test_every_arm_and_measure_has_a_score(found: Ablation) -> None:
    assert list(found.about["arms"]) == ["real", "synthetic", "real+synthetic", "kept", "real+kept"]
    frame = found.frame()
    assert len(frame) == 15
    assert set(frame["measure"]) == {"balanced_accuracy", "macro_f1", "auroc"}
    score = found.scores.get("ablation_score", {"arm": "real+kept", "measure": "auroc"})
    assert score.estimate is not None
    assert score.estimate.n == (120, 120)
    assert score.yardstick == found.scores.get("ablation_score", {"arm": "real", "measure": "auroc"}).value
    assert score.low < score.value < score.high


def test_turned_labels_hurt_and_the_excess_is_the_shortfall(found: Ablation) -> None:
    words = {item.arm: item.word for item in found.verdicts}
    assert words["kept"] == words["real+kept"] == "hurts"
    assert words["synthetic"] != "hurts"
    score = found.scores.get("ablation_difference", {"arm": "kept", "measure": "balanced_accuracy"})
    own, real = (
        found.scores.get("ablation_score", {"arm": arm, "measure": "balanced_accuracy"}).value
        for arm in ("kept", "real")
    )
    assert score.value == pytest.approx(own - real)
    assert score.excess.value == pytest.approx(real - own)
    assert score.excess.low == pytest.approx(-score.high)
    assert score.excess.low > 0.2
    assert score.details["spread"]["kind"] == "t"
    assert score.details["spread"]["df"] >= 2


def test_groups_have_accuracy_and_selection_rate(found: Ablation) -> None:
    where = {"arm": "real", "sex": "f"}
    accuracy = found.scores.get("ablation_score", where | {"measure": "accuracy"})
    rate = found.scores.get("ablation_score", where | {"measure": "selection_rate"})
    assert accuracy.value > 0.7
    assert rate.direction == "none"
    assert 0.2 < rate.value < 0.8
    assert accuracy.details["n_test"] < 120


def test_real_alone_is_plain_scikit_learn(make_set: MakeSet) -> None:
    # Other draws of the same size: equal within the noise of five repeats.
    real, test = make_set(seed=0), make_set(120, seed=1)
    found = ablate(real=real, test=test, arms={}, repeats=5)
    plain = []
    for repeat in range(8):
        rows = np.random.default_rng(repeat).permutation(150)[:120]
        left, right = (part.table.assign(colour=part.table["colour"].astype("category")) for part in (real, test))
        columns = ["a", "b", "colour", "sex"]
        model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=repeat)
        fitted = left[columns].assign(sex=left["sex"].astype("category"))
        asked = right[columns].assign(sex=right["sex"].astype("category"))
        with single_threaded():
            model.fit(fitted.iloc[rows], left["y"].iloc[rows])
        plain.append(balanced_accuracy_score(right["y"], model.predict(asked)))
    score = found.scores.get("ablation_score", {"arm": "real", "measure": "balanced_accuracy"})
    assert score.value == pytest.approx(np.mean(plain), abs=3 * np.std(plain) / np.sqrt(5))
    assert found.verdicts == ()


def test_same_seed_same_bytes_on_one_and_two_threads(make_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        sets = {"real": make_set(), "test": make_set(60, seed=1), "arms": {"all": make_set(60, seed=2)}}
        written.append(dump_json(ablate(**sets, repeats=2, models=("boosting", "logistic")).to_json()))
    assert written[0] == written[1]


def test_networks_and_mitigations_have_the_same_bytes_on_one_and_two_threads(
    make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"mitigations": ("reweighing",), "perturb": ("noise", "fgsm"), "include": ["real"]}
    sets = {"real": make_set(), "test": make_set(60, seed=1), "arms": {"all": make_set(60, seed=2)}}
    written = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found = ablate(**sets, repeats=2, models=("network",), **asked)
        written.append(dump_json(found.to_json()))
    assert written[0] == written[1]


@pytest.mark.parametrize("model", ["network", "boosting"])
def test_a_copy_with_any_model_neither_helps_nor_hurts(make_set: MakeSet, model: str) -> None:
    real = make_set(200, wrong=0.1)
    found = ablate(real=real, test=make_set(150, seed=99), arms={"copy": real}, models=(model,), repeats=3)
    assert {item.arm: item.word for item in found.verdicts}["copy"] in {"no difference", "cannot tell"}
    assert {item.word for item in found.verdicts} <= {"no difference", "cannot tell"}


def test_groups_of_few_people_count_as_one_and_a_small_pool_is_not_told_of(make_set: MakeSet) -> None:
    def grouped(n: int, seed: int, few: dict[int, str]) -> Dataset:
        frame = make_set(n, seed=seed).frame
        frame["sex"] = [few.get(place, sex) for place, sex in enumerate(frame["sex"])]
        return Dataset.of_table(frame, label="y", groups=["sex"])

    def levels(few_real: dict[int, str], few_test: dict[int, str]) -> set[str]:
        real, test = grouped(150, 0, few_real), grouped(90, 1, few_test)
        found = ablate(real=real, test=test, arms={}, repeats=2, models=("logistic",))
        assert "anna" not in dump_json(found.to_json())
        return {score.where["sex"] for score in found.scores if "sex" in score.where}

    anna, berta = dict.fromkeys(range(3), "anna"), dict.fromkeys(range(3, 6), "berta")
    assert levels(anna, anna) == {"f", "m"}
    assert levels(anna | berta, anna | berta) == {"f", "m", "(rare)"}
    assert levels(dict.fromkeys(range(9), "anna"), anna | berta) == {"f", "m", "(rare)"}

    told = ablate(real=grouped(150, 0, anna), test=grouped(90, 1, anna), arms={}, repeats=2, models=("logistic",))
    counts = {
        score.where["sex"]: score.details["n_test"]
        for score in told.scores
        if score.metric == "ablation_score" and {"sex", "measure"} <= set(score.where)
    }
    assert sum(counts.values()) == 90, "the rest would be the three"
    assert sum("count with" in note for note in told.about["notes"]) == 2


def test_missing_groups_are_a_group_and_numbers_have_gaps_too(make_numbers: MakeSet) -> None:
    def grouped(n: int, seed: int) -> Dataset:
        frame = make_numbers(n, seed=seed).frame
        sex = np.where(np.arange(n) % 5 == 0, None, np.where(np.arange(n) % 2 == 0, "f", "m"))
        return Dataset.of_table(frame.assign(sex=sex), label="price", groups=["sex"])

    found = ablate(
        real=grouped(150, 0),
        test=grouped(100, 1),
        arms={"all": grouped(150, 2)},
        repeats=2,
        models=("logistic",),
        mitigations=("correlation_remover",),
        include=["real+synthetic"],
    )
    error = found.scores.get("ablation_score", {"arm": "real", "measure": "mae", "sex": "(missing)"})
    assert error.value > 0
    assert set(found.trade()["gap"]) == {"mean_prediction_difference", "mae_difference"}
    where = {"arm": "real[mitigation=correlation_remover]", "measure": "mae_difference", "group": "sex"}
    assert found.scores.get("ablation_difference", where).low is not None


def test_models_are_named_only_when_there_are_several(make_set: MakeSet, found: Ablation) -> None:
    several = ablate(
        real=make_set(), test=make_set(60, seed=1), arms={}, repeats=2, models=("boosting", "logistic", "logistic")
    )
    assert {item.where.get("model") for item in several.scores} == {"boosting", "logistic"}
    assert {item.where.get("model") for item in found.scores} == {None}
    assert "real (logistic)" in str(several)


@pytest.mark.parametrize("seed", range(4))
def test_a_copy_of_the_training_set_neither_helps_nor_hurts(make_set: MakeSet, seed: int) -> None:
    real = make_set(200, seed=seed)
    found = ablate(real=real, test=make_set(150, seed=99), arms={"copy": real}, seed=seed, include=["real+copy"])
    assert found.verdicts[0].word in {"no difference", "cannot tell"}


def test_several_classes_and_an_arm_that_lacks_one(make_set: MakeSet) -> None:
    made = make_set(seed=2, classes=3)
    arms = {"all": made.take(made.label_values != "c1")}
    found = ablate(real=make_set(classes=3), test=make_set(90, seed=1, classes=3), arms=arms, repeats=2)
    assert found.about["positive"] is None
    assert found.verdicts[0].difference < 0
    assert "selection_rate" not in {item.where["measure"] for item in found.scores}


def test_numbers_are_predicted_as_numbers(make_numbers: MakeSet) -> None:
    found = ablate(real=make_numbers(), test=make_numbers(80, seed=1), arms={"all": make_numbers(seed=2)}, repeats=2)
    assert found.about["task"] == "regression"
    assert found.about["measures"] == ["r2", "mae"]
    error = found.scores.get("ablation_difference", {"arm": "synthetic", "measure": "mae"})
    assert error.direction == "lower"
    assert error.excess.value == error.value
    assert found.scores.get("ablation_score", {"arm": "real", "measure": "r2"}).value > 0.7


def test_a_rare_class_brings_its_measures_and_is_the_rarest_of_the_real_set(make_set: MakeSet) -> None:
    real, test = make_set(300, seed=0), make_set(120, seed=1)
    rare = real.take(np.flatnonzero((real.label_values == "c1") | (np.arange(300) % 5 == 0)))
    found = ablate(real=rare, test=test, arms={}, repeats=2, models=("logistic",))
    assert found.about["measures"][3:] == ["minority_f1", "average_precision"]
    assert found.about["positive"] == "c0"
    assert 0.3 < found.scores.get("ablation_score", {"arm": "real", "measure": "minority_f1"}).value < 1


def test_an_empty_arm_has_a_reason_and_no_numbers(make_set: MakeSet) -> None:
    arms = {"kept": make_set(seed=2).take([])}
    found = ablate(real=make_set(), test=make_set(60, seed=1), arms=arms, repeats=2)
    score = found.scores.get("ablation_difference", {"arm": "real+kept", "measure": "auroc"})
    assert (score.status, score.value, score.excess) == ("insufficient", None, None)
    assert "no units to train on" in score.reason
    assert found.verdicts[0].word == "cannot tell"
    assert "not measured" in str(found)


def test_one_repeat_gives_no_interval(make_set: MakeSet) -> None:
    found = ablate(real=make_set(), test=make_set(60, seed=1), arms={"all": make_set(seed=2)}, repeats=1)
    score = found.scores.get("ablation_difference", {"arm": "synthetic", "measure": "auroc"})
    assert (score.status, score.low) == ("degraded", None)
    assert found.verdicts[0].word == "cannot tell"


def test_an_undefined_measure_is_none_with_a_reason(make_set: MakeSet) -> None:
    test = make_set(90, seed=1)
    found = ablate(real=make_set(), test=test.take(test.label_values == "c0"), arms={}, repeats=2)
    score = found.scores.get("ablation_score", {"arm": "real", "measure": "auroc"})
    assert (score.status, score.value, score.reason) == ("undefined", None, "the test part has one class only.")


def test_missing_labels_are_left_out_and_counted(make_set: MakeSet) -> None:
    real = make_set()
    frame = real.frame
    frame.loc[:9, "y"] = None
    gaps = Dataset.of_table(frame, label="y", source="gaps")
    found = ablate(real=gaps, test=make_set(60, seed=1), arms={}, repeats=2)
    assert found.about["classes"] == ["c0", "c1"]
    assert "10 of 150 units of `real` have no label and are left out." in found.about["notes"]


def test_units_count_by_their_weights(make_set: MakeSet) -> None:
    right, wrong = make_set(150, seed=2), make_set(150, seed=3, wrong=1.0)
    mixed = right.concat(wrong)
    weighted = replace(mixed, weights=np.r_[np.ones(150), np.full(150, 1e-6)])
    sets = {"real": make_set(), "test": make_set(120, seed=1), "repeats": 2, "models": ("logistic",)}
    plain, weighed = (
        ablate(**sets, arms={"mixed": item}, include=["mixed"], mitigations=("reweighing",))
        for item in (mixed, weighted)
    )
    where = {"arm": "mixed", "measure": "balanced_accuracy"}
    assert plain.scores.get("ablation_score", where).value < 0.7
    assert weighed.scores.get("ablation_score", where).value > 0.8
    assert "arms with a mitigation do not use the weights of `mixed`." in weighed.about["notes"]


def test_units_of_several_rows_are_one_example(make_set: MakeSet) -> None:
    def keyed(seed: int) -> Dataset:
        frame = make_set(90, seed=seed).frame.drop(columns="sex")
        rows = frame.loc[np.repeat(np.arange(90), 2)].reset_index(drop=True)
        return Dataset.of_table(rows.assign(who=np.repeat(np.arange(90), 2)), label="y", key="who", source="visits")

    found = ablate(real=keyed(0), test=keyed(1), arms={}, repeats=2)
    assert found.about["n_test"] == 90
    assert found.scores.get("ablation_score", {"arm": "real", "measure": "auroc"}).value > 0.7


def test_images_are_judged_on_pixels(tmp_path: Path) -> None:
    digits = load_digits()
    pixels = (digits.images * 15).astype(np.uint8)[:400]
    np.savez(tmp_path / "digits.npz", images=pixels, labels=digits.target[:400].astype(str))
    real, _, test = load(tmp_path / "digits.npz", label="label").split(seed=0)
    found = ablate(real=real, test=test, arms={"all": real}, repeats=2)
    assert found.about["models"] == ["logistic"]
    assert any("pixels" in note for note in found.about["notes"])
    assert found.scores.get("ablation_score", {"arm": "real", "measure": "balanced_accuracy"}).value > 0.8


def test_progress_counts_fits(make_set: MakeSet) -> None:
    seen: list[tuple[int, int, str]] = []
    ablate(
        real=make_set(60), test=make_set(60, seed=1), arms={"all": make_set(60, seed=2)}, repeats=2,
        progress=lambda *step: seen.append(step),
    )  # fmt: skip
    assert [step[:2] for step in seen] == [(number, 6) for number in range(1, 7)]
    assert {arm for *_, arm in seen} == {"real", "synthetic", "real+synthetic"}


def test_results_read_back(found: Ablation, tmp_path: Path) -> None:
    path = found.save(tmp_path)
    assert path.name == "ablation.json"
    again = Ablation.load(path)
    assert again.to_json() == found.to_json()
    assert again.verdicts == found.verdicts
    assert str(again) == str(found)
    assert path.read_bytes() == again.save(tmp_path / "more" / "other.json").read_bytes()
    assert "seconds" not in path.read_text()


def test_no_label_is_refused_in_one_sentence(make_set: MakeSet) -> None:
    plain = Dataset.of_table(make_set().frame)
    with pytest.raises(AuditkitError, match="ablation needs a label"):
        ablate(real=plain, test=plain, arms={})


def test_label_of_one_class_is_refused() -> None:
    frame = pd.DataFrame({"x": np.arange(30.0), "z": np.arange(30) % 3, "y": "a"})
    real, test = (Dataset.of_table(frame.assign(x=frame["x"] + shift), label="y") for shift in (0, 100))
    with pytest.raises(AuditkitError, match="at least 2 classes"):
        ablate(real=real, test=test, arms={})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"repeats": 0}, DataError, "at least 1 repeat"),
        ({"models": ()}, DataError, "at least one model"),
        ({"models": ("forest",)}, UnknownNameError, "unknown ablation model 'forest'"),
        ({"measures": ("accurcy",)}, UnknownNameError, "accuracy"),
        ({"include": ["real+kep"]}, UnknownNameError, "unknown arm"),
        ({"perturb": "noise"}, DataError, r"`perturb` takes a sequence, got 'noise': pass perturb=\('noise',\)"),
        ({"ratios": 0.5}, DataError, "`ratios` takes a sequence"),
    ],
)
def test_wrong_options_are_refused(make_set: MakeSet, options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        ablate(real=make_set(60), test=make_set(60, seed=1), arms={}, **options)


def test_test_part_seen_by_training_is_refused(make_set: MakeSet) -> None:
    real = make_set()
    with pytest.raises(DataError, match="must be unseen"):
        ablate(real=real, test=real.take(np.arange(60)), arms={})


def test_empty_test_part_is_refused(make_set: MakeSet) -> None:
    with pytest.raises(DataError, match="needs rows in `test`"):
        ablate(real=make_set(), test=make_set(seed=1).take([]), arms={})


@pytest.mark.slow
def test_german_credit_in_time(shared_data: Callable[..., Path]) -> None:
    path = shared_data("tabular_german_credit", "german_credit.csv.gz")
    train, holdout, test = load(path, label="class-label", groups=["sex"]).split(seed=0)
    found = ablate(real=train, test=test, arms={"all": train, "kept": holdout})
    assert found.run["seconds"] < 15
    assert "hurts" not in {item.word for item in found.verdicts if item.arm.startswith("real+")}


@pytest.mark.parametrize("copies", [1, 3])
def test_copies_of_few_units_bring_weights_and_no_information(make_set: MakeSet, copies: int) -> None:
    # 36 drawn units are too few for boosting to split at all, 72 are not: a copy alone makes the difference.
    real = make_set(45)
    joined = real
    for _ in range(copies - 1):
        joined = joined.concat(real)
    found = ablate(real=real, test=make_set(300, seed=99), arms={"copy": joined}, repeats=3)
    assert {item.word for item in found.verdicts} <= {"no difference", "cannot tell"}
    assert all("only copies of real units" in item.sentence for item in found.verdicts)
    assert any("brings only copies" in note for note in found.about["notes"])


def test_labels_turned_round_are_no_copies(make_set: MakeSet) -> None:
    real = make_set(200)
    frame = real.frame
    frame["y"] = ["c1" if cell == "c0" else "c0" for cell in frame["y"]]
    turned = Dataset.of_table(frame, label="y", groups=["sex"])
    found = ablate(real=real, test=make_set(300, seed=9), arms={"turned": turned}, repeats=3, models=("logistic",))
    assert "hurts" in {item.word for item in found.verdicts}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ratios": ("a",)}, "`ratios` takes numbers, got 'a'"),
        ({"curve": (None,)}, "`curve` takes numbers"),
        ({"repeats": 1.5}, "at least 1 repeat, got 1.5"),
        ({"margin": "0.1"}, "the margin of no difference"),
        ({"seed": -1}, "the seed is a whole number"),
        ({"include": []}, "`include` names no arm"),
        ({"arms": []}, "`arms` takes a mapping"),
        ({"arms": {1: None}}, "named by text, got 1"),
        ({"shifted": []}, "`shifted` takes a mapping"),
        ({"shifted": {3: None}}, "named by text, got 3"),
        ({"models": lambda _values, _target, _seed: lambda rows: ["yes"] * len(rows)}, "must answer numbers"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(make_set: MakeSet, asked: dict[str, Any], said: str) -> None:
    given = {"arms": {"all": make_set(60, seed=2)}, "repeats": 2, "models": ("logistic",)} | asked
    with pytest.raises(AuditkitError, match=said):
        ablate(real=make_set(60), test=make_set(60, seed=1), **given)


def test_one_model_needs_no_sequence_and_odd_requests_are_noted(make_set: MakeSet) -> None:
    test = make_set(60, seed=1)
    asked: dict[str, Any] = {"measures": [], "perturb": ("fgsm=0.1",), "shifted": {"again": test}}
    found = ablate(real=make_set(60), test=test, arms={}, models=LogisticRegression(), repeats=2, **asked)
    notes = " ".join(found.about["notes"])
    for said in ("no arm but `real`", "no measure was named", "says nothing about LogisticReg", "`again` equals the"):
        assert said in notes


@pytest.mark.parametrize("role", ["test", "all"])
def test_sets_that_declare_another_label_are_refused(make_set: MakeSet, role: str) -> None:
    sets = {"real": make_set(60), "test": make_set(60, seed=1), "all": make_set(60, seed=2)}
    sets[role] = Dataset.of_table(sets[role].frame, label="sex")
    with pytest.raises(DataError, match=f"'y' in `real` and 'sex' in `{role}`"):
        ablate(real=sets["real"], test=sets["test"], arms={"all": sets["all"]}, repeats=2)


def test_classes_that_real_lacks_are_counted(make_set: MakeSet) -> None:
    made = make_set(60, seed=2, classes=3)
    found = ablate(real=make_set(60), test=make_set(60, seed=1), arms={"all": made}, repeats=2, models=("logistic",))
    strange = int((made.label_values == "c2").sum())
    assert f"{strange} of 60 units of `all` have classes that `real` lacks: 'c2'." in found.about["notes"]
