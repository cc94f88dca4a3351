"""The filter as an estimator: for pipelines of scikit-learn and imbalanced-learn, which know rows and labels only."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import InputTags, Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from auditkit.errors import DataError, SampleSizeError
from auditkit.filtering.arrays_in_out import Labels, Rows
from auditkit.filtering.beforehand import check_beforehand
from auditkit.filtering.made_rows import made_rows
from auditkit.filtering.quotas import Quota
from auditkit.filtering.rules import RuleLike
from auditkit.filtering.select import filter as select_samples
from auditkit.filtering.selection import Selection

__all__ = ["NothingKeptWarning", "SampleFilter"]

Strategy: TypeAlias = Literal["auto"] | Mapping[Any, int] | int

_METRICS = ("duplicate_share", "identical_match_share")
"""Scores that the built-in rules read; the evidence of samples comes with any audit."""
_FEWEST = 2
_MOST_SEED = 2**31


@dataclass(slots=True)
class _InputTags(InputTags):  # type: ignore[misc]
    dataframe: bool = True


@dataclass(slots=True)
class _SamplerTags:
    sample_indices: bool = False


@dataclass(slots=True)
class _Tags(Tags):  # type: ignore[misc]
    """Tags with those that imbalanced-learn asks samplers for, which need not be installed."""

    sampler_tags: _SamplerTags | None = None


class NothingKeptWarning(UserWarning):
    """A filter rejected every row that it was given."""


def _judges(filter_: SampleFilter) -> bool:
    """Whether it judges rows that others made; one with a generator makes its own, and is a sampler."""
    return filter_.generator is None


def _only_judges(made: type[SampleFilter]) -> type[SampleFilter]:
    """Hide `transform` of a filter with a generator: a step of a pipeline is a transformer or a sampler, never both.

    On the class, for the wrapper that `set_output` needs is put around methods of a class when it is made.
    """
    for name in ("transform", "fit_transform"):
        setattr(made, name, available_if(_judges)(getattr(made, name)))
    return made


@_only_judges
class SampleFilter(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Keep the synthetic rows that break no rule, judged by an audit against the real rows of `fit`.

    Without a generator it judges rows that others made: `fit(real)`, then `transform(synthetic)` gives those kept.
    With a generator it is a sampler of imbalanced-learn: `fit_resample(X, y)` fits the generator on the real rows,
    draws rows for the rarer classes, audits them, and gives the real rows and the new ones that were kept.

    Parameters
    ----------
    rules : optional
        As for `auditkit.filter`; None for the built-in ones.
    quotas : Quota or sequence of Quota, default ()
        As for `auditkit.filter`.
    generator : str, generator or sampler, optional
        Name of a generator of tables, one of `auditkit.generators`, or a sampler of imbalanced-learn as `SMOTE()`,
        whose new rows are then filtered. It is copied, never fitted in place.
    sampling_strategy : "auto", mapping of class to int, or int, default "auto"
        What a generator draws: `"auto"` fills every class up to the size of the largest, a mapping fills the classes
        named up to these sizes, a number draws as many rows with the label shares of the real ones.
    label : str, optional
        Column of a frame to predict, where y is not passed on its own.
    groups : sequence of str, default ()
        Columns of a frame whose levels rules and quotas name.
    random_state : int, RandomState or None, default 0
        The same int gives the same rows; None draws anew each time. Global random state is never read.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only after fitting on a frame with names.
    sampling_strategy_ : dict
        After `fit_resample` with a generator: rows asked for per class.
    selection_ : Selection
        After `fit_resample`: what was kept and why the others went.

    Notes
    -----
    `transform` gives fewer rows than it gets. In a `sklearn.pipeline.Pipeline` it belongs at the end, behind steps that
    are fitted on real rows: such a pipeline turns synthetic rows into those worth keeping. Before a classifier use
    `imblearn.pipeline` and `generator=`: then rows are added while fitting and none is dropped while predicting.
    A set is judged as a whole (repeats, discriminator), so parts of it may be judged otherwise.

    Examples
    --------
    >>> real = np.random.default_rng(0).normal(size=(80, 2))
    >>> made = np.vstack([real[:3], np.random.default_rng(1).normal(size=(40, 2))])
    >>> SampleFilter(rules="copies").fit(real).transform(made).shape
    (40, 2)
    """

    def __init__(
        self,
        rules: Sequence[RuleLike | Quota] | RuleLike | Quota | None = None,
        *,
        quotas: Quota | Sequence[Quota] = (),
        generator: Any = None,
        sampling_strategy: Strategy = "auto",
        label: str | None = None,
        groups: Sequence[str] = (),
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.rules = rules
        self.quotas = quotas
        self.generator = generator
        self.sampling_strategy = sampling_strategy
        self.label = label
        self.groups = groups
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803 - the name in scikit-learn
        """Remember the real rows that others are judged by.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n, d)
        y : array-like of shape (n,), optional
            Label of each row.

        Returns
        -------
        SampleFilter
            Itself.

        Raises
        ------
        DataError, UnknownNameError
            For rules and quotas that `transform` could not follow: the columns of a limit as `"real:0.01"` need a
            holdout, which there is none here, but for `discriminator`.
        """
        rows = self._rows(X, reset=True)
        if y is not None:
            check_consistent_length(rows.frame, y)
        labels = None if y is None else Labels.of(y)
        check_beforehand(self.rules, self.quotas, real=rows.dataset(labels, roles=(self.label, self.groups)))
        self._real_rows, self._real_labels = rows, labels
        if self.generator is not None and self._real_labels is not None:
            check_classification_targets(self._real_labels.values)
            self.sampling_strategy_ = self._real_labels.wanted(self.sampling_strategy)
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Synthetic rows that break no rule, in their order.

        Parameters
        ----------
        X : array-like or DataFrame of shape (m, d)

        Returns
        -------
        ndarray or DataFrame of shape (m_kept, d)
            With the type, columns and index of what was given.

        Warns
        -----
        NothingKeptWarning
            If all rows are rejected, as the rows of `fit` are, which `fit_transform` passes: each is a copy of itself.
        """
        check_is_fitted(self, "_real_rows")
        rows = self._rows(X, reset=False)
        stayed = self._select(rows, None).stayed
        if not stayed.any():
            self._tell_empty(rows)
        return rows.take(stayed)

    def select(self, X: Any, y: Any = None) -> Selection:  # noqa: N803
        """What `transform` decides, with reasons; y lets rules judge labels, where `fit` was given one too.

        Parameters
        ----------
        X : array-like or DataFrame of shape (m, d)
        y : array-like of shape (m,), optional

        Returns
        -------
        Selection
        """
        check_is_fitted(self, "_real_rows")
        return self._select(self._rows(X, reset=False), None if y is None else Labels.of(y))

    def fit_resample(self, X: Any, y: Any, *, origin: Any = None) -> tuple[Any, Any]:  # noqa: N803
        """Rows for training: the real ones, and the synthetic ones that break no rule.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n, d)
            Real rows; with `origin` real and synthetic ones.
        y : array-like of shape (n,)
        origin : array-like of shape (n,), optional
            Which rows are synthetic, where there is no generator: True, or a text other than `"real"`.

        Returns
        -------
        X_resampled, y_resampled
            Of the types given. New rows stand behind the real ones; without a generator all keep their order.

        Raises
        ------
        DataError
            If nothing says which rows are synthetic, or there is one class only.
        """
        if y is None:
            message = "fit_resample requires y to be passed, but the target y is None: give the label of each row."
            raise DataError(message)
        check_classification_targets(y)
        labels = Labels.of(y)
        if self.generator is None:
            return self._drop(X, labels, origin)
        if origin is not None:
            raise DataError("origin is for rows that others made, and this filter has a generator: leave one out.")
        labels.check_classes()
        self.fit(X, labels.values)
        real = self._real_rows.dataset(labels, roles=(self.label, self.groups))
        made = made_rows(
            real,
            generator=self.generator,
            strategy=self.sampling_strategy,
            wanted=self.sampling_strategy_,
            seed=self._seed(),
        )
        if made is None:
            return self._real_rows.given, y
        self.selection_ = self._judge(real, made)
        kept = self.selection_.kept
        return self._real_rows.with_rows(kept.table), labels.with_levels(kept.label_values)

    def _drop(self, X: Any, labels: Labels, origin: Any) -> tuple[Any, Any]:  # noqa: N803
        """All real rows and the kept ones of those that `origin` calls synthetic."""
        if origin is None:
            raise DataError("fit_resample needs generator=, or origin= that says which rows are synthetic: give one.")
        check_consistent_length(labels.values, origin)
        told = np.asarray(origin)
        synthetic = told.astype(bool) if told.dtype.kind in "biuf" else told.astype(str) != "real"
        if not synthetic.any() or synthetic.all():
            raise SampleSizeError(
                f"origin calls {int(synthetic.sum())} of {len(told)} rows synthetic: both are needed."
            )
        rows = self._rows(X, reset=True)
        self._real_rows, self._real_labels = rows.part(~synthetic), labels.part(~synthetic)
        self.selection_ = self._select(rows.part(synthetic), labels.part(synthetic))
        keep = ~synthetic
        keep[synthetic] = self.selection_.stayed
        return rows.take(keep), labels.take(keep)

    def _tell_empty(self, rows: Rows) -> None:
        told = f"every one of {len(rows.frame)} rows was rejected: loosen the rules, or generate again."
        if rows.frame.equals(self._real_rows.frame):
            told = (
                f"all {len(rows.frame)} rows are those of fit, and each is a copy of itself: fit on real rows, "
                "transform synthetic ones; before a classifier use imblearn.pipeline and generator=."
            )
        warnings.warn(told, NothingKeptWarning, stacklevel=3)

    def _select(self, rows: Rows, labels: Labels | None) -> Selection:
        both = labels if self._real_labels is not None else None
        roles = (self.label, self.groups)
        real = self._real_rows.dataset(None if both is None else self._real_labels, roles=roles)
        return self._judge(real, rows.dataset(both, roles=roles, like=real))

    def _judge(self, real: Any, synthetic: Any) -> Selection:
        from auditkit.auditing.run import audit  # noqa: PLC0415 - heavy, and only needed here

        seed = self._seed()
        found = audit(real=real, synthetic=synthetic, metrics=_METRICS, seed=seed, exhibits=False)
        return select_samples(synthetic, found, self.rules, quotas=self.quotas, real=real, seed=seed)

    def _seed(self) -> int:
        state = self.random_state
        if state is None:
            return int(np.random.default_rng().integers(_MOST_SEED))
        return int(state.randint(_MOST_SEED)) if isinstance(state, np.random.RandomState) else int(state)

    def _rows(self, X: Any, *, reset: bool) -> Rows:  # noqa: N803
        least = _FEWEST if reset else 1
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if len(X) < least:
                raise SampleSizeError(f"the filter needs {least} rows at least, got {len(X)} sample(s): give more.")
            return Rows.of(X, X)
        options: dict[str, Any] = {"dtype": None, "ensure_all_finite": "allow-nan", "ensure_min_samples": least}
        return Rows.of(X, validate_data(self, X, reset=reset, **options))

    def __sklearn_tags__(self) -> Tags:
        """What kinds of data it takes, for scikit-learn and imbalanced-learn."""
        known = super().__sklearn_tags__()
        tags = _Tags(**{name: getattr(known, name) for name in Tags.__dataclass_fields__})
        tags.input_tags = _InputTags(
            **{name: getattr(known.input_tags, name) for name in InputTags.__dataclass_fields__}
        )
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.no_validation = False
        if self.generator is not None:
            tags.sampler_tags, tags.transformer_tags = _SamplerTags(), None
            tags.target_tags.required = True
        return tags
