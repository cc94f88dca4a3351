"""Models of transformers from local folders: nothing is downloaded, and the package is imported when it is needed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditkit.errors import DataError, MissingDependencyError

__all__ = ["causal_model", "translator"]

_LONGEST = 256


def causal_model(folder: str | Path, *, device: str) -> tuple[Any, Any]:
    """Tokenizer and causal language model of a folder, on a device.

    Raises
    ------
    MissingDependencyError
        Without transformers.
    DataError
        When the folder holds no such model.
    """
    return _read(folder, "AutoModelForCausalLM", device)


def translator(folder: str | Path) -> Callable[[list[str]], list[str]]:
    """Function that translates texts by the model of a folder, greedily.

    Raises
    ------
    MissingDependencyError
        Without transformers.
    DataError
        When the folder holds no such model.
    """
    import torch  # noqa: PLC0415 - only for models

    tokenizer, model = _read(folder, "AutoModelForSeq2SeqLM", "cpu")

    def translate(texts: list[str]) -> list[str]:
        read = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=_LONGEST)
        with torch.no_grad():
            made = model.generate(**read, num_beams=1, do_sample=False, max_new_tokens=_LONGEST)
        return [str(text) for text in tokenizer.batch_decode(made, skip_special_tokens=True)]

    return translate


def _read(folder: str | Path, kind: str, device: str) -> tuple[Any, Any]:
    place = Path(folder)
    if not (place / "config.json").is_file():
        raise DataError(f"{str(folder)!r} is no folder of a model (no config.json): give the folder of a saved model.")
    try:
        transformers = importlib.import_module("transformers")
    except ImportError as error:
        message = "models from a folder need the package transformers: install auditkit with the extra hf."
        raise MissingDependencyError(message) from error
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(place), local_files_only=True)
        model = getattr(transformers, kind).from_pretrained(str(place), local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"the model in {str(folder)!r} cannot be read by transformers ({error}).") from error
    return tokenizer, model.eval().to(device)
