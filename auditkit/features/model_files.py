"""Models from files, TorchScript or ONNX: any network that somebody trained, as an embedder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import AuditkitError, DataError, MissingDependencyError
from auditkit.features.weight_files import load_script
from auditkit.store import file_digest

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["OnnxEmbedder", "TorchScriptEmbedder", "as_rows"]

_BATCH = 64
_ROWS = 2


class _ModelFile:
    """What the embedders of files share: batches in, checked rows of features out."""

    kind: ClassVar[str]

    def __init__(
        self,
        path: str,
        *,
        side: int | None = None,
        resize: str = "bicubic",
        mean: float | list[float] = 0.0,
        std: float | list[float] = 1.0,
    ) -> None:
        self._path = Path(path)
        if not self._path.is_file():
            message = f"there is no model file at {path!r}: check the path."
            raise DataError(message)
        for what, given in (("mean", mean), ("std", std)):
            if not all(isinstance(item, (int, float)) for item in (given if isinstance(given, list) else [given])):
                message = f"embedder {self.kind!r} takes {what} as numbers, got {given!r}: write {what}=[0.5,0.5,0.5]."
                raise AuditkitError(message)
        self._side, self._resize, self._mean, self._std = side, resize, mean, std
        settings = json.dumps([side, resize, mean, std])
        self.fingerprint = hashlib.sha256(f"{file_digest(self._path)} {settings}".encode()).hexdigest()
        self.name = f"{self.kind}:{self._path.name}#{self.fingerprint[:12]}"
        self.costly = True
        self.notes: list[str] = []
        self._call: Callable[[NDArray[np.float32]], Any] | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:  # noqa: ARG002 - nothing is learnt
        """Read the model; nothing is learnt from the data.

        Parameters
        ----------
        train : Dataset
            Images, recordings or series.
        seed : int
            Not looked at.

        Raises
        ------
        DataError
            When the data are texts or tables, or the file cannot be read.
        """
        if train.modality in {"text", "tabular"}:
            message = (
                f"embedder {self.name!r} takes images, recordings or series, {train.source!r} is {train.modality}."
            )
            raise DataError(message)
        self._call = _OPENERS[self.kind](self._path)
        self.notes = [f"Features come from the model file {self._path.name}.", *self._read_notes(train)]
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """What the model makes of each unit.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        DataError
            When the model fails, or gives no row per unit.
        """
        if self._call is None:
            message = f"embedder {self.name!r} must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        rows = []
        for batch in self._batches(dataset):
            try:
                made = self._call(batch)
            except Exception as error:
                why = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
                message = f"embedder {self.name!r} failed on an input of shape {batch.shape}: {why.rstrip('.')}."
                raise DataError(message) from error
            rows.append(as_rows(made, len(batch), self.name))
        return np.concatenate(rows) if rows else np.empty((0, 1), dtype=np.float32)

    def _read_notes(self, train: Dataset) -> list[str]:
        if train.modality == "image":
            how = "as they are" if self._side is None else f"resized to {self._side} pixels ({self._resize})"
            return [f"Images go in {how}, channels first, as (value / 255 - {self._mean}) / {self._std}."]
        lengths = {len(item) for item in train.arrays()}
        return [] if len(lengths) < _ROWS else ["Shorter samples of a batch are filled up with zeros at their end."]

    def _batches(self, dataset: Dataset) -> Iterator[NDArray[np.float32]]:
        if dataset.modality == "image":
            from auditkit.features.image_tensors import check_resize, image_tensors  # noqa: PLC0415 - torch is heavy

            mean, std = (np.asarray(item, dtype=np.float32).reshape(-1, 1, 1) for item in (self._mean, self._std))
            rule = check_resize(self._resize)
            for _, images in image_tensors(dataset, side=self._side, resize=rule, name=self.name):
                yield ((images.numpy() - mean) / std).astype(np.float32)
            return
        samples = dataset.samples
        for block in split_blocks(len(dataset), _BATCH):
            taken = [] if samples is None else list(samples.take(np.arange(block.start, block.stop)))
            batch = np.zeros((len(taken), taken[0].shape[1], max(len(item) for item in taken)), dtype=np.float32)
            for row, item in zip(batch, taken, strict=True):
                row[:, : len(item)] = item.T
            yield batch


def _open_script(path: Path) -> Callable[[NDArray[np.float32]], Any]:
    import torch  # noqa: PLC0415 - heavy

    from auditkit.training import one_thread  # noqa: PLC0415 - torch is heavy

    module = load_script(path)

    def call(batch: NDArray[np.float32]) -> Any:
        with one_thread(), torch.no_grad():
            return module(torch.from_numpy(batch))

    return call


def _open_onnx(path: Path) -> Callable[[NDArray[np.float32]], Any]:
    try:
        import onnxruntime  # noqa: PLC0415 - optional
    except ImportError as error:
        message = "embedder 'onnx' needs onnxruntime: install auditkit's checkout with the extra [onnx]."
        raise MissingDependencyError(message) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        message = f"{path.name} cannot be read as an ONNX model: {str(error).splitlines()[0]}."
        raise DataError(message) from error
    first = session.get_inputs()[0].name
    return lambda batch: session.run(None, {first: batch})[0]


_OPENERS = {"torchscript": _open_script, "onnx": _open_onnx}


class TorchScriptEmbedder(_ModelFile):
    """What a TorchScript module of a local file makes of each unit, `torchscript:FILE`.

    The module gets float32 batches: images of shape (n, C, H, W) in [0, 1], recordings and series of shape
    (n, channels, t). It runs on the CPU, without gradients. A TorchScript file is a program: take it from where you
    trust.

    Parameters
    ----------
    path : str
    side : int, optional
        Pixels that images are resized to.
    resize : {"bicubic", "bilinear", "bilinear-plain"}, default "bicubic"
    mean, std : float or list of float
        Subtracted from, and divided out of, image values in [0, 1]; per channel where they are lists.
    """

    kind = "torchscript"


class OnnxEmbedder(_ModelFile):
    """What an ONNX model of a local file makes of each unit, `onnx:FILE`; needs the package onnxruntime.

    Inputs are as those of `TorchScriptEmbedder`; the first input of the model is fed, its first output taken.

    Parameters
    ----------
    path : str
    side, resize, mean, std
        See `TorchScriptEmbedder`.
    """

    kind = "onnx"


def as_rows(made: Any, n: int, name: str) -> NDArray[np.float32]:
    """Output of a model as float32 rows of shape (n, d); the first item of a tuple, further axes laid flat.

    Raises
    ------
    DataError
        If it does not hold one row per sample.
    """
    if isinstance(made, tuple) and made:
        made = made[0]
    if hasattr(made, "detach"):
        made = made.detach().cpu()
        made = made.float() if made.is_floating_point() else made
    values = np.asarray(made)
    if values.ndim < 1 or len(values) != n or values.dtype.kind not in "fiub":
        message = f"embedder {name!r} gave shape {values.shape} for {n} samples: it must give one row of numbers each."
        raise DataError(message)
    return np.ascontiguousarray(values.reshape(n, -1), dtype=np.float32)
