"""Training texts translated to another language and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from auditkit.data import TextSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.roles import Roles
from auditkit.generators.text.local_models import translator
from auditkit.generators.text.vocabulary import check_texts, pack_texts, unpack_texts

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["BackTranslation"]

Translate = Callable[[list[str]], Sequence[str]]

_BATCH = 32


class BackTranslation:
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

    def __init__(
        self, *, forward: Translate | str | Path | None = None, backward: Translate | str | Path | None = None
    ) -> None:
        for name, given in (("forward", forward), ("backward", backward)):
            if not (callable(given) or isinstance(given, str | Path)):
                raise AuditkitError(
                    f"the text generator 'back_translation' needs {name}=, a function of a list of texts or the folder "
                    f"of a Marian model, got {given!r}."
                )
        self._ways: tuple[Any, Any] = (forward, backward)
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._roles: Roles | None = None
        self._texts: list[str] = []
        self._turned: dict[str, str] = {}

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Remember the training texts; they are translated when samples are drawn.

        Parameters
        ----------
        dataset : Dataset
            Texts.
        seed, budget
            Not used: nothing is trained.
        progress : callable, optional

        Returns
        -------
        BackTranslation

        Raises
        ------
        DataError
            For other data.
        """
        del seed, budget
        begun = time.perf_counter()
        self._texts = check_texts(dataset, self.info.name)
        self._roles, self._outline, self._turned = Roles.of(dataset), Outline.of(dataset), {}
        notes = ("Samples are paraphrases of training texts: use them beside these, never instead of them.",)
        self.fit_report = FitReport(0, time.perf_counter() - begun, "done", len(dataset), dataset.hash, notes=notes)
        if progress is not None:
            progress(1, 1, "training texts remembered")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n training texts and translate them; conditions on label and groups are met exactly.

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
            For a combination of levels that no training text has, and for a translation that gives other than as many
            texts.
        MissingDependencyError
            For a folder without transformers installed.
        """
        check_size(n)
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="text donors")[:, 0])
        self.shortfall = None
        sources = [self._texts[donor] for donor in donors]
        self._translate(sorted({text for text in sources if text.strip()} - set(self._turned)))
        texts = [self._turned.get(text, text) for text in sources]
        return outline.dataset(roles.table(donors), name=self.info.name, samples=TextSamples.of(texts))

    def _translate(self, texts: list[str]) -> None:
        if not texts:
            return
        ways = [way if callable(way) else translator(way) for way in self._ways]
        for start in range(0, len(texts), _BATCH):
            batch = made = texts[start : start + _BATCH]
            for name, way in zip(("forward", "backward"), ways, strict=True):
                made = list(way(list(made)))
                if len(made) != len(batch) or not all(isinstance(text, str) for text in made):
                    raise DataError(f"{name}= must give a text for each of {len(batch)} texts, got {len(made)} items.")
            self._turned.update(zip(batch, made, strict=True))

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the training texts.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        AuditkitError
            When the translations are functions, which no file can hold.
        """
        if any(callable(way) for way in self._ways):
            raise AuditkitError("functions cannot be saved: give the folders of two models, or save the samples.")
        roles = self._roles
        turned = [self._turned.get(text, "") for text in self._texts]
        write_generator(
            folder,
            info=self.info,
            params={"forward": str(self._ways[0]), "backward": str(self._ways[1])},
            outline=self._outline,
            report=self.fit_report,
            extra={"roles": roles.to_json()} if roles else {},
            arrays=roles.arrays() | pack_texts(self._texts, "texts") | pack_texts(turned, "turned") if roles else {},
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; texts that were translated before are not translated again.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        generator._texts = unpack_texts(saved.arrays, "texts")
        pairs = zip(generator._texts, unpack_texts(saved.arrays, "turned"), strict=True)
        generator._turned = {text: turned for text, turned in pairs if turned}
        generator._roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator
