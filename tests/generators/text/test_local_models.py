from __future__ import annotations

import json

import pandas as pd
import pytest

from auditkit.data import Dataset, TextSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.text.back_translation import BackTranslation
from auditkit.generators.text.llm import LargeLanguageModel
from auditkit.testing import check_generator


def texts(items) -> Dataset:
    table = pd.DataFrame({"label": ["x", "y"] * (len(items) // 2) + ["x"] * (len(items) % 2)})
    return Dataset.of_table(table, label="label", samples=TextSamples.of(items))


def turned(items):
    return [item[::-1] for item in items]


def shouted(items):
    return [item[::-1].upper() for item in items]


def test_texts_go_forward_and_backward():
    data = texts(["so it goes", "", "well"])
    made = BackTranslation(forward=turned, backward=shouted).fit(data).sample(20, seed=0)
    assert set(made.arrays()) == {"SO IT GOES", "", "WELL"}


def test_back_translation_keeps_the_rules(verses):
    check_generator(lambda: BackTranslation(forward=turned, backward=shouted), verses, save=False)


def test_wrong_translations_are_said():
    data = texts(["a", "b"])
    with pytest.raises(AuditkitError, match="needs backward="):
        BackTranslation(forward=turned)
    with pytest.raises(DataError, match="backward= must give a text for each of 2 texts, got 1"):
        BackTranslation(forward=turned, backward=lambda items: items[:1]).fit(data).sample(9)
    with pytest.raises(AuditkitError, match="functions cannot be saved"):
        BackTranslation(forward=turned, backward=turned).fit(data).save("nowhere")


def test_a_folder_without_a_model_is_refused(tmp_path):
    data = texts(["a", "b"])
    with pytest.raises(DataError, match="no folder of a model"):
        BackTranslation(forward=tmp_path, backward=turned).fit(data).sample(3)
    with pytest.raises(DataError, match="no folder of a model"):
        LargeLanguageModel(model=tmp_path).fit(data).sample(3)


def tokenizer_of(folder):
    """A tokenizer of single letters."""
    tokens = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    marks = ["<pad>", "</s>", "<unk>"]
    letters = {mark: number for number, mark in enumerate([*marks, *" abcdefghijklmnopqrstuvwxyz:\n"])}
    made = tokens.Tokenizer(tokens.models.WordLevel(letters, unk_token="<unk>"))  # noqa: S106
    made.pre_tokenizer = tokens.pre_tokenizers.Split(tokens.Regex("(?m:.)"), "isolated")
    made.decoder = tokens.decoders.Fuse()
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names).save_pretrained(folder)
    return transformers, len(letters)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Folder of a causal model with random weights."""
    folder = tmp_path_factory.mktemp("tiny")
    transformers, size = tokenizer_of(folder)
    config = transformers.GPT2Config(vocab_size=size, n_positions=64, n_embd=16, n_layer=1, n_head=2, eos_token_id=1)
    transformers.GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def test_a_model_of_a_folder_keeps_the_rules(tiny, verses):
    check_generator(lambda: LargeLanguageModel(model=tiny, max_tokens=5), verses)


def test_each_label_has_its_prompt(tiny):
    model = LargeLanguageModel(model=tiny, prompt={"x": "an x:", "y": ""}, max_tokens=4, stop="")
    made = model.fit(texts(["a", "b"])).sample(12, seed=0)
    assert all(len(text) <= 4 * 5 for text in made.arrays())
    with pytest.raises(AuditkitError, match="no prompt for the label 'y'"):
        LargeLanguageModel(model=tiny, prompt={"x": "an x:"}).fit(texts(["a", "b"]))


def test_two_folders_of_models_translate(tmp_path):
    transformers, size = tokenizer_of(tmp_path)
    config = transformers.BartConfig(
        vocab_size=size,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=300,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=1,
        decoder_start_token_id=1,
        forced_eos_token_id=None,
    )
    transformers.BartForConditionalGeneration(config).save_pretrained(tmp_path)
    data = texts(["so it goes", ""])
    model = BackTranslation(forward=tmp_path, backward=lambda items: [item[:9] + "!" for item in items]).fit(data)
    made = model.sample(4, seed=0).arrays()
    assert {text[-1:] for text in made} <= {"!", ""}


def test_a_saved_pair_of_folders_is_read_again(tmp_path):
    (tmp_path / "model").mkdir()
    model = BackTranslation(forward=tmp_path / "model", backward=tmp_path / "model").fit(texts(["", " "]))
    model.save(tmp_path / "saved")
    again = BackTranslation.load(tmp_path / "saved")
    assert again.sample(3, seed=0).hash == model.sample(3, seed=0).hash
    assert "forward" in json.loads((tmp_path / "saved" / "generator.json").read_text())["params"]


def test_wrong_use_is_said():
    with pytest.raises(AuditkitError, match="needs model="):
        LargeLanguageModel()
    with pytest.raises(AuditkitError, match="top_p in"):
        LargeLanguageModel(model="x", top_p=0)
