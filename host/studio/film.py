"""Frames as a film: WebM (VP9) and MP4 (H.264) by PyAV, GIF by Pillow."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from host.errors import BadRequest, EngineNotAvailable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from host.vocabulary import FilmKind

_CODECS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "webm": ("libvpx-vp9", {"crf": "30", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}),
    "mp4": ("libx264", {"crf": "20", "preset": "veryfast"}),
}
_GIF_COLOURS: Final = 255
_GIF_SAMPLES: Final = 6


def kind_of(path: Path) -> FilmKind:
    """Return what a film of this name is.

    Raises:
        BadRequest: its suffix names none.
    """
    match path.suffix.casefold():
        case ".webm":
            return "webm"
        case ".mp4" | ".m4v":
            return "mp4"
        case ".gif":
            return "gif"
    raise BadRequest(f"{path.name} is no name of a film.", "End --output with .webm, .mp4 or .gif.")


def write_film(path: Path, kind: FilmKind, frames: Iterable[NDArray[np.uint8]], rate: int) -> int:
    """Write frames, all `(h, w, 3)` uint8 of one size with even sides, at `rate` a second; return how many.

    Raises:
        EngineNotAvailable: `av` is not installed. BadRequest: there is no frame.
    """
    count = _write_gif(path, frames, rate) if kind == "gif" else _write_video(path, kind, frames, rate)
    if not count:
        raise BadRequest("The film has no frame.", "Ask for a longer one.", told=("film_too_short",))
    return count


def require_writer(kind: FilmKind) -> None:
    """Check that films of a kind can be written here, before any work is done.

    Raises:
        EngineNotAvailable
    """
    if kind != "gif":
        _av()


def _write_video(path: Path, kind: FilmKind, frames: Iterable[NDArray[np.uint8]], rate: int) -> int:
    av = _av()
    codec, options = _CODECS[kind]
    count = 0
    with av.open(str(path), "w", format=kind, options={"movflags": "+faststart"} if kind == "mp4" else {}) as film:
        stream = None
        for frame in frames:
            count += 1
            if stream is None:
                stream = film.add_stream(codec, rate=Fraction(rate), options=options)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        if stream is not None:
            film.mux(stream.encode())
    return count


def _write_gif(path: Path, frames: Iterable[NDArray[np.uint8]], rate: int) -> int:
    pictures = [Image.fromarray(frame) for frame in frames]
    if pictures:
        palette = _palette(pictures)
        few = [one.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for one in pictures]
        few[0].save(
            path, "GIF", save_all=True, append_images=few[1:], duration=round(1000 / rate), loop=0, optimize=False
        )
    return len(pictures)


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """Return one palette for all, so that colours do not flicker: of a few frames, side by side."""
    step = max(1, len(pictures) // _GIF_SAMPLES)
    samples = list(islice(pictures, 0, None, step))[:_GIF_SAMPLES]
    width, height = samples[0].size
    sheet = Image.new("RGB", (width, height * len(samples)))
    for place, one in enumerate(samples):
        sheet.paste(one, (0, place * height))
    return sheet.quantize(_GIF_COLOURS, method=Image.Quantize.MEDIANCUT)


def _av() -> Any:
    try:
        import av
    except ImportError as exc:
        raise EngineNotAvailable(
            "Writing WebM and MP4 needs PyAV.",
            "pip install 'irodori[studio]', or write a .gif.",
            told=("not_installed", "PyAV", "pip install 'irodori[studio]'"),
        ) from exc
    return av
