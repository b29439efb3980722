"""Pixels as they are decoded: levels, rows that are lacking, turned pages, profiles."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile

from host.errors import ImageInvalid
from host.pipeline.decode import bands, rescue
from host.pipeline.decode.profiles import profile_to_srgb

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XYZ = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
# Red and green changed places, under another name.
SWAPPED = (
    SRGB.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    .replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
)  # fmt: skip


class TestProfiles:
    @pytest.mark.parametrize(
        ("mode", "icc", "is_used"),
        [
            ("RGB", SWAPPED, True),
            ("L", SWAPPED, True),
            ("CMYK", SWAPPED, False),
            ("RGB", SRGB, False),  # it is that already
            ("L", SRGB, False),
            ("RGB", XYZ, False),
            ("RGB", b"", False),
            ("RGB", None, False),
            ("RGB", b"nonsense", False),
        ],
    )
    def test_a_profile_is_used_that_fits_the_picture(self, mode: str, icc: object, *, is_used: bool) -> None:
        assert (profile_to_srgb(mode, icc) is not None) == is_used

    def test_grey_stays_grey_and_colours_are_moved(self) -> None:
        convert = profile_to_srgb("L", SWAPPED)
        assert convert is not None
        grey = convert(Image.new("L", (3, 2), 128))
        assert (grey.mode, grey.size) == ("L", (3, 2))
        assert abs(np.asarray(grey).astype(int) - 128).max() <= 3
        convert = profile_to_srgb("RGB", SWAPPED)
        assert convert is not None
        red = convert(Image.new("RGB", (3, 2), (255, 0, 0)))
        assert red.mode == "RGB"
        assert np.asarray(red)[0, 0, 1] > 200


class TestLevels:
    @pytest.mark.parametrize(
        ("highest", "level"),
        [(0.5, 255.0), (1.0, 255.0), (1.01, 1.0), (255.0, 1.0), (510.0, 0.5), (float("nan"), 255.0)],
    )
    def test_float_pictures_are_brought_to_their_range(self, highest: float, level: float) -> None:
        picture = Image.fromarray(np.array([[0.0, highest]], np.float32))
        assert bands._float_level(picture) == pytest.approx(level)
        assert bands._float_level(Image.new("L", (1, 1))) == 1.0

    def test_levels_are_rounded_and_clipped(self) -> None:
        floats = Image.fromarray(np.array([[-1.0, 0.4, 0.6, 127.4, 300.0, np.nan]], np.float32))
        assert np.asarray(bands.flatten(floats)).tolist() == [[0, 0, 1, 127, 255, 0]]
        assert np.asarray(bands.flatten(floats, 2.0)).tolist() == [[0, 1, 1, 255, 255, 0]]
        words = Image.fromarray(np.array([[0, 128, 129, 257, 65535, 40000]], np.uint16))
        assert np.asarray(bands.flatten(words)).tolist() == [[0, 0, 1, 1, 255, 156]]
        whole = Image.fromarray(np.array([[-5, 70_000]], np.int32))
        assert np.asarray(bands.flatten(whole)).tolist() == [[0, 255]]

    @pytest.mark.parametrize(
        ("mode", "colour", "flat", "levels"),
        [
            ("L", 9, "L", 9),
            ("1", 1, "L", 255),
            ("LA", (0, 0), "L", 255),
            ("LA", (0, 255), "L", 0),
            ("RGBA", (0, 0, 0, 51), "RGB", (204, 204, 204)),
            ("RGB", (1, 2, 3), "RGB", (1, 2, 3)),
            ("CMYK", (0, 0, 0, 0), "CMYK", (0, 0, 0, 0)),
            ("YCbCr", (255, 128, 128), "RGB", (255, 255, 255)),
        ],
    )
    def test_pictures_become_flat_on_white(self, mode: str, colour: object, flat: str, levels: object) -> None:
        found = bands.flatten(Image.new(mode, (1, 1), colour))  # type: ignore[arg-type]
        assert found.mode == flat
        assert found.getpixel((0, 0)) == levels

    def test_grey_modes_have_no_colour(self) -> None:
        greys = {mode for mode in ("1", "L", "LA", "I", "I;16", "F", "RGB", "P", "CMYK") if bands.is_grey_mode(mode)}
        assert greys == {"1", "L", "LA", "I", "I;16", "F"}


class TestRows:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("grey", [True, False])
    def test_bands_are_laid_where_they_belong(
        self, orientation: int, monkeypatch: pytest.MonkeyPatch, *, grey: bool
    ) -> None:
        stored = np.random.default_rng(1).integers(0, 256, (50, 20) if grey else (50, 20, 3), np.uint8)
        asked: list[tuple[int, int]] = []

        def rows(top: int, bottom: int) -> np.ndarray:
            asked.append((top, bottom))
            return stored[top:bottom]

        whole = bands.assemble(rows, (50, 20), grey, orientation)
        assert asked == [(0, 50)]
        asked.clear()
        monkeypatch.setattr(bands, "_BAND_PIXELS", 240)
        page = bands.assemble(rows, (50, 20), grey, orientation, "a note")
        assert asked == [(0, 12), (12, 24), (24, 36), (36, 48), (48, 50)]
        assert np.array_equal(page.rgb, whole.rgb)
        assert np.array_equal(page.grey, whole.grey)
        assert page.size == ((50, 20) if orientation < 5 else (20, 50))
        assert (page.note, whole.note) == ("a note", "")

    @pytest.mark.parametrize(("pixels", "bands_asked"), [(500, 1), (499, 3)])
    def test_a_page_of_two_bands_is_decoded_whole(
        self, pixels: int, bands_asked: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bands, "_BAND_PIXELS", pixels)
        asked: list[int] = []
        bands.assemble(
            lambda top, bottom: asked.append(top) or np.zeros((bottom - top, 20), np.uint8), (50, 20), True, 1
        )
        assert len(asked) == bands_asked

    @pytest.mark.parametrize(("whole_rows", "lacking"), [(None, 0), (30, 20), (50, 0), (12, 38)])
    def test_rows_that_are_lacking_are_paper(
        self, whole_rows: int | None, lacking: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bands, "_BAND_PIXELS", 240)
        page = bands.decode_image(Image.new("RGB", (20, 50), (10, 20, 30)), whole_rows)
        assert (page.grey == 255).all(axis=1).sum() == lacking
        assert (page.rgb[: 50 - lacking] == (10, 20, 30)).all()
        assert page.note == ("" if whole_rows is None else f"The file is cut off: {whole_rows} of 50 rows are there.")

    def test_colour_that_is_none_is_grey(self) -> None:
        page = bands.decode_image(Image.new("RGB", (4, 4), (7, 7, 7)))
        assert page.grey[0, 0] == 7
        assert (page.rgb == 7).all()


def png(height: int, **options: object) -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(2).integers(0, 256, (height, 40, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "PNG", compress_level=0, **options)
    return buffer.getvalue()


class TestCutOff:
    @pytest.mark.parametrize(
        ("encoded", "kind", "lacks"),
        [
            (png(10), "PNG", False),
            (png(10)[:-12], "PNG", True),
            (png(10) + b"x" * 40, "PNG", False),
            (png(10) + b"x" * 90, "PNG", True),
            (b"\xff\xd8\xff\xda..\xff\xd9", "JPEG", False),
            (b"\xff\xd8\xff\xda..", "JPEG", True),
            (b"\xff\xd8\xff\xda..\xff\xd9\xff\xda..", "MPO", True),
            (b"anything", "GIF", False),
        ],
    )
    def test_a_file_lacks_its_end(self, encoded: bytes, kind: str, *, lacks: bool) -> None:
        assert rescue.lacks_end(encoded, kind) == lacks

    def load(self, encoded: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)  # and as it was, afterwards
        with Image.open(io.BytesIO(encoded)) as image:
            return rescue.load_what_is_there(image, encoded)

    @pytest.mark.parametrize(("rows", "is_enough"), [(100, True), (90, True), (89, False), (3, False)])
    def test_nine_tenths_of_the_rows_are_a_page(
        self, rows: int, monkeypatch: pytest.MonkeyPatch, *, is_enough: bool
    ) -> None:
        whole = png(100)
        start = whole.index(b"IDAT") + 4 + 2 + 5  # zlib's head, and that of a stored block
        cut = whole[: start + 121 * rows + 60]
        if is_enough:
            assert self.load(cut, monkeypatch) == rows
        else:
            with pytest.raises(ImageInvalid, match=rf"The picture is cut off: {rows} of 100 rows are there\."):
                self.load(cut, monkeypatch)

    def test_rows_of_every_kind_of_png_are_counted(self) -> None:
        for colour, channels in ((0, 1), (2, 3), (3, 1), (4, 2), (6, 4)):
            head = bytearray(png(4)[:33])
            head[24], head[25] = 8, colour
            data = zlib.compress(bytes((1 + 40 * channels) * 7))
            body = len(data).to_bytes(4, "big") + b"IDAT" + data + b"crc."
            assert rescue._png_rows(bytes(head) + body, 40) == 7
        head[24], head[25] = 1, 0
        data = zlib.compress(bytes(6 * 7))
        body = len(data).to_bytes(4, "big") + b"IDAT" + data + b"crc."
        assert rescue._png_rows(bytes(head) + body, 40) == 7
        head[28] = 1  # interlaced: coarse all over
        assert rescue._png_rows(bytes(head) + body, 40) == 0
