"""What is a stroke and what is grain, on drawings whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np

from host.studio.strokes import grain_evened, screens_evened, strokes

SIDE = 160


def grainy() -> tuple[np.ndarray, np.ndarray]:
    """Return a field of random grain with a line through it, and where the line is."""
    noise = np.random.default_rng(5).normal(0, 90, (SIDE, SIDE)).astype(np.float32)
    grey = np.clip(120 + cv2.GaussianBlur(noise, (0, 0), 0.6), 0, 255).astype(np.uint8)
    line = np.zeros((SIDE, SIDE), np.uint8)
    cv2.line(line, (10, 30), (150, 120), 1, 3)
    grey[line > 0] = 0
    return grey, line > 0


def test_a_line_stays_and_grain_goes() -> None:
    grey, line = grainy()
    inked = grey < 100
    kept = strokes(inked, grey)
    assert kept[line].mean() > 0.95
    away = cv2.dilate(line.view(np.uint8), np.ones((15, 15), np.uint8)) == 0
    assert kept[away].mean() < 0.2 * inked[away].mean()


def test_a_short_stroke_solid_black_and_letters_stay() -> None:
    grey = np.full((SIDE, SIDE), 255, np.uint8)
    grey[40:42, 40:48] = 0
    grey[80:120, 80:120] = 0
    grey[20, 20:22] = 0  # a speck
    inked, letters = grey < 128, np.zeros((SIDE, SIDE), np.bool_)
    assert strokes(inked, grey)[30:].sum() == inked[30:].sum()
    assert not strokes(inked, grey)[20, 20]
    letters[18:24, 18:24] = True
    np.testing.assert_array_equal(strokes(inked, grey, letters), inked)


def test_grain_becomes_its_mean_and_the_rest_stays() -> None:
    grey, line = grainy()
    grey[:, :20] = 255
    rgb = np.dstack([grey] * 3)
    inked = (grey < 100) & ~line
    even = grain_evened(rgb, inked, np.zeros_like(inked))
    assert abs(float(even[100:150, 40:80].mean()) - float(rgb[100:150, 40:80].mean())) < 12
    assert even[100:150, 40:80].std() < 0.3 * rgb[100:150, 40:80].std()
    assert (even[:, :16] == 255).all()
    assert grain_evened(rgb, inked, inked) is rgb


def test_a_screen_becomes_its_tone_in_its_own_colour() -> None:
    rgb = np.full((SIDE, SIDE, 3), (200, 120, 40), np.uint8)
    rgb[::4, ::4] = 0
    screened = np.zeros((SIDE, SIDE), np.bool_)
    screened[:, :80] = True
    tone = np.full((SIDE, SIDE), 100, np.uint8)
    even = screens_evened(rgb, screened, tone)
    np.testing.assert_array_equal(even[:, 80:], rgb[:, 80:])
    shown = even[20:140, 20:60].reshape(-1, 3).astype(int)
    assert np.ptp(shown, axis=0).max() <= 12
    red, green, blue = shown.mean(axis=0)
    assert red > green + 30 > blue + 50
    assert screens_evened(rgb, None, tone) is rgb
    assert screens_evened(rgb, np.zeros_like(screened), tone) is rgb
