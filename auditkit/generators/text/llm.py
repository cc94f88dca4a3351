"""Texts from a language model in a local folder, asked for each label."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data import TextSamples
from auditkit.errors import AuditkitError
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import stage_rng
from auditkit.generators.text.local_models import causal_model
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["LargeLanguageModel"]

_BATCH = 8


class LargeLanguageModel(ConditionedGenerator[list[str]]):
    r"""A causal language model that transformers reads from a folder, given a prompt for each label.

    Nothing is trained and nothing is downloaded. A text is what follows the prompt up to the end mark, to `stop`, or to
    the largest number of tokens.

    Parameters
    ----------
    model : str or Path
        Folder with config, tokenizer and weights in safetensors.
    prompt : str or mapping of str to str, default "Write a text of the kind {label}:\n"
        One for all labels, in which `{label}` stands for the label, or one for each label.
    temperature : float, default 1.0
        Below 1 safer and less varied.
    top_p : float, default 0.95
        The smallest set of tokens with this share of the probability is drawn from.
    max_tokens : int, default 64
    stop : str, default "\n"
        Ends a text; empty for none.
    device : str, default "cpu"

    Notes
    -----
    Label and groups of a sample are those it was asked for; that the text shows them is the model's affair: see the
    audit's label rates and the ablation. On a GPU the same seed may give other bytes on another machine.

    References
    ----------
    Holtzman et al. 2020, "The curious case of neural text degeneration", ICLR, for `top_p`.
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="llm",
        modality="text",
        family="language model",
        summary="A causal language model from a local folder, with a prompt for each label.",
        params={
            "model": "folder of the model (required)",
            "prompt": "one with {label}, or one for each label",
            "temperature": "below 1 safer and less varied (1.0)",
            "top_p": "share of the probability that is drawn from (0.95)",
            "max_tokens": "tokens of a text at most (64)",
            "stop": "what ends a text (a new line)",
            "device": "cpu or cuda (cpu)",
        },
        conditional="exact",
        stores_real_values=True,
        requires=("transformers",),
        device=True,
        citation="Holtzman et al. 2020",
    )
    donors_stage: ClassVar[str] = "text donors"

    def __init__(
        self,
        *,
        model: str | Path | None = None,
        prompt: str | Mapping[str, str] = "Write a text of the kind {label}:\n",
        temperature: float = 1.0,
        top_p: float = 0.95,
        max_tokens: int = 64,
        stop: str = "\n",
        device: str = "cpu",
    ) -> None:
        super().__init__()
        if model is None:
            raise AuditkitError("the text generator 'llm' needs model=, the folder of a causal language model.")
        if not (temperature > 0 and 0 < top_p <= 1 and max_tokens >= 1):
            raise AuditkitError(
                "the text generator 'llm' needs a temperature above 0, a top_p in (0, 1] and max_tokens from 1 on, got "
                f"{temperature!r}, {top_p!r} and {max_tokens!r}."
            )
        self.model = str(model)
        self.prompt = prompt if isinstance(prompt, str) else dict(prompt)
        self.temperature = temperature
        self.top_p = top_p
        self.max_tokens = max_tokens
        self.stop = stop
        self.device = device
        self._read: tuple[Any, Any] | None = None

    def _learn(self, task: Task) -> Learnt[list[str]]:
        known = task.roles.levels.get(task.dataset.label or "", ())
        without = [] if isinstance(self.prompt, str) else [label for label in known if label not in self.prompt]
        if without:
            raise AuditkitError(f"the text generator 'llm' has no prompt for the label {without[0]!r}: give one.")
        return Learnt(_row_labels(task.roles, task.dataset.label))

    def _draw(self, model: list[str], donors: NDArray[np.int64], *, seed: int) -> TextSamples:
        labels = [model[donor] for donor in donors]
        texts = [""] * len(labels)
        for kind in sorted(set(labels)):
            places = [place for place, label in enumerate(labels) if label == kind]
            for start in range(0, len(places), _BATCH):
                # Whole batches of one label, so that a text never depends on how many were asked for.
                rng = stage_rng(seed, f"llm {kind}", start // _BATCH)
                drawn = self._batch(self._asked(kind), rng)
                for place, text in zip(places[start : start + _BATCH], drawn, strict=False):
                    texts[place] = text
        return TextSamples.of(texts)

    def _asked(self, label: str) -> str:
        if isinstance(self.prompt, str):
            return self.prompt.replace("{label}", label)
        return self.prompt.get(label, "")

    def _batch(self, prompt: str, rng: np.random.Generator) -> list[str]:
        """Texts that follow a prompt."""
        if self._read is None:
            self._read = causal_model(self.model, device=self.device)
        tokenizer, model = self._read
        codes = tokenizer(prompt, return_tensors="pt")["input_ids"].to(self.device)
        if not codes.shape[1]:
            codes = torch.tensor([[tokenizer.bos_token_id or tokenizer.eos_token_id or 0]], device=self.device)
        codes, past = codes.expand(_BATCH, -1), None
        drawn: list[list[int]] = [[] for _ in range(_BATCH)]
        done = np.zeros(_BATCH, dtype=np.bool_)
        with one_thread(), torch.no_grad():
            for _ in range(self.max_tokens):
                out = model(input_ids=codes, past_key_values=past, use_cache=True)
                past = out.past_key_values
                chosen = self._chosen(out.logits[:, -1].double().cpu().numpy(), rng)
                done |= chosen == tokenizer.eos_token_id
                for place in np.flatnonzero(~done).tolist():
                    drawn[place].append(int(chosen[place]))
                done |= np.array([bool(self.stop) and self.stop in tokenizer.decode(item) for item in drawn])
                if done.all():
                    break
                codes = torch.from_numpy(chosen[:, None]).to(self.device)
        texts = [str(tokenizer.decode(item, skip_special_tokens=True)) for item in drawn]
        return [(text.partition(self.stop)[0] if self.stop else text).strip() for text in texts]

    def _chosen(self, scores: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A token of each row, from the smallest set with the wanted share."""
        order = np.argsort(-scores, axis=1, kind="stable")
        ranked = np.take_along_axis(scores, order, axis=1) / self.temperature
        shares = np.exp(ranked - ranked[:, :1])
        shares /= shares.sum(axis=1, keepdims=True)
        before = np.cumsum(shares, axis=1) - shares
        mass = np.cumsum(np.where(before < self.top_p, shares, 0.0), axis=1)
        places = (mass <= rng.random((len(scores), 1)) * mass[:, -1:]).sum(axis=1)
        chosen: NDArray[np.int64] = order[np.arange(len(scores)), np.minimum(places, scores.shape[1] - 1)]
        return chosen

    def _state(self, model: list[str]) -> State:
        del model
        return {}, {}

    def _restore(self, saved: Saved, roles: Roles) -> list[str]:
        return _row_labels(roles, saved.outline.label)


def _row_labels(roles: Roles, label: str | None) -> list[str]:
    """Label of each training row, nothing without labels."""
    rows = np.arange(len(roles.rows))
    return [""] * len(rows) if label is None else [str(level) for level in roles.table(rows)[label]]
