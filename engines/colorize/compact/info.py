"""The compact engine's facts, apart from its code, so that listing engines imports nothing heavy."""

from engines.info import EngineInfo, Supports

INFO = EngineInfo(
    id="compact",
    label="Compact",
    version="4",
    licence="AGPL-3.0-or-later AND CC-BY-4.0",
    # Nothing in it is random, so a seed changes nothing.
    supports=Supports(references_max=4, seed=False),
    models=("compact",),
    device="cpu",
)
