"""Hard images: training images changed a little, so that a model errs while their label stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError
from auditkit.generators.conditioned import Learnt, Task, need_samples
from auditkit.generators.image.attacks import Attack, Logits, Norm
from auditkit.generators.image.classifier import small_classifier
from auditkit.generators.image.learnt import LearntImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, uniform_noise
from auditkit.generators.outline import need_fitted
from auditkit.training import Trainer, build_module, one_thread

if TYPE_CHECKING:
    from pathlib import Path

    from auditkit.data import Dataset
    from auditkit.generators.roles import Roles

__all__ = ["ImageAdversarial"]

_JUDGE = 1_000_003


class ImageAdversarial(LearntImages["_Model"]):
    """Training images under attack: each pixel changes by `eps` at most, in the direction that misleads a model.

    `steps=1` is the fast gradient sign method, more steps are projected gradient descent. Attacked is a model of yours
    or a small network trained on the labels. A second network, trained from other initial weights, says with `judge`
    whether an image still looks like its label: attacks that fool both may have changed what is shown.

    Parameters
    ----------
    eps : float, default 0.1
        Largest change, as a share of the pixel range: of each pixel, or of the root mean square for `norm="2"`.
        Rounding to the real pixel levels adds half a level at most.
    norm : {"inf", "2"}, default "inf"
    steps : int, default 10
    targeted : bool, default False
        Lead to another label, drawn evenly, rather than away from the true one.
    model : callable, optional
        Logits (n, n_classes) of images (n, channels, height, width) in [0, 1], torch tensors, classes in the order of
        `classes`; an `nn.Module` or any function that torch can differentiate. A module is put into evaluation mode.
    training_steps : int, default 800
        Steps of each small network.

    Attributes
    ----------
    classes : tuple of str
        Labels in the order of the logits.

    References
    ----------
    Goodfellow et al. 2015, "Explaining and Harnessing Adversarial Examples"; Madry et al. 2018, "Towards Deep Learning
    Models Resistant to Adversarial Attacks".

    Examples
    --------
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> data = load({"images": images, "label": ["a", "b"] * 12}, label="label")
    >>> adversarial = ImageAdversarial(training_steps=5).fit(data)
    >>> made = adversarial.sample(3, seed=1)
    >>> adversarial.judge(made).shape
    (3,)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="adversarial",
        modality="image",
        family="attack",
        summary="Training images changed a little so that a model errs, with a second model that judges their labels.",
        params={
            "eps": "largest change, share of the pixel range (0.1)",
            "norm": 'of a pixel, "inf", or of the root mean square, "2" ("inf")',
            "steps": "1 for FGSM, more for PGD (10)",
            "targeted": "lead to another label rather than away from the true one (false)",
            "model": "callable with logits of images; a small network by default (none)",
            "training_steps": "steps of each small network (800)",
        },
        conditional="exact",
        stores_real_values=True,
        needs_label=True,
        citation="Goodfellow et al. 2015; Madry et al. 2018",
    )
    max_side: ClassVar[int | None] = None

    def __init__(
        self,
        *,
        eps: float = 0.1,
        norm: Norm = "inf",
        steps: int = 10,
        targeted: bool = False,
        model: Logits | None = None,
        training_steps: int = 800,
    ) -> None:
        super().__init__()
        if not 0 < eps <= 1:
            raise AuditkitError(f"eps must lie in (0, 1], a share of the pixel range, got {eps!r}.")
        if norm not in {"inf", "2"}:
            raise AuditkitError(f'norm must be "inf" or "2", got {norm!r}.')
        if steps < 1 or training_steps < 1:
            raise AuditkitError(f"steps and training_steps must be at least 1, got {steps!r} and {training_steps!r}.")
        self.eps = eps
        self.norm: Norm = norm
        self.steps = steps
        self.targeted = targeted
        self.model = model
        self.training_steps = training_steps
        self.classes: tuple[str, ...] = ()

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_Model]:
        dataset = task.dataset
        if dataset.label is None:
            raise DataError("the image generator 'adversarial' needs a label to attack: load the images with label=.")
        labels = dataset.group_values(dataset.label)
        self.classes = tuple(sorted(set(labels)))
        targets = torch.from_numpy(np.searchsorted(np.array(self.classes, dtype=np.str_), labels.astype(np.str_)))
        trainer = Trainer(steps=self.training_steps, batch=128)

        def loss(network: torch.nn.Module, picked: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            del rng
            return torch.nn.functional.cross_entropy(network(rows.images(picked)), targets[picked])

        networks = []
        for path in (task.seed, task.seed + _JUDGE):
            network = build_module(lambda: small_classifier(canvas.shape, len(self.classes)), seed=path)
            training = task.train(trainer, network, loss, seed=path)
            networks.append(network)
        members = rows.members.numpy()
        model = self._ready(networks[0], networks[1], canvas, rows.pixels, members, targets)
        return Learnt(model, training, notes=_notes(len(self.classes)))

    def _ready(
        self,
        attacked: torch.nn.Module,
        judge: torch.nn.Module,
        canvas: Canvas,
        pixels: torch.Tensor,
        members: NDArray[np.int64],
        targets: torch.Tensor,
    ) -> _Model:
        if isinstance(self.model, torch.nn.Module):
            self.model.eval()
        attack = Attack(self.eps, self.norm, self.steps, self.targeted)
        return _Model(canvas, attack, self.model, attacked, judge, pixels, members, targets, self.classes)

    def judge(self, dataset: Dataset) -> NDArray[np.bool_]:
        """Whether the second network reads each image as its label: False where the label may be gone.

        Parameters
        ----------
        dataset : Dataset
            Images of the shape of the training images, with the label.

        Returns
        -------
        ndarray of shape (n,), bool

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For data that are no images or have no label.
        """
        model, canvas = need_fitted(self._model, self.info), need_fitted(self._canvas, self.info)
        if len(dataset) == 0:
            return np.zeros(0, dtype=np.bool_)
        need_samples(dataset, self.info)
        if dataset.label is None:
            raise DataError("`dataset` has no label to judge by: load it with label=.")
        with one_thread(), torch.no_grad():
            parts = [slice(start, start + CHUNK) for start in range(0, len(dataset), CHUNK)]
            images = dataset.arrays()
            read = np.concatenate([model.judge(canvas.shares(images[part])).argmax(dim=1).numpy() for part in parts])
        found: NDArray[np.bool_] = np.array(self.classes, dtype=object)[read] == dataset.group_values(dataset.label)
        return found

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the training images.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        AuditkitError
            With a model of your own, which cannot be saved.
        """
        if self.model is not None and self._model is not None:
            raise AuditkitError("'adversarial' with a `model` of your own cannot be saved: fit it again where needed.")
        super().save(folder)

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _Model:
        self.classes = tuple(arrays["classes"].tobytes().decode("utf-8").split("\0"))
        networks = []
        for name in _NETWORKS:
            network = build_module(lambda: small_classifier(canvas.shape, len(self.classes)), seed=0)
            found = {
                key.removeprefix(name): torch.from_numpy(arrays[key].copy()) for key in arrays if key.startswith(name)
            }
            network.load_state_dict(found)
            networks.append(network.eval())
        pixels, targets = (torch.from_numpy(arrays[name]) for name in ("pixels", "targets"))
        return self._ready(networks[0], networks[1], canvas, pixels, roles.members, targets)


_NETWORKS = ("attacked.", "judge.")


def _notes(n_classes: int) -> tuple[str, ...]:
    notes = ["samples are training images, a little changed: closeness to them is to be expected."]
    if n_classes == 1:
        notes.append("there is one label only: no model can err, and images stay as they are.")
    return tuple(notes)


@dataclass(frozen=True)
class _Model:
    """Training images with their classes, what is attacked and what judges."""

    canvas: Canvas
    attack: Attack
    given: Logits | None
    attacked: torch.nn.Module
    judge: torch.nn.Module
    pixels: torch.Tensor
    members: NDArray[np.int64]
    targets: torch.Tensor
    classes: tuple[str, ...]

    @property
    def n_classes(self) -> int:
        """Labels that images can have."""
        return len(self.classes)

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images; see `ImageModel`."""
        drawn = uniform_noise(CHUNK, 2, seed=seed, stage="attack rows", start=start)
        rows = np.empty(CHUNK, dtype=np.int64)
        for member in np.unique(members.numpy()):
            asked = members.numpy() == member
            own = np.flatnonzero(self.members == member)
            rows[asked] = own[(drawn[asked, 0] * len(own)).astype(np.int64)]
        picked = torch.from_numpy(rows)
        images = (self.pixels[picked].float() - self.canvas.low) / self.canvas.reach
        classes = self.targets[picked]
        if self.attack.targeted and self.n_classes > 1:
            away = 1 + (drawn[:, 1] * (self.n_classes - 1)).astype(np.int64)
            classes = (classes + torch.from_numpy(away)) % self.n_classes
        if self.n_classes == 1:
            return images
        noise = uniform_noise(CHUNK, images[0].numel(), seed=seed, stage="attack starts", start=start)
        return self.attack.change(self.given or self.attacked, images, classes, self.canvas.noise_like(2 * noise - 1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved; the names of the classes as bytes."""
        weights = {
            prefix + name: value.numpy()
            for prefix, network in zip(_NETWORKS, (self.attacked, self.judge), strict=True)
            for name, value in network.state_dict().items()
        }
        named = np.frombuffer("\0".join(self.classes).encode("utf-8"), dtype=np.uint8)
        return weights | {"pixels": self.pixels.numpy(), "targets": self.targets.numpy(), "classes": named}
