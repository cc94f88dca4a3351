import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from auditkit.data import load
from auditkit.errors import DataError, ShapeError

RNG = np.random.default_rng(0)


def grey(size=(6, 5)):
    return Image.fromarray(RNG.integers(0, 256, size, dtype=np.uint8))


def colour(size=(6, 5)):
    return Image.fromarray(RNG.integers(0, 256, (*size, 3), dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"

    def put(image, name, **options):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(image, bytes):
            path.write_bytes(image)
        else:
            image.save(path, **options)
        return root

    return put


def test_a_folder_per_class_is_read_in_sorted_order(folder):
    images = {name: grey() for name in ("b/2.png", "a/1.png", "b/1.bmp", "a/3.webp")}
    for name, image in images.items():
        root = folder(image, name, **({"lossless": True} if name.endswith("webp") else {}))
    loaded = load(root)
    assert loaded.modality == "image"
    assert loaded.label == "label"
    assert loaded.label_values.tolist() == ["a", "a", "b", "b"]
    assert loaded.samples.files == ("a/1.png", "a/3.webp", "b/1.bmp", "b/2.png")
    np.testing.assert_array_equal(loaded.arrays()[0, ..., 0], np.asarray(images["a/1.png"]))
    np.testing.assert_array_equal(loaded.take([2]).arrays()[0, ..., 0], np.asarray(images["b/1.bmp"]))


def test_grey_images_keep_one_channel_and_mixed_ones_get_three(folder):
    root = folder(grey(), "a/1.png")
    assert load(root).schema.shape == (6, 5, 1)
    folder(colour(), "a/2.png")
    assert load(root).schema.shape == (6, 5, 3)


def test_the_real_channels_are_taken_where_nothing_is_lost(folder):
    real = load(np.zeros((2, 6, 5), dtype=np.uint8))
    picture = grey()
    root = folder(picture.convert("RGB"), "a/1.png")
    loaded = load(root, schema=real.schema)
    assert loaded.samples.shape == (6, 5, 1)
    np.testing.assert_array_equal(loaded.arrays()[0, ..., 0], np.asarray(picture))
    folder(colour(), "a/2.png")
    assert load(root, schema=real.schema).samples.shape == (6, 5, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_modes_become_the_pixels_that_are_seen(folder, mode):
    image = colour().convert(mode)
    suffix = "jpg" if mode == "CMYK" else "png"
    root = folder(image, f"a/1.{suffix}")
    loaded = load(root).arrays()[0]
    with Image.open(root / f"a/1.{suffix}") as stored:
        expected = np.asarray(stored.convert("L" if mode in {"1", "L"} else "RGB"))
    np.testing.assert_array_equal(loaded.squeeze(), expected)


def test_sixteen_bits_become_eight_where_nothing_is_lost(folder):
    values = np.array([[0, 257, 65535], [128 * 257, 0, 0]], dtype=np.uint16)
    root = folder(Image.fromarray(values), "a/1.png")
    assert load(root).arrays()[0, ..., 0].tolist() == [[0, 1, 255], [128, 0, 0]]
    values[1, 1] = 256
    folder(Image.fromarray(values), "a/2.png")
    with pytest.raises(DataError, match=r"a/2.png \(16 bits per channel, scale it to 8 bits first\)"):
        load(root)


def test_colours_of_sixteen_bits_are_refused(folder):
    root = folder(colour(), "a/1.png")
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(13)))]
    content = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in [*chunks, (b"IEND", b"")]
    )
    (root / "a/2.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    with pytest.raises(DataError, match=r"a/2.png \(16 bits per channel"):
        load(root)


def test_transparency_is_laid_on_white(folder):
    image = Image.new("RGBA", (2, 2), (10, 20, 30, 0))
    assert load(folder(image, "a/1.png")).arrays().min() == 255


def test_orientation_is_applied_once(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    root = folder(grey((6, 4)), "a/1.png", exif=exif)
    assert load(root).schema.shape == (4, 6, 1)


def test_mixed_sizes_are_an_error_with_both(folder):
    folder(grey((6, 5)), "a/1.png")
    root = folder(grey((7, 5)), "a/2.png")
    with pytest.raises(ShapeError, match=r"a/1.png is 6 x 5 and a/2.png 7 x 5"):
        load(root)


def short_png(rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 5, 6, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes([7] * 5) for _ in range(rows)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_unreadable_files_are_listed_in_one_error(folder, tmp_path):
    good = tmp_path / "good.png"
    colour((40, 40)).save(good)
    bad = {
        "a/cut.png": good.read_bytes()[:400],
        "a/empty.png": b"",
        "a/rows.png": short_png(4),
        "a/words.jpg": b"not an image",
    }
    for name, data in bad.items():
        root = folder(data, name)
    folder(short_png(6), "a/good.png")
    with pytest.raises(DataError) as caught:
        load(root)
    sentence = str(caught.value)
    assert "4 unreadable image(s)" in sentence
    for part in ("cut.png (rows of", "empty.png (an empty", "rows.png (rows of", "words.jpg (not a PNG"):
        assert part in sentence


def test_other_formats_in_disguise_are_refused(folder, tmp_path):
    colour().save(tmp_path / "x.gif")
    root = folder((tmp_path / "x.gif").read_bytes(), "a/1.png")
    with pytest.raises(DataError, match="not a PNG, JPEG, WEBP or BMP"):
        load(root)


def test_animations_are_refused(folder):
    root = folder(colour(), "a/1.webp", save_all=True, append_images=[colour()])
    with pytest.raises(DataError, match="several frames"):
        load(root)


@pytest.mark.parametrize("side", [9000, 20000])
def test_huge_images_are_refused_before_they_are_decoded(folder, side):
    data = bytearray(short_png(6))
    data[16:24] = struct.pack(">II", side, side)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    with pytest.raises(DataError, match="more than 67108864"):
        load(folder(bytes(data), "a/1.png"))


def test_hidden_files_are_no_images(folder):
    folder(b"junk", "a/._1.png")
    assert len(load(folder(grey(), "a/1.png"))) == 1


def test_images_two_folders_deep_are_an_error(folder):
    root = folder(grey(), "train/a/1.png")
    with pytest.raises(DataError, match="more than one folder deep"):
        load(root)
    assert load(root / "train").label_values.tolist() == ["a"]


def test_a_folder_without_images_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no images"):
        load(tmp_path)


def test_links_out_of_the_folder_are_refused(folder, tmp_path):
    grey().save(tmp_path / "outside.png")
    root = folder(grey(), "a/1.png")
    (root / "a" / "2.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(DataError, match="link that leaves the folder"):
        load(root)


def test_a_file_that_vanishes_is_told(folder):
    root = folder(grey(), "a/1.png")
    loaded = load(root)
    (root / "a/1.png").unlink()
    with pytest.raises(DataError, match="the file is gone"):
        loaded.arrays()


def test_metadata_add_columns_and_order(folder):
    for name in ("x/1.png", "x/2.png", "y/3.png"):
        root = folder(grey(), name)
    (root / "metadata.csv").write_text("file,sex\ny/3.png,f\nx/1.png,m\nx/2.png,f\n")
    loaded = load(root, groups=["sex"])
    assert loaded.group_values("sex").tolist() == ["f", "m", "f"]
    assert loaded.label_values.tolist() == ["y", "x", "x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("file,sex\nx/1.png,m\n", "lacks image"), ("name\nx/1.png\n", "needs a column 'file'"),
     ("file\nx/1.png\nx/2.png\nx/9.png\n", "names missing image"),
     ("file\nx/1.png\nx/2.png\n./x/1.png\n", "names 1 image.s. a second time, the first is 'x/1.png'")],
)  # fmt: skip
def test_metadata_that_do_not_fit_are_an_error(folder, text, words):
    folder(grey(), "x/1.png")
    root = folder(grey(), "x/2.png")
    (root / "metadata.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        load(root)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_survive_a_folder(tmp_path, channels):
    pixels = RNG.integers(0, 256, (5, 4, 3, channels), dtype=np.uint8)
    np.savez(tmp_path / "real.npz", x=pixels, y=np.array(["b", "a/../c", "b", "", "a"]), sex=np.array(list("fmfmf")))
    real = load(tmp_path / "real.npz", groups=["sex"])
    real.save(tmp_path / "folder")
    again = load(tmp_path / "folder", groups=["sex"])
    assert again.hash == real.hash
    assert again.take([1, 3]).hash == real.take([1, 3]).hash


def test_lazy_and_loaded_images_join(tmp_path):
    pixels = RNG.integers(0, 256, (4, 3, 3), dtype=np.uint8)
    np.savez(tmp_path / "real.npz", x=pixels, y=np.arange(4) % 2)
    real = load(tmp_path / "real.npz")
    real.save(tmp_path / "folder")
    both = real.concat(load(tmp_path / "folder")).take([6, 1, 5])
    np.testing.assert_array_equal(both.arrays()[..., 0], pixels[[2, 1, 1]])


def test_images_make_new_sets_of_the_same_schema():
    real = load(RNG.integers(0, 256, (4, 3, 3), dtype=np.uint8))
    made = real.replace_table(real.table.head(2), samples=np.zeros((2, 3, 3, 1), dtype=np.uint8), ids=["s0", "s1"])
    assert made.modality == "image"
    assert made.arrays().max() == 0


def framed(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_bomb_beside_the_pixels_is_one_sentence(folder, kind):
    whole = short_png(6)
    bomb = framed(kind, b"c\0\0" + zlib.compress(bytes(1 << 26), 9))
    with pytest.raises(DataError, match="damaged or cut off"):
        load(folder(whole[:33] + bomb + whole[33:], "a/1.png"))


def test_a_header_too_short_and_a_link_to_itself_are_one_sentence(folder):
    root = folder(short_png(6)[:8] + framed(b"IHDR", b"1"), "a/1.png")
    with pytest.raises(DataError, match="damaged or cut off"):
        load(root)
    (root / "a" / "2.png").symlink_to("2.png")
    with pytest.raises(DataError, match=r"2\.png"):
        load(root)
