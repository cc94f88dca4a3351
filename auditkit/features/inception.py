"""Inception-v3 pool3 features: the ones that Fréchet inception distance (FID) is defined on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError
from auditkit.features.image_tensors import check_resize, image_tensors
from auditkit.features.inception_network import DIMENSIONS, InceptionNetwork
from auditkit.features.weight_files import load_script
from auditkit.store import file_digest
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["VARIABLE", "InceptionEmbedder"]

VARIABLE = "AUDITKIT_INCEPTION"
_SIDE = 299
_HEAD = ("fc.", "AuxLogits.")
_COUNTERS = ".num_batches_tracked"


class InceptionEmbedder:
    """Pool3 features of Inception-v3 from a local file: the Fréchet distance on them is FID.

    Nothing is downloaded. The file is either a TorchScript module that takes images as uint8 of shape (n, 3, H, W)
    and resizes them itself (as `inception-2015-12-05.pt`), or the ported weights of the same network as safetensors,
    under the usual names (`Conv2d_1a_3x3.conv.weight`, ...). Features depend on the weights and on how images are
    resized: both stand in the name, and numbers of different names do not compare.

    Parameters
    ----------
    weights : str, optional
        The file; by default the one that the variable `AUDITKIT_INCEPTION` names.
    resize : {"bicubic", "bilinear", "bilinear-plain"}, default "bicubic"
        How safetensors weights get their 299 pixels: with antialiasing, or as in the first FID codes. A TorchScript
        module does it its own way.
    """

    def __init__(self, *, weights: str | None = None, resize: str = "bicubic") -> None:
        place = weights or os.environ.get(VARIABLE, "")
        if not place:
            message = (
                "embedder 'inception' needs a local file of weights: write inception[weights=FILE], or set "
                f"{VARIABLE}=FILE."
            )
            raise AuditkitError(message)
        path = Path(place)
        if not path.is_file():
            message = f"there is no file of Inception weights at {place!r}: check the path."
            raise DataError(message)
        self._resize = check_resize(resize)
        self._scripted = path.suffix != ".safetensors"
        self._path = path
        self._network: Any = None
        self.fingerprint = file_digest(path)
        how = "scripted" if self._scripted else resize
        self.name = f"inception[{how}]#{self.fingerprint[:12]}"
        self.costly = True
        self.notes: list[str] = []

    def fit(self, train: Dataset, *, seed: int) -> Self:  # noqa: ARG002 - nothing is learnt
        """Read the weights; nothing is learnt from the data.

        Parameters
        ----------
        train : Dataset
        seed : int
            Not looked at.

        Raises
        ------
        DataError
            When the data are no images, or the file does not hold the network.
        """
        if train.modality != "image":
            message = f"embedder 'inception' needs images, got {train.modality} in {train.source!r}."
            raise DataError(message)
        self._network = load_script(self._path) if self._scripted else _network(self._path)
        how = "by the module's own rule" if self._scripted else f"to {_SIDE} pixels, {self._resize}"
        self.notes = [f"Features are Inception-v3 pool3 ({self._path.name}); images were resized {how}."]
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of images of any size, grey ones repeated over three channels.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, 2048), float32

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        DataError
            When the file's module gives other features than 2,048 per image.
        """
        if self._network is None:
            message = "embedder 'inception' must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        out = np.empty((len(dataset), DIMENSIONS), dtype=np.float32)
        side = None if self._scripted else _SIDE
        with one_thread(), torch.no_grad():
            for block, images in image_tensors(dataset, side=side, resize=self._resize, colours=3, name="inception"):
                given = (images * 255.0).round().to(torch.uint8) if self._scripted else images * 2.0 - 1.0
                made = self._network(given).flatten(1)
                if tuple(made.shape) != (len(images), DIMENSIONS):
                    message = f"{self._path.name} gives features of shape {tuple(made.shape)}: FID needs pool3, 2,048."
                    raise DataError(message)
                out[block] = made.float().numpy()
        return out


def _network(path: Path) -> InceptionNetwork:
    from safetensors import SafetensorError  # noqa: PLC0415 - only for this embedder
    from safetensors.torch import load_file  # noqa: PLC0415

    try:
        held = {name: value for name, value in load_file(path).items() if not name.startswith(_HEAD)}
    except (SafetensorError, ValueError, OSError) as error:
        message = f"{path.name} cannot be read as safetensors ({str(error).rstrip('.')}): get the file again."
        raise DataError(message) from error
    network = InceptionNetwork()
    wanted = {name for name in network.state_dict() if not name.endswith(_COUNTERS)}
    lacking = sorted(wanted - set(held))
    if lacking:
        message = (
            f"{path.name} holds no Inception-v3 under the usual names: it lacks {len(lacking)} of {len(wanted)} "
            f"arrays, the first is {lacking[0]!r}."
        )
        raise DataError(message)
    try:
        network.load_state_dict({name: held[name] for name in wanted}, strict=False)
    except RuntimeError as error:
        message = f"{path.name} holds arrays of other shapes than Inception-v3: {str(error).splitlines()[-1].strip()}"
        raise DataError(message.rstrip(".") + ".") from error
    return network.eval()
