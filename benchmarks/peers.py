"""What more than one benchmark compares with, on features: prdc, torch-fidelity's precision and recall, AuthPct."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping

import numpy as np
import torch
from measuring import peer

PRDC, TORCH_FIDELITY = "prdc", "torch_fidelity.metric_prc"
Values = Mapping[str, float]


def of_prdc(real: np.ndarray, synthetic: np.ndarray, k: int = 5) -> Values:
    """Precision, recall, density and coverage of prdc."""
    with contextlib.redirect_stdout(io.StringIO()):
        return peer(PRDC).compute_prdc(real, synthetic, nearest_k=k)


def of_torch_fidelity(real: np.ndarray, synthetic: np.ndarray) -> Values:
    """Precision and recall of torch-fidelity, by our names."""
    found = peer(TORCH_FIDELITY).prc_features_to_metric(
        torch.from_numpy(synthetic), torch.from_numpy(real), verbose=False
    )
    return {f"improved_{name}": found[name] for name in ("precision", "recall")}


def of_authpct(real: np.ndarray, synthetic: np.ndarray) -> Values:
    """AuthPct as dgm-eval and fld compute it: two full `torch.cdist`."""
    first, second = torch.from_numpy(real), torch.from_numpy(synthetic)
    own = torch.cdist(first, first)
    own.fill_diagonal_(float("inf"))
    distance, nearest = torch.cdist(first, second).min(dim=0)
    return {"authenticity": (own.min(dim=1).values[nearest] < distance).double().mean().item()}
