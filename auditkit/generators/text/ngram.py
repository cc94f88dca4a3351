"""Texts from Kneser-Ney models of short runs of pieces, one for each class."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.data import TextSamples
from auditkit.errors import AuditkitError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import CHUNK, stage_rng, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.roles import Roles
from auditkit.generators.text.classes import row_classes
from auditkit.generators.text.kneser_ney import KneserNey
from auditkit.generators.text.vocabulary import Vocabulary, check_texts, sole_texts, text_digest

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["NgramGenerator"]

MAX_ORDER = 6

_TRIES = 8
_LAST_RESORT = 1e6


class NgramGenerator:
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
        citation="Kneser and Ney 1995; Chen and Goodman 1998",
    )

    def __init__(self, *, order: int = 3, smoothing: float = 0.7) -> None:
        if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
            raise AuditkitError(f"the text generator 'ngram' needs an order from 1 to {MAX_ORDER}, got {order!r}.")
        if not 0 < smoothing <= 1:
            raise AuditkitError(f"the text generator 'ngram' needs a smoothing in (0, 1], got {smoothing!r}.")
        self.order = order
        self.smoothing = float(smoothing)
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._learnt: _Learnt | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Count runs of pieces.

        Parameters
        ----------
        dataset : Dataset
            Texts of any language; empty ones count. Columns that are neither label nor group are not learnt: samples
            take them from training rows of the same label and groups.
        seed : int, default 0
            Not used: counting draws nothing.
        budget : Budget, optional
            Not used: one pass over the texts.
        progress : callable, optional

        Returns
        -------
        NgramGenerator

        Raises
        ------
        DataError
            For other data.
        """
        del seed
        begun = time.perf_counter()
        texts = check_texts(dataset, self.info.name)
        roles = Roles.of(dataset)
        vocabulary, coded = Vocabulary.of(texts)
        classes = row_classes(roles, dataset.label)
        model = KneserNey.of(coded, classes, size=len(vocabulary), order=self.order, smoothing=self.smoothing)
        self._outline = Outline.of(dataset)
        lengths = np.array([len(codes) for codes in coded], dtype=np.int64)
        self._learnt = _Learnt(roles, vocabulary, model, sole_texts(texts), lengths)
        notes = () if budget is None else ("Counting is one pass over the texts: the budget was not needed.",)
        self.fit_report = FitReport(1, time.perf_counter() - begun, "done", len(dataset), dataset.hash, notes=notes)
        if progress is not None:
            progress(1, 1, "runs of words counted")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n texts; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "spam"}`, or counts that add up to n. Without conditions labels come as often as in training.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a level that was not in the training data.
        DataError
            For a combination of levels that no training text has.
        """
        check_size(n)
        outline, learnt = need_fitted(self._outline, self.info), need_fitted(self._learnt, self.info)
        roles = learnt.roles
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="text donors")[:, 0])
        classes = row_classes(roles, outline.label)[donors]
        self.shortfall = None
        texts: list[str] = []
        for start in range(0, n, CHUNK):
            rows = slice(start, start + CHUNK)
            texts += learnt.draw(classes[rows], learnt.lengths[donors[rows]], seed=seed, chunk=start // CHUNK)
        return outline.dataset(roles.table(donors), name=self.info.name, samples=TextSamples.of(texts))

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the words of the training texts.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        extra, arrays = {}, {}
        if self._learnt is not None:
            roles, model = self._learnt.roles, self._learnt.model
            extra = {"roles": roles.to_json(), "size": model.size, "longest": model.longest}
            arrays = roles.arrays() | self._learnt.vocabulary.arrays() | model.arrays()
            arrays |= {"taken": self._learnt.taken, "lengths": self._learnt.lengths}
        params = {"order": self.order, "smoothing": self.smoothing}
        write_generator(
            folder,
            info=self.info,
            params=params,
            outline=self._outline,
            report=self.fit_report,
            extra=extra,
            arrays=arrays,
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        size, longest = int(saved.extra["size"]), int(saved.extra["longest"])
        model = KneserNey.from_arrays(saved.arrays, order=generator.order, size=size, longest=longest)
        vocabulary = Vocabulary.from_arrays(saved.arrays)
        generator._learnt = _Learnt(roles, vocabulary, model, saved.arrays["taken"], saved.arrays["lengths"])
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


@dataclass(frozen=True, eq=False)
class _Learnt:
    """Models with the rows of the training texts, their lengths, and digests of the texts that few share."""

    roles: Roles
    vocabulary: Vocabulary
    model: KneserNey
    taken: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def draw(self, classes: NDArray[np.int64], wanted: NDArray[np.int64], *, seed: int, chunk: int) -> list[str]:
        """A text of each class: of several the one that is nobody's and nearest to the wanted length."""
        texts = [""] * len(classes)
        best = np.full(len(classes), np.inf)
        for attempt in range(_TRIES):
            # Whole chunks, so that a text never depends on how many were asked for.
            drawn = self.model.draw(classes, stage_rng(seed, "texts", chunk, attempt), width=CHUNK)
            made = [self.vocabulary.text(codes) for codes in drawn]
            lengths = np.array([len(codes) for codes in drawn])
            gaps = np.abs(np.log((1 + lengths) / (1 + wanted)))
            digests = np.array([text_digest(text) for text in made], dtype=np.int64)
            gaps[np.isin(digests, self.taken)] += _LAST_RESORT
            for place in np.flatnonzero(gaps < best).tolist():
                texts[place], best[place] = made[place], gaps[place]
        return texts
