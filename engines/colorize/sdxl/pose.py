"""Skeletons of a page's figures as OpenPose controls were trained on them: found by ViTPose in each figure's box.

ViTPose: https://arxiv.org/abs/2204.12484, 17 points of COCO. OpenPose has a neck besides, between the shoulders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from engines.base import ModelInvalid
from engines.geometry import box_around

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    Points = NDArray[np.float32]

_SURE: Final = 0.3
_FIGURES_MAX: Final = 8
# OpenPose's order in COCO's numbers; the neck, which COCO lacks, is put in at place 1.
_FROM_COCO: Final = (0, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
_LEFT_SHOULDER, _RIGHT_SHOULDER, _NECK = 5, 6, 1
LIMBS: Final = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
COLOURS: Final = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255),
    (255, 0, 255), (255, 0, 170), (255, 0, 85),
)  # fmt: skip


class PoseReader:
    """A ViTPose of a folder, on the device that a pipeline works on."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        """Read the network.

        Raises:
            ModelInvalid: the libraries refuse it.
        """
        from transformers import VitPoseForPoseEstimation, VitPoseImageProcessor

        try:
            self._network = VitPoseForPoseEstimation.from_pretrained(folder, local_files_only=True).to(device).eval()
            self._processor = VitPoseImageProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError, ImportError) as exc:
            raise ModelInvalid(f"the pose network in {folder} cannot be read: {exc}", "Pull it again.") from exc
        self._device = device

    def skeletons(self, picture: NDArray[np.uint8], figures: Sequence[NDArray[np.bool_]]) -> NDArray[np.uint8] | None:
        """Return the skeletons of figures on black, `(h, w, 3)` uint8 RGB; None where nobody's is sure.

        figures: `(h, w)` bool masks on the picture's pixels, the nearest first.
        """
        import torch

        boxes = [box for mask in figures[:_FIGURES_MAX] if (box := _box(mask)) is not None]
        if not boxes:
            return None
        inputs: Any = self._processor(picture, boxes=[boxes], return_tensors="pt").to(self._device)
        with torch.no_grad():
            heat = self._network(**inputs)
        found = self._processor.post_process_pose_estimation(heat, boxes=[boxes])[0]
        canvas = np.zeros_like(picture)
        drawn = [
            draw(canvas, np.asarray(one["keypoints"].cpu(), np.float32), np.asarray(one["scores"].cpu(), np.float32))
            for one in found
        ]
        return canvas if any(drawn) else None


def draw(canvas: NDArray[np.uint8], points: Points, scores: Points) -> bool:
    """Draw the skeleton of COCO's 17 points `(17, 2)` in pixels, x first; say whether there was anything to draw."""
    neck = (points[_LEFT_SHOULDER] + points[_RIGHT_SHOULDER]) / 2
    places = np.insert(points[list(_FROM_COCO)], _NECK, neck, axis=0)
    sure = np.insert(scores[list(_FROM_COCO)], _NECK, min(scores[_LEFT_SHOULDER], scores[_RIGHT_SHOULDER])) >= _SURE
    thickness = max(2, round(min(canvas.shape[:2]) / 256))
    for (start, end), colour in zip(LIMBS, COLOURS, strict=False):
        if sure[start] and sure[end]:
            # Limbs are a little darker than the joints on them.
            shade = tuple(int(0.6 * part) for part in colour)
            cv2.line(canvas, _pixel(places[start]), _pixel(places[end]), shade, 2 * thickness)
    for place, is_sure, colour in zip(places, sure, COLOURS, strict=True):
        if is_sure:
            cv2.circle(canvas, _pixel(place), thickness + 1, colour, -1)
    return bool(sure.any())


def _pixel(place: Points) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))


def _box(mask: NDArray[np.bool_]) -> list[float] | None:
    """Return a figure's box as COCO has it: left, top, width, height."""
    box = box_around(mask)
    return [float(box.left), float(box.top), float(box.width), float(box.height)] if box.area else None
