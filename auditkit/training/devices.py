"""Where a model is trained: device names, and tensors moved there."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import torch

from auditkit.errors import AuditkitError

__all__ = ["find_device", "move_tensors"]

HolderT = TypeVar("HolderT")


def find_device(name: str) -> torch.device:
    """Device with this name: `"cpu"`, `"cuda"` (or `"cuda:1"`), or `"auto"` for cuda where there is one.

    Parameters
    ----------
    name : str

    Returns
    -------
    torch.device

    Raises
    ------
    AuditkitError
        For another name, and for cuda on a machine without it.

    Examples
    --------
    >>> find_device("cpu")
    device(type='cpu')
    """
    kind, _, number = name.partition(":")
    if kind not in {"cpu", "cuda", "auto"} or (number and (kind != "cuda" or not number.isdigit())):
        raise AuditkitError(f'device must be "cpu", "cuda" or "auto", got {name!r}.')
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "auto":
        return torch.device("cuda" if count else "cpu")
    if kind == "cuda" and int(number or 0) >= count:
        raise AuditkitError(f'device {name!r} is not there, torch sees {count} of its kind: use device="cpu".')
    return torch.device(name)


def move_tensors(holder: HolderT, device: torch.device | str) -> HolderT:
    """Copy of a dataclass whose tensors lie on a device.

    Parameters
    ----------
    holder : dataclass instance
        Its fields that are tensors are moved; all others are taken over.
    device : torch.device or str

    Returns
    -------
    The same class as `holder`.
    """
    if not is_dataclass(holder) or isinstance(holder, type):
        raise TypeError(f"expected an instance of a dataclass, got {type(holder).__name__}.")
    moved: dict[str, Any] = {
        part.name: getattr(holder, part.name).to(device)
        for part in fields(holder)
        if isinstance(getattr(holder, part.name), torch.Tensor)
    }
    return replace(holder, **moved)
