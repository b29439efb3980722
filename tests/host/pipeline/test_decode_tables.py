"""What a picture may be before it is decoded, which pages are the same picture, how far a page is: by table."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from engines.base import ColorizeResult
from host.errors import ImageInvalid, OutOfMemory
from host.pipeline import duplicates
from host.pipeline.decode import header, structure
from host.pipeline.decode.page import DecodeLimits
from host.pipeline.progress import fraction_of_page, tell

LIMITS = DecodeLimits(pixels=1000, side_px=100)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((1, 1), ""),
        ((100, 10), ""),
        ((10, 100), ""),
        ((0, 10), "The picture has no pixels."),
        ((10, 0), "The picture has no pixels."),
        ((101, 1), "The picture is over the pixel limit: 101 x 1."),
        ((1, 101), "The picture is over the pixel limit: 1 x 101."),
        ((77, 13), "The picture is over the pixel limit: 77 x 13."),
    ],
)
def test_a_page_has_pixels_and_not_too_many(size: tuple[int, int], words: str) -> None:
    if not words:
        header._check_size(size, LIMITS)
        return
    with pytest.raises(ImageInvalid) as told:
        header._check_size(size, LIMITS)
    assert told.value.message == words
    if "limit" in words:
        assert told.value.hint == "A page has at most 1000 pixels and no side over 100; split it."


def image(kind: str = "PNG", width: int = 10, height: int = 10, **info: object) -> Any:
    return SimpleNamespace(format=kind, width=width, height=height, info=info)


@pytest.mark.parametrize(
    ("picture", "encoded", "is_light"),
    [
        (image(), b"", True),
        (image("MPO"), b"", True),
        (image("TIFF"), b"", False),
        (image("JXL"), b"", False),
        (image("BMP"), b"", True),
        (image("BMP", compression=1), b"", False),
        (image("PNG", compression=1), b"", True),
        (image(width=10_000, height=1000), b"", True),
        (image(width=10_001, height=1000), b"", False),
        (image("JPEG", 10_000, 1000), b"\xff\xda" * 10, True),
        (image("JPEG", 10_000, 1000), b"\xff\xda" * 11, False),
        (image("PNG", 10_000, 1000), b"\xff\xda" * 11, True),
        (image(icc_profile=b"x" * 2**20), b"", True),
        (image(icc_profile=b"x" * (2**20 + 1)), b"", False),
        (image(icc_profile=None), b"", True),
    ],
)
def test_what_is_quick_to_decode_is_decoded_here(picture: Any, encoded: bytes, *, is_light: bool) -> None:
    assert header._is_light(picture, encoded) == is_light


@pytest.mark.parametrize(("scans", "is_refused"), [(30, False), (31, True)])
def test_scans_are_bounded_by_what_they_go_over(scans: int, *, is_refused: bool) -> None:
    picture = image("JPEG", 10_000, 10_000)
    if is_refused:
        with pytest.raises(ImageInvalid, match="too many scans"):
            header._check_scans(picture, b"\xff\xda" * scans)
    else:
        header._check_scans(picture, b"\xff\xda" * scans)
    header._check_scans(image("PNG", 10_000, 10_000), b"\xff\xda" * scans)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (MemoryError(), OutOfMemory, "There is not enough memory to decode this page."),
        (Image.DecompressionBombError("x"), ImageInvalid, "The picture is over the pixel limit."),
        (Image.DecompressionBombWarning("x"), ImageInvalid, "The picture is over the pixel limit."),
        (UnidentifiedImageError("x"), ImageInvalid, "These bytes are not a picture."),
        (OSError("broken\n  stream"), ImageInvalid, "The picture is damaged or truncated (broken stream)."),
        (ValueError("x" * 100), ImageInvalid, f"The picture is damaged or truncated ({'x' * 80})."),
        (ImageInvalid("as it was"), ImageInvalid, "as it was"),
    ],
)
def test_what_a_library_says_of_a_picture_is_said_in_our_words(fault: Exception, kind: type[Any], words: str) -> None:
    with pytest.raises(kind) as told, header.picture_faults():
        raise fault
    assert told.value.message == words
    if words != "as it was":
        assert told.value.hint


def test_what_opencv_says_is_damage_or_lack_of_memory() -> None:
    for code, kind in ((cv2.Error.StsNoMem, OutOfMemory), (cv2.Error.StsBadArg, ImageInvalid)):
        fault = cv2.error("x")
        fault.code = code  # type: ignore[attr-defined]
        with pytest.raises(kind), header.picture_faults():
            raise fault


def test_decoding_may_hold_eight_bytes_a_pixel() -> None:
    assert header.Header("PNG", 30, 20, light=True).cost_bytes == 4800


class TestParts:
    def few(self, count: int, pieces: int = 0) -> None:
        structure._count(iter([False] * count + [True] * pieces))

    def test_five_thousand_parts_are_few_and_pieces_may_be_many(self) -> None:
        self.few(5000, 300_000)
        for many in ((5001, 0), (0, 300_001)):
            with pytest.raises(ImageInvalid, match="too many parts"):
                self.few(*many)

    def test_chunks_of_a_png_are_walked_by_their_lengths(self) -> None:
        def chunk(kind: bytes, size: int) -> bytes:
            return struct.pack(">I", size) + kind + bytes(size) + b"crc."

        kinds = [(b"IHDR", 13), (b"tEXt", 0), (b"IDAT", 20), (b"fdAT", 3), (b"IEND", 0)]
        whole = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in kinds)
        assert list(structure._png_chunks(whole)) == [False, False, True, True, False]
        assert list(structure._png_chunks(whole[:-12])) == [False, False, True, True]
        assert list(structure._png_chunks(whole[:-5])) == [False, False, True, True]
        assert list(structure._png_chunks(whole[:-4])) == [False, False, True, True, False]

    def test_segments_of_a_jpeg_are_walked_up_to_the_scan(self) -> None:
        def segment(marker: int, body: bytes) -> bytes:
            return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

        start = b"\xff\xd8"
        parts = segment(0xE0, b"JFIF") + b"\xff\x01" + b"\xff\xd0" + segment(0xDB, bytes(9))
        assert list(structure._jpeg_segments(start + parts + b"\xff\xda\0\x08......")) == [False] * 4
        assert list(structure._jpeg_segments(start + b"\xff\xff" + b"\0" + parts)) == [
            *[True] * 3, *[False] * 4
        ]  # fmt: skip
        assert list(structure._jpeg_segments(start + segment(0xE0, b"")[:3])) == []
        exif = segment(0xE1, b"Exif\0\0")
        assert len(list(structure._jpeg_segments(start + exif * 16))) == 16
        with pytest.raises(ImageInvalid, match="too many parts"):
            list(structure._jpeg_segments(start + exif * 17))

    def test_blocks_of_a_gif_are_walked_by_their_lengths(self) -> None:
        head = b"GIF89a" + struct.pack("<HH", 2, 2) + b"\x80\0\0" + bytes(6)  # two colours
        comment = b"\x21\xfe" + b"\x03abc" + b"\x02de" + b"\0"
        picture = b"\x2c" + bytes(8) + b"\x81" + bytes(12) + b"\x02" + b"\x04data" + b"\0"
        assert list(structure._gif_blocks(head + comment + picture + b"\x3b" + b"rest")) == [
            *[False] * 3, False, True
        ]  # fmt: skip
        assert list(structure._gif_blocks(head + b"\0\0\x3b")) == [False, False]
        plain = b"GIF89a" + struct.pack("<HH", 2, 2) + b"\0\0\0"
        assert list(structure._gif_blocks(plain + b"\x3b")) == []
        assert [structure._gif_colours(bytes([flags])) for flags in (0, 0x07, 0x80, 0x87)] == [0, 0, 6, 768]
        assert structure._gif_colours(b"") == 0

    def test_boxes_of_jpeg_2000_are_walked_into_the_header(self) -> None:
        def box(kind: bytes, body: bytes = b"") -> bytes:
            return struct.pack(">I", 8 + len(body)) + kind + body

        large = struct.pack(">I4sQ", 1, b"free", 20) + b"data"
        whole = (
            box(b"ftyp", bytes(4))
            + box(b"jp2h", box(b"ihdr", bytes(14)) + box(b"colr"))
            + large
            + box(b"jp2c", bytes(50))
        )
        assert len(list(structure._boxes(whole))) == 6
        assert len(list(structure._boxes(box(b"ftyp") + struct.pack(">I4s", 0, b"free") + bytes(90)))) == 2

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize(
        ("fields", "kind", "count", "is_refused"),
        [(2000, 1, 1, False), (2001, 1, 1, True), (1, 4, 262_144, False), (1, 4, 262_200, True), (1, 99, 10**9, False)],
    )
    def test_fields_of_a_tiff_are_few_and_hold_little_more_than_the_file(
        self, order: str, fields: int, kind: int, count: int, *, is_refused: bool
    ) -> None:
        start = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
        entries = b"".join(struct.pack(order + "HHII", 300, kind, count, 0) for _ in range(fields))
        whole = start + struct.pack(order + "H", fields) + entries + bytes(4)
        if is_refused:
            with pytest.raises(ImageInvalid, match="too many parts"):
                structure._check_tiff(whole)
        else:
            structure._check_tiff(whole)

    def test_the_second_directory_of_a_tiff_is_looked_at_too(self) -> None:
        many = struct.pack("<H", 1) + struct.pack("<HHII", 300, 4, 10**6, 0) + bytes(4)
        start = b"II" + struct.pack("<HI", 42, 8) + struct.pack("<H", 0)
        with pytest.raises(ImageInvalid):
            structure._check_tiff(start + struct.pack("<I", 14) + many)
        structure._check_tiff(start + struct.pack("<I", 0) + many)
        third = struct.pack("<H", 0) + struct.pack("<I", 20)
        structure._check_tiff(start + struct.pack("<I", 14) + third + many)  # libraries go no farther


class TestSamePicture:
    def page(self, grey: np.ndarray, bits: str | None = "0" * 16) -> Any:
        return SimpleNamespace(
            page=SimpleNamespace(grey=grey, pixels_sha256="a" * 64),
            meta=SimpleNamespace(perceptual_hash=bits, references=()),
            request=SimpleNamespace(plan=None),
            directive=None,
            job=SimpleNamespace(references=()),
        )

    def coloured(self, cells: int = 4) -> Any:
        result = ColorizeResult(oklab=np.zeros((cells, cells, 3), np.float32), weights={})
        return SimpleNamespace(result=result)

    def found(self, grey: np.ndarray, bits: str | None, monkeypatch: pytest.MonkeyPatch, cells: int = 4) -> bool:
        monkeypatch.setattr(duplicates, "_with_duplicate_colour", lambda prepared, known: known)
        known = duplicates.Duplicates()
        known.remember(self.page(np.full((20, 20), 100, np.uint8)), self.coloured(cells))
        return known.find(self.page(grey, bits)) is not None

    @pytest.mark.parametrize(
        ("bits", "is_same"),
        [("0" * 16, True), ("0" * 15 + "f", True), ("0" * 14 + "1f", False), (None, False)],
    )
    def test_pages_are_the_same_whose_hashes_are_near(
        self, bits: str | None, monkeypatch: pytest.MonkeyPatch, *, is_same: bool
    ) -> None:
        assert self.found(np.full((20, 20), 100, np.uint8), bits, monkeypatch) == is_same

    @pytest.mark.parametrize(("level", "is_same"), [(124, True), (125, False), (76, True), (75, False)])
    def test_and_whose_pixels_are_by_the_mean_of_nine(
        self, level: int, monkeypatch: pytest.MonkeyPatch, *, is_same: bool
    ) -> None:
        other = np.full((20, 20), 100, np.uint8)
        other[8:13, 8:13] = level
        assert self.found(other, "0" * 16, monkeypatch) == is_same
        speck = np.full((20, 20), 100, np.uint8)
        speck[10, 10] = 255
        assert self.found(speck, "0" * 16, monkeypatch)

    def test_pages_of_another_size_are_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert not self.found(np.full((20, 21), 100, np.uint8), "0" * 16, monkeypatch)

    @pytest.mark.parametrize(("cells", "is_kept"), [(1400, True), (1500, False)])
    def test_what_takes_too_much_memory_is_not_remembered(
        self, cells: int, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
    ) -> None:
        assert self.found(np.full((20, 20), 100, np.uint8), "0" * 16, monkeypatch, cells) == is_kept

    def test_the_first_ones_are_forgotten_first_and_all_of_them_in_the_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(duplicates, "_with_duplicate_colour", lambda prepared, known: known)
        known = duplicates.Duplicates()
        pages = [np.full((20, 20), level, np.uint8) for level in (20, 120, 220)]
        for number, grey in enumerate(pages):
            page = self.page(grey)
            page.page.pixels_sha256 = f"{number}"
            known.remember(page, self.coloured(1000))  # six of twelve million bytes
        assert [known.find(self.page(grey)) is not None for grey in pages] == [False, True, True]
        known.clear()
        assert not any(known.find(self.page(grey)) for grey in pages)

    def test_a_picture_is_kept_in_half_of_its_bytes(self) -> None:
        oklab = np.linspace(0, 1, 12, dtype=np.float32).reshape(2, 2, 3)
        result = ColorizeResult(oklab=oklab, parts=np.ones((2, 2, 4), np.float32), weights={})
        half = duplicates._half(result)
        assert half.parts is not None
        assert half.oklab.nbytes + half.parts.nbytes == (12 + 16) * 2
        whole = duplicates._whole(half)
        assert whole.oklab.dtype == np.float32
        assert np.abs(whole.oklab - oklab).max() < 1 / 512
        assert duplicates._half(ColorizeResult(oklab=oklab, weights={})).parts is None


@pytest.mark.parametrize(
    ("stage", "share", "fraction"),
    [
        ("queued", 1.0, 0.0),
        ("decode", 0.5, 0.025),
        ("pass1", 0.5, 0.125),
        ("retrieve", 0.5, 0.21),
        ("pass2", 0.5, 0.485),
        ("compose", 0.5, 0.835),
        ("encode", 0.5, 0.96),
        ("pass2", -1.0, 0.22),
        ("pass2", 2.0, 0.75),
    ],
)
def test_each_stage_has_its_share_of_the_way(stage: Any, share: float, fraction: float) -> None:
    told: list[tuple[str, float]] = []
    tell(cast("Any", lambda *what: told.append(what)), stage, share)
    assert told == [(stage, pytest.approx(fraction))]
    assert fraction_of_page(stage, share) == pytest.approx(fraction)
