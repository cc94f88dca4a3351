"""Training texts with a few words changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from auditkit.data import TextSamples
from auditkit.data.tokens import rejoin, text_pieces
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import stage_rng, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.roles import Roles
from auditkit.generators.text.edits import OPERATIONS, Words, edit
from auditkit.generators.text.synonyms import neighbours, read_thesaurus, telling_words, words_of
from auditkit.generators.text.vocabulary import check_texts, pack_texts, unpack_texts

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["EdaGenerator"]

_TRIES = 5


class EdaGenerator:
    """Easy data augmentation: each sample is a training text with one kind of change to some of its words.

    Synonyms are words that stand between the same words in the training texts, or the lines of a thesaurus. Words that
    tell the classes apart are never exchanged, dropped or misspelt. Numbers and marks stay.

    Parameters
    ----------
    operations : sequence of str, optional
        Of `synonym`, `insert`, `swap`, `delete` and `noise` (letters); all by default. One is drawn for each sample.
    strength : float, default 0.15
        Share of a text's words that is changed, at least one.
    thesaurus : str or Path, optional
        File of lines `word<TAB>synonym,synonym`, instead of neighbours in the training texts.

    Notes
    -----
    The samples are near copies by construction, and an audit says so (`ngram_overlap`, `near_copy_share`): fit for
    training beside the real texts, never for sharing instead of them. Neighbours are blind to what is said ("good" is
    near "bad"), so labels may come loose where a word is rare.

    References
    ----------
    Wei and Zou 2019, "EDA: Easy data augmentation techniques for boosting performance on text classification tasks",
    EMNLP; Levy et al. 2015, "Improving distributional similarity with lessons learned from word embeddings", TACL.
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="eda",
        modality="text",
        family="augmentation",
        summary="Training texts with some words exchanged, added, dropped, swapped or misspelt; near copies.",
        params={
            "operations": "of synonym, insert, swap, delete, noise (all)",
            "strength": "share of a text's words that is changed (0.15)",
            "thesaurus": "file of lines word<TAB>synonym,synonym (neighbours in the training texts)",
        },
        conditional="exact",
        stores_real_values=True,
        citation="Wei and Zou 2019",
    )

    def __init__(
        self, *, operations: Sequence[str] | None = None, strength: float = 0.15, thesaurus: str | Path | None = None
    ) -> None:
        chosen = tuple(OPERATIONS) if operations is None else tuple(operations)
        for name in chosen:
            if name not in OPERATIONS:
                raise UnknownNameError.of("operation on texts", name, OPERATIONS)
        if not chosen or not 0 < strength <= 1:
            raise AuditkitError(
                f"the text generator 'eda' needs an operation and a strength in (0, 1], got {chosen!r}, {strength!r}."
            )
        self.operations = chosen
        self.strength = float(strength)
        self.thesaurus = None if thesaurus is None else str(thesaurus)
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._learnt: _Learnt | None = None

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Find synonyms and the words that tell the classes apart.

        Parameters
        ----------
        dataset : Dataset
            Texts.
        seed : int, default 0
            Not used.
        budget : Budget, optional
            Not used.
        progress : callable, optional

        Returns
        -------
        EdaGenerator

        Raises
        ------
        DataError
            For other data, and for a thesaurus that cannot be read.
        """
        del seed
        begun = time.perf_counter()
        texts = check_texts(dataset, self.info.name)
        roles = Roles.of(dataset)
        said = [words_of(text) for text in texts]
        at = next((at for at in roles.roles if roles.pools[at].column.name == dataset.label), None)
        kept = frozenset[str]() if at is None else telling_words(said, roles.rows[:, at])
        found = neighbours(said) if self.thesaurus is None else read_thesaurus(self.thesaurus)
        self._outline = Outline.of(dataset)
        self._learnt = _Learnt(roles, tuple(texts), Words(found, kept))
        notes = ["Samples are near copies of training texts: use them beside these, never instead of them."]
        if not found and {"synonym", "insert"} & set(self.operations):
            notes.append("The texts are too few to find synonyms in: give a thesaurus.")
        if budget is not None:
            notes.append("Nothing is trained: the budget was not needed.")
        seconds = time.perf_counter() - begun
        self.fit_report = FitReport(1, seconds, "done", len(dataset), dataset.hash, notes=tuple(notes))
        if progress is not None:
            progress(1, 1, "synonyms found")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n changed training texts; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "spam"}`, or counts that add up to n.
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
        requests = plan_conditions(n, conditions, outline=outline, levels=learnt.roles.levels)
        donors = learnt.roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="text donors")[:, 0])
        self.shortfall = None
        texts = [
            self._changed(learnt, int(donor), stage_rng(seed, "edits", place)) for place, donor in enumerate(donors)
        ]
        return outline.dataset(learnt.roles.table(donors), name=self.info.name, samples=TextSamples.of(texts))

    def _changed(self, learnt: _Learnt, donor: int, rng: np.random.Generator) -> str:
        text = learnt.texts[donor]
        pieces = text_pieces(text)
        for _ in range(_TRIES):
            operation = self.operations[int(rng.integers(len(self.operations)))]
            made = edit(pieces, operation, learnt.words, strength=self.strength, rng=rng)
            if made != pieces:
                return rejoin(made) if made[0].startswith(" ") else "".join(made)
        return text

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the training texts.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        extra, arrays = {}, {}
        if self._learnt is not None:
            words = self._learnt.words
            extra = {"roles": self._learnt.roles.to_json()}
            lines = [f"{word}\t{','.join(others)}" for word, others in words.synonyms.items()]
            arrays = self._learnt.roles.arrays() | pack_texts(self._learnt.texts, "texts")
            arrays |= pack_texts(lines, "synonyms") | pack_texts(sorted(words.kept), "kept")
        params = {"operations": list(self.operations), "strength": self.strength, "thesaurus": self.thesaurus}
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
        """Read what `save` wrote; the thesaurus is not needed again.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        lines = (line.partition("\t") for line in unpack_texts(saved.arrays, "synonyms"))
        synonyms = {word: tuple(others.split(",")) for word, _, others in lines}
        words = Words(synonyms, frozenset(unpack_texts(saved.arrays, "kept")))
        roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        generator._learnt = _Learnt(roles, tuple(unpack_texts(saved.arrays, "texts")), words)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


@dataclass(frozen=True, eq=False)
class _Learnt:
    """Training texts with their rows, and what edits know."""

    roles: Roles
    texts: tuple[str, ...]
    words: Words
