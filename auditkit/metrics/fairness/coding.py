"""Labels, predictions and groups as whole numbers, checked once: what is positive, what is missing, what fits what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.amounts import has_many_numbers
from auditkit.data.levels import MISSING, level_text, sort_levels
from auditkit.errors import DataError, SampleSizeError, ShapeError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CodedLabels",
    "Codes",
    "Groups",
    "code_labels",
    "code_values",
    "numbers_of",
    "predicts_amount",
    "read_groups",
]

Codes = NDArray[np.intp]
_POSITIVE = "1"
_BINARY = ({"0", "1"}, {"-1", "1"})
_TRUTHS = {"True": "1", "False": "0"}


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each unit belongs to.

    Attributes
    ----------
    codes : ndarray of intp, shape (n,)
        Number of the unit's group.
    levels : tuple of tuple
        Per group its value in each column, as given; a missing value is `"(missing)"`.
    names : tuple of str
        Names of the columns; a single column without a name is `"group"`.
    n_missing : int
        Units with a missing value in some column.
    """

    codes: Codes
    levels: tuple[tuple[Any, ...], ...]
    names: tuple[str, ...]
    n_missing: int

    def __len__(self) -> int:
        return len(self.levels)

    def name(self, code: int) -> str:
        """A group in words, as `"Female"`, or `"sex=Female, race=Black"` where there are several columns."""
        level = [level_text(value) for value in self.levels[code]]
        if len(level) == 1:
            return level[0]
        return ", ".join(f"{name}={value}" for name, value in zip(self.names, level, strict=True))

    def index(self) -> pd.Index:
        """Index of a frame with a row per group."""
        import pandas as pd  # noqa: PLC0415

        if len(self.names) == 1:
            return pd.Index([level[0] for level in self.levels], name=self.names[0])
        return pd.MultiIndex.from_tuples(self.levels, names=self.names)


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


def read_groups(groups: Any, *, n: int, name: str = "groups") -> Groups:
    """Groups of units from one column, or the intersections of several.

    Parameters
    ----------
    groups : array-like of shape (n,) or (n, c), frame, or mapping of column to values
        Values of any type. A missing value is a level of its own, called `"(missing)"`.
    n : int
        Units that are expected.
    name : str, default "groups"
        What messages call it.

    Returns
    -------
    Groups
        Only intersections that occur; in order of their levels, "(missing)" last.

    Raises
    ------
    ShapeError
        If the number of units differs.

    Examples
    --------
    >>> found = read_groups(["b", "a", None, "a"], n=4)
    >>> found.codes.tolist(), [found.name(code) for code in range(len(found))], found.n_missing
    ([1, 0, 2, 0], ['a', 'b', '(missing)'], 1)
    """
    columns = _columns(groups, name)
    coded = {key: code_values(values, name) for key, values in columns.items()}
    for codes, _ in coded.values():
        if len(codes) != n:
            raise ShapeError(f"`{name}` has {len(codes)} units, the labels have {n}: give a group for every unit.")
    ordered = [_in_order(*item) for item in coded.values()]
    joint: Codes = np.zeros(n, dtype=np.intp)
    tuples: list[tuple[Any, ...]] = [()]
    for codes, levels in ordered:
        # Renumbered column by column: the product of many level counts would leave the range of integers.
        used, joint = np.unique(joint * len(levels) + codes, return_inverse=True)
        tuples = [(*tuples[code // len(levels)], levels[code % len(levels)]) for code in used]
    missing = np.zeros(n, dtype=bool)
    for codes, _ in coded.values():
        missing |= codes < 0
    return Groups(joint.astype(np.intp), tuple(tuples), tuple(columns), int(missing.sum()))


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


def code_values(values: Any, name: str) -> tuple[Codes, list[Any]]:
    """Code of each value and the values in order of appearance; missing is -1, and `1` and `"1"` are one value.

    Raises
    ------
    ShapeError
        If there is more than one column.
    """
    import pandas as pd  # noqa: PLC0415

    column = _column(values, name)
    codes, levels = pd.factorize(column, use_na_sentinel=True)
    first: dict[str, int] = {}
    place = [first.setdefault(level_text(level), len(first)) for level in levels]
    kept = dict.fromkeys(place)
    for code, level in reversed(list(zip(place, levels, strict=True))):
        kept[code] = level
    return np.array([*place, -1], dtype=np.intp)[codes], list(kept.values())


def predicts_amount(y_true: Any, y_pred: Any) -> bool:
    """Whether a target is a number to be met, not a class: numeric, of more than 20 distinct values.

    Whole numbers are classes where every prediction is one of them: predicted amounts hardly ever are.
    """
    column = _column(y_true, "y_true")
    if not has_many_numbers(column):
        return False
    levels = set(column.dropna().unique().tolist())
    return not (all(float(level).is_integer() for level in levels) and set(_column(y_pred, "y_pred")) <= levels)


def numbers_of(values: Any, name: str) -> NDArray[np.float64]:
    """Finite numbers of an array.

    Raises
    ------
    DataError
        If some are none.
    """
    import pandas as pd  # noqa: PLC0415

    found = pd.to_numeric(_column(values, name), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = int((~np.isfinite(found)).sum())
    if wrong:
        raise DataError(f"`{name}` has {wrong} values that are no finite numbers: leave those units out.")
    return np.asarray(found)


def _columns(groups: Any, name: str) -> dict[str, Any]:
    if isinstance(groups, Mapping) or hasattr(groups, "columns"):
        keys = groups if isinstance(groups, Mapping) else getattr(groups, "column_names", groups.columns)
        found = {str(key): groups[key] for key in keys}
        if not found:
            raise ShapeError(f"`{name}` has no column: give at least one.")
        return found
    of_rows = isinstance(groups, Sequence) and len(groups) > 0 and isinstance(groups[0], (list, tuple))
    array = groups if hasattr(groups, "ndim") else np.array(groups, dtype=object) if of_rows else None
    if array is not None and array.ndim == 2:  # noqa: PLR2004 - a table
        if array.shape[1] == 1:
            return {"group": array[:, 0]}
        if array.shape[1] == 0:
            raise ShapeError(f"`{name}` has no column: give at least one.")
        return {f"group_{place}": array[:, place] for place in range(array.shape[1])}
    return {str(getattr(groups, "name", None) or "group"): groups}


def _column(values: Any, name: str) -> pd.Series:
    import pandas as pd  # noqa: PLC0415

    if isinstance(values, pd.Series):
        return values
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise ShapeError(f"`{name}` must be an array, got {type(values).__name__}: give a value for every unit.")
    if not hasattr(values, "dtype"):
        # Arrow's arrays know how to become numpy's; numpy would make text of a list of numbers and text.
        return pd.Series(np.asarray(values) if hasattr(values, "__array__") else list(values), dtype=object)
    if getattr(values, "ndim", 1) == 2 and values.shape[1] == 1:  # noqa: PLR2004 - a column
        values = np.asarray(values)[:, 0]
    if getattr(values, "ndim", 1) != 1:
        raise ShapeError(f"`{name}` must have one column, got shape {tuple(values.shape)}: give one value for a unit.")
    return pd.Series(
        values if isinstance(values, (np.ndarray, pd.api.extensions.ExtensionArray)) else np.asarray(values)
    )


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


def _in_order(codes: Codes, levels: list[Any]) -> tuple[Codes, list[Any]]:
    """Codes by the order of levels, missing last, merged with values that are called so."""
    texts = [level_text(level) for level in levels]
    names = [text for text in sort_levels(texts) if text != MISSING]
    value = dict(zip(texts, levels, strict=True))
    ordered = [value[text] for text in names]
    if MISSING in texts or (codes < 0).any():
        ordered.append(MISSING)
    number = {text: place for place, text in enumerate(names)}
    return np.array([*(number.get(text, len(names)) for text in texts), len(names)], dtype=np.intp)[codes], ordered
