"""MaskBinder: what a page's masks mean to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from host.pipeline.pagemasks import PageMasks


def bind_protect(masks: PageMasks) -> NDArray[np.bool_]:
    """Return `(H, W)` bool, read-only: everything that stays as it is."""
    protect = masks.protect
    protect.setflags(write=False)
    return protect
