import io
import zipfile

import numpy as np
import pytest

from auditkit.data import load
from auditkit.errors import AuditkitError, DataError, ShapeError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)


def npz(path, **members):
    np.savez_compressed(path, **members)
    return path


@pytest.mark.parametrize(
    "values",
    [
        PIXELS,
        PIXELS.astype(np.int64),
        PIXELS.astype(np.float64),
        (PIXELS / 255).astype(np.float32),
        PIXELS / 255,
        np.asfortranarray(PIXELS),
        PIXELS[..., np.newaxis],
        PIXELS.astype(">u2"),
    ],
)
def test_images_become_bytes_where_nothing_is_lost(values):
    loaded = load(values)
    assert loaded.modality == "image"
    assert loaded.schema.shape == (5, 4, 1)
    assert loaded.arrays().dtype == np.uint8
    np.testing.assert_array_equal(loaded.arrays()[..., 0], PIXELS)


def test_digits_from_0_to_16_keep_their_values():
    digits = np.random.default_rng(0).integers(0, 17, (3, 8, 8)).astype(float)
    np.testing.assert_array_equal(load(digits).arrays()[..., 0], digits)


@pytest.mark.parametrize("values", [np.full((2, 4, 4), 0.3), np.full((2, 4, 4), -1.0), np.full((2, 4, 4), 300)])
def test_other_scales_are_an_error_that_says_what_to_do(values):
    with pytest.raises(DataError, match="scale them and round to uint8"):
        load(values)


def test_pixels_that_are_not_finite_are_an_error():
    with pytest.raises(DataError, match=r"1 value.*not finite"):
        load(np.array([[[np.nan, 1.0]]]))


@pytest.mark.parametrize("shape", [(4,), (2, 4, 4, 2), (2, 2, 2, 2, 2)])
def test_other_shapes_are_an_error(shape):
    with pytest.raises(ShapeError, match="expected"):
        load(np.zeros(shape))


def test_channels_first_are_told_from_other_shapes():
    with pytest.raises(ShapeError, match="transpose"):
        load(np.zeros((2, 3, 8, 8), dtype=np.uint8))


def test_two_dimensions_are_features():
    loaded = load(np.array([[1.5, 2], [3, 4], [5, 6]]))
    assert loaded.modality == "tabular"
    assert loaded.schema.names == ("f0", "f1")
    with pytest.raises(DataError, match="1 NaN"):
        load(np.array([[1.5, np.nan]]))
    with pytest.raises(DataError, match="2 infinite"):
        load(np.array([[np.inf], [np.inf]]))


def test_the_array_is_left_as_it_is():
    values = PIXELS.copy()
    loaded = load(values)
    values[:] = 0
    np.testing.assert_array_equal(loaded.arrays()[..., 0], PIXELS)


@pytest.mark.parametrize("dtype", [complex, object, "U3"])
def test_what_is_no_number_is_an_error(dtype):
    with pytest.raises(DataError, match="expected numbers"):
        load(np.zeros((2, 3, 3)).astype(dtype))


@pytest.mark.parametrize("key", ["y", "labels", "label"])
def test_an_npz_file_names_its_label(tmp_path, key):
    path = npz(tmp_path / "real.npz", x=PIXELS, **{key: np.arange(6) % 2, "sex": np.array(list("fmfmfm"))})
    for label in (None, key):
        loaded = load(path, label=label, groups=["sex"])
        assert loaded.label == "label"
        assert loaded.label_values.tolist() == ["0", "1"] * 3
        assert loaded.group_values("sex").tolist() == list("fmfmfm")


def test_an_npz_file_of_features_is_a_table(tmp_path):
    loaded = load(npz(tmp_path / "real.npz", features=np.eye(4), y=np.arange(4) % 2))
    assert loaded.schema.names == ("f0", "f1", "f2", "f3", "label")


def test_a_mapping_is_read_like_an_npz_file():
    loaded = load({"images": PIXELS, "y": np.arange(6) % 3})
    assert loaded.schema.shape == (5, 4, 1)
    assert loaded.label_values.tolist() == ["0", "1", "2"] * 2
    assert load({"features": np.eye(4), "y": np.arange(4) % 2}, label="y").label == "label"


def test_npy_is_read(tmp_path):
    np.save(tmp_path / "real.npy", np.asfortranarray(PIXELS))
    np.testing.assert_array_equal(load(tmp_path / "real.npy").arrays()[..., 0], PIXELS)
    assert len(load(tmp_path / "real.npy", limit=2)) == 2


def raw(shape, dtype="<f8", body=b""):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + body


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (raw((10**12,)), "claims 8000000000000 bytes and has 0"),
        (raw((2, 2), body=bytes(31)), "claims 32 bytes and has 31"),
        (raw((2, -2), body=bytes(32)), "damaged"),
        (raw((1,), dtype="|O", body=b"\x80\x04N."), "holds Python objects"),
        (b"\x80\x04N.", "cannot be read as an array"),
        (b"", "cannot be read as an array"),
    ],
)
def test_a_damaged_or_lying_array_is_refused(tmp_path, data, words):
    (tmp_path / "real.npy").write_bytes(data)
    with pytest.raises(DataError, match=words):
        load(tmp_path / "real.npy")


def test_a_zip_bomb_is_refused(tmp_path):
    path = npz(tmp_path / "real.npz", x=np.zeros((5000, 64, 64), dtype=np.uint8))
    with pytest.raises(DataError, match="-fold when unpacked"):
        load(path)


def test_an_npz_without_samples_says_what_it_holds(tmp_path):
    with pytest.raises(DataError, match="holds a, b: expected a member named images"):
        load(npz(tmp_path / "real.npz", a=np.eye(2), b=np.eye(2)))
    (tmp_path / "no.npz").write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="cannot be read as npz"):
        load(tmp_path / "no.npz")
    with zipfile.ZipFile(tmp_path / "empty.npz", "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(DataError, match="holds nothing"):
        load(tmp_path / "empty.npz")


def test_images_survive_npz(tmp_path):
    real = load(npz(tmp_path / "real.npz", images=PIXELS, labels=np.array(list("ababab"))))
    for name in ("one.npz", "two.npz"):
        real.save(tmp_path / name)
    again = load(tmp_path / "one.npz")
    assert again.hash == real.hash
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_mnist_is_read(shared_data):
    loaded = load(shared_data("image_mnist10k") / "mnist_t10k.npz")
    assert loaded.schema.shape == (28, 28, 1)
    assert [int((loaded.label_values == str(digit)).sum()) for digit in range(10)] == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


def header(shape, descr="'<f8'", data=b""):
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (header("(1000000000000, 2)", "'|S0'"), "cells of type"),
        (header("(2, 1)", "('<f8', (2,))", bytes(32)), "cells of type"),
        (header("(4294967296, 4294967296, 0)"), "claims the shape"),
        (header("()", data=bytes(8)), "a single number"),
    ],
)
def test_a_hostile_header_is_one_sentence(content, words, tmp_path):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(AuditkitError, match=words):
        load(tmp_path / "x.npy")
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(AuditkitError, match=words):
        load(tmp_path / "x.npz")


def test_a_single_number_and_images_without_pixels_are_no_data():
    with pytest.raises(ShapeError, match="a single number"):
        load(np.array(1.0))
    with pytest.raises(ShapeError, match="no pixels"):
        load(np.zeros((3, 0, 4, 3), np.uint8))


@pytest.mark.parametrize(("place", "value"), [(6, 1), (8, 99)])
def test_an_encrypted_or_strangely_packed_member_is_one_sentence(place, value, tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros((3, 2)))
    content = bytearray(path.read_bytes())
    content[place] |= value
    content[content.find(b"PK\x01\x02") + place + 2] |= value
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as npz"):
        load(path)


def test_many_small_members_that_grow_beyond_measure_are_refused(tmp_path):
    big = header("(1900000, 1)", data=bytes(8 * 1_900_000))
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"m{number}.npy", big)
    with pytest.raises(DataError, match="-fold when unpacked"):
        load(tmp_path / "x.npz")
