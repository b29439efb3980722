"""Pictures on their way to a server and back: laid on the canvas that is asked for, and cut out of it again."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.colorize.comfyui.graph import RepairPictures
from engines.colorize.diffusion.pad import cut_out, laid_out, laid_out_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import OnStep, Repair
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.diffusion.pad import Fit

_LOG = logging.getLogger(__name__)


def uploaded(client: ComfyClient, rgb: NDArray[np.uint8]) -> str:
    """Bring a picture `(h, w, 3)` uint8 sRGB RGB to the server and return its name there, the same for the same."""
    _, png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    content = png.tobytes()
    return client.upload(f"{hashlib.sha256(content).hexdigest()[:32]}.png", content)


def uploaded_mask(client: ComfyClient, mask: NDArray[np.bool_]) -> str:
    """Bring a mask `(h, w)` to the server, white where it is True, and return its name there."""
    return uploaded(client, np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2))


def uploaded_repair(client: ComfyClient, repair: Repair | None, where: Fit) -> RepairPictures | None:
    """Bring a repair's picture and mask to the server, laid out on a canvas; None for none."""
    if repair is None:
        return None
    picture = uploaded(client, laid_out(repair.picture, where))
    return RepairPictures(picture, uploaded_mask(client, laid_out_mask(repair.mask, where)))


def cut_from(picture: NDArray[np.uint8], where: Fit, repair: Repair | None) -> NDArray[np.uint8]:
    """Return what of a server's picture is the page; of a repair what is not under the mask is as it was."""
    picture = _at_size(picture, where)
    if repair is not None:
        mask = laid_out_mask(repair.mask, where)
        picture = np.where(mask[..., None], picture, laid_out(repair.picture, where))
    return np.ascontiguousarray(cut_out(picture, where))


def unpadded(on_step: OnStep, where: Fit) -> OnStep:
    """Return an `OnStep` whose previews end where the page ends on its canvas."""

    def cut(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        if preview is not None:
            rows, columns = (
                max(1, round(side * part / whole))
                for side, part, whole in zip(preview.shape[:2], where.scaled, where.canvas, strict=True)
            )
            preview = preview[:rows, :columns]
        on_step(step, steps, preview)

    return cut


def _at_size(picture: NDArray[np.uint8], where: Fit) -> NDArray[np.uint8]:
    """Return a picture at the size that was asked for, where a server gives another."""
    height, width = where.canvas
    if picture.shape[:2] == (height, width):
        return picture
    _LOG.warning("ComfyUI gave %d x %d px where %d x %d were asked", *picture.shape[1::-1], width, height)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
