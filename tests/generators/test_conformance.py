"""Each rule on what a generator claims, on its places and its scores finds one that breaks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auditkit.errors import AuditkitError, ShapeError
from auditkit.generators.bootstrap import BootstrapGenerator
from auditkit.testing import ConformanceError, check_generator

INFO = BootstrapGenerator.info


class Honest(BootstrapGenerator):
    """Keeps every rule: places are two numbers of each row, scores one of them."""

    info = replace(
        INFO,
        latent=True,
        scores=True,
        device=True,
        needs_label=True,
        params={"device": "d"},
        tries={"device": ("cpu",)},
    )

    def __init__(self, *, device: str = "cpu") -> None:
        if device != "cpu":
            raise AuditkitError("there is no other device.")
        super().__init__()

    def fit(self, dataset, **given):
        if dataset.label is None:
            raise AuditkitError("it needs a label.")
        return super().fit(dataset, **given)

    def encode(self, dataset, **_):
        return dataset.table[["age", "pay"]].to_numpy(dtype=np.float32)

    def decode(self, places, *, conditions=None, seed=0):
        if places.ndim != 2:
            raise ShapeError("places have rows.")
        return self.sample(len(places), conditions=conditions, seed=seed)

    def score(self, dataset):
        return dataset.table["age"].to_numpy(dtype=np.float64)


def test_a_generator_that_keeps_its_word_passes(people):
    check_generator(Honest, people)


def claims(**changes):
    return type("Claims", (Honest,), {"info": replace(Honest.info, **changes)})


def without(**methods):
    return type("Without", (Honest,), methods)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (claims(latent=False), "info.latent must be true where it has encode and decode, and only there, got False"),
        (type("None", (BootstrapGenerator,), {"info": replace(INFO, scores=True)}), "info.scores must be true where"),
        (claims(device=False), "info.device must be true where the constructor takes device="),
        (claims(private=True), "info.private must be true where the constructor takes dp="),
        (claims(tries={"depth": (3,)}), "info.tries must name parameters that info.params tells of, got 'depth'"),
        (claims(tries={"device": ("cpu", "tpu")}), "device='tpu' gave: there is no other device"),
        (without(fit=BootstrapGenerator.fit), "needs_label is"),
        (without(encode=lambda *_, **__: np.zeros(3)), "finite places of shape"),
        (without(encode=lambda _, dataset, **__: np.full((len(dataset), 2), np.nan)), "finite places of shape"),
        (
            without(encode=lambda _, dataset, **__: np.random.default_rng().normal(size=(len(dataset), 2))),
            "encode must give the same bytes twice",
        ),
        (
            without(decode=lambda self, *_, **__: self.sample(3)),
            "decode of n places must give n",
        ),
        (
            without(
                decode=lambda self, places, **_: self.sample(
                    len(places), seed=int(np.random.default_rng().integers(1 << 30))
                )
            ),
            "decode must give the same bytes twice",
        ),
        (
            without(decode=lambda self, places, seed=0, **_: self.sample(len(places), seed=seed)),
            "every unit that decode gives must meet the conditions",
        ),
        (without(score=lambda _, dataset: np.zeros((len(dataset), 2))), "one finite number per unit"),
        (without(score=lambda _, dataset: np.full(len(dataset), np.inf)), "one finite number per unit"),
        (without(score=lambda _, dataset: np.arange(len(dataset))), "not depend on the order of units"),
        (
            without(score=lambda _, dataset: np.full(len(dataset), dataset.table["age"].mean())),
            "not depend on other units",
        ),
    ],
)
def test_each_rule_finds_what_breaks_it(people, made, words):
    with pytest.raises(ConformanceError, match=words.replace(".", r"\.")):
        check_generator(made, people, save=False)
