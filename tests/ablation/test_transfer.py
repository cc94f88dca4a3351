"""The real-trained model on synthetic units: chance for shuffled labels, TRTR for the test part itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss

from auditkit.ablation import Ablation, ablate, transfer
from auditkit.ablation.arms import Arm, draw
from auditkit.ablation.models import fit_model
from auditkit.ablation.paired import summarize
from auditkit.ablation.problem import prepare
from auditkit.data import Dataset, load
from auditkit.results import Score
from auditkit.store import dump_json

MakeSet = Callable[..., Dataset]


def _relabel(made: Dataset, labels: object) -> Dataset:
    return Dataset.of_table(made.frame.assign(y=labels), label="y", groups=["sex"], source="made")


def _few_levels(n: int, seed: int) -> Dataset:
    """Rows of so few levels that every row of a test part also stands in the real part, by nature."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.choice(["p", "q", "r"], n), "b": rng.choice(["s", "t"], n)})
    wrong = rng.random(n) < 0.25
    return Dataset.of_table(frame.assign(y=np.where((frame["a"] == "p") ^ wrong, "yes", "no")), label="y")


def _of(found: Ablation, arm: str, measure: str = "balanced_accuracy", **where: str) -> Score:
    return found.scores.get("ablation_transfer", {"arm": arm, "measure": measure, **where})


@pytest.fixture(scope="module")
def found(make_set: MakeSet) -> Ablation:
    noisy = make_set(600, seed=2)
    labels = np.random.default_rng(0).permutation(noisy.label_values)
    easy = make_set(600, seed=3)
    clear = np.abs(easy.frame["a"] + (easy.frame["colour"] == "red")) > 1
    arms = {"all": make_set(600, seed=4), "shuffled": _relabel(noisy, labels), "easy": easy.take(np.flatnonzero(clear))}
    return ablate(real=make_set(300), test=make_set(300, seed=1), arms=arms, repeats=3, models=("logistic",))


def test_shuffled_labels_are_guessed(found: Ablation) -> None:
    for measure in ("balanced_accuracy", "auroc"):
        score = _of(found, "shuffled", measure)
        # Four standard errors of 600 independent guesses.
        assert score.value == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(600))
        assert score.low < 0.5 < score.high
        assert score.excess.low > 0.2
        assert score.status == "ok"


def test_the_test_part_itself_scores_as_the_real_arm() -> None:
    test = _few_levels(200, 1)
    found = ablate(real=_few_levels(400, 0), test=test, arms={"all": test}, repeats=3, models=("logistic", "boosting"))
    for model in ("logistic", "boosting"):
        for measure in ("balanced_accuracy", "macro_f1", "auroc"):
            score = _of(found, "synthetic", measure, model=model)
            real = found.scores.get("ablation_score", {"arm": "real", "measure": measure, "model": model})
            assert score.value == real.value == score.yardstick
            assert score.excess.value == 0.0
            assert score.excess.low < 0.0 < score.excess.high
            assert score.references["yardstick"].low == real.low


def test_more_of_the_same_data_scores_as_real_test_data(found: Ablation) -> None:
    score = _of(found, "synthetic")
    assert score.excess.low < 0.0 < score.excess.high
    assert score.value - score.yardstick == pytest.approx(-score.excess.value)
    assert score.estimate.n == (240, 600)
    assert score.details["n_test"] == 600


def test_typical_cases_only_are_too_easy(found: Ablation) -> None:
    assert _of(found, "easy").excess.high < 0.0


def test_values_are_means_of_the_same_fits_by_scikit_learn(make_set: MakeSet) -> None:
    sets = {"real": make_set(), "test": make_set(60, seed=1), "all": make_set(80, seed=2, wrong=0.2)}
    found = ablate(
        real=sets["real"], test=sets["test"], arms={"all": sets["all"]}, repeats=2, models=("logistic",), seed=5,
        measures=("balanced_accuracy", "log_loss"), include=["synthetic"],
    )  # fmt: skip
    problem = prepare(sets)
    prepared = {name: item for name, item in problem.sets.items() if item is not None}
    real, asked = prepared["real"], prepared["all"]
    expected = []
    for repeat in range(2):
        index = draw(Arm("real", ("real",)), prepared, repeat=repeat, seed=5, stratify=True)["real"]
        model = fit_model("logistic", train=real.features.take(index), target=real.target[index], n_classes=2, seed=0)
        said = model(asked.features, asked.target)
        loss = log_loss(asked.target, said.probabilities)
        expected.append((balanced_accuracy_score(asked.target, said.predicted), loss))
    means = np.mean(expected, axis=0)
    assert _of(found, "synthetic").value == pytest.approx(means[0], abs=1e-12)
    score = _of(found, "synthetic", "log_loss")
    assert score.value == pytest.approx(means[1], abs=1e-12)
    assert score.direction == "lower"
    assert score.excess.value == pytest.approx(score.value - score.yardstick)


def test_variances_of_two_independent_test_sets_add() -> None:
    rng = np.random.default_rng(0)
    own, real = rng.normal(0, 0.03, 400), rng.normal(0, 0.04, 300)
    both = summarize(np.zeros(5), own, n_train=80, n_test=20, other=real)
    assert both.spread["se"] == pytest.approx(np.sqrt(own.var(ddof=1) + real.var(ddof=1)))


def test_no_model_is_fitted_for_it(found: Ablation) -> None:
    assert found.run["fits"] == 7 * 3


def test_the_frame_shows_it_beside_the_arms_that_use_the_set(found: Ablation) -> None:
    frame = found.frame().query("measure == 'balanced_accuracy'").set_index("arm")
    assert np.isnan(frame.loc["real", "transfer"])
    for arm in ("shuffled", "real+shuffled"):
        row = frame.loc[arm, ["transfer", "transfer_low", "transfer_high"]]
        score = _of(found, "shuffled")
        assert list(row) == [score.value, score.low, score.high]
    assert "balanced_accuracy of the real-trained model on synthetic samples (TRTS)\n  synthetic " in str(found)


def test_a_set_whose_own_arm_is_left_out_is_tested_all_the_same(make_set: MakeSet) -> None:
    sets = {"real": make_set(), "test": make_set(60, seed=1), "arms": {"kept": make_set(60, seed=2)}}
    joined = ablate(**sets, repeats=2, models=("logistic",), include=["real+kept"])
    assert _of(joined, "kept").status == "ok"
    alone = ablate(**sets, repeats=2, models=("logistic",), include=["real"])
    assert alone.scores.metrics == ["ablation_score", "ablation_train_gap"]


def test_many_units_are_drawn_by_seed(make_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "LARGEST", 50)
    sets = {"real": make_set(), "test": make_set(60, seed=1), "arms": {"all": make_set(300, seed=2)}}
    scores = [_of(ablate(**sets, repeats=2, models=("logistic",), seed=seed), "synthetic") for seed in (0, 0, 1)]
    assert scores[0].details["n_test"] == 50
    assert scores[0] == scores[1]
    assert scores[0].value != scores[2].value


def test_one_and_two_threads_give_the_same_bytes(make_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        sets = {"real": make_set(), "test": make_set(60, seed=1), "arms": {"all": make_set(60, seed=2)}}
        written.append(dump_json(ablate(**sets, repeats=2).to_json()))
    assert written[0] == written[1]
    assert "ablation_transfer" in str(written[0])


def test_results_read_back(found: Ablation, tmp_path: Path) -> None:
    found.save(tmp_path)
    again = Ablation.load(tmp_path)
    assert _of(again, "easy") == _of(found, "easy")
    assert str(again) == str(found)


def test_a_missing_class_leaves_class_averages_undefined(make_set: MakeSet) -> None:
    made = make_set(seed=2, classes=3)
    arms = {"all": made.take(made.label_values != "c1")}
    sets = {"real": make_set(classes=3), "test": make_set(90, seed=1, classes=3)}
    found = ablate(**sets, arms=arms, repeats=2, measures=("macro_f1", "accuracy"), models=("logistic",))
    score = _of(found, "synthetic", "macro_f1")
    assert (score.status, score.value, score.excess, score.yardstick) == ("undefined", None, None, None)
    assert score.reason == "the units tested lack the class 'c1', over which macro_f1 averages on real units."
    assert _of(found, "synthetic", "accuracy").status == "ok"
    assert "not measured" in str(found).split("TRTS")[1]


def test_labels_that_real_data_lack_are_left_out_and_counted(make_set: MakeSet) -> None:
    made = make_set(seed=2)
    arms = {"all": _relabel(made, np.where(np.arange(150) < 10, "c9", made.label_values))}
    found = ablate(real=make_set(), test=make_set(90, seed=1), arms=arms, repeats=2, models=("logistic",))
    score = _of(found, "synthetic")
    assert (score.status, score.n_dropped, score.details["n_test"]) == ("degraded", 10, 140)
    assert score.reason == "10 units whose label the real set lacks, as 'c9', are left out."
    assert score.excess.low < 0 < score.excess.high


def test_a_set_of_unknown_labels_is_undefined(make_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "LARGEST", 5)
    made = make_set(seed=2)
    arms = {"all": _relabel(made, np.where(np.arange(150) < 2, made.label_values, "c9"))}
    found = ablate(real=make_set(), test=make_set(90, seed=1), arms=arms, repeats=2, models=("logistic",))
    score = _of(found, "synthetic")
    assert (score.status, score.value) == ("undefined", None)
    assert score.reason == "the real set lacks every label of this set, as 'c9'."


def test_numbers_between_classes_are_no_classes_of_their_own(make_set: MakeSet) -> None:
    def numbered(seed: int, shift: float = 0.0) -> Dataset:
        made = make_set(seed=seed)
        return _relabel(made, (made.label_values == "c1") + np.where(np.arange(150) % 3, 0.0, shift))

    arms = {"all": numbered(2, 0.25)}
    found = ablate(real=numbered(0), test=numbered(1), arms=arms, repeats=2, models=("logistic",))
    score = _of(found, "synthetic")
    assert score.n_dropped == 50
    assert score.value > 0.7


def test_an_empty_set_has_a_reason(make_set: MakeSet) -> None:
    found = ablate(real=make_set(), test=make_set(60, seed=1), arms={"all": make_set(seed=2).take([])}, repeats=2)
    score = _of(found, "synthetic")
    assert (score.status, score.value, score.reason) == (
        "insufficient",
        None,
        "the set has no labelled units to test on.",
    )


def test_a_class_that_the_test_part_lacks_leaves_nothing_to_compare(make_set: MakeSet) -> None:
    test = make_set(90, seed=1)
    sets = {"real": make_set(), "test": test.take(test.label_values == "c0"), "arms": {"all": make_set(seed=2)}}
    found = ablate(**sets, repeats=2, models=("logistic",))
    for measure, why in (("balanced_accuracy", "lacks the class 'c1'"), ("auroc", "has one class only")):
        score = _of(found, "synthetic", measure)
        assert score.status == "degraded"
        assert score.value is not None
        assert score.excess is None
        assert "spread" not in score.details
        assert "nothing to compare with" in score.reason
        assert why in score.reason


def test_one_repeat_gives_no_interval(make_set: MakeSet) -> None:
    found = ablate(real=make_set(), test=make_set(60, seed=1), arms={"all": make_set(seed=2)}, repeats=1)
    score = _of(found, "synthetic")
    assert (score.status, score.low, score.excess.low) == ("degraded", None, None)


def test_numbers_have_it_too(make_numbers: MakeSet) -> None:
    made = make_numbers(seed=2)
    flat = Dataset.of_table(made.frame.assign(price=20.0), label="price")
    found = ablate(real=make_numbers(), test=make_numbers(seed=1), arms={"all": made, "flat": flat}, repeats=2)
    score = _of(found, "synthetic", "r2")
    assert score.value > 0.7
    assert score.excess.low < 0 < score.excess.high
    assert _of(found, "flat", "r2").reason == "the set's target does not vary."
    assert _of(found, "flat", "mae").status == "ok"


def test_perturbed_adult_is_harder_and_a_collapsed_one_easier(shared_data: Callable[..., Path]) -> None:
    # SOURCE.md: flip50 draws half of all cells anew; temp01 is a generator sampled at temperature 0.1.
    folder = shared_data("pairs_adult")
    names = {
        "real": "real_trn",
        "test": "real_hol",
        "flipped": "syn_2021_flip50",
        "collapsed": "syn_2021_mostly_temp01",
    }
    sets = {name: load(folder / f"{file}.csv.gz", label="income").take(np.arange(3000)) for name, file in names.items()}
    arms = {name: sets[name] for name in ("flipped", "collapsed")}
    found = ablate(
        real=sets["real"], test=sets["test"], arms=arms, repeats=2, models=("logistic",), measures=("accuracy",)
    )
    assert _of(found, "flipped", "accuracy").excess.low > 0.02
    assert _of(found, "collapsed", "accuracy").excess.high < -0.02
