"""What every model is tested on: the test part, the test part disturbed, and sets from elsewhere or later."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.designs import Features
from auditkit.ablation.paired import bootstrap_weights
from auditkit.ablation.problem import Prepared
from auditkit.errors import DataError, UnknownNameError

__all__ = ["PERTURBATIONS", "Examined", "examined_sets", "perturbation_of", "shifted_key"]

PERTURBATIONS: Mapping[str, float] = {"noise": 0.1, "blur": 1.0, "fgsm": 0.05}
"""Strength of each when none is given: standard deviations of a column (or parts of the pixels' range), the width of
the blur in pixels, and again the first."""
_NOISE, _BOOTSTRAP = 0x4015E, 0xB007


@dataclass(frozen=True, eq=False)
class Examined:
    """One set that models are tested on.

    Attributes
    ----------
    name : str
        Empty for the test part as it is.
    features : Features
    truth : ndarray of shape (n,)
    weights : ndarray of shape (1 + b, n)
        Ones, then how often each resample draws each unit.
    groups : mapping of str to ndarray of object, shape (n,)
    attack : float
        Strength of the attack on each model (FGSM); 0.0 for none.
    shifted : bool
        Whether the units are others than those of the test part.
    """

    name: str
    features: Features
    truth: NDArray[np.float64]
    weights: NDArray[np.float64]
    groups: Mapping[str, NDArray[np.object_]]
    attack: float = 0.0
    shifted: bool = False

    def __len__(self) -> int:
        return len(self.truth)


def shifted_key(name: str) -> str:
    """Name of a shifted set among the sets of a problem."""
    return f"test:{name}"


def examined_sets(
    sets: Mapping[str, Prepared | None],
    *,
    perturb: Sequence[str] = (),
    shifted: Iterable[str] = (),
    seed: int,
) -> dict[str, Examined]:
    """The test part first, then disturbed, then shifted sets that have units with a label.

    Parameters
    ----------
    sets : mapping of str to Prepared
    perturb : sequence of str
        `"noise"`, `"blur"`, `"fgsm"`, each with a strength if wanted, as `"noise=0.2"`.
    shifted : iterable of str
        Names, whose sets are under `shifted_key`.
    seed : int

    Returns
    -------
    dict of str to Examined

    Raises
    ------
    DataError
        If the test part is empty, a strength is none, or a disturbance does not fit the data.
    UnknownNameError
        If there is no such disturbance.
    """
    real, test = sets["real"], sets["test"]
    if real is None or test is None:
        raise DataError("ablation needs test units with a label: give it some.")
    weights = bootstrap_weights(len(test), np.random.default_rng(np.random.SeedSequence([seed, _BOOTSTRAP])))
    clean = Examined("", test.features, test.target, weights, test.groups)
    found = {"": clean}
    for text in dict.fromkeys(perturb):
        kind, strength = perturbation_of(text)
        name = f"{kind}={strength:g}"
        found[name] = replace(_disturbed(clean, real.features, kind, strength, seed), name=name)
    for name in shifted:
        given = sets[shifted_key(name)]
        if name in found:
            raise DataError(f"two sets to test on are called {name!r}: rename one of them.")
        if given is not None:
            rng = np.random.default_rng(np.random.SeedSequence([seed, _BOOTSTRAP, zlib.crc32(name.encode())]))
            drawn = bootstrap_weights(len(given), rng)
            found[name] = Examined(name, given.features, given.target, drawn, given.groups, shifted=True)
    return found


def perturbation_of(text: str) -> tuple[str, float]:
    """Kind and strength of a disturbance.

    Raises
    ------
    UnknownNameError, DataError

    Examples
    --------
    >>> perturbation_of("blur"), perturbation_of("noise=0.25")
    (('blur', 1.0), ('noise', 0.25))
    """
    kind, _, given = text.partition("=")
    if kind not in PERTURBATIONS:
        raise UnknownNameError.of("disturbance of the test part", kind, PERTURBATIONS)
    try:
        strength = float(given) if given else PERTURBATIONS[kind]
    except ValueError:
        strength = np.nan
    if not (np.isfinite(strength) and strength > 0):
        raise DataError(
            f"the strength of {kind!r} is a number above 0, got {given!r}: write {kind}={PERTURBATIONS[kind]}."
        )
    return kind, strength


def _disturbed(clean: Examined, real: Features, kind: str, strength: float, seed: int) -> Examined:
    if clean.features.words is not None and kind != "blur":
        raise DataError(
            f"the disturbance {kind!r} moves numbers, and words cannot be moved a little: test on changed texts with "
            "`shifted`."
        )
    if kind == "fgsm":
        return replace(clean, attack=strength)
    changed = _blurred(clean.features, strength) if kind == "blur" else _noisy(clean.features, real, strength, seed)
    return replace(clean, features=replace(clean.features, values=changed))


def _noisy(features: Features, real: Features, strength: float, seed: int) -> NDArray[np.float64]:
    """Normal noise on numbers, in their standard deviations in the real set, or on pixels, in parts of their range."""
    numbers = ~features.categorical
    if not numbers.any():
        raise DataError("the disturbance 'noise' moves numbers, and these data have no column of numbers.")
    rng = np.random.default_rng(np.random.SeedSequence([seed, _NOISE]))
    scale = np.ones(numbers.sum()) if features.pixels else _spread(real.values[:, numbers])
    values = features.values.copy()
    values[:, numbers] += strength * scale * rng.standard_normal((len(values), int(numbers.sum())))
    return np.clip(values, 0.0, 1.0) if features.pixels else values


def _spread(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(columns)
    n = known.sum(axis=0)
    mean = np.divide(np.where(known, columns, 0.0).sum(axis=0), n, out=np.zeros(columns.shape[1]), where=n > 0)
    squares = np.where(known, (columns - mean) ** 2, 0.0).sum(axis=0)
    return np.asarray(np.sqrt(np.divide(squares, n, out=np.zeros(columns.shape[1]), where=n > 0)))


def _blurred(features: Features, width: float) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415

    if features.shape is None:
        raise DataError("the disturbance 'blur' needs pixels, and these data have none: ask for 'noise'.")
    images = features.values.reshape(-1, *features.shape)
    return np.asarray(gaussian_filter(images, (0.0, width, width, 0.0)).reshape(features.values.shape))
