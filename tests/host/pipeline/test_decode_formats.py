"""More formats, pictures whose end is missing, strips: what each becomes."""

import io

import numpy as np
import pytest
from PIL import Image, features

from host.errors import ImageInvalid
from host.pipeline.decode import decode_page, header, process
from host.pipeline.decode.jpegxl import jpeg_xl_size

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

GREY = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (120, 1))
COLOUR = np.dstack([GREY, GREY[:, ::-1], 255 - GREY])
NOISE = np.random.default_rng(3).integers(0, 256, (200, 120), np.uint8)


def encoded(pixels, kind, **options):
    buffer = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("BMP", {}),
        ("JPEG2000", {"irreversible": False}),
    ],
)
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_a_lossless_format_keeps_every_pixel(kind, options, pixels):
    if kind == "JPEG2000" and not features.check("jpg_2000"):
        pytest.skip("this Pillow has no JPEG 2000")
    page = decode_page(encoded(pixels, kind, **options))
    assert np.array_equal(page.rgb, pixels if pixels.ndim == 3 else np.dstack([pixels] * 3))
    assert page.note == ""


@pytest.mark.parametrize("step", [1, 257, 8_000_000])
def test_32_bits_hold_the_levels_of_8_or_16_or_all_of_theirs(step):
    page = decode_page(encoded(GREY.astype(np.int32) * step, "TIFF"))
    assert np.abs(page.grey.astype(int) - GREY).max() <= 1
    assert np.array_equal(page.grey, GREY) or step > 257


@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_jpeg_xl_keeps_every_pixel(pixels):
    pytest.importorskip("pillow_jxl")
    data = encoded(pixels, "JXL", lossless=True)
    assert jpeg_xl_size(data) == (96, 120)
    assert np.array_equal(decode_page(data).rgb, pixels if pixels.ndim == 3 else np.dstack([pixels] * 3))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (800, 1200), (1600, 900), (333, 4000), (513, 7)])
def test_a_jpeg_xl_tells_its_size_before_it_is_decoded(size):
    pytest.importorskip("pillow_jxl")
    assert jpeg_xl_size(encoded(Image.new("L", size), "JXL", effort=1)) == size


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_a_jpeg_xl_of_another_mode_is_what_its_own_pixels_say(mode):
    pytest.importorskip("pillow_jxl")
    pixels = {
        "LA": Image.merge("LA", [Image.fromarray(GREY), Image.new("L", (96, 120), 255)]),
        "RGBA": Image.fromarray(np.dstack([GREY, GREY, GREY, np.full_like(GREY, 255)])),
    }[mode]
    assert np.abs(decode_page(encoded(pixels, "JXL", lossless=True)).grey.astype(int) - GREY).max() <= 1


def test_a_jpeg_that_was_packed_as_jpeg_xl_is_that_jpeg(tmp_path):
    pytest.importorskip("pillow_jxl")
    whole = encoded(COLOUR, "JPEG", quality=90)
    (tmp_path / "page.jpg").write_bytes(whole)
    with Image.open(tmp_path / "page.jpg") as image:
        packed = encoded(image, "JXL", lossless_jpeg=True)
    assert np.array_equal(decode_page(packed).rgb, decode_page(whole).rgb)


def test_a_jpeg_xl_that_takes_too_much_memory_is_told_from_a_damaged_one(monkeypatch):
    pytest.importorskip("pillow_jxl")
    whole = encoded(NOISE, "JXL")
    with pytest.raises(ImageInvalid, match="damaged or truncated"):
        decode_page(whole[: len(whole) // 2])
    monkeypatch.setattr(process, "_BESIDE_BYTES", 0)
    with pytest.raises(
        ImageInvalid, match=r"too large for its kind \(JXL, 120 x 200\).* 8 bytes a pixel and 200 MB"
    ) as told:
        decode_page(whole)
    assert "split it" in told.value.hint


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}])
def test_a_large_progressive_jpeg_has_the_pixels_of_a_small_one(monkeypatch, options):
    data = encoded(COLOUR, "JPEG", progressive=True, **options)
    near = decode_page(data).rgb.astype(int)
    monkeypatch.setattr(header, "_LIGHT_PIXELS", 0)
    assert np.abs(decode_page(data).rgb - near).max() <= 2


def test_a_jpeg_xl_without_pixels_is_refused():
    with pytest.raises(ImageInvalid):
        decode_page(b"\xff\x0a\0\0")


def test_a_fax_page_of_one_bit_is_black_and_white():
    page = decode_page(encoded(Image.fromarray(GREY > 127), "TIFF", compression="group4"))
    assert np.array_equal(page.grey, np.where(GREY > 127, 255, 0))


def test_a_tiff_of_several_pages_is_refused_as_such():
    more = [Image.fromarray(GREY)]
    with pytest.raises(ImageInvalid, match="several pages"):
        decode_page(encoded(GREY, "TIFF", save_all=True, append_images=more))


def test_a_tiff_is_turned_once():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_page(encoded(GREY, "TIFF", exif=exif)).size == (96, 120)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_page_that_lacks_little_of_its_end_is_used_and_says_so(kind):
    whole = encoded(NOISE, kind)
    page = decode_page(whole[: int(len(whole) * 0.95)])
    there = int(page.note.split(": ")[1].split(" of ")[0])
    assert 180 <= there < 200
    assert np.array_equal(page.rgb[: there - 16], decode_page(whole).rgb[: there - 16])
    assert (page.rgb[there:] == 255).all()
    if kind == "PNG":
        assert np.array_equal(page.rgb[:there], decode_page(whole).rgb[:there])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_page_that_lacks_much_is_refused_with_the_rows_it_has(kind):
    whole = encoded(NOISE, kind)
    with pytest.raises(ImageInvalid, match=r"cut off: \d+ of 200 rows"):
        decode_page(whole[: int(len(whole) * 0.7)])


def test_a_progressive_page_without_its_detail_is_refused():
    whole = encoded(COLOUR, "JPEG", progressive=True)
    second = whole.find(b"\xff\xda", whole.find(b"\xff\xda") + 1) + 40
    with pytest.raises(ImageInvalid, match="cut off"):
        decode_page(whole[:second])


@pytest.mark.slow
def test_a_tall_strip_is_a_page():
    strip = decode_page(encoded(Image.new("1", (800, 60_000), 1), "PNG"))
    assert strip.size == (60_000, 800)
    assert strip.rgb.min() == 255
