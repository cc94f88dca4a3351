"""Labels and predictions as whole numbers, checked once: what is positive, what is missing, what fits what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.levels import level_text, sort_levels
from auditkit.errors import DataError, SampleSizeError, ShapeError, UnknownNameError
from auditkit.metrics.fairness.value_codes import Codes, code_values

if TYPE_CHECKING:
    pass

__all__ = ["CodedLabels", "code_labels"]

_POSITIVE = "1"
_BINARY = ({"0", "1"}, {"-1", "1"})
_TRUTHS = {"True": "1", "False": "0"}


@dataclass(frozen=True, eq=False)
class CodedLabels:
    """Truth and prediction of each unit as numbers of classes.

    Attributes
    ----------
    truth, predicted : ndarray of intp, shape (n,)
    classes : tuple of str
        Names of all classes in truth or prediction, in order.
    asked : tuple of int
        Classes that are read one against the rest: the positive one, or all of several.
    """

    truth: Codes
    predicted: Codes
    classes: tuple[str, ...]
    asked: tuple[int, ...]


def code_labels(y_true: Any, y_pred: Any, *, positive: Any = None) -> CodedLabels:
    """Truth and prediction as numbers of classes, and which class is the positive one.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Labels of any type; `1`, `1.0`, `"1"` and `True` are one class.
    positive : object, optional
        The class that rates are about. By default 1 among 0 and 1 (or -1 and 1, or truths), else the rarer of two
        classes in `y_true` (of equally frequent ones the last in order); of three and more each against the rest.

    Returns
    -------
    CodedLabels

    Raises
    ------
    DataError
        If labels are missing, predictions are no classes or share none with the truth, or nothing says what is
        positive.
    SampleSizeError
        If there are no units.
    ShapeError
        If lengths differ, or an array has more than one column.
    UnknownNameError
        If `positive` is none of the classes.
    """
    found = [code_values(values, name) for values, name in ((y_true, "y_true"), (y_pred, "y_pred"))]
    _check_sizes(*(len(codes) for codes, _ in found))
    for (codes, _), name in zip(found, ("y_true", "y_pred"), strict=True):
        if (codes < 0).any():
            count = int((codes < 0).sum())
            raise DataError(f"`{name}` has {count} missing labels: leave those units out.")
    texts = [[level_text(level) for level in levels] for _, levels in found]
    _refuse_scores(found[1][1], *texts)
    asked = None if positive is None else level_text(positive)
    spoken = {*texts[0], *texts[1], *([] if asked is None else [asked])}
    if spoken <= {*_TRUTHS, *_TRUTHS.values()}:
        texts = [[_TRUTHS.get(text, text) for text in names] for names in texts]
        asked = None if asked is None else _TRUTHS.get(asked, asked)
    _refuse_strangers(*texts)
    classes = _classes({*texts[0], *texts[1]}, asked)
    number = {text: place for place, text in enumerate(classes)}
    truth, predicted = (
        np.array([number[text] for text in names], dtype=np.intp)[codes]
        for (codes, _), names in zip(found, texts, strict=True)
    )
    return CodedLabels(truth, predicted, classes, _asked(classes, asked, truth))


def _check_sizes(n_true: int, n_pred: int) -> None:
    if n_true != n_pred:
        raise ShapeError(f"`y_true` has {n_true} units and `y_pred` {n_pred}: give a prediction for every label.")
    if not n_true:
        raise SampleSizeError("`y_true` has no units: give at least one.")


def _refuse_scores(levels: Sequence[Any], truths: Sequence[str], predictions: Sequence[str]) -> None:
    strange = [level for level, text in zip(levels, predictions, strict=True) if text not in set(truths)]
    if any(isinstance(level, (float, np.floating)) and not float(level).is_integer() for level in strange):
        raise DataError(
            f"`y_pred` holds {strange[0]!r}, which is no class of `y_true`: give predicted classes, not probabilities."
        )


def _refuse_strangers(truths: Sequence[str], predictions: Sequence[str]) -> None:
    """Two classes, one in each, may be a model that is always wrong; more are the same classes, spelt differently."""
    if not set(truths) & set(predictions) and len({*truths, *predictions}) > 2:  # noqa: PLR2004
        raise DataError(
            f"`y_pred` holds {sort_levels(predictions)[0]!r} and `y_true` {sort_levels(truths)[0]!r}, and no class is "
            "in both: spell the classes alike."
        )


def _classes(found: set[str], positive: str | None) -> tuple[str, ...]:
    if positive is None:
        alone = len(found) == 1 and any(found <= names for names in _BINARY)
        return sort_levels(found | {_POSITIVE} if alone else found)
    if positive in found or len(found) == 1:
        return sort_levels(found | {positive})
    raise UnknownNameError.of("positive class", positive, found)


def _asked(classes: tuple[str, ...], positive: str | None, truth: Codes) -> tuple[int, ...]:
    if positive is not None:
        return (classes.index(positive),)
    if any(set(classes) <= names for names in _BINARY):
        return (classes.index(_POSITIVE),)
    if len(classes) == 1:
        raise DataError(f"every label is {classes[0]!r}, which may be positive or not: say so by positive=.")
    if len(classes) > 2:  # noqa: PLR2004 - each against the rest
        return tuple(range(len(classes)))
    counts = np.bincount(truth, minlength=2)
    return (int(np.argmin(counts)) if counts[0] != counts[1] else 1,)
