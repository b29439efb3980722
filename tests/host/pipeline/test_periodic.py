"""Blocks that repeat themselves are screens, and others are not."""

from __future__ import annotations

import numpy as np
import pytest

from host.pipeline.analysis.maps.periodic import BLOCK_PX, is_screen

ROWS, COLUMNS = np.mgrid[0:BLOCK_PX, 0:BLOCK_PX].astype(np.float64)


def wave(period: float, angle: float, amplitude: float = 60) -> np.ndarray:
    turn = np.deg2rad(angle)
    return amplitude * np.cos(2 * np.pi * (COLUMNS * np.cos(turn) + ROWS * np.sin(turn)) / period)


def dots(period: float, angle: float = 45, first: float = 60, second: float = 60) -> np.ndarray:
    return 128 + wave(period, angle, first) + wave(period, angle + 90, second)


def lines(period: float, angle: float = 30) -> np.ndarray:
    return np.where(wave(period, angle) > 20, 0.0, 255.0)


def told(block: np.ndarray, lines_share: float = 0.8) -> bool:
    return bool(is_screen(np.clip(block, 0, 255).round().astype(np.uint8)[None], lines_share)[0])


@pytest.mark.parametrize("angle", [0, 20, 45, 70])
@pytest.mark.parametrize("period", [4.0, 6.0, 10.0])
def test_two_waves_that_cross_are_dots(period: float, angle: float) -> None:
    assert told(dots(period, angle))
    assert told(255 - dots(period, angle))


@pytest.mark.parametrize(("second", "is_one"), [(60, True), (40, True), (30, False), (10, False)])
def test_the_second_wave_is_about_as_strong_as_the_first(second: float, *, is_one: bool) -> None:
    """A third of its power at least; where lines would take nearly all of it."""
    assert told(dots(6, 45, 60, second), 0.995) == is_one


@pytest.mark.parametrize(("period", "is_one"), [(4.0, True), (6.0, True), (8.0, True), (11.0, False), (14.0, False)])
def test_lines_are_screens_up_to_a_period(period: float, *, is_one: bool) -> None:
    assert told(lines(period, 0)) == is_one


def test_a_wave_longer_than_half_a_block_is_tone() -> None:
    assert not told(dots(20))
    assert not told(128 + wave(32, 0))


@pytest.mark.parametrize(("noise", "is_one"), [(0, True), (20, True), (120, False)])
def test_what_else_is_there_is_less_than_half(noise: float, *, is_one: bool) -> None:
    grain = np.random.default_rng(3).normal(0, 1, (BLOCK_PX, BLOCK_PX)) * noise
    assert told(dots(6, 30, 40, 40) + grain) == is_one


@pytest.mark.parametrize(("slope", "is_one"), [(0, True), (0.2, True), (6, False)])
def test_an_edge_of_the_tone_is_no_screen(slope: float, *, is_one: bool) -> None:
    block = 128 + wave(5, 20, 30) + wave(5, 110, 30) + np.where(COLUMNS > 16, 10 * slope, -10 * slope)
    assert told(block) == is_one


def test_even_blocks_and_grain_are_none_and_each_is_told_by_itself() -> None:
    grain = np.random.default_rng(4).integers(0, 256, (BLOCK_PX, BLOCK_PX))
    blocks = [np.full((BLOCK_PX, BLOCK_PX), 90), dots(5), grain, lines(5)]
    found = is_screen(np.array([np.clip(one, 0, 255) for one in blocks], np.uint8), 0.8)
    assert found.tolist() == [False, True, False, True]
    assert is_screen(np.zeros((0, BLOCK_PX, BLOCK_PX), np.uint8), 0.8).tolist() == []


@pytest.mark.parametrize(("share", "is_one"), [(0.8, True), (1.0, False)])
def test_lines_hold_the_share_that_is_asked_for(share: float, *, is_one: bool) -> None:
    block = lines(6, 0)
    block[:, 10:13] = 128  # a stroke across
    assert told(block, share) == is_one
