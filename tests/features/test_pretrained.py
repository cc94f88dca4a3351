"""Pretrained models of optional packages, on tiny ones that the tests make; skipped where the packages are absent."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples, TextSamples
from auditkit.errors import DataError, MissingDependencyError
from auditkit.features.registry import create_embedder


def transformers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("transformers", reason="the extra [hf] is not installed")


def texts(*items):
    return Dataset.of_table(pd.DataFrame({"n": range(len(items))}), samples=TextSamples.of(items))


def written(folder, name, content):
    (folder / name).write_text(json.dumps(content))


@pytest.fixture
def reader(tmp_path):
    """A BERT of one layer with a vocabulary of a few words."""
    library = transformers()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog", "sat"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    config = library.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    library.BertModel(config).save_pretrained(tmp_path)
    library.BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    return tmp_path


def test_texts_are_the_mean_of_their_tokens_whatever_they_are_padded_to(reader):
    embedder = create_embedder(f"hf:{reader}", modality="text").fit(texts("a"), seed=0)
    alone = embedder.transform(texts("a cat"))
    beside = embedder.transform(texts("a cat", "a dog sat a cat sat"))
    assert alone.shape == (1, 8)
    assert beside[0] == pytest.approx(alone[0], abs=1e-5)
    assert embedder.name.startswith(f"hf:{reader.name}#")
    assert embedder.transform(texts("", "a")).shape == (2, 8)


@pytest.fixture
def seer(tmp_path):
    """A vision transformer of one layer."""
    library = transformers()
    config = library.ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8
    )
    library.ViTModel(config).save_pretrained(tmp_path)
    processor = {"image_processor_type": "ViTImageProcessor", "size": {"height": 16, "width": 16}, "do_resize": True}
    written(tmp_path, "preprocessor_config.json", processor)
    return tmp_path


def test_images_are_resized_by_the_model_s_own_processor(seer, make_images):
    grey = make_images(3, (11, 9, 1))
    embedder = create_embedder(f"hf:{seer}", modality="image").fit(grey, seed=0)
    found = embedder.transform(grey)
    assert found.shape == (3, 8)
    assert np.isfinite(found).all()
    assert found.tobytes() == embedder.transform(grey).tobytes()


@pytest.fixture
def listener(tmp_path):
    """A wav2vec of one layer at 16 kHz."""
    library = transformers()
    config = library.Wav2Vec2Config(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8, 8),
        conv_stride=(5, 2), conv_kernel=(10, 3), num_feat_extract_layers=2, num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    library.Wav2Vec2Model(config).save_pretrained(tmp_path)
    extractor = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000, "feature_size": 1}
    written(tmp_path, "preprocessor_config.json", extractor)
    return tmp_path


def test_recordings_are_resampled_to_the_model_s_rate(listener):
    waves = [np.sin(np.arange(length) / 9) for length in (900, 500)]
    data = Dataset.of_table(pd.DataFrame({"n": [1, 2]}), samples=RecordingSamples.of(waves, rate=8000))
    found = create_embedder(f"hf:{listener}", modality="audio").fit(data, seed=0).transform(data)
    assert found.shape == (2, 8)
    assert np.isfinite(found).all()


def test_a_model_that_is_not_there_is_told(tmp_path):
    transformers()
    with pytest.raises(DataError, match="give a local folder, or download=true"):
        create_embedder(f"hf:{tmp_path / 'nothing'}", modality="text").fit(texts("a"), seed=0)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(MissingDependencyError, match=r"extra \[hf\]"):
        create_embedder("hf:somewhere", modality="text").fit(texts("a"), seed=0)


def test_an_onnx_model_gives_the_rows_that_it_computes(make_images, tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra [onnx] is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, so the test cannot make a model")
    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        [helper.make_node("GlobalAveragePool", ["images"], ["means"])],
        "means",
        [helper.make_tensor_value_info("images", kinds.FLOAT, [None, 3, None, None])],
        [helper.make_tensor_value_info("means", kinds.FLOAT, [None, 3, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path / "means.onnx"
    path.write_bytes(model.SerializeToString())
    data = make_images(5, (6, 4, 3))
    found = create_embedder(f"onnx:{path}", modality="image").fit(data, seed=0).transform(data)
    assert found == pytest.approx(data.arrays().mean(axis=(1, 2)) / 255, abs=1e-6)


def test_weights_of_inception_that_cannot_be_read_are_told(make_images, tmp_path):
    weights = tmp_path / "bad.safetensors"
    weights.write_bytes(b"no weights at all")
    embedder = create_embedder(f"inception[weights={weights}]", modality="image")
    with pytest.raises(
        DataError, match=r"^bad\.safetensors cannot be read as safetensors \(.*\): get the file again\.$"
    ):
        embedder.fit(make_images(4, (8, 8, 1)), seed=0)
