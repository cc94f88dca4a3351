"""Texts from a small recurrent language model, trained from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data import TextSamples
from auditkit.errors import AuditkitError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, stage_rng, whole_chunks
from auditkit.generators.text.classes import row_classes
from auditkit.generators.text.recurrent import RecurrentNetwork
from auditkit.generators.text.vocabulary import END, FIRST, START, Vocabulary, texts_of
from auditkit.generators.torch_models import restore_weights, weight_arrays
from auditkit.training import Trainer, build_module, one_thread

if TYPE_CHECKING:
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["LanguageModel"]

LONGEST = 200
"""Pieces of a text that are learnt and written at most."""

MAX_PIECES = 6000
"""Different pieces that are told apart at most, the commonest."""

_HELD_BACK = 200


@dataclass(frozen=True, eq=False)
class _Model:
    """A trained network with its vocabulary and the class of each training text."""

    vocabulary: Vocabulary
    network: RecurrentNetwork
    classes: NDArray[np.int64]
    longest: int

    def draw(self, classes: NDArray[np.int64], rng: np.random.Generator, *, temperature: float) -> list[list[int]]:
        """Pieces of a text of each class."""
        told = torch.from_numpy(classes)
        codes = torch.full((len(classes), 1), START)
        state: torch.Tensor | None = None
        done = np.zeros(len(classes), dtype=np.bool_)
        drawn: list[list[int]] = [[] for _ in classes]
        for _ in range(self.longest):
            scores, state = self.network(codes, told, state)
            scores[:, :, [START, len(self.vocabulary)]] = -torch.inf
            shares = torch.softmax(scores[:, 0].double() / temperature, dim=1).cumsum(dim=1).numpy()
            uniform = rng.random((len(classes), 1)) * shares[:, -1:]
            chosen = np.minimum((shares <= uniform).sum(axis=1), shares.shape[1] - 1)
            done |= chosen == END
            if done.all():
                break
            for place in np.flatnonzero(~done).tolist():
                drawn[place].append(int(chosen[place]))
            codes = torch.from_numpy(chosen[:, None])
        return drawn


class LanguageModel(ConditionedGenerator[_Model]):
    """Gated recurrent units over words, digits and marks, told label and groups at every step.

    Trained until the likelihood of texts held back falls; without that such a model learns its texts by heart. Pieces
    that stand once in the training texts are never written. Better than `ngram` only with many texts and minutes to
    train.

    Parameters
    ----------
    steps : int, default 600
        Optimiser steps, unless the budget of `fit` says otherwise.
    width : int, default 128
        Of the vectors of pieces.
    hidden : int, default 256
        Recurrent units.
    batch : int, default 32
    learning_rate : float, default 4e-3
        Peak of the one-cycle schedule.
    dropout : float, default 0.3
    temperature : float, default 1.0
        Below 1 texts are safer and less varied.
    device : str, default "cpu"
        Where the model trains: "cpu", "cuda" or "auto".

    Notes
    -----
    Of long texts the first 200 pieces are learnt. Saved models hold every word of the training texts. Texts are drawn
    on the CPU.

    References
    ----------
    Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", EMNLP; Press and Wolf 2017, "Using the
    output embedding to improve language models", EACL.
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="lm",
        modality="text",
        family="language model",
        summary="Recurrent language model from scratch, told the label at every step: minutes to train.",
        params={
            "steps": "optimiser steps (600)",
            "width": "width of the vectors of words (128)",
            "hidden": "recurrent units (256)",
            "batch": "texts per step (32)",
            "learning_rate": "peak learning rate (4e-3)",
            "dropout": "share of inputs dropped while training (0.3)",
            "temperature": "below 1 safer and less varied (1.0)",
            "device": "where it trains: cpu, cuda or auto (cpu)",
        },
        conditional="exact",
        stores_real_values=True,
        device=True,
        tries={"hidden": (128, 384), "dropout": (0.1, 0.5), "temperature": (0.8,)},
        citation="Cho et al. 2014; Press and Wolf 2017",
    )
    donors_stage: ClassVar[str] = "text donors"

    def __init__(
        self,
        *,
        steps: int = 600,
        width: int = 128,
        hidden: int = 256,
        batch: int = 32,
        learning_rate: float = 4e-3,
        dropout: float = 0.3,
        temperature: float = 1.0,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        if not temperature > 0:
            raise AuditkitError(f"the text generator 'lm' needs a temperature above 0, got {temperature!r}.")
        self.steps = steps
        self.width = width
        self.hidden = hidden
        self.batch = batch
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.temperature = temperature
        self.device = device

    def _learn(self, task: Task) -> Learnt[_Model]:
        texts = texts_of(task.samples)
        vocabulary, coded = _common(*Vocabulary.of(texts))
        classes = row_classes(task.roles, task.dataset.label)
        network = self._network(len(vocabulary), int(classes.max()) + 1, seed=task.seed)
        padded, lengths = _padded(coded)

        def loss(model: RecurrentNetwork, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            chosen = rows.cpu().numpy()
            total = torch.zeros((), device=rows.device)
            # Scores of all pieces at every place are large: a few texts at a time.
            for start in range(0, len(chosen), self.batch):
                kept = chosen[start : start + self.batch]
                longest = int(lengths[kept].max())
                inside = torch.from_numpy(np.arange(1, longest) < lengths[kept][:, None]).to(rows.device)
                codes = torch.from_numpy(padded[kept, :longest]).to(rows.device)
                total = total + model.loss(codes, torch.from_numpy(classes[kept]).to(rows.device), inside, rng)
            return total / float((lengths[chosen] - 1).sum())

        trainer = Trainer(
            steps=self.steps,
            batch=self.batch,
            learning_rate=self.learning_rate,
            device=self.device,
            check_every=100,
            valid=min(0.1, _HELD_BACK / len(texts)),
        )
        training = task.train(trainer, network, loss)
        cut = sum(len(codes) > LONGEST for codes in coded)
        notes = (f"Of {cut} longer texts the first {LONGEST} words, digits and marks were learnt.",) if cut else ()
        return Learnt(_Model(vocabulary, network, classes, int(lengths.max())), training, notes=notes)

    def _network(self, size: int, classes: int, *, seed: int) -> RecurrentNetwork:
        return build_module(
            lambda: RecurrentNetwork(size + 1, classes, width=self.width, hidden=self.hidden, dropout=self.dropout),
            seed=seed,
        )

    def _draw(self, model: _Model, donors: NDArray[np.int64], *, seed: int) -> TextSamples:
        texts: list[str] = []
        with one_thread(), torch.no_grad():
            for start, n, classes in whole_chunks(model.classes[donors]):
                rng = stage_rng(seed, "language model", start // CHUNK)
                drawn = model.draw(classes, rng, temperature=self.temperature)
                texts += [model.vocabulary.text(codes) for codes in drawn[:n]]
        return TextSamples.of(texts)

    def _state(self, model: _Model) -> State:
        extra = {"longest": model.longest, "classes": model.network.before.num_embeddings}
        return extra, model.vocabulary.arrays() | weight_arrays(model.network)

    def _restore(self, saved: Saved, roles: Roles) -> _Model:
        vocabulary = Vocabulary.from_arrays(saved.arrays)
        network = restore_weights(self._network(len(vocabulary), int(saved.extra["classes"]), seed=0), saved.arrays)
        return _Model(vocabulary, network, row_classes(roles, saved.outline.label), int(saved.extra["longest"]))


def _common(vocabulary: Vocabulary, coded: list[NDArray[np.int64]]) -> tuple[Vocabulary, list[NDArray[np.int64]]]:
    """The pieces that stand more than once, the commonest; all others get the number behind theirs."""
    counts = np.bincount(np.concatenate(coded), minlength=len(vocabulary))
    ranked = np.argsort(-counts, kind="stable")[:MAX_PIECES]
    kept = np.sort(ranked[counts[ranked] > 1])
    if not len(kept):
        kept = np.flatnonzero(counts)
    numbers = np.full(len(vocabulary), len(kept) + FIRST, dtype=np.int64)
    numbers[kept] = np.arange(len(kept)) + FIRST
    smaller = Vocabulary(tuple(vocabulary.pieces[code - FIRST] for code in kept.tolist()))
    return smaller, [numbers[codes] for codes in coded]


def _padded(coded: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start, pieces and end of each text in a row, and how long that is; a text that is cut has no end."""
    rows = [np.concatenate([[START], codes[:LONGEST], [END] if len(codes) <= LONGEST else []]) for codes in coded]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    padded = np.full((len(rows), int(lengths.max())), END, dtype=np.int64)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded, lengths
