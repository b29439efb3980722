"""A model of transformers from a folder that the reader pulled or dropped: offline, data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid, ModelMissing
from engines.libraries import require_libraries
from models.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIBRARIES: Final = ("torch", "transformers", "safetensors")
INSTALL: Final = "pip install 'irodori[diffusion,words]'"
WEIGHTS: Final = "model.safetensors"
_INDEX: Final = "model.safetensors.index.json"


class PulledModel:
    """What models of transformers have in common that answer from a pulled folder: facts, and letting go.

    The folder's name is the id; the catalogue's card of that name says what it takes, `memory_mib` where there is none.
    """

    id: str
    memory_mib: int

    def __init__(self, folder: Path, files: Iterable[str], memory_mib: int) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        require_files(folder, files)
        card = load_catalog().get(folder.name)
        self.id = folder.name
        self.memory_mib = card.memory_mib if card is not None else memory_mib
        self._folder = folder
        self._model: Any = None
        self._processor: Any = None

    def unload(self) -> None:
        """Let go of the model."""
        self._model = self._processor = None


def missing_files(folder: Path, files: Iterable[str]) -> list[str]:
    """Return which of a model's files a folder lacks; weights may lie in one file or in several with their index."""
    return [one for one in files if not (folder / one).is_file() and not _in_parts(folder, one)]


def require_files(folder: Path, files: Iterable[str]) -> None:
    """Check that a folder holds a model's files.

    Raises:
        ModelMissing
    """
    missing = missing_files(folder, files)
    if missing:
        raise ModelMissing(f"{folder.name} lacks {', '.join(missing)}", f"irodori models pull {folder.name}")


def load_model(folder: Path, kind: str, libraries: Iterable[str] = LIBRARIES, **options: Any) -> Any:
    """Return a model of transformers' class `kind`, ready to infer on the processor.

    Raises:
        EngineUnavailable: a library is missing. ModelInvalid: the weights are none of this class, or damaged.
    """
    require_libraries(libraries, INSTALL)
    from engines.torch_runtime import prepare_torch

    prepare_torch()
    import transformers

    try:
        model, report = getattr(transformers, kind).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True, **options
        )
    except Exception as exc:  # whatever a foreign file brings about
        raise _invalid(folder, " ".join(str(exc).split())[:200]) from exc
    if report["missing_keys"]:
        raise _invalid(folder, f"{len(report['missing_keys'])} of its weights are missing")
    return model.eval()


def load_other(folder: Path, kind: str) -> Any:
    """Return a tokenizer or processor of transformers' class `kind`.

    Raises:
        ModelInvalid
    """
    import transformers

    try:
        return getattr(transformers, kind).from_pretrained(folder, local_files_only=True)
    except Exception as exc:  # as above
        raise _invalid(folder, " ".join(str(exc).split())[:200]) from exc


def _invalid(folder: Path, why: str) -> ModelInvalid:
    return ModelInvalid(f"{folder.name} cannot be loaded: {why}", "Pull or copy it again.")


def _in_parts(folder: Path, name: str) -> bool:
    return name == WEIGHTS and (folder / _INDEX).is_file()
