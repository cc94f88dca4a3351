"""Sets of Hugging Face come in with their features: images, recordings, classes, texts, series, rows."""

from __future__ import annotations

import datasets
import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from auditkit.data import load
from auditkit.data.wave_files import wave_bytes
from auditkit.errors import DataError, MissingDependencyError, ShapeError, UnknownNameError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)
CLASSES = datasets.ClassLabel(names=["cat", "dog"])
IMAGES = datasets.Features({"image": datasets.Image(), "label": CLASSES, "site": datasets.Value("string")})


def pictures(pixels=PIXELS, **columns):
    rows = {"image": [Image.fromarray(item) for item in pixels], "label": [0, 1] * 3, "site": list("aabbab")} | columns
    return datasets.Dataset.from_dict(rows, features=IMAGES)


def stored(features, **columns):
    """A set from cells as they are stored: encoding recordings would need another package."""
    return datasets.Dataset(pa.table(columns, schema=datasets.Features(features).arrow_schema))


def recordings(*files, **feature):
    cells = [{"bytes": data, "path": None} for data in files]
    return stored({"audio": datasets.Audio(**feature), "label": CLASSES}, audio=cells, label=[0, 1][: len(cells)])


def test_images_and_their_classes_come_in_order():
    found = load(pictures(), groups="site")
    assert (found.modality, found.label, found.groups, found.source) == ("image", "label", ("site",), "the set")
    assert (found.arrays() == PIXELS).all()
    assert found.label_values.tolist() == ["cat", "dog"] * 3


def test_chosen_rows_come_as_they_were_chosen_whatever_the_format():
    source = pictures().select([5, 0, 2]).with_format("torch", columns=["label"])
    found = load(source)
    assert (found.arrays() == PIXELS[[5, 0, 2]]).all()
    assert found.label_values.tolist() == ["dog", "cat", "cat"]
    assert source.format["columns"] == ["label"]


def test_a_class_may_be_missing():
    assert load(pictures(label=[0, None, -1, 1, 0, 1])).label_values[:4].tolist() == ["cat", *["(missing)"] * 2, "dog"]


def test_a_class_without_a_name_is_refused():
    unnamed = stored({"y": CLASSES, "x": datasets.Value("float32")}, y=[0, 5], x=[0.5, 1.5])
    with pytest.raises(UnknownNameError, match="unknown class of column 'y' '5'"):
        load(unnamed)


def test_names_that_are_numbers_stay_numbers():
    digits = datasets.Features({"x": datasets.Value("float64"), "label": datasets.ClassLabel(names=["0", "1", "10"])})
    found = load(datasets.Dataset.from_dict({"x": [0.5, 1.5, 2.5], "label": [2, 0, 1]}, features=digits))
    assert found.schema["label"].levels == ("0", "1", "10")
    assert found.table["label"].tolist() == [10, 0, 1]


def test_of_two_columns_of_classes_the_one_called_label_is_the_label():
    two = datasets.Features({"sex": CLASSES, "label": CLASSES})
    assert load(datasets.Dataset.from_dict({"sex": [0, 1], "label": [1, 0]}, features=two)).label == "label"
    three = datasets.Features({"fine": CLASSES, "coarse": CLASSES})
    named = datasets.Dataset.from_dict({"fine": [0, 1], "coarse": [1, 0]}, features=three)
    assert load(named).label is None
    assert load(named, label="fine").label_values.tolist() == ["cat", "dog"]


def test_splits_are_to_be_named():
    with pytest.raises(
        DataError, match=r"has the splits 'train', 'test': load one of them, as load\(splits\['train'\]"
    ):
        load(datasets.DatasetDict({"train": pictures(), "test": pictures()}))


def test_a_stream_is_read_up_to_the_limit():
    stream = pictures().to_iterable_dataset()
    found = load(stream, limit=3)
    assert (found.arrays() == PIXELS[:3]).all()
    assert found.label_values.tolist() == ["cat", "dog", "cat"]
    with pytest.raises(DataError, match="is a stream, whose end is not known: say how many"):
        load(stream)


def test_texts_are_texts_when_told():
    features = datasets.Features({"text": datasets.Value("string"), "label": CLASSES})
    source = datasets.Dataset.from_dict({"text": ["a b", ""], "label": [1, 0]}, features=features)
    assert load(source, modality="text").arrays().tolist() == ["a b", ""]
    assert load(source).modality == "tabular"


def test_lists_and_arrays_are_series_when_told_and_images_else():
    features = datasets.Features({"x": datasets.Array2D((2, 3), "float64"), "label": CLASSES})
    cube = np.arange(12.0).reshape(2, 2, 3)
    source = datasets.Dataset.from_dict({"x": cube, "label": [0, 1]}, features=features)
    assert (np.stack(load(source, modality="series").arrays()) == cube.transpose(0, 2, 1)).all()
    assert (load(source).arrays()[..., 0] == cube).all()
    ragged = datasets.Dataset.from_dict({"target": [[1.0, 2.0], [3.0]]})
    assert [len(item) for item in load(ragged, modality="series").arrays()] == [2, 1]


@pytest.mark.parametrize("pcm", [True, False])
def test_recordings_are_decoded_from_their_bytes(pcm):
    waves = [np.round(RNG.uniform(-1, 1, (size, 2)) * 2**14).astype(np.float32) / 2**15 for size in (30, 50)]
    found = load(recordings(*[wave_bytes(wave, 8000, pcm=pcm) for wave in waves]))
    assert (found.modality, found.schema.rate, found.schema.shape) == ("audio", 8000, (2,))
    assert all((one == other).all() for one, other in zip(found.arrays(), waves, strict=True))
    assert found.label_values.tolist() == ["cat", "dog"]


def test_recordings_have_the_rate_of_their_feature_or_the_one_asked_for():
    files = [wave_bytes(np.zeros((size, 1), np.float32), rate, pcm=True) for size, rate in ((80, 8000), (160, 16000))]
    assert [len(item) for item in load(recordings(*files, sampling_rate=8000)).arrays()] == [80, 80]
    assert [len(item) for item in load(recordings(*files), rate=4000).arrays()] == [40, 40]
    with pytest.raises(ShapeError, match="recordings of 8000 and 16000 Hz: give rate="):
        load(recordings(*files))


def test_files_that_are_named_by_their_path_are_read(tmp_path):
    Image.fromarray(PIXELS[0]).save(tmp_path / "a.png")
    found = load(
        datasets.Dataset.from_dict({"image": [str(tmp_path / "a.png")]}).cast_column("image", datasets.Image())
    )
    assert (found.arrays() == PIXELS[:1]).all()


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (None, "has 1 missing image.* in row 2"),
        ({"bytes": b"no image", "path": None}, r"1 unreadable image.* row 2 \(not a PNG"),
        ({"bytes": None, "path": None}, r"row 2 \(neither bytes nor a path\)"),
        ({"bytes": None, "path": "gone.png"}, r"row 2 \(the file is gone\)"),
        ({"bytes": None, "path": "hf://somewhere/a.png"}, r"row 2 \(on another machine, download it first\)"),
    ],
)
def test_images_that_cannot_be_read_are_told_by_row(cell, words):
    good = pictures().with_format("arrow")[:1]["image"].to_pylist()
    with pytest.raises(DataError, match=words):
        load(stored({"image": datasets.Image()}, image=[*good, cell]))


@pytest.mark.parametrize(
    ("data", "words"), [(b"ID3 not a wave", "no wav, flac or ogg file"), (b"RIFF", "no wav file"), (b"", "an empty f")]
)
def test_recordings_that_cannot_be_read_are_told_by_row(data, words):
    good = wave_bytes(np.zeros((4, 1), np.float32), 8000, pcm=True)
    with pytest.raises(DataError, match=rf"1 unreadable recording\(s\), the first in row 2 \({words}"):
        load(recordings(good, data))


def test_packed_recordings_say_which_extra_reads_them():
    pytest.importorskip("datasets")
    try:
        import soundfile  # noqa: F401
    except ImportError:
        with pytest.raises(MissingDependencyError, match="need soundfile"):
            load(recordings(b"fLaC and more"))


def test_images_of_several_sizes_are_refused():
    odd = [Image.fromarray(PIXELS[0]), Image.fromarray(PIXELS[1][:2])]
    source = datasets.Dataset.from_dict({"image": odd}, features=datasets.Features({"image": datasets.Image()}))
    with pytest.raises(ShapeError, match=r"the first is 5 x 4 and that of row 2 2 x 4 .*: resize them"):
        load(source)


def test_what_cannot_be_audited_is_to_be_left_out():
    features = {"image": datasets.Image(), "mask": datasets.Image()}
    cells = pictures().with_format("arrow")[:2]["image"].to_pylist()
    with pytest.raises(DataError, match=r"samples in 2 columns \('image', 'mask'\).*remove_columns"):
        load(stored(features, image=cells, mask=cells))
    struct = datasets.Dataset.from_dict({"x": [{"a": 1, "b": 2}]})
    with pytest.raises(DataError, match=r"column 'x' of the set holds a struct, which cannot be audited"):
        load(struct)
    with pytest.raises(DataError, match="holds image data, modality 'text' was asked for"):
        load(pictures(), modality="text")
