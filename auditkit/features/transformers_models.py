"""Pretrained models of the transformers library as embedders: DINOv2, CLIP, sentence encoders, wav2vec."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import AuditkitError, DataError, MissingDependencyError
from auditkit.store import file_digest

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["TransformersEmbedder"]

_BATCH = 16
_MODALITIES = ("image", "text", "audio")


class TransformersEmbedder:
    """What a pretrained model makes of each unit, `hf:NAME` or `hf:FOLDER`; needs the package transformers.

    Images: the model's pooled image features (the image tower of CLIP, the class token of DINOv2). Texts: the mean of
    the last layer over the tokens that are no padding, as sentence encoders do. Recordings: the mean of the last
    layer over time. Resizing, scaling and tokenising are the model's own (its processor files lie beside it).

    Parameters
    ----------
    path : str
        A local folder, or a name that lies in the library's cache.
    download : bool, default False
        Let the library fetch a name that it has not.
    """

    def __init__(self, path: str, *, download: bool = False) -> None:
        self._path, self._download = path, download
        folder = Path(path)
        self.fingerprint = file_digest(folder) if folder.is_dir() else ""
        self.name = f"hf:{folder.name}#{self.fingerprint[:12]}" if self.fingerprint else f"hf:{path}"
        self.costly = True
        self.notes: list[str] = []
        self._modality = ""
        self._model: Any = None
        self._processor: Any = None

    def fit(self, train: Dataset, *, seed: int) -> Self:  # noqa: ARG002 - nothing is learnt
        """Read the model; nothing is learnt from the data.

        Parameters
        ----------
        train : Dataset
            Images, texts or recordings.
        seed : int
            Not looked at.

        Raises
        ------
        MissingDependencyError
            When transformers is not installed.
        DataError
            When the data are of another modality, or there is no such model.
        """
        if train.modality not in _MODALITIES:
            message = f"embedder {self.name!r} takes images, texts or recordings, {train.source!r} is {train.modality}."
            raise DataError(message)
        try:
            import transformers  # noqa: PLC0415 - optional and heavy
        except ImportError as error:
            message = "embedder 'hf' needs the package transformers: install auditkit's checkout with the extra [hf]."
            raise MissingDependencyError(message) from error
        readers: dict[str, Any] = {
            "image": transformers.AutoImageProcessor,
            "text": transformers.AutoTokenizer,
            "audio": transformers.AutoFeatureExtractor,
        }
        local = not self._download
        try:
            self._processor = readers[train.modality].from_pretrained(self._path, local_files_only=local)
            self._model = transformers.AutoModel.from_pretrained(self._path, local_files_only=local).eval()
        except (OSError, ValueError) as error:
            why = str(error).strip().splitlines()[0].rstrip(".")
            message = f"embedder {self.name!r} cannot be read ({why}): give a local folder, or download=true."
            raise DataError(message) from error
        self._modality = train.modality
        revision = getattr(self._model.config, "_commit_hash", None)
        if not self.fingerprint and revision:
            self.fingerprint = str(revision)
            self.name = f"hf:{self._path}#{self.fingerprint[:12]}"
        kind = type(self._model).__name__
        self.notes = [f"Features come from the pretrained model {Path(self._path).name} ({kind})."]
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
        """
        if self._model is None:
            message = f"embedder {self.name!r} must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        from auditkit.training import one_thread  # noqa: PLC0415 - torch is heavy

        with one_thread():
            rows = list(self._rows(dataset))
        return np.concatenate(rows) if rows else np.empty((0, 1), dtype=np.float32)

    def _rows(self, dataset: Dataset) -> Iterator[NDArray[np.float32]]:
        import torch  # noqa: PLC0415 - heavy

        for block in split_blocks(len(dataset), _BATCH):
            held = dataset.take(np.arange(block.start, block.stop)).arrays()
            with torch.no_grad():
                made = getattr(self, f"_{self._modality}")(held, dataset.schema.rate)
            yield made.float().numpy().astype(np.float32)

    def _image(self, pixels: NDArray[np.uint8], rate: int | None) -> Any:
        del rate
        colours = np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels
        given = self._processor(images=list(colours), return_tensors="pt")
        if hasattr(self._model, "get_image_features"):
            made = self._model.get_image_features(**given)
            return getattr(made, "pooler_output", made)
        made = self._model(**given)
        pooled = getattr(made, "pooler_output", None)
        return made.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)

    def _text(self, texts: NDArray[np.object_], rate: int | None) -> Any:
        del rate
        given = self._processor(list(texts), padding=True, truncation=True, return_tensors="pt")
        kept = given["attention_mask"].unsqueeze(-1)
        last = self._model(**given).last_hidden_state
        return (last * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)

    def _audio(self, waves: NDArray[np.object_], rate: int | None) -> Any:
        import torch  # noqa: PLC0415 - heavy

        wanted = int(getattr(self._processor, "sampling_rate", rate or 0))
        rows = []
        for wave in waves:  # one by one: padding would change the mean
            mono = _resampled(wave.mean(axis=1), rate or wanted, wanted)
            given = self._processor(mono, sampling_rate=wanted, return_tensors="pt")
            rows.append(self._model(**given).last_hidden_state.mean(dim=1))
        return torch.cat(rows)


def _resampled(wave: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    from fractions import Fraction  # noqa: PLC0415 - only here

    from scipy.signal import resample_poly  # noqa: PLC0415 - heavy

    if rate == wanted:
        return wave
    ratio = Fraction(wanted, rate)
    made: NDArray[np.float32] = resample_poly(wave, ratio.numerator, ratio.denominator).astype(np.float32)
    return made
