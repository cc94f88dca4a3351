"""The filter in pipelines of scikit-learn and imbalanced-learn, and the checks that both have for estimators."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline as SamplerPipeline
from imblearn.utils import estimator_checks
from imblearn.utils.estimator_checks import parametrize_with_checks as parametrize_with_sampler_checks
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import auditkit as ak
from auditkit.errors import DataError, SampleSizeError, UnknownNameError
from auditkit.filtering import NothingKeptWarning, Quota, SampleFilter

DROPS = "transform drops rows, here all of them, which are those that it was fitted on"
pytestmark = pytest.mark.filterwarnings("ignore::auditkit.generators.ShortfallWarning")
NONE_LEFT = pytest.mark.filterwarnings("ignore::auditkit.filtering.NothingKeptWarning")


@NONE_LEFT
@parametrize_with_checks(
    [SampleFilter()],
    expected_failed_checks=lambda _: {
        "check_transformer_data_not_an_array": DROPS,
        "check_transformer_general": DROPS,
        "check_methods_sample_order_invariance": DROPS,
    },
)
def test_it_is_an_estimator_of_scikit_learn(estimator, check) -> None:
    check(estimator)


SAMPLER_CHECKS = parametrize_with_sampler_checks([SampleFilter("copies", generator="marginals", sampling_strategy=20)])


@pytest.mark.parametrize(SAMPLER_CHECKS.args[0], list(SAMPLER_CHECKS.args[1]), ids=SAMPLER_CHECKS.kwargs["ids"])
def test_it_is_a_sampler_of_imbalanced_learn(estimator, check, monkeypatch) -> None:
    few = make_classification(n_samples=250, n_classes=3, n_informative=4, weights=[0.2, 0.3, 0.5], random_state=0)
    monkeypatch.setattr(estimator_checks, "sample_dataset_generator", lambda: few)  # 1000 rows by default
    check(estimator)


def rows(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n)
    return np.column_stack([first, first + rng.normal(size=n) / 4, rng.normal(size=n)])


REAL, MADE = rows(150, 0), np.vstack([rows(150, 0)[:9], rows(60, 1)])
FEW = np.round(REAL[:80])
Y = np.where(np.arange(150) % 6 == 0, "rare", "common")


def test_copies_go_and_the_others_stay_in_their_order() -> None:
    kept = SampleFilter("copies").fit(REAL).transform(MADE)
    assert np.array_equal(kept, MADE[9:])


def test_frames_keep_columns_types_and_index() -> None:
    frame = pd.DataFrame(REAL, columns=["a", "b", "c"]).assign(d=pd.Categorical(np.where(REAL[:, 0] > 0, "x", "y")))
    made = pd.DataFrame(MADE, columns=["a", "b", "c"], index=np.arange(69) + 500)
    made = made.assign(d=pd.Categorical(np.where(MADE[:, 0] > 0, "x", "y")))
    kept = SampleFilter("copies").fit(frame).transform(made)
    pd.testing.assert_frame_equal(kept, made.iloc[9:])
    even = SampleFilter("copies", label="d", quotas=Quota(by=("d",))).fit(frame).transform(made)
    assert (even["d"] == "x").sum() == (even["d"] == "y").sum()


def test_output_can_be_set_to_frames() -> None:
    kept = SampleFilter("copies").set_output(transform="pandas").fit(REAL).transform(MADE)
    assert list(kept.columns) == ["x0", "x1", "x2"]
    assert len(kept) == 60


def test_a_pipeline_of_scikit_learn_fitted_on_real_rows_filters_synthetic_ones() -> None:
    both = make_pipeline(StandardScaler(), SampleFilter("copies"))
    kept = both.fit(REAL).transform(MADE)
    assert np.allclose(kept, StandardScaler().fit(REAL).transform(MADE[9:]))


def test_select_tells_the_reasons_and_reads_labels() -> None:
    judge = SampleFilter(["copies", {"column": "label_agreement", "min": 0.0}]).fit(REAL, Y)
    selection = judge.select(MADE, np.resize(["rare", "common"], len(MADE)))
    assert set(selection.reasons["rule"]) == {"copies"}
    assert selection.evidence["label_agreement"].notna().any()


GENERATORS = ["smote", "cart", SMOTE(random_state=0), ak.generators.create("marginals", modality="tabular")]


@pytest.mark.parametrize("generator", GENERATORS, ids=["name", "trees", "sampler", "object"])
def test_a_pipeline_of_imbalanced_learn_adds_rows_while_it_fits_only(generator) -> None:
    sampler = SampleFilter("copies", generator=generator)
    both = SamplerPipeline([("scale", StandardScaler()), ("add", sampler), ("model", LogisticRegression())])
    both.fit(REAL, Y)
    assert len(both.predict(MADE)) == len(MADE)
    selection = both.named_steps["add"].selection_
    assert 0 < len(selection.kept) <= 100
    assert set(selection.kept.label_values) == {"rare"}


def test_real_rows_come_first_and_as_they_were() -> None:
    frame = pd.DataFrame(REAL.astype(np.float32), columns=["a", "b", "c"]).assign(n=np.arange(150) % 7)
    target = pd.Series(Y, name="kind")
    more, labels = SampleFilter("copies", generator="marginals").fit_resample(frame, target)
    pd.testing.assert_frame_equal(more.head(150), frame)
    assert more.dtypes.equals(frame.dtypes)
    assert (labels.name, len(labels)) == ("kind", len(more))
    again, _ = SampleFilter("copies", generator="marginals").fit_resample(frame, target)
    pd.testing.assert_frame_equal(more, again)
    other, _ = SampleFilter("copies", generator="marginals", random_state=1).fit_resample(frame, target)
    assert not more.equals(other)


def test_the_strategy_says_how_many_rows_of_which_class() -> None:
    drawn = SampleFilter("copies", generator="marginals", sampling_strategy={"rare": 40})
    _, labels = drawn.fit_resample(REAL, Y)
    assert drawn.sampling_strategy_ == {"common": 0, "rare": 15}
    assert (labels == "rare").sum() <= 40
    even, same = SampleFilter("copies", generator="marginals").fit_resample(REAL[:20], np.resize([0, 1], 20))
    assert np.array_equal(even, REAL[:20])
    assert len(same) == 20


def test_rows_that_others_made_are_told_by_their_origin() -> None:
    both, target = np.vstack([MADE[:20], REAL, MADE[20:]]), np.resize(["u", "v"], 219)
    origin = np.array(["synthetic:gan"] * 20 + ["real"] * 150 + ["synthetic"] * 49)
    kept, labels = SampleFilter("copies").fit_resample(both, target, origin=origin)
    assert np.array_equal(kept, both[9:])
    assert np.array_equal(labels, target[9:])
    assert np.array_equal(SampleFilter("copies").fit_resample(both, target, origin=origin != "real")[0], kept)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SampleFilter().fit_resample(REAL, Y), DataError, "generator=, or origin="),
        (lambda: SampleFilter().fit_resample(REAL, Y, origin=[False] * 150), SampleSizeError, "0 of 150"),
        (lambda: SampleFilter(generator="cart").fit_resample(REAL, Y, origin=[True] * 150), DataError, "leave one out"),
        (lambda: SampleFilter(generator=3).fit_resample(REAL, Y), DataError, "generator must be"),
        (
            lambda: SampleFilter(generator="cart", sampling_strategy="all").fit_resample(REAL, Y),
            DataError,
            "sampling_strategy must be",
        ),
        (
            lambda: SampleFilter(generator="cart", sampling_strategy={"odd": 3}).fit_resample(REAL, Y),
            UnknownNameError,
            "unknown class 'odd'",
        ),
        (lambda: SampleFilter("copise").fit(REAL), UnknownNameError, "copise"),
        (lambda: SampleFilter({"column": "nope", "min": 0}).fit(REAL), UnknownNameError, "unknown column 'nope'"),
        (lambda: SampleFilter({"column": "violations", "min": 0}).fit(REAL), DataError, "no numbers: use equals"),
        (lambda: SampleFilter("own-discriminator").fit(REAL), DataError, "'own_score', which is not there"),
        (lambda: SampleFilter("realism").fit(REAL), DataError, "with a holdout, or give a number for min"),
        (lambda: SampleFilter("discriminator").fit(REAL[:40]), DataError, "with a holdout, or give a number for max"),
        (
            lambda: SampleFilter({"column": "discriminator", "min": "real:0.1"}).fit(REAL),
            DataError,
            "write max, not min",
        ),
        (lambda: SampleFilter({"rule": "best", "keep": 9, "prefer": "relaism"}).fit(REAL), UnknownNameError, "relaism"),
        (lambda: SampleFilter(quotas=Quota(by=("d",))).fit(REAL), UnknownNameError, "'d'"),
        (lambda: SampleFilter(quotas=Quota(by="x0", prefer="violations")).fit(FEW), DataError, "holds no number"),
        (lambda: SampleFilter(label="nope").fit(pd.DataFrame(REAL).add_prefix("x")), UnknownNameError, "'nope'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(make, error, message) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("rules", ["discriminator", "label", "rejection-sampling", {"rule": "best", "keep": 0.5}])
def test_fit_takes_the_rules_that_transform_can_follow(rules) -> None:
    assert 0 < len(SampleFilter(rules).fit(REAL).transform(MADE)) <= len(MADE)


def test_rows_that_are_judged_by_themselves_are_told() -> None:
    with pytest.warns(NothingKeptWarning, match="all 150 rows are those of fit, and each is a copy of itself: fit on"):
        assert SampleFilter("copies").fit_transform(REAL).shape == (0, 3)
    with pytest.warns(NothingKeptWarning, match="every one of 9 rows was rejected: loosen the rules"):
        assert len(SampleFilter("copies").fit(REAL).transform(MADE[:9])) == 0
    assert len(SampleFilter("duplicates").fit_transform(np.vstack([REAL, REAL[:9]]))) == 150


def test_clones_judge_alike() -> None:
    judge = SampleFilter("copies", quotas=(Quota(by=("x0",)),), random_state=np.random.RandomState(3))
    assert clone(judge).get_params()["quotas"] == judge.quotas
    fitted = SampleFilter("copies").fit(REAL)
    assert np.array_equal(clone(fitted).fit(REAL).transform(MADE), fitted.transform(MADE))
    assert not hasattr(SampleFilter(generator="cart"), "transform")


def test_imbalanced_learn_need_not_be_there() -> None:
    code = "import sys; sys.modules['imblearn'] = None; import auditkit as ak; print(ak.SampleFilter().label)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
