"""What OpenCV refuses to do with long pictures is done all the same, and as it does it with short ones."""

import cv2
import numpy as np
import pytest

from engines.warp import look_up, moved

TOO_LONG = 40_000


@pytest.mark.parametrize("shape", [(7, 9), (TOO_LONG, 3), (3, TOO_LONG)])
def test_a_table_is_read_between_its_cells(shape: tuple[int, int]) -> None:
    table = np.add.outer(10 * np.arange(4, dtype=np.float32), np.arange(5, dtype=np.float32))
    dice = np.random.default_rng(0)
    columns, rows = dice.uniform(0, 4, shape).astype(np.float32), dice.uniform(0, 3, shape).astype(np.float32)
    found = look_up(table, columns, rows)
    assert found.shape == shape
    assert np.abs(found - (10 * rows + columns)).max() < 0.4  # remap counts in 32nds


@pytest.mark.parametrize(("across", "down"), [(0.0, 0.0), (2.0, -3.0), (-0.5, 4.25), (0.75, -20.5)])
@pytest.mark.parametrize("long_side", [0, 1])
def test_a_long_picture_moves_as_its_parts_do(across: float, down: float, long_side: int) -> None:
    shape = (TOO_LONG, 6, 2) if long_side == 0 else (6, TOO_LONG, 2)
    picture = np.random.default_rng(1).random(shape).astype(np.float32)
    found = moved(picture, across, down)
    assert found.shape == shape
    window = np.s_[16_000:17_000] if long_side == 0 else np.s_[:, 16_000:17_000]
    inner = np.s_[40:-40] if long_side == 0 else np.s_[:, 40:-40]
    back = np.array([[1, 0, across], [0, 1, down]], np.float32)
    piece = np.ascontiguousarray(picture[window])
    alone = cv2.warpAffine(piece, back, piece.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(found[window][inner] - alone[inner]).max() < 1e-5


@pytest.mark.slow
def test_a_page_with_a_side_over_32767_can_be_composed_and_registered() -> None:
    from host.pipeline.analysis.registration import brought_together
    from host.pipeline.compose.paper import cost_of_paper

    assert cost_of_paper(np.full((TOO_LONG, 2), 0.1, np.float32), np.zeros((TOO_LONG, 2), np.float32)).min() > 0
    grey = np.random.default_rng(2).integers(0, 256, (TOO_LONG, 60), np.uint8)
    apart = np.dstack([np.roll(grey, 2, 0), grey, grey])
    together = brought_together(apart)
    assert together is not None
    assert np.mean(together[10:-10, :, 0] == grey[10:-10]) > 0.99
