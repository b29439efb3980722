"""Networks whose weights come with Irodori, opened with ONNX Runtime; faults of their files as an engine's errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid, ModelMissing
from engines.int8 import form_to_run
from engines.onnx_runtime import OnnxNetwork
from models.catalog import load_catalog
from models.store import WeightsInvalid, WeightsMissing, read_weights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HINT: Final = "Install Irodori again."


@contextmanager
def shipped_faults() -> Iterator[None]:
    """Say of weights that come with Irodori, where they are read, what an engine says.

    Raises:
        ModelMissing: a file is not there. ModelInvalid: it is not the card's, or there is no such card.
    """
    try:
        yield
    except WeightsMissing as exc:
        raise ModelMissing(str(exc), HINT, told=("shipped_damaged",)) from exc
    except (WeightsInvalid, KeyError) as exc:
        raise ModelInvalid(str(exc), HINT, told=("shipped_damaged",)) from exc


def open_shipped_network(card: str, name: str, folder: Path) -> OnnxNetwork:
    """Return the network of a catalogue's card, from the file `name` in `folder` or its integer form beside it.

    Raises:
        ModelMissing: the file is not there. ModelInvalid: it is not the card's, or there is no such card.
        EngineUnavailable: ONNX Runtime cannot run here.
    """
    with shipped_faults():
        form = form_to_run(load_catalog()[card], name, folder)
        return OnnxNetwork(read_weights(form, folder), name, HINT)
