"""Sets of torch come in item by item."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from auditkit.data import load
from auditkit.errors import DataError, ShapeError

NOISE = torch.Generator().manual_seed(0)
PIXELS = torch.randint(0, 256, (10, 3, 6, 5), generator=NOISE, dtype=torch.uint8)
LABELS = torch.arange(10) % 3
IMAGES = TensorDataset(PIXELS / 255, LABELS)
ROWS = torch.randn(10, 4, generator=NOISE)
Point = namedtuple("Point", ["values", "kind", "site"])  # noqa: PYI024 - what loaders give


class Items(Dataset):
    """Items of a list."""

    def __init__(self, items, **more):
        self.items = items
        vars(self).update(more)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, place):
        return self.items[place]


class Endless(IterableDataset):
    def __iter__(self):
        place = 0
        while True:
            yield torch.tensor([place, place + 0.5]), place % 2
            place += 1


class OwnClass:
    """A map-style set by its methods alone, as loaders take it."""

    def __len__(self):
        return 3

    def __getitem__(self, place):
        return {"image": PIXELS[place], "label": int(LABELS[place]), "site": "ab"[place % 2]}


@pytest.mark.parametrize("pixels", [PIXELS, PIXELS / 255, PIXELS.double()])
def test_images_come_with_channels_last_and_as_bytes(pixels):
    found = load(TensorDataset(pixels, LABELS))
    assert (found.modality, found.label, found.source) == ("image", "label", "the set")
    assert (found.arrays() == PIXELS.permute(0, 2, 3, 1).numpy()).all()
    assert found.label_values.tolist() == [str(int(label)) for label in LABELS]


def test_parts_of_sets_and_sets_joined_keep_their_order():
    assert load(Subset(IMAGES, [7, 2])).label_values.tolist() == ["1", "2"]
    assert len(load(ConcatDataset([IMAGES, IMAGES]), limit=13)) == 13


def test_pictures_and_the_names_of_the_classes():
    grey = [Image.fromarray(np.full((4, 3), 60 * place, np.uint8)) for place in range(4)]
    source = Items([(image, place % 2) for place, image in enumerate(grey)], classes=["cat", "dog"])
    found = load(Subset(source, [1, 2]))
    assert found.samples.shape == (4, 3, 1)
    assert found.label_values.tolist() == ["dog", "cat"]


def test_items_may_be_mappings():
    found = load(OwnClass(), label="label", groups="site")
    assert (found.arrays() == PIXELS[:3].permute(0, 2, 3, 1).numpy()).all()
    assert found.group_values("site").tolist() == ["a", "b", "a"]


def test_vectors_are_rows_of_features_and_a_number_is_an_amount():
    found = load(TensorDataset(ROWS, torch.linspace(0, 1, 10)))
    assert (found.modality, list(found.table.columns)) == ("tabular", ["f0", "f1", "f2", "f3", "label"])
    assert (found.table[["f0", "f1", "f2", "f3"]].to_numpy() == ROWS.double().numpy()).all()


def test_named_tuples_name_their_parts():
    found = load(Items([Point(ROWS[place], "ab"[place % 2], "x") for place in range(6)]), groups="site")
    assert (found.label, found.groups) == ("kind", ("site",))


@pytest.mark.parametrize("shape", [(2, 7), (7,)])
def test_series_have_channels_first(shape):
    values = torch.randn(4, *shape, generator=NOISE)
    found = load(TensorDataset(values, LABELS[:4]), modality="series")
    assert (found.arrays()[1] == values[1].reshape(-1, 7).T.double().numpy()).all()


def test_recordings_need_their_rate():
    source = Items([(torch.rand(1, size, generator=NOISE), 0) for size in (20, 30)])
    found = load(source, rate=8000)
    assert (found.modality, [item.shape for item in found.arrays()]) == ("audio", [(20, 1), (30, 1)])
    with pytest.raises(DataError, match="recordings without their rate: say it, as rate"):
        load(source, modality="audio")


def test_texts_need_no_word():
    found = load(Items([("see you", 0), ("win now", 1)]))
    assert (found.modality, found.arrays().tolist()) == ("text", ["see you", "win now"])
    assert load(Items([{"text": "see you", "y": 1}, {"text": "", "y": 0}]), modality="text", label="y").label == "y"


def test_a_stream_is_read_up_to_the_limit():
    assert load(Endless(), limit=5).table["f1"].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    with pytest.raises(DataError, match="is a stream, whose end is not known"):
        load(Endless())


def test_tensors_are_arrays():
    assert load(ROWS.clone().requires_grad_()).hash == load(ROWS.numpy()).hash
    rough = ROWS.bfloat16()
    assert load(rough).hash == load(rough.float().numpy()).hash == load(Items([(row,) for row in rough])).hash


def test_nothing_is_drawn_and_nothing_is_changed():
    state, before = torch.get_rng_state(), PIXELS.clone()
    load(TensorDataset(PIXELS, LABELS))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(PIXELS, before)


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        (DataLoader(IMAGES), DataError, r"is a DataLoader.*load its `.dataset`"),
        (Items([]), DataError, "the set has no items"),
        (TensorDataset(PIXELS / 255 * 2 - 1, LABELS), DataError, "from -1 to 1: expected whole numbers 0 to 255"),
        (TensorDataset(ROWS.to(torch.complex64)), DataError, "array of type complex64: expected numbers"),
        (TensorDataset(ROWS, ROWS), ShapeError, r"arrays in 2 parts \('x', 'label'\)"),
        (TensorDataset(LABELS, ROWS), ShapeError, "part 'label' of the set holds an array: the sample comes first"),
        (Items([(ROWS[0], 0), (ROWS[0],)]), ShapeError, "item 1 of the set has the parts x, the first has x, label"),
        (Items([(PIXELS[0], 0), (PIXELS[0, :, :4], 0)]), ShapeError, "differ in size: the first is 6 x 5"),
        (Items([(PIXELS[0] / 255, 0), (PIXELS[0, :, :4] / 255, 0)]), ShapeError, r"\(4, 5, 3\) in item 1"),
        (Items([(ROWS[0], 0), (None, 0)]), ShapeError, "an array in some items and none in others"),
        (Items([(ROWS[0], 2)], classes=["cat", "dog"]), DataError, "the label 2, its `classes` name 2"),
    ],
)
def test_what_is_no_set_of_samples_is_told_in_a_sentence(source, error, words):
    with pytest.raises(error, match=words):
        load(source)
