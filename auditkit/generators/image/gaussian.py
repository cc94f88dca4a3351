"""Images from normal distributions of principal components, one or a few for each label and group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.conditioned import Learnt, Task
from auditkit.generators.image.learnt import LearntImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import CHUNK, normal_noise, stage_rng, uniform_noise
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.generators.roles import Roles

__all__ = ["ImageGaussian"]

_ROUNDS = 20


class ImageGaussian(LearntImages["_Model"]):
    """Principal components of all images, and normal distributions of them for each label and group.

    Covariances lean on the common one of all images around their centres, the more the fewer images there are. It is
    fitted in a second and draws images as smooth as their mean: a reference that every learnt model should beat.

    Parameters
    ----------
    components : int, default 64
        Principal components, fewer where there are fewer images or pixels.
    mixture : int, default 1
        Normal distributions per label and group, by k-means; one for every 20 images at most.

    References
    ----------
    Friedman 1989, "Regularized Discriminant Analysis", for covariances that lean on the common one.

    Examples
    --------
    >>> from auditkit.data import load
    >>> images = np.random.default_rng(0).integers(0, 256, size=(24, 8, 8, 1), dtype=np.uint8)
    >>> gaussian = ImageGaussian().fit(load(images, modality="image"))
    >>> gaussian.sample(3, seed=1).arrays().shape
    (3, 8, 8, 1)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="gaussian",
        modality="image",
        family="gaussian",
        summary="Normal distributions of principal components per label and group, for images of any size.",
        params={
            "components": "principal components (64)",
            "mixture": "normal distributions per label and group (1)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"components": (32, 128), "mixture": (3,)},
        citation="Friedman 1989, Regularized Discriminant Analysis, for the covariances",
    )
    max_side: ClassVar[int | None] = None

    def __init__(self, *, components: int = 64, mixture: int = 1) -> None:
        super().__init__()
        for name, value in (("components", components), ("mixture", mixture)):
            if value < 1:
                raise AuditkitError(f"{name} must be at least 1, got {value!r}.")
        self.components = components
        self.mixture = mixture

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_Model]:
        with one_thread():
            flat = rows.images(torch.arange(len(rows))).flatten(1).double().numpy()
            centre, basis = _principal(flat, self.components)
            places = (flat - centre) @ basis.T
            parts = _parts(places, rows.members.numpy(), self.mixture, seed=task.seed)
            return Learnt(_Model(canvas, {"centre": centre, "basis": basis} | _normals(places, parts)))

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _Model:
        del roles
        return _Model(canvas, {name: arrays[name] for name in _NAMES})


_NAMES = ("centre", "basis", "owners", "shares", "means", "roots")


@dataclass(frozen=True)
class _Model:
    """Components and normal distributions, by the names in `_NAMES`."""

    canvas: Canvas
    fitted: dict[str, NDArray[Any]]

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One chunk of images; see `ImageModel`."""
        fitted = self.fitted
        normal = normal_noise(CHUNK, len(fitted["basis"]), seed=seed, stage="image codes", start=start)
        uniform = uniform_noise(CHUNK, 1, seed=seed, stage="image parts", start=start)[:, 0]
        part = np.empty(CHUNK, dtype=np.int64)
        for member in np.unique(members.numpy()):
            own = np.flatnonzero(fitted["owners"] == member)
            asked = members.numpy() == member
            ends = np.cumsum(fitted["shares"][own])
            found = np.searchsorted(ends / ends[-1], uniform[asked], side="right")
            part[asked] = own[np.minimum(found, len(own) - 1)]
        places = fitted["means"][part] + (fitted["roots"][part] @ normal[:, :, None])[:, :, 0]
        height, width, channels = self.canvas.shape
        flat = fitted["centre"] + places @ fitted["basis"]
        return torch.from_numpy(flat).reshape(-1, channels, height, width)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is saved."""
        return dict(self.fitted)


def _principal(flat: NDArray[np.float64], most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean image and the components of largest variance, shape (n_components, n_pixels)."""
    centre = flat.mean(axis=0)
    moved = flat - centre
    n_kept = max(1, min(most, len(flat) - 1, flat.shape[1]))
    if len(flat) < flat.shape[1]:
        values, left = np.linalg.eigh(moved @ moved.T)
        basis = left[:, ::-1][:, :n_kept].T @ moved
        return centre, basis / np.sqrt(np.maximum(values[::-1][:n_kept], 1e-12))[:, None]
    _, vectors = np.linalg.eigh(moved.T @ moved)
    return centre, np.ascontiguousarray(vectors[:, ::-1][:, :n_kept].T)


def _parts(
    places: NDArray[np.float64], members: NDArray[np.int64], most: int, *, seed: int
) -> list[tuple[int, NDArray[np.intp]]]:
    """Rows of each normal distribution, with the combination that it belongs to."""
    parts = []
    for member in np.unique(members):
        rows = np.flatnonzero(members == member)
        n_parts = max(1, min(most, len(rows) // 20))
        nearest = _nearest_centres(places[rows], n_parts, stage_rng(seed, "k-means", int(member)))
        parts += [(int(member), rows[nearest == at]) for at in np.unique(nearest)]
    return parts


def _nearest_centres(places: NDArray[np.float64], n_parts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Part of each place, by a few rounds of k-means."""
    centres = places[rng.permutation(len(places))[:n_parts]]
    nearest = np.zeros(len(places), dtype=np.int64)
    for _ in range(_ROUNDS if n_parts > 1 else 0):
        nearest = ((places[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        filled = [nearest == at for at in range(n_parts)]
        centres = np.stack([places[own].mean(axis=0) if own.any() else places[0] for own in filled])
    return nearest


def _normals(places: NDArray[np.float64], parts: list[tuple[int, NDArray[np.intp]]]) -> dict[str, NDArray[Any]]:
    """Owner, share, mean and root of the covariance of each part."""
    width = places.shape[1]
    means = np.stack([places[rows].mean(axis=0) for _, rows in parts])
    spread = np.concatenate([places[rows] - mean for (_, rows), mean in zip(parts, means, strict=True)])
    common = spread.T @ spread / len(spread)
    roots = []
    for (_, rows), mean in zip(parts, means, strict=True):
        moved = places[rows] - mean
        mixed = (moved.T @ moved + width * common) / (len(rows) + width)
        roots.append(np.linalg.cholesky(mixed + 1e-9 * np.eye(width)))
    return {
        "owners": np.array([owner for owner, _ in parts], dtype=np.int64),
        "shares": np.array([len(rows) for _, rows in parts], dtype=np.float64),
        "means": means,
        "roots": np.stack(roots),
    }
