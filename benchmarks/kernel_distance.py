"""Do the kernel distances give the peers' numbers, to which error, and at what share of their time?

Run `python benchmarks/kernel_distance.py`, with `--small` for seconds instead of minutes. Times are CPU seconds over
one float32 product of n x n x d in the same process. The full unbiased distance is compared with
torch-fidelity's and torchmetrics' 100 subsets of 1,000, and with itself in float64. CMMD's package needs JAX, so its
formula stands here on whole float32 matrices.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import torch
from measuring import claim, cpu_seconds, floor, peak_memory, peer, table
from torchmetrics.image.kid import KernelInceptionDistance

from auditkit.blocks import single_threaded
from auditkit.metrics import cmmd, kernel_distance, kernel_sums, registry, sliced_wasserstein
from auditkit.metrics.products import Side

SHAPES = ((5_000, 64), (5_000, 768), (5_000, 2048))
SMALL = ((1_500, 64), (1_500, 512))
SUBSETS, SUBSET_SIZE, SEED = 100, 1_000, 2020
MOST_FLOORS = 3.0
MOST_ERROR = 1e-4
MOST_DIFFERENCE = 1e-6
OFFSETS = (0.0, 10.0, 1e3, 1e5)


def activations(n: int, d: int, shift: float, seed: int) -> np.ndarray:
    """Features like those of a network: non-negative, with a mean that is large beside their spread."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((n, 32)) @ rng.standard_normal((32, d)) / 8 + rng.standard_normal((n, d))
    return np.maximum(0.25 * mixed + 0.4 + shift, 0.0).astype(np.float32)


class Features(torch.nn.Module):
    """Hands features through."""

    num_features = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def of_torch_fidelity(real: np.ndarray, synthetic: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of torch-fidelity's subsets."""
    found = peer("torch_fidelity.metric_kid").kid_features_to_metric(
        torch.from_numpy(real), torch.from_numpy(synthetic), kid_subsets=SUBSETS, kid_subset_size=SUBSET_SIZE,
        kid_degree=3, kid_gamma=None, kid_coef0=1, rng_seed=SEED, verbose=False,
    )  # fmt: skip
    return found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]


def of_torchmetrics(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Mean of torchmetrics' subsets, which nobody can draw again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric = KernelInceptionDistance(feature=Features(), subsets=SUBSETS, subset_size=SUBSET_SIZE)
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(synthetic), real=False)
    return float(metric.compute()[0])


def of_cmmd(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Formula of CMMD as its authors compute it, in float32 on whole matrices."""
    a, b = (torch.nn.functional.normalize(torch.from_numpy(item)) for item in (real, synthetic))

    def mean(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        squared = torch.diag(x @ x.T)[:, None] + torch.diag(y @ y.T)[None] - 2 * (x @ y.T)
        return torch.exp(-squared / (2 * 10**2)).mean()

    return float(1000 * (mean(a, a) + mean(b, b) - 2 * mean(a, b)))


def timed(n: int, d: int) -> dict[str, float]:
    """Time of everything at one shape, over the floor."""
    real, synthetic = activations(n, d, 0.0, 1), activations(n, d, 0.01, 2)
    sets = {"real": real, "synthetic": synthetic}
    tasks: dict[str, tuple[Callable[[], object], int]] = {
        "kernel_distance, all pairs": (lambda: kernel_distance(**sets), 3),
        "kernel_distance, 100 subsets": (lambda: kernel_distance(**sets, subsets=SUBSETS, seed=SEED), 1),
        "torchmetrics KID": (lambda: of_torchmetrics(real, synthetic), 1),
        "cmmd": (lambda: cmmd(**sets), 3),
        "CMMD as its authors": (lambda: of_cmmd(real, synthetic), 1),
        "sliced_wasserstein": (lambda: sliced_wasserstein(**sets), 1),
    }
    if peer("torch_fidelity.metric_kid"):
        tasks["torch-fidelity KID"] = (lambda: of_torch_fidelity(real, synthetic), 1)
    kernel_distance(real=real[:3], synthetic=synthetic[:3])
    ratios, rows = {}, []
    for name, (task, repeats) in tasks.items():
        seconds = cpu_seconds(task, repeats)
        ratios[name] = seconds / floor(n, d)
        rows.append([name, seconds, ratios[name], peak_memory(task)])
    print(f"\n{n:,} rows a side, {d} features; the product takes {floor(n, d):.3g} s")
    table(rows, ["", "CPU s", "x product", "MB above"])
    return ratios


def reading(real: np.ndarray, synthetic: np.ndarray, **parameters: object) -> registry.Reading:
    """Value and details of a kernel distance."""
    metric = registry.get("kernel_distance")
    sides = {"real": Side(real), "synthetic": Side(synthetic)}
    return registry.evaluate(metric.reads, sides, **{**metric.parameters, **parameters})


def same_numbers(n: int, d: int) -> bool:
    """Whether subsets give torch-fidelity's numbers: on float64 features, where it loses no digits."""
    real, synthetic = (activations(n, d, move, seed).astype(np.float64) for seed, move in ((1, 0.0), (2, 0.01)))
    ours = reading(real, synthetic, subsets=SUBSETS, subset_size=SUBSET_SIZE, seed=SEED)
    mean, deviation = of_torch_fidelity(real, synthetic)
    rounded, _ = of_torch_fidelity(real.astype(np.float32), synthetic.astype(np.float32))
    print(f"\n100 subsets    {ours.value:.12f} +- {ours.details['std']:.12f}")
    print(f"torch-fidelity {mean:.12f} +- {deviation:.12f}, on float32 features {rounded:.12f}")
    print(f"all pairs      {kernel_distance(real=real, synthetic=synthetic):.12f}")
    away = claim("difference to torch-fidelity's mean, relative", abs(ours.value / mean - 1), MOST_DIFFERENCE)
    return away and claim("of the deviations, relative", abs(ours.details["std"] / deviation - 1), MOST_DIFFERENCE)


def errors(n: int, d: int) -> bool:
    """Largest error of the float32 products beside the standard error, over offsets and shifts."""
    rows, largest = [], 0.0
    for offset in OFFSETS:
        for shift in (0.0, 0.01, 1.0):
            sets = [activations(n, d, move, seed).astype(np.float64) + offset for seed, move in ((1, 0.0), (2, shift))]
            ours = reading(*sets)
            with patch.object(kernel_sums, "SMALL", 2 * n):
                exact = reading(*sets)
            error = abs(ours.value - exact.value) / exact.details["error"]
            largest = max(largest, error)
            rows.append([f"offset {offset:g}, shift {shift:g}", exact.value, exact.details["error"], error])
    print(f"\nfloat32 products against float64, {n:,} rows a side, {d} features")
    table(rows, ["", "distance", "standard error", "error / s.e."])
    return claim("largest error over the standard error", largest, MOST_ERROR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="smaller sets; the times prove nothing then")
    small = parser.parse_args().small
    torch.set_num_threads(1)
    met = []
    with single_threaded():
        for n, d in SMALL if small else SHAPES:
            ratios = timed(n, d)
            if (n, d) == SHAPES[-1]:
                met.append(claim("kernel_distance over the product", ratios["kernel_distance, all pairs"], MOST_FLOORS))
            if "torch-fidelity KID" in ratios and not small:
                ours = ratios["kernel_distance, all pairs"] / ratios["torch-fidelity KID"]
                met.append(claim("kernel_distance over torch-fidelity KID", ours, 1.0))
        if peer("torch_fidelity.metric_kid"):
            met.append(same_numbers(1_500, 256))
        met.append(errors(*(SMALL[0] if small else (2_000, 512))))
    raise SystemExit(not all(met))


if __name__ == "__main__":
    main()
