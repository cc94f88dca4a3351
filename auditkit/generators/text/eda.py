"""Training texts with a few words changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.data import TextSamples
from auditkit.data.tokens import rejoin, text_pieces
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import stage_rng
from auditkit.generators.text.edits import OPERATIONS, Words, edit
from auditkit.generators.text.synonyms import neighbours, read_thesaurus, telling_words, words_of
from auditkit.generators.text.vocabulary import pack_texts, texts_of, unpack_texts

if TYPE_CHECKING:
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["EdaGenerator"]

_TRIES = 5


@dataclass(frozen=True, eq=False)
class _Model:
    """Training texts, and what edits know."""

    texts: tuple[str, ...]
    words: Words


class EdaGenerator(ConditionedGenerator[_Model]):
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
    near "bad"), so labels may come loose where a word is rare. A saved generator needs no thesaurus again.

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
        tries={"strength": (0.05, 0.3)},
        citation="Wei and Zou 2019",
    )
    donors_stage: ClassVar[str] = "text donors"

    def __init__(
        self, *, operations: Sequence[str] | None = None, strength: float = 0.15, thesaurus: str | Path | None = None
    ) -> None:
        super().__init__()
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

    def _learn(self, task: Task) -> Learnt[_Model]:
        texts, roles = texts_of(task.samples), task.roles
        said = [words_of(text) for text in texts]
        at = next((at for at in roles.roles if roles.pools[at].column.name == task.dataset.label), None)
        kept = frozenset[str]() if at is None else telling_words(said, roles.rows[:, at])
        found = neighbours(said) if self.thesaurus is None else read_thesaurus(self.thesaurus)
        notes = ["Samples are near copies of training texts: use them beside these, never instead of them."]
        if not found and {"synonym", "insert"} & set(self.operations):
            notes.append("The texts are too few to find synonyms in: give a thesaurus.")
        if task.budget is not None:
            notes.append("Nothing is trained: the budget was not needed.")
        return Learnt(_Model(tuple(texts), Words(found, kept)), steps=1, notes=tuple(notes))

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> TextSamples:
        made = [self._changed(model, int(donor), stage_rng(seed, "edits", place)) for place, donor in enumerate(donors)]
        return TextSamples.of(made)

    def _changed(self, model: _Model, donor: int, rng: np.random.Generator) -> str:
        text = model.texts[donor]
        pieces = text_pieces(text)
        for _ in range(_TRIES):
            operation = self.operations[int(rng.integers(len(self.operations)))]
            made = edit(pieces, operation, model.words, strength=self.strength, rng=rng)
            if made != pieces:
                return rejoin(made) if made[0].startswith(" ") else "".join(made)
        return text

    def _state(self, model: _Model) -> State:
        lines = [f"{word}\t{','.join(others)}" for word, others in model.words.synonyms.items()]
        words = pack_texts(lines, "synonyms") | pack_texts(sorted(model.words.kept), "kept")
        return {}, pack_texts(model.texts, "texts") | words

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        del roles
        lines = (line.partition("\t") for line in unpack_texts(saved.arrays, "synonyms"))
        synonyms = {word: tuple(others.split(",")) for word, _, others in lines}
        words = Words(synonyms, frozenset(unpack_texts(saved.arrays, "kept")))
        return _Model(tuple(unpack_texts(saved.arrays, "texts")), words)
