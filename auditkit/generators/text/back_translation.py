"""Training texts translated to another language and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from auditkit.data import TextSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.text.local_models import translator
from auditkit.generators.text.vocabulary import pack_texts, texts_of, unpack_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["BackTranslation"]

Translate = Callable[[list[str]], Sequence[str]]

_BATCH = 32
_NOTE = "Samples are paraphrases of training texts: use them beside these, never instead of them."


@dataclass(frozen=True, eq=False)
class _Model:
    """Training texts, and those translated so far."""

    texts: list[str]
    turned: dict[str, str] = field(default_factory=dict)


class BackTranslation(ConditionedGenerator[_Model]):
    """Each sample is a training text, translated forward and backward.

    Parameters
    ----------
    forward, backward : callable, or str or Path
        A function of a list of texts that gives as many texts, or a folder with a Marian model and its tokenizer, read
        by transformers without any download. A saved generator keeps folders only: give functions again to `load`.

    Notes
    -----
    The samples are paraphrases of training texts, near copies where the translation is literal: fit for training beside
    the real texts, not for sharing. Empty texts are not translated. Each text is translated once, whatever the seed.

    References
    ----------
    Sennrich et al. 2016, "Improving neural machine translation models with monolingual data", ACL; Edunov et al. 2018,
    "Understanding back-translation at scale", EMNLP.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> data = Dataset.of_table(pd.DataFrame({"label": ["x"]}), label="label", samples=TextSamples.of(["so it goes"]))
    >>> turned = BackTranslation(forward=lambda t: [s.upper() for s in t], backward=lambda t: [s.title() for s in t])
    >>> turned.fit(data).sample(1).arrays().tolist()
    ['So It Goes']
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="back_translation",
        modality="text",
        family="augmentation",
        summary="Training texts translated forward and backward by two functions or two local models.",
        params={
            "forward": "function of a list of texts, or folder of a Marian model (required)",
            "backward": "the way back, likewise (required)",
        },
        conditional="exact",
        stores_real_values=True,
        requires=("transformers",),
        citation="Sennrich et al. 2016; Edunov et al. 2018",
    )
    donors_stage: ClassVar[str] = "text donors"

    def __init__(
        self, *, forward: Translate | str | Path | None = None, backward: Translate | str | Path | None = None
    ) -> None:
        super().__init__()
        for name, given in (("forward", forward), ("backward", backward)):
            if not (callable(given) or isinstance(given, str | Path)):
                raise AuditkitError(
                    f"the text generator 'back_translation' needs {name}=, a function of a list of texts or the folder "
                    f"of a Marian model, got {given!r}."
                )
        self.forward = forward if callable(forward) else str(forward)
        self.backward = backward if callable(backward) else str(backward)

    def _learn(self, task: Task) -> Learnt[_Model]:
        return Learnt(_Model(texts_of(task.samples)), notes=(_NOTE,))

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> TextSamples:
        del seed
        sources = [model.texts[donor] for donor in donors]
        missing = sorted({text for text in sources if text.strip()} - set(model.turned))
        if missing:
            model.turned.update(zip(missing, self._translated(missing), strict=True))
        return TextSamples.of([model.turned.get(text, text) for text in sources])

    def _translated(self, texts: list[str]) -> list[str]:
        ways = [way if callable(way) else translator(way) for way in (self.forward, self.backward)]
        turned: list[str] = []
        for start in range(0, len(texts), _BATCH):
            batch = made = texts[start : start + _BATCH]
            for name, way in zip(("forward", "backward"), ways, strict=True):
                made = list(way(list(made)))
                if len(made) != len(batch) or not all(isinstance(text, str) for text in made):
                    raise DataError(f"{name}= must give a text for each of {len(batch)} texts, got {len(made)} items.")
            turned += made
        return turned

    def _state(self, model: _Model) -> State:
        if callable(self.forward) or callable(self.backward):
            raise AuditkitError("functions cannot be saved: give the folders of two models, or save the samples.")
        turned = [model.turned.get(text, "") for text in model.texts]
        return {}, pack_texts(model.texts, "texts") | pack_texts(turned, "turned")

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        del roles
        texts = unpack_texts(saved.arrays, "texts")
        pairs = zip(texts, unpack_texts(saved.arrays, "turned"), strict=True)
        return _Model(texts, {text: turned for text, turned in pairs if turned})
