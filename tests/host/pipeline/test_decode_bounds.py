"""Decoding holds what it may hold, and ends when it is told to."""

import io
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from host.errors import JobCancelled
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.decode.budget import DECODING, MemoryBudget
from host.pipeline.decode.header import read_header
from host.pipeline.decode.process import _nameless

pytestmark = pytest.mark.slow

SIDE = 3400
PEAK = """
import resource, sys
from host.pipeline.decode import decode_page
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode_page(open(sys.argv[1], 'rb').read())
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
sys.stdout.write(str(own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="counts kilobytes as Linux does")
@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("RGBA", "PNG", {"compress_level": 1}),
        ("I;16", "PNG", {"compress_level": 1}),
        ("CMYK", "JPEG", {}),
        ("RGB", "JPEG", {"progressive": True}),
        ("RGBA", "WEBP", {"lossless": True, "quality": 0, "method": 0}),
        ("CMYK", "TIFF", {}),
    ],
)
def test_decoding_holds_eight_bytes_for_a_pixel_beside_the_libraries(tmp_path, mode, kind, options):
    path = tmp_path / "page"
    path.write_bytes(encoded(Image.new(mode, (SIDE, SIDE)), kind, **options))
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 <= SIDE * SIDE * 8 + 200e6


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_page_without_colour_takes_one_byte_for_a_pixel_wherever_it_is_decoded(mode):
    for side in (400, SIDE):
        page = decode_page(encoded(Image.new(mode, (side, side), "grey"), "PNG", compress_level=1))
        assert np.shares_memory(page.rgb, page.grey)
        assert page.rgb.shape == (side, side, 3)
        assert (page.rgb[::100, ::100] == 128).all()


def test_a_page_with_colour_keeps_it_when_it_is_decoded_apart():
    page = decode_page(encoded(Image.new("RGB", (SIDE, SIDE), (10, 200, 30)), "PNG", compress_level=1))
    assert (page.rgb[::100, ::100] == (10, 200, 30)).all()
    assert (page.grey[::100, ::100] == 124).all()


def test_a_cancel_ends_a_decoding_and_gives_its_memory_back():
    data = encoded(Image.new("L", (SIDE, SIDE)), "PNG", compress_level=1)

    def cancelled():
        raise JobCancelled("The page was cancelled.")

    assert not read_header(data, DecodeLimits()).light
    with pytest.raises(JobCancelled):
        decode_page(data, check=cancelled)
    assert DECODING.held_bytes == 0


def test_a_picture_of_many_scans_is_decoded_apart():
    data = encoded(Image.fromarray(np.zeros((900, 900), np.uint8)), "JPEG", progressive=True)
    scans = data[data.index(b"\xff\xda") : -2]
    assert read_header(data, DecodeLimits()).light
    assert not read_header(data[:-2] + scans * 60 + data[-2:], DecodeLimits()).light


def test_who_does_not_fit_into_the_budget_waits_and_one_who_never_fits_goes_alone():
    budget, came = MemoryBudget(100), threading.Event()

    def second():
        with budget.hold(500):
            came.set()

    with budget.hold(60):
        thread = threading.Thread(target=second)
        thread.start()
        assert not came.wait(0.2)
    thread.join(5)
    assert came.is_set()
    assert budget.held_bytes == 0


@pytest.mark.parametrize("has_memory_files", [True, False])
def test_a_file_without_a_name_holds_at_once_what_is_written_on_any_system(monkeypatch, has_memory_files):
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    with _nameless() as file:
        file.write(b"a picture")
        assert os.pread(file.fileno(), 20, 0) == b"a picture"
