"""Ask an engine whether it can run here; one that cannot even say so is not ready, and touches no other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from engines.base import Viability

if TYPE_CHECKING:
    from engines.base import EngineSource

_LOG = logging.getLogger(__name__)
_SHOWN: Final = 200


def viability_of(engines: EngineSource, engine_id: str) -> Viability:
    """Return what an engine says of itself; the reason, where making or asking it fails. Never raises."""
    try:
        return engines.get(engine_id).viability()
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever it is, it is this engine's alone
        _LOG.exception("the check of engine %s failed", engine_id)
        said = f"its check failed ({type(exc).__name__}: {str(exc)[:_SHOWN]})"
        return Viability(
            ok=False, reason=said, fix="The log has the details.", told=("check_failed", type(exc).__name__)
        )
