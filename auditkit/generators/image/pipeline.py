"""Images from a pretrained diffusion pipeline in a local folder, by prompt or by class number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from auditkit.errors import AuditkitError, DataError, MissingDependencyError
from auditkit.generators.conditioned import Learnt, Task
from auditkit.generators.image.learnt import LearntImages
from auditkit.generators.image.rows import Canvas, ImageRows
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import stage_seed
from auditkit.generators.outline import need_fitted
from auditkit.generators.roles import Roles

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ImagePipeline"]

_BATCH = 8
_AXES = 4
_COLOURS = 3


class ImagePipeline(LearntImages["_AskedPipeline"]):
    """A pretrained pipeline of the diffusers library, read from a local folder; nothing is trained or downloaded.

    A label and groups are drawn as often as in the real data, or as asked, and put into the prompt. Whether the
    pipeline gives what the prompt says is for the audit to find out. Images are resized (antialiased) to the shape of
    the real ones and snapped to their pixel levels.

    Parameters
    ----------
    path : str
        Folder that the pipeline's `save_pretrained` wrote.
    prompt : str, optional
        Text with the names of columns in braces, as `"a photo of a {label}"`; for pipelines that take text.
    steps : int, default 30
        Denoising steps.
    guidance : float, optional
        The pipeline's own default where it is left out.
    device : str, default "cpu"

    Examples
    --------
    >>> ImagePipeline(path="sd-turbo", prompt="a photo of a {label}").info.requires
    ('diffusers',)
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="pipeline",
        modality="image",
        family="pretrained",
        summary="A pretrained diffusion pipeline from a local folder, asked by prompt.",
        params={
            "path": "folder that the pipeline's save_pretrained wrote",
            "prompt": "text with columns in braces, as 'a photo of a {label}'",
            "steps": "denoising steps (30)",
            "guidance": "strength of the prompt (the pipeline's own)",
            "device": "where the pipeline runs (cpu)",
        },
        conditional="exact",
        stores_real_values=True,  # of the columns beside the images
        requires=("diffusers",),
        device=True,
        citation="von Platen et al. 2022, Diffusers: state-of-the-art diffusion models",
    )
    max_side = None

    def __init__(
        self,
        *,
        path: str,
        prompt: str | None = None,
        steps: int = 30,
        guidance: float | None = None,
        device: str = "cpu",
    ) -> None:
        if steps < 1:
            raise AuditkitError(f"generator 'pipeline' needs at least 1 step, got {steps}.")
        super().__init__()
        self.path, self.prompt, self.steps, self.guidance, self.device = str(path), prompt, steps, guidance, device

    def _learn_images(self, task: Task, rows: ImageRows, canvas: Canvas) -> Learnt[_AskedPipeline]:
        del rows
        self._check_prompt(task.dataset)
        note = "A pretrained pipeline is not fitted here: what it was trained on is not known."
        return Learnt(self._opened(task.roles, canvas), notes=(note,))

    def _check_prompt(self, dataset: Dataset) -> None:
        columns = {name for name in (dataset.label, *dataset.groups) if name is not None}
        asked = {name for _, name, _, _ in Formatter().parse(self.prompt or "") if name is not None}
        unknown = sorted(asked - columns)
        if unknown:
            known = ", ".join(repr(name) for name in sorted(columns)) or "none"
            message = f"the prompt asks for {unknown[0]!r}, which is neither label nor group (they are {known})."
            raise DataError(message)
        if dataset.label is not None and dataset.label not in asked:
            message = (
                f"the images have the label {dataset.label!r} and the pipeline is not told of it: give "
                f"prompt='a photo of a {{{dataset.label}}}', or load the images without a label."
            )
            raise DataError(message)

    def _restore_images(self, arrays: dict[str, NDArray[Any]], roles: Roles, canvas: Canvas) -> _AskedPipeline:
        del arrays
        return self._opened(roles, canvas)

    def _opened(self, roles: Roles, canvas: Canvas) -> _AskedPipeline:
        table = roles.table(np.unique(roles.members, return_index=True)[1]).astype(str)
        rows = [dict(zip(table.columns, cells, strict=True)) for cells in table.itertuples(index=False)]
        prompts = None if self.prompt is None else [self.prompt.format(**row) for row in rows]
        pipeline = _read(self.path).to(self.device)
        return _AskedPipeline(pipeline, canvas, prompts, steps=self.steps, guidance=self.guidance)

    def _pixels(self, model: _AskedPipeline, members: NDArray[np.int64], *, seed: int) -> Iterator[NDArray[np.uint8]]:
        canvas = need_fitted(self._canvas, self.info)
        for start in range(0, len(members), _BATCH):
            part = torch.from_numpy(members[start : start + _BATCH])
            yield canvas.pixels(model.draw(part, start=start, seed=seed))


class _AskedPipeline:
    """A pipeline with the prompt of each combination of label and groups: an `ImageModel`."""

    def __init__(
        self, pipeline: Any, canvas: Canvas, prompts: list[str] | None, *, steps: int, guidance: float | None
    ) -> None:
        self._pipeline, self._canvas, self._prompts = pipeline, canvas, prompts
        self._settings = {"num_inference_steps": steps} | ({} if guidance is None else {"guidance_scale": guidance})

    def draw(self, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """One image per member, each from noise of its own seed, so that chunks may have any size."""
        asked: dict[str, Any] = {"batch_size": len(members)}
        if self._prompts is not None:
            asked = {"prompt": [self._prompts[member] for member in members.tolist()]}
        noises = [torch.Generator("cpu").manual_seed(_seed(seed, start + place)) for place in range(len(members))]
        try:
            made = self._pipeline(generator=noises, output_type="np", **asked, **self._settings).images
        except TypeError as error:
            raise AuditkitError(f"the pipeline {type(self._pipeline).__name__} refused its input: {error}.") from error
        images = np.asarray(made, dtype=np.float32)
        return _on_canvas(images if images.ndim == _AXES else images[..., None], self._canvas)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Nothing: the pipeline stays where it lies."""
        return {}


def _read(path: str) -> Any:
    if not Path(path).is_dir():
        message = f"there is no folder of a pipeline at {path!r}: save one there with save_pretrained."
        raise DataError(message)
    try:
        import diffusers  # noqa: PLC0415 - optional and heavy
    except ImportError as error:
        message = "generator 'pipeline' needs diffusers: install auditkit's checkout with the extra [diffusers]."
        raise MissingDependencyError(message) from error
    try:
        pipeline = diffusers.DiffusionPipeline.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        raise DataError(f"the folder {path!r} holds no pipeline that can be read ({why}).") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _seed(seed: int, place: int) -> int:
    return int(stage_seed(seed, "pipeline", place).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _on_canvas(images: NDArray[np.float32], canvas: Canvas) -> torch.Tensor:
    """Images at the real shape, as shares of the real pixel range."""
    height, width, channels = canvas.shape
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2)
    if channels == 1 and tensor.shape[1] == _COLOURS:
        tensor = (tensor * torch.tensor([0.2126, 0.7152, 0.0722]).reshape(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    tensor = tensor.expand(-1, channels, -1, -1)
    if tuple(tensor.shape[2:]) != (height, width):
        tensor = interpolate(tensor, size=(height, width), mode="bicubic", align_corners=False, antialias=True)
    return (tensor.clamp(0.0, 1.0) * 255.0 - canvas.low) / canvas.reach
