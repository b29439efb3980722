"""What scanners, paper and authors do to a page: each takes and gives `(H, W, 3)` uint8 sRGB.

Grey stays grey under `tinted`, `stained`, `lamp_lit`, `faxed`, `noisy`, `misregistered` and `jpeg`;
`faded` and `pale` keep colour a colour; `two_inks` and what comes after it make some of a grey page the author's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engines.geometry import Box

if TYPE_CHECKING:
    Rgb = np.typing.NDArray[np.uint8]

INKS = {
    "sepia": ((62, 44, 30), (242, 226, 192)),
    "blue": ((24, 30, 84), (224, 232, 252)),
    "red ink": ((176, 28, 56), (255, 246, 242)),
    "green paper": ((24, 30, 28), (202, 232, 206)),
    "yellowed": ((30, 28, 26), (250, 242, 216)),
    "pink newsprint": ((52, 40, 44), (246, 214, 212)),
    "old newsprint": ((58, 54, 50), (222, 212, 188)),
}

# Of more than 200 levels of luma.
PALE_INKS = ((255, 244, 140), (255, 214, 226), (206, 238, 255), (222, 255, 200), (255, 226, 176))

_SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))


def grey_of(rgb: Rgb) -> Rgb:
    """Return a page without its colour."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def tinted(grey: Rgb, ink: str, rng: np.random.Generator, gradient_01: float = 0.0) -> Rgb:
    """Return a grey page printed with an ink on a paper of `INKS`; the tint grows from white paper by the gradient."""
    dark, paper = (np.array(colour, np.float64) for colour in INKS[ink])
    share = grey.astype(np.float64) / 255
    height, width = grey.shape[:2]
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    angle = rng.uniform(0, 2 * np.pi)
    along = 0.5 + (np.cos(angle) * (columns - 0.5) + np.sin(angle) * (rows - 0.5))
    amount = (1 - gradient_01 * np.clip(along, 0, 1))[..., None]
    return _rounded(amount * (dark + (paper - dark) * share) + (1 - amount) * grey)


def sepia_filtered(grey: Rgb) -> Rgb:
    """Return a grey page under the usual sepia filter, which clips the whites channel by channel."""
    return _rounded(grey.astype(np.float64) @ np.array(_SEPIA).T)


def stained(rgb: Rgb, rng: np.random.Generator, count: int = 3) -> Rgb:
    """Return a page with soft stains of tea, a tenth to a third of its width."""
    height, width = rgb.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    page = rgb.astype(np.float64)
    for _ in range(count):
        away = np.hypot(rows - rng.uniform(0, height), columns - rng.uniform(0, width)) / (
            width * rng.uniform(0.1, 0.3)
        )
        page *= 1 - rng.uniform(0.05, 0.14) * np.exp(-(away**2))[..., None] * np.array([0.35, 0.65, 1.0])
    return _rounded(page)


def lamp_lit(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Return a page as a camera sees it: warm light from one side, cold shadow at the other."""
    height, width = rgb.shape[:2]
    rows, columns = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.clip(0.5 + np.cos(angle) * (columns - 0.5) + np.sin(angle) * (rows - 0.5), 0, 1)[..., None]
    light = np.array([1.0, 0.95, 0.82]) * along + np.array([0.72, 0.76, 0.82]) * (1 - along)
    return _rounded(rgb * light)


def faxed(grey: Rgb, rng: np.random.Generator) -> Rgb:
    """Return a grey page as black and white on thermal paper, a little purple and cream, with faded columns."""
    ink = (grey < 150).astype(np.float64)
    fade = 1 - 0.3 * np.clip(np.sin(np.arange(grey.shape[1]) / rng.uniform(20, 80)), 0, 1)[None, :, None]
    paper, black = np.array([248, 243, 232]), np.array([66, 58, 78])
    return _rounded(paper - (paper - black) * ink * fade)


def noisy(rgb: Rgb, rng: np.random.Generator, levels: float) -> Rgb:
    """Return a page with noise of this standard deviation, each channel for itself."""
    return _rounded(rgb + rng.normal(0, levels, rgb.shape))


def misregistered(rgb: Rgb, px: int) -> Rgb:
    """Return a page whose red lies some pixels left of and above its green, and its blue as far right and below."""
    return np.dstack([
        np.roll(rgb[..., 0], (-px, -px), (0, 1)), rgb[..., 1], np.roll(rgb[..., 2], (px, px // 2), (0, 1))
    ])  # fmt: skip


def jpeg(rgb: Rgb, quality: int) -> Rgb:
    """Return a page as JPEG shows it."""
    encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)


def pale(rgb: Rgb, white_01: float) -> Rgb:
    """Return a page mixed with white."""
    return _rounded(rgb * (1 - white_01) + 255 * white_01)


def faded(rgb: Rgb, grey_01: float) -> Rgb:
    """Return a page mixed with its own grey, a little yellow and flat, as old print is."""
    flat = rgb * (1 - grey_01) + grey_of(rgb) * grey_01
    return _rounded((40 + flat * 0.8) * np.array([1.0, 0.98, 0.92]))


def two_inks(grey: Rgb, ink: tuple[int, int, int], *, split: bool) -> Rgb:
    """Return a grey page printed with black and a second ink.

    split: the lines are black and the tones are of the ink, as with two plates drawn apart; else one gradation goes
    from black over the ink to white.
    """
    tone = grey.astype(np.float64)
    colour = np.array(ink, np.float64)
    if not split:
        level = float(colour @ (0.299, 0.587, 0.114))
        channels = [np.interp(tone[..., 0], (0, level, 255), (16, one, 255)) for one in colour]
        return _rounded(np.dstack(channels))
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)).astype(np.float64)
    line = np.clip(tone / np.maximum(ground, 1), 0, 1)
    return _rounded((colour + (255 - colour) * ground / 255) * line)


def watermarked(grey: Rgb, rng: np.random.Generator, strength_01: float) -> tuple[Rgb, np.typing.NDArray[np.bool_]]:
    """Return a grey page with large coloured words laid over it that let it shine through, and where they are."""
    mask = Image.new("L", grey.shape[1::-1])
    place = grey.shape[1] * rng.uniform(0.4, 0.6), grey.shape[0] * rng.uniform(0.3, 0.7)
    font = ImageFont.load_default(grey.shape[1] / 9)
    ImageDraw.Draw(mask).text(place, "SITE.EXAMPLE", 255, font, anchor="mm")
    where = np.asarray(mask.rotate(rng.uniform(-30, 30)), np.uint8)
    colour = rng.permutation([int(rng.integers(190, 255)), int(rng.integers(0, 70)), int(rng.integers(30, 120))])
    share = strength_01 * where[..., None] / 255
    return _rounded(grey * (1 - share) + colour * share), where > 127


def spotted(grey: Rgb, colour: Rgb, rng: np.random.Generator, share: float) -> tuple[Rgb, np.typing.NDArray[np.bool_]]:
    """Return a grey page that has the colours of another in an ellipse of this share of it, and where that is."""
    height, width = grey.shape[:2]
    area = np.zeros((height, width), np.uint8)
    reach = np.sqrt(share * height * width / np.pi)
    stretch = rng.uniform(0.7, 1.3)
    centre = int(rng.uniform(0.3, 0.7) * width), int(rng.uniform(0.25, 0.75) * height)
    cv2.ellipse(area, centre, (int(reach * stretch), int(reach / stretch)), 0, 0, 360, 1, cv2.FILLED)
    return np.where(area[..., None] > 0, colour, grey), area > 0


def spot_coloured(grey: Rgb, rng: np.random.Generator, share: float) -> tuple[Rgb, np.typing.NDArray[np.bool_]]:
    """Return a grey page with one flat of a pale ink printed over an ellipse of this share of it, and where that is."""
    return spotted(grey, printed(grey, PALE_INKS[rng.integers(len(PALE_INKS))]), rng, share)


def printed(grey: Rgb, ink: tuple[int, int, int]) -> Rgb:
    """Return a grey page with an even flat of an ink printed over it."""
    return _rounded(grey * (np.array(ink, np.float64) / 255))


def bannered(grey: Rgb, rng: np.random.Generator) -> tuple[Rgb, Box]:
    """Return a page with a coloured banner at its foot, and the banner's box."""
    height, width = grey.shape[:2]
    top = height - round(height * rng.uniform(0.06, 0.12))
    picture = Image.fromarray(grey)
    draw = ImageDraw.Draw(picture)
    colour = tuple(int(one) for one in (rng.integers(0, 90), rng.integers(60, 130), rng.integers(180, 255)))
    draw.rectangle((0, top, width, height), tuple(rng.permutation(colour).tolist()))
    draw.text(
        (width / 2, (top + height) / 2),
        "READ AT SITE.EXAMPLE",
        "white",
        ImageFont.load_default(height / 41),
        anchor="mm",
    )
    return np.asarray(picture, np.uint8), Box(0, top, width, height)


def titled(grey: Rgb, rng: np.random.Generator) -> tuple[Rgb, np.typing.NDArray[np.bool_]]:
    """Return a page with a coloured title over its head, and where the title's strokes are."""
    picture, mask = Image.fromarray(grey), Image.new("1", grey.shape[1::-1])
    colour = tuple(
        rng.permutation([int(rng.integers(170, 255)), int(rng.integers(0, 90)), int(rng.integers(0, 200))]).tolist()
    )
    place, font = (grey.shape[1] / 2, grey.shape[0] * rng.uniform(0.08, 0.2)), ImageFont.load_default(grey.shape[1] / 9)
    ImageDraw.Draw(picture).text(place, "IRODORI", colour, font, anchor="mm", stroke_width=3)
    ImageDraw.Draw(mask).text(place, "IRODORI", 1, font, anchor="mm", stroke_width=3)
    return np.asarray(picture, np.uint8), np.asarray(mask, np.bool_)


def _rounded(page: np.typing.NDArray[np.float64]) -> Rgb:
    return np.asarray(np.clip(np.round(page), 0, 255), np.uint8)
