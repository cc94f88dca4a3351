"""Embedders that a user brings: an object with fit and transform, a torch module, any function."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import AuditkitError, DataError
from auditkit.features.model_files import as_rows
from auditkit.features.registry import Embedder

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["CallableEmbedder", "embedder_of"]

_BATCH = 256


class CallableEmbedder:
    """A function, or a torch module, as an embedder.

    A function gets what a batch holds: images as uint8 of shape (b, H, W, C), texts, recordings and series as a list,
    tables as a frame; it returns one row of numbers per unit. A module gets float32 tensors, images of shape
    (b, C, H, W) in [0, 1], recordings and series of one length as (b, channels, t); it runs in evaluation mode
    without gradients and is left as it was.

    Parameters
    ----------
    function : callable
    name : str, optional
        What scores call it; the function's own name by default.
    """

    def __init__(self, function: Callable[..., Any], *, name: str | None = None) -> None:
        own = getattr(function, "__name__", type(function).__name__)
        self.name = name or ("function" if own == "<lambda>" else own)
        self.notes: list[str] = []
        self._function = function
        self._fitted = False

    def fit(self, train: Dataset, *, seed: int) -> Self:  # noqa: ARG002 - nothing is learnt
        """Nothing is learnt: what the function was made from is not known.

        Parameters
        ----------
        train : Dataset
        seed : int
            Not looked at.
        """
        del train
        self.notes = [f"Features come from {self.name!r}, which is not part of auditkit and may have seen any data."]
        self._fitted = True
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """What the function makes of each unit.

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
            When it gives no row of numbers per unit.
        """
        if not self._fitted:
            message = f"embedder {self.name!r} must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        rows = []
        for block in split_blocks(len(dataset), _BATCH):
            part = dataset.take(np.arange(block.start, block.stop))
            rows.append(as_rows(self._called(part), len(part), self.name))
        return np.concatenate(rows) if rows else np.empty((0, 1), dtype=np.float32)

    def _called(self, part: Dataset) -> Any:
        if _is_module(self._function):
            return _run_module(self._function, part, self.name)
        if part.modality == "tabular":
            return self._function(part.frame)
        held = part.arrays()
        return self._function(held if part.modality == "image" else list(held))


def embedder_of(given: object) -> Embedder:
    """Embedder from an object that a user gave.

    Raises
    ------
    AuditkitError
        When it can neither be fitted nor called.
    """
    if hasattr(given, "fit") and hasattr(given, "transform") and not _is_module(given):
        if not isinstance(getattr(given, "name", None), str):
            message = f"an embedder needs a name, {type(given).__name__} has none: set its attribute name."
            raise AuditkitError(message)
        return cast("Embedder", given)
    if callable(given):
        return CallableEmbedder(given)
    message = (
        f"an embedder is a name, a function, a torch module or an object with fit and transform, got "
        f"{type(given).__name__}: see auditkit list embedders."
    )
    raise AuditkitError(message)


def _is_module(given: object) -> bool:
    return any(kind.__module__.startswith("torch.nn") for kind in type(given).__mro__)


def _run_module(module: Any, part: Dataset, name: str) -> Any:
    import torch  # noqa: PLC0415 - heavy

    from auditkit.training import one_thread  # noqa: PLC0415 - torch is heavy

    if part.modality in {"text", "tabular"}:
        message = f"embedder {name!r} is a torch module and takes no {part.modality}: wrap it in a function."
        raise DataError(message)
    held = part.arrays()
    if part.modality == "image":
        batch = torch.from_numpy(held).permute(0, 3, 1, 2).to(torch.float32) / 255.0
    elif len({len(item) for item in held}) == 1:
        batch = torch.from_numpy(np.stack([item.T for item in held]).astype(np.float32))
    else:
        message = f"embedder {name!r} is a torch module and needs samples of one length: wrap it in a function."
        raise DataError(message)
    device = next((item.device for item in module.parameters()), torch.device("cpu"))
    flags = [(item, item.training) for item in module.modules()]
    module.eval()
    try:
        with one_thread(), torch.no_grad():
            return module(batch.to(device))
    finally:
        for item, flag in flags:
            item.training = flag
