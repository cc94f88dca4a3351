from __future__ import annotations

import subprocess
import sys

import pytest

from auditkit.errors import UnknownNameError
from auditkit.features import Embedder, create_embedder, default_embedder, embedder_names


def test_names_and_defaults():
    assert embedder_names("tabular") == ["features", "mixed"]
    assert {"features", "mixed", "pixels", "logmel"} <= set(embedder_names())
    assert default_embedder("image") == "pixels"


@pytest.mark.parametrize("modality", ["tabular", "image", "audio"])
def test_every_default_embedder_follows_the_protocol(modality):
    embedder = create_embedder(modality=modality)
    assert isinstance(embedder, Embedder)
    assert embedder.name == default_embedder(modality)


def test_unknown_names_are_said_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'mixed'"):
        create_embedder("mixd", modality="tabular")
    with pytest.raises(UnknownNameError, match="smell"):
        create_embedder(modality="smell")


def test_listing_imports_nothing_heavy():
    code = (
        "import sys, auditkit.features as f; f.embedder_names();"
        "print([m for m in ('torch', 'sklearn', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
