"""Where a figure ends, found from a coarse mask on pictures whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from host.studio.edges import alpha_of

HEIGHT, WIDTH = 200, 160


def scene(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return a lumpy figure on an uneven ground, and where it is."""
    noise = np.random.default_rng(seed).normal(0, 6, (HEIGHT, WIDTH, 3))
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(truth, (80, 120), (38, 60), 0, 0, 360, 1, -1)
    cv2.circle(truth, (80, 50), 26, 1, -1)
    rgb = np.where(truth[..., None] > 0, (190, 90, 60), (70, 110, 140)) + noise
    return np.clip(rgb, 0, 255).astype(np.uint8), truth > 0


def coarse(truth: np.ndarray, shift: int = 4) -> np.ndarray:
    """Return a mask as a network gives it: off by some pixels, with steps."""
    small = cv2.resize(truth.view(np.uint8), (WIDTH // 8, HEIGHT // 8), interpolation=cv2.INTER_AREA)
    return np.roll(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) > 0, shift, axis=1)


@pytest.mark.parametrize("grey", [False, True])
def test_alpha_is_nearer_to_the_figure_than_its_mask(grey: bool) -> None:
    rgb, truth = scene()
    if grey:
        rgb = np.dstack([cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)] * 3)
    mask = coarse(truth)
    alpha = alpha_of(rgb, mask)
    error = np.abs(alpha / 255 - truth).mean()
    assert error < 0.3 * np.abs(mask.astype(float) - truth).mean()
    assert ((alpha > 0) & (alpha < 255)).any()  # its rim is soft
    np.testing.assert_array_equal(alpha, alpha_of(rgb, mask))


def test_a_large_figure_is_cut_as_a_small_one_is() -> None:
    rgb, truth = scene()
    big, mask = cv2.resize(rgb, None, fx=5, fy=5), cv2.resize(coarse(truth).view(np.uint8), None, fx=5, fy=5) > 0
    large = cv2.resize(truth.view(np.uint8), None, fx=5, fy=5) > 0
    assert np.abs(alpha_of(big, mask) / 255 - large).mean() < 0.3 * (mask ^ large).mean()


def test_where_the_figure_is_barred_it_is_not() -> None:
    rgb, truth = scene()
    barred = np.zeros_like(truth)
    barred[100:120, 60:100] = True
    alpha = alpha_of(rgb, truth, barred)
    assert alpha[barred].max() == 0
    assert alpha[150, 80] == 255


@pytest.mark.parametrize("mask", [np.zeros((20, 20), np.bool_), np.ones((20, 20), np.bool_)])
def test_a_mask_of_nothing_or_everything_stays(mask: np.ndarray) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)
    np.testing.assert_array_equal(alpha_of(rgb, mask), 255 * mask.view(np.uint8))


def test_a_single_pixel_is_no_fault() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[10, 10] = True
    alpha = alpha_of(np.zeros((20, 20, 3), np.uint8), mask)
    assert alpha[10, 10] > 0
    assert alpha[0, 0] == 0
