"""Headers of weights files, their faults as an engine's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.base import ModelInvalid, ModelMissing
from models.headers import read_header
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from models.headers import WeightsHeader


def read_weights_header(path: Path) -> WeightsHeader:
    """Return the header of a weights file.

    Raises:
        ModelInvalid: it is damaged or of another format. ModelMissing: it cannot be read.
    """
    try:
        return read_header(path)
    except WeightsInvalid as exc:
        raise ModelInvalid(str(exc), "Pull or copy the file again.") from exc
    except OSError as exc:
        raise ModelMissing(f"{path.name} cannot be read: {exc.strerror}", "Look at its permissions.") from exc
