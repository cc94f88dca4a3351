"""Attacks on models of images: small changes of pixels that raise a model's loss.

Goodfellow et al. 2015, "Explaining and Harnessing Adversarial Examples", equation 2 (one step along the gradient's
sign); Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks", equation 2 (steps with
projection).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch.nn.functional import cross_entropy

__all__ = ["Attack", "Logits", "Norm"]

Logits = Callable[[torch.Tensor], torch.Tensor]
Norm = Literal["inf", "2"]
_STRIDE = 2.5


@dataclass(frozen=True)
class Attack:
    """Steps uphill on a model's loss (downhill towards a target) within a ball around each image.

    Parameters
    ----------
    eps : float
        Radius of the ball: the largest change of a pixel for `norm="inf"`, as a share of the pixel range, and the
        largest root mean square over all pixels for `norm="2"`.
    norm : {"inf", "2"}
    steps : int
        1 is the fast gradient method; more are projected gradient descent, which starts at a random place.
    targeted : bool
        Whether the classes given are to be reached instead of left.
    """

    eps: float
    norm: Norm
    steps: int
    targeted: bool

    def change(self, model: Logits, images: torch.Tensor, classes: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Attacked images.

        Parameters
        ----------
        model : callable
            Logits (n, n_classes) of images (n, channels, height, width) in [0, 1].
        images : Tensor of shape (n, channels, height, width)
        classes : Tensor of int64, shape (n,)
            True classes, or targets.
        noise : Tensor of the shape of `images`
            Uniform in [-1, 1]: where several steps start from.

        Returns
        -------
        Tensor of the shape of `images`, in [0, 1]
        """
        start = self._projected(self.eps * noise) if self.steps > 1 else torch.zeros_like(images)
        changed = (images + start).clamp(0, 1)
        length = self.eps if self.steps == 1 else _STRIDE * self.eps / self.steps
        for _ in range(self.steps):
            moved = changed + length * self._direction(model, changed, classes)
            changed = (images + self._projected(moved - images)).clamp(0, 1)
        return changed

    def _direction(self, model: Logits, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            asked = images.detach().requires_grad_()
            loss = cross_entropy(model(asked), classes, reduction="sum")
            (gradient,) = torch.autograd.grad(-loss if self.targeted else loss, [asked])
        return gradient.sign() if self.norm == "inf" else gradient / _size(gradient).clamp(min=1e-12)

    def _projected(self, change: torch.Tensor) -> torch.Tensor:
        if self.norm == "inf":
            return change.clamp(-self.eps, self.eps)
        return change * (self.eps / _size(change).clamp(min=1e-12)).clamp(max=1)


def _size(change: torch.Tensor) -> torch.Tensor:
    """Root mean square over the pixels of each image, shape (n, 1, 1, 1)."""
    return change.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
