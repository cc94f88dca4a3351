"""What pages may show of synthetic samples where real records are hidden: no copies, no rare cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.tokens import text_words
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["CLOSE", "COPY", "NEAR_COPY", "Guard", "cell_text"]

COPY, NEAR_COPY, CLOSE = "a copy", "a near copy", "nearer to a training record than 99 in 100 fresh ones"
_WORDS = "it shares eight words in a row with a real text, or all of its words"
_UNKNOWN = "there are no real records at hand to compare it with"
_SEVERAL = "it has several rows"
_RUN = 8
"""A text that shares as many words in a row with a real one is not shown."""

_BATCH = 1024
_DIGITS = 6
_FREE = frozenset({"text", "id"})
_MISSING = "missing"


class Guard:
    """Says of synthetic samples whether they may be shown, and of cells whether they tell of few real records.

    Parameters
    ----------
    real : sequence of Dataset
        The real set and the holdout, as far as they are at hand; only looked at where `show_real` is false.
    synthetic : Dataset
    samples : pandas.DataFrame
        A row per synthetic sample: `copy`, `near_copy`, `distance_real`.
    show_real : bool
        Everything may be shown.
    closer_than : float or None
        Samples at a smaller distance from a training record are hidden like copies.

    Attributes
    ----------
    flags : ndarray of object, shape (n,)
        Why a sample counts as a copy, a word each; "" for most.
    """

    def __init__(
        self,
        real: Sequence[Dataset],
        synthetic: Dataset,
        samples: pd.DataFrame,
        *,
        show_real: bool,
        closer_than: float | None = None,
    ) -> None:
        self.synthetic, self.show_real = synthetic, show_real
        self._real = [item for item in real if len(item.table if item.samples is None else item.samples)]
        self._runs: dict[int, bool] = {}
        flags = np.full(len(samples), "", dtype=object)
        if closer_than is not None:
            distances = samples["distance_real"].to_numpy(np.float64, na_value=np.nan)
            flags[distances < closer_than] = CLOSE
        if "near_copy" in samples:
            flags[samples["near_copy"].fillna(value=False).to_numpy(bool)] = NEAR_COPY
        flags[samples["copy"].fillna(value=True).to_numpy(bool)] = COPY
        self.flags = flags

    def allowed(self) -> NDArray[np.intp]:
        """Places of the samples that do not count as copies; of all where everything may be shown."""
        return np.flatnonzero((self.flags == "") | self.show_real)

    def learn(self, rows: Iterable[int]) -> None:
        """Hold texts against all real ones, in one pass; those that are asked for later are held alone."""
        new = [int(row) for row in rows if int(row) not in self._runs]
        if new and self._real and self.synthetic.samples is not None:
            runs = [_runs(str(text)) for text in self.synthetic.samples.take(np.array(new))]
            wanted = set().union(*runs)
            found: set[tuple[str, ...]] = set()
            for text in self._real_texts():
                found |= _runs(text) & wanted
            self._runs |= {row: bool(each & found) for row, each in zip(new, runs, strict=True)}

    def why_hidden(self, rows: Sequence[int]) -> list[str]:
        """Why each sample is not shown, "" where it may be.

        Parameters
        ----------
        rows : sequence of int
            Places in the synthetic set.
        """
        if self.show_real:
            return ["" for _ in rows]
        modality = self.synthetic.modality
        if modality == "text" and self._real:
            self.learn(row for row in rows if not self.flags[row])
        return [str(self.flags[row]) or self._why(int(row), modality) for row in rows]

    def _why(self, row: int, modality: str) -> str:
        if modality in ("text", "tabular") and not self._real:
            return _UNKNOWN
        if modality == "tabular" and self.synthetic.key is not None:
            return _SEVERAL
        return _WORDS if modality == "text" and self._runs[row] else ""

    def cells(self, rows: Sequence[int], columns: Sequence[str]) -> list[list[str | None]]:
        """Cells of synthetic rows in words, None for those that may not be told.

        Where real records are hidden these are free text, names of units, and what one to four real records hold.
        """
        table = self.synthetic.table.iloc[list(rows)]
        told = [self._column(name, table[name]) for name in columns]
        return [list(row) for row in zip(*told, strict=True)]

    def _column(self, name: str, values: pd.Series[Any]) -> list[str | None]:
        words = [cell_text(value) for value in values]
        if self.show_real:
            return [*words]
        if self.synthetic.schema[name].kind in _FREE:
            return [None for _ in words]
        theirs = pd.concat([item.table[name] for item in self._real if name in item.table])
        counts = _occurrences(theirs, values, words)
        return [None if 0 < n < MIN_CELL else word for word, n in zip(words, counts, strict=True)]

    def _real_texts(self) -> Iterator[str]:
        for item in self._real:
            for batch in item.batches(_BATCH):
                yield from (str(text) for text in batch.arrays())


def cell_text(value: Any) -> str:
    """A cell in words, numbers to six digits.

    Examples
    --------
    >>> cell_text(1234.56789), cell_text(None)
    ('1234.57', 'missing')
    """
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return _MISSING
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.{_DIGITS}g}"
    return str(value)


def _occurrences(theirs: pd.Series[Any], ours: pd.Series[Any], words: Sequence[str]) -> list[int]:
    """In how many real cells each of ours stands; numbers are the same where their words are."""
    if pd.api.types.is_numeric_dtype(theirs.dtype) and not pd.api.types.is_bool_dtype(theirs.dtype):
        known = np.sort(theirs.dropna().to_numpy(np.float64))
        numbers = pd.to_numeric(ours.astype("str"), errors="coerce").to_numpy(np.float64)
        room = np.abs(numbers) * 0.5 * 10.0 ** (1 - _DIGITS)
        counts = np.searchsorted(known, numbers + room, "right") - np.searchsorted(known, numbers - room, "left")
        counts = np.where(np.isnan(numbers), int(theirs.isna().sum()), counts)
        return [int(n) for n in counts]
    found: Counter[str] = Counter()
    for level, n in theirs.value_counts(dropna=False).items():
        found[_plain(cell_text(level))] += int(n)
    return [found[_plain(word)] for word in words]


def _plain(word: str) -> str:
    return " ".join(word.split()).casefold()


def _runs(text: str) -> set[tuple[str, ...]]:
    """Every eight words in a row; of a shorter text all words."""
    words = text_words(text)
    if len(words) <= _RUN:
        return {tuple(words)}
    return {tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}
