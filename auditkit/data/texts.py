"""Texts in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import DataError
from auditkit.kinds import Modality

__all__ = ["TextSamples"]

_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class TextSamples:
    """Texts in memory, each as it is: nothing is stripped, lowered or normalised. Make them with `of`.

    Parameters
    ----------
    texts : ndarray of object, shape (n,)
        Each a str; an empty text is a text.

    Examples
    --------
    >>> TextSamples.of(["a b", ""]).take([1, 0]).tolist()
    ['', 'a b']
    """

    texts: NDArray[np.object_]

    @classmethod
    def of(cls, texts: Iterable[object], *, source: str = "the texts") -> TextSamples:
        """Samples of the texts of a sequence.

        Raises
        ------
        DataError
            If one is no str, as a missing cell, or is no Unicode text (a lone surrogate), which no file can hold.
        """
        items = list(texts)
        odd = [place for place, item in enumerate(items) if not isinstance(item, str)]
        if odd:
            message = (
                f"{source} has {len(odd)} missing text(s) or cells that are no text, the first at place {odd[0]}: "
                "drop them or give them a text."
            )
            raise DataError(message)
        broken = [place for place, item in enumerate(items) if _LONE.search(str(item))]
        if broken:
            message = (
                f"{source} has {len(broken)} text(s) that are no Unicode (a lone surrogate), the first at place "
                f"{broken[0]}: repair or drop them."
            )
            raise DataError(message)
        held = np.empty(len(items), dtype=object)
        held[:] = [str(item) for item in items]
        return cls(held)

    @property
    def modality(self) -> Modality:
        """`"text"`."""
        return "text"

    @property
    def shape(self) -> tuple[int, ...]:
        """Empty: texts share no size."""
        return ()

    @property
    def rate(self) -> int | None:
        """None: texts have no rate."""
        return None

    @property
    def channels(self) -> tuple[str, ...]:
        """Empty: texts have no channels."""
        return ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, index: ArrayLike) -> NDArray[np.object_]:
        """Texts at these places, as str in an object array of shape (n,)."""
        return self.texts[np.asarray(index, dtype=np.intp)]

    def select(self, index: ArrayLike) -> TextSamples:
        """The samples at these places."""
        return TextSamples(self.take(index))
