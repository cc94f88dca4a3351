"""Texts from Kneser-Ney models of short runs of pieces, one for each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.data import TextSamples
from auditkit.errors import AuditkitError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, stage_rng
from auditkit.generators.text.classes import row_classes
from auditkit.generators.text.kneser_ney import KneserNey
from auditkit.generators.text.vocabulary import Vocabulary, sole_texts, text_digest, texts_of

if TYPE_CHECKING:
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["NgramGenerator"]

MAX_ORDER = 6

_TRIES = 8
_LAST_RESORT = 1e6


@dataclass(frozen=True, eq=False)
class _Model:
    """Models with the class and the length of each training text, and digests of the texts that few share."""

    vocabulary: Vocabulary
    runs: KneserNey
    classes: NDArray[np.int64]
    taken: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def draw(self, classes: NDArray[np.int64], wanted: NDArray[np.int64], *, seed: int, chunk: int) -> list[str]:
        """A text of each class: of several the one that is nobody's and nearest to the wanted length."""
        texts = [""] * len(classes)
        best = np.full(len(classes), np.inf)
        for attempt in range(_TRIES):
            # Whole chunks, so that a text never depends on how many were asked for.
            drawn = self.runs.draw(classes, stage_rng(seed, "texts", chunk, attempt), width=CHUNK)
            made = [self.vocabulary.text(codes) for codes in drawn]
            lengths = np.array([len(codes) for codes in drawn])
            gaps = np.abs(np.log((1 + lengths) / (1 + wanted)))
            digests = np.array([text_digest(text) for text in made], dtype=np.int64)
            gaps[np.isin(digests, self.taken)] += _LAST_RESORT
            for place in np.flatnonzero(gaps < best).tolist():
                texts[place], best[place] = made[place], gaps[place]
        return texts


class NgramGenerator(ConditionedGenerator[_Model]):
    """Interpolated modified Kneser-Ney models of words, digits and marks, one per class.

    A class is a label, or a label with groups where at least 50 training texts share them. Of eight texts drawn for a
    place that one is kept whose length is nearest to that of a training text drawn at random: such models end texts too
    early or too late, and every text kept still ends where the model ended it. A text that is one training text over
    again is passed over where another was drawn; one that five training texts share is nobody's and may stay.

    Parameters
    ----------
    order : int, default 3
        Pieces that are looked at together, 1 to 6. With 4, a seventh of short sentences shares a run of eight words
        with the training texts; take it for a large corpus only.
    smoothing : float, default 0.7
        In (0, 1]. What the most likely discounts are multiplied by: below 1 texts keep more closely to runs that occur.

    Notes
    -----
    Taking contexts that a class lacks from all classes reads better and teaches less: a classifier trained on the texts
    of SST-2 lost another 2 points of accuracy.

    Saved models hold every word of the training texts and which words followed which. Each digit is a piece of its own,
    so numbers are made up.

    References
    ----------
    Kneser and Ney 1995, "Improved backing-off for m-gram language modeling", ICASSP; Chen and Goodman 1998, "An
    empirical study of smoothing techniques for language modeling", section 3.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> texts = TextSamples.of(["good film", "good plot", "bad film", "bad plot"])
    >>> data = Dataset.of_table(pd.DataFrame({"label": ["+", "+", "-", "-"]}), label="label", samples=texts)
    >>> made = NgramGenerator().fit(data).sample(4, conditions={"label": "+"}, seed=0)
    >>> len(made.arrays()), set(made.table["label"])
    (4, {'+'})
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="ngram",
        modality="text",
        family="n-gram",
        summary="Kneser-Ney models of short runs of words for each label: seconds to fit, any language.",
        params={
            "order": "words, digits and marks that are looked at together (3)",
            "smoothing": "multiplies the discounts: below 1 closer to the runs that occur (0.7)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"order": (2, 4), "smoothing": (0.4, 1.0)},
        citation="Kneser and Ney 1995; Chen and Goodman 1998",
    )
    donors_stage: ClassVar[str] = "text donors"

    def __init__(self, *, order: int = 3, smoothing: float = 0.7) -> None:
        super().__init__()
        if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
            raise AuditkitError(f"the text generator 'ngram' needs an order from 1 to {MAX_ORDER}, got {order!r}.")
        if not 0 < smoothing <= 1:
            raise AuditkitError(f"the text generator 'ngram' needs a smoothing in (0, 1], got {smoothing!r}.")
        self.order = order
        self.smoothing = float(smoothing)

    def _learn(self, task: Task) -> Learnt[_Model]:
        texts = texts_of(task.samples)
        vocabulary, coded = Vocabulary.of(texts)
        classes = row_classes(task.roles, task.dataset.label)
        runs = KneserNey.of(coded, classes, size=len(vocabulary), order=self.order, smoothing=self.smoothing)
        lengths = np.array([len(codes) for codes in coded], dtype=np.int64)
        notes = () if task.budget is None else ("Counting is one pass over the texts: the budget was not needed.",)
        return Learnt(_Model(vocabulary, runs, classes, sole_texts(texts), lengths), steps=1, notes=notes)

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> TextSamples:
        texts: list[str] = []
        for start in range(0, len(donors), CHUNK):
            rows = donors[start : start + CHUNK]
            texts += model.draw(model.classes[rows], model.lengths[rows], seed=seed, chunk=start // CHUNK)
        return TextSamples.of(texts)

    def _state(self, model: _Model) -> State:
        counted = model.vocabulary.arrays() | model.runs.arrays()
        extra = {"size": model.runs.size, "longest": model.runs.longest}
        return extra, counted | {"taken": model.taken, "lengths": model.lengths}

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        size, longest = int(saved.extra["size"]), int(saved.extra["longest"])
        runs = KneserNey.from_arrays(saved.arrays, order=self.order, size=size, longest=longest)
        classes = row_classes(roles, saved.outline.label)
        vocabulary = Vocabulary.from_arrays(saved.arrays)
        return _Model(vocabulary, runs, classes, saved.arrays["taken"], saved.arrays["lengths"])
