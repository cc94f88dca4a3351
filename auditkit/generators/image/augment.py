"""Augmented images: training images, slightly changed, with their labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.image.operations import DEFAULTS, OPERATIONS, TRIVIAL, apply_operations
from auditkit.generators.image.pixel_levels import observed_levels, snap
from auditkit.generators.image.roles import Roles, check_images
from auditkit.generators.image.rows import Canvas
from auditkit.generators.interface import (
    Budget,
    Conditions,
    FitReport,
    GeneratorInfo,
    Progress,
    Shortfall,
)
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["ImageAugment"]


class ImageAugment:
    """Training images changed by random operations of random strength, labels kept.

    Each sample takes a training image that meets the conditions and applies `n_operations` of `operations`, drawn
    without return, each at a strength drawn evenly up to the strongest. All geometry is one bilinear pass, and pixels
    return to the levels that the training images use. Strengths are relative to the image's size.

    Parameters
    ----------
    operations : sequence of str, or "trivial", optional
        Among flip, rotate, translate, scale, crop, brightness, contrast, colour (of RGB images), noise, blur, erase,
        mixup and cutmix (with another training image of the same label and groups). By default those that keep a
        digit's label: rotate (up to 10 degrees), translate (8 % of the side), scale (10 %), brightness and contrast
        (20 %), noise (4 %). "trivial" is TrivialAugment: one of all operations on a single image.
    n_operations : int, default 1
        Operations per image.
    strength : float, default 1.0
        Factor of all strengths, in (0, 3].

    Examples
    --------
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> augment = ImageAugment(operations=["flip"]).fit(load(images, modality="image"))
    >>> augment.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="augment",
        modality="image",
        family="augmentation",
        summary="Training images changed by random small operations, labels kept.",
        params={
            "operations": f'"trivial", or any of {", ".join(OPERATIONS)} ({", ".join(DEFAULTS)})',
            "n_operations": "operations per image (1)",
            "strength": "factor of all strengths, in (0, 3] (1.0)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"n_operations": (2,), "strength": (0.5,)},
        citation="Mueller and Hutter 2021, TrivialAugment; Zhang et al. 2018, mixup; Yun et al. 2019, CutMix",
    )

    def __init__(
        self, *, operations: Sequence[str] | None = None, n_operations: int = 1, strength: float = 1.0
    ) -> None:
        named = {"trivial": TRIVIAL}.get(operations, (operations,)) if isinstance(operations, str) else operations
        self.operations = list(DEFAULTS if named is None else named)
        for name in self.operations:
            if name not in OPERATIONS:
                raise UnknownNameError.of("operation of 'augment'", name, OPERATIONS)
        if not 1 <= n_operations <= len(self.operations):
            raise AuditkitError(
                f"n_operations must be 1 to {len(self.operations)}, the number of operations, got {n_operations!r}."
            )
        if not 0 < strength <= 3:  # noqa: PLR2004 - beyond, nothing of most images is left
            raise AuditkitError(f"strength must lie in (0, 3], got {strength!r}.")
        self.n_operations = n_operations
        self.strength = strength
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._roles: Roles | None = None
        self._samples: Samples | None = None
        self._levels: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Remember the training images; nothing is learnt.

        Parameters
        ----------
        dataset : Dataset
            Images of one shape. They are read when samples are drawn.
        seed, budget
            Have no effect: there is nothing to train.
        progress : callable, optional

        Returns
        -------
        ImageAugment

        Raises
        ------
        DataError
            For data that are not images.
        """
        del seed, budget
        check_images(dataset, self.info.name)
        started = time.perf_counter()
        self._samples = dataset.samples
        self._roles = Roles.of(dataset)
        self._levels = observed_levels(need_fitted(self._samples, self.info))
        self._outline = Outline.of(dataset)
        self.fit_report = FitReport(
            steps=0,
            seconds=time.perf_counter() - started,
            stopped_by="done",
            n_train=len(dataset),
            data_hash=dataset.hash,
            notes=("each sample is a changed training image: copies of training images are to be expected.",),
        )
        if progress is not None:
            progress(1, 1, "training images remembered")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n changed training images; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "3"}`, or counts that add up to n: `{"label": {"3": 10, "8": 5}}`.
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
            For a combination of levels that no training image has.
        """
        check_size(n)
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="augment donors")[:, 0])
        self.shortfall = None
        with one_thread():
            parts = [self._changed(donors[start : start + CHUNK], start, seed=seed) for start in range(0, n, CHUNK)]
        pixels = np.concatenate([np.zeros((0, *need_fitted(self._samples, self.info).shape), dtype=np.uint8), *parts])
        return outline.dataset(roles.table(donors), name=self.info.name, samples=ArraySamples(pixels))

    def _changed(self, donors: NDArray[np.int64], start: int, *, seed: int) -> NDArray[np.uint8]:
        low, high = float(self._levels[0]), float(self._levels[-1])
        reach = max(high - low, 1.0)
        images = self._shares(donors)
        chosen, amounts = self._plan(len(donors), start, seed=seed)
        mixes = any(name in {"mixup", "cutmix"} for names in chosen for name in names)
        partners = self._shares(self._partners(donors, start, seed=seed)) if mixes else images
        width = int(np.prod(images.shape[1:]))
        noise = normal_noise(len(donors), width, seed=seed, stage="augment noise", start=start)
        rough = torch.from_numpy(noise).float().reshape(images.shape)
        changed = apply_operations(images, chosen, amounts, rough, partners)
        return snap(low + changed.double().permute(0, 2, 3, 1).numpy() * reach, self._levels)

    def _shares(self, rows: NDArray[np.int64]) -> torch.Tensor:
        samples = need_fitted(self._samples, self.info)
        height, width, channels = samples.shape
        return Canvas((height, width, channels), self._levels).shares(samples.take(rows))

    def _partners(self, donors: NDArray[np.int64], start: int, *, seed: int) -> NDArray[np.int64]:
        """For each training image another one of its combination, or itself where there is none."""
        members = need_fitted(self._roles, self.info).members
        uniform = uniform_noise(len(donors), 1, seed=seed, stage="augment partners", start=start)[:, 0]
        partners = donors.copy()
        for member in np.unique(members[donors]):
            asked, own = members[donors] == member, np.flatnonzero(members == member)
            partners[asked] = own[(uniform[asked] * len(own)).astype(np.int64)]
        return partners

    def _plan(self, n: int, start: int, *, seed: int) -> tuple[list[list[str]], NDArray[np.float64]]:
        known = len(self.operations)
        drawn = uniform_noise(n, known + 3 * self.n_operations, seed=seed, stage="augment plan", start=start)
        order = np.argsort(drawn[:, :known], axis=1)[:, : self.n_operations]
        amounts = (2 * drawn[:, known:] - 1).reshape(n, self.n_operations, 3)
        return [[self.operations[at] for at in row] for row in order], amounts * [self.strength, 1.0, 1.0]

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the training images.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        samples, roles = self._samples, self._roles
        pixels = {} if samples is None else {"pixels": samples.take(np.arange(len(samples)))}
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra={"roles": roles.to_json()} if roles else {},
            arrays=(roles.arrays() if roles else {}) | pixels | {"levels": self._levels},
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
        generator._roles = Roles.from_saved(saved.extra["roles"], saved.arrays)
        generator._samples, generator._levels = ArraySamples(saved.arrays["pixels"]), saved.arrays["levels"]
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator
