"""The reader's settings, fully resolved: explicit > environment (`IRODORI_…`) > file > default.

The file is JSON in the config folder. A value that makes no sense there or in the environment is left out with a
warning; a file that is no JSON object is kept aside. Neither stops the host. A file that another process has written
(`irodori settings set`) is read again.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from host.errors import BadRequest
from host.settings_bounds import HINT, checked_value
from host.store.disk import disk_errors, file_stamp, keep_aside, read_kept, write_synced
from host.vocabulary import EnhancerId, OutputFormat, Quality, Text  # noqa: TC001 - msgspec reads the types when it converts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_PREFIX: Final = "IRODORI_"
_FILE_BYTES: Final = 1 << 20
_YEAR_S: Final = 31_536_000
_SHOWN: Final = 128

RetrievalMode = Literal["off", "auto", "pages", "all"]
EmbedderId = Literal["compact", "palette", "siglip2", "clip"]
ModelName = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Mebibytes = Annotated[int, Meta(ge=1, le=1 << 24)]


class Settings(Struct, frozen=True, kw_only=True):
    """What the reader decides; every field has a value.

    strength: scales the chroma, 0..1. output_format: `png` and `webp_lossless` keep protected pixels bit-identical.
    cache_limit_mib, spool_limit_mib: the most that coloured pages and captured pages may take on disk.
    references_max: how many references of a job are used at most. idle_unload_s: an engine that nobody used for this
    long (a year at most) gives its memory back (from the next start on). comfyui_url: the ComfyUI server that the
    engine of that name speaks to, such as `http://127.0.0.1:8188`; empty for none. A key for it stands in the keyring
    as `comfyui_key`.
    model_hub: the address of a mirror that models are pulled from, such as `https://hf-mirror.example`; empty for
    `HF_ENDPOINT`, else Hugging Face.
    detector_weights: the path of a YOLO detector of the reader's own, `.onnx` or `.pt`; empty for the one that ships.
    retrieval: what joins the chosen references where the engine takes more of them: `pages` that were coloured before
    in the same series and way, `all`: the series' references too where none was chosen, `auto`: pages for engines that
    draw, or nothing (`off`). embedder: what compares pictures, from the next start on; `siglip2` and `clip` must have
    been pulled, or lie in `embedder_folder`.
    translate: bring wishes into English before an engine that reads words gets them. caption: tell it what panels and
    references show, by `caption_model`. enhance: let a language model word the wish anew, one in this process (`local`,
    `enhance_model`) or one of Ollama's on this machine (`ollama`, `ollama_model`, at `ollama_url`; empty for its usual
    address). Models are named by their cards, or by folders in the models' folder. What fails is in the page's record,
    and the page is coloured with the words that there are.
    """

    default_engine: Annotated[str, Meta(min_length=1, max_length=128)] = "compact"
    strength: Annotated[float, Meta(ge=0, le=1)] = 1.0
    quality: Quality = "standard"
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    prompt: Text = ""
    keep_coloured: bool = True
    output_format: OutputFormat = "png"
    references_max: Annotated[int, Meta(ge=0, le=64)] = 8
    cache_limit_mib: Mebibytes = 4096
    spool_limit_mib: Mebibytes = 2048
    idle_unload_s: Annotated[float, Meta(ge=1, le=_YEAR_S)] = 300.0
    comfyui_url: Annotated[str, Meta(max_length=512)] = ""
    model_hub: Annotated[str, Meta(max_length=512)] = ""
    detector_weights: Annotated[str, Meta(max_length=4096)] = ""
    retrieval: RetrievalMode = "auto"
    embedder: EmbedderId = "compact"
    embedder_folder: Annotated[str, Meta(max_length=4096)] = ""
    translate: bool = False
    caption: bool = False
    caption_model: ModelName = "florence-2-base"
    enhance: EnhancerId = "off"
    enhance_model: ModelName = "qwen3-1.7b"
    ollama_url: Annotated[str, Meta(max_length=512)] = ""
    ollama_model: Annotated[str, Meta(max_length=256)] = ""


_FIELDS: Final = {field.name: field for field in msgspec.structs.fields(Settings)}


class SettingsFile:
    """The settings in force and the file behind them. Thread-safe; `warnings` tells what was left out and why."""

    def __init__(
        self, path: Path, explicit: Mapping[str, Any] | None = None, engines: Collection[str] | None = None
    ) -> None:
        """Read the file at `path`. A default engine that is none of `engines` is left out; None: any is taken."""
        self._path = path
        self._lock = threading.Lock()
        self.warnings: list[str] = []
        self._explicit = _checked(explicit or {})
        self._environment = self._read_environment()
        self._engines = engines
        self._stamp = file_stamp(self._path)
        self._current = self._resolve(self._read())

    @property
    def current(self) -> Settings:
        """The settings in force."""
        stamp = file_stamp(self._path)
        if stamp != self._stamp:
            with self._lock:
                self._stamp = stamp
                self._current = self._resolve(self._read())
        return self._current

    def update(self, changes: Mapping[str, Any]) -> Settings:
        """Merge changes into the file and return the settings now in force.

        Raises:
            BadRequest: an unknown key or a bad value; nothing was changed.
            DiskFull, InternalError: the file cannot be written.
        """
        checked = _checked(changes)
        with self._lock:
            stored = {**self._read(), **checked}
            self._write(stored)
            self._stamp = file_stamp(self._path)
            self._current = self._resolve(stored)
        return self._current

    def _resolve(self, stored: Mapping[str, Any]) -> Settings:
        valid: dict[str, Any] = {}
        for key, value in stored.items():
            try:
                valid.update(_checked({key: value}))
            except BadRequest as exc:
                self._warn(f"{self._path}: {exc.message}")
        return Settings(**{**self._of_engines(valid), **self._of_engines(self._environment), **self._explicit})

    def _of_engines(self, found: dict[str, Any]) -> dict[str, Any]:
        engine = found.get("default_engine")
        if engine is None or self._engines is None or engine in self._engines:
            return found
        self._warn(f"default_engine is left out: there is no engine {engine[:_SHOWN]!r}")
        return {key: value for key, value in found.items() if key != "default_engine"}

    def _read(self) -> dict[str, Any]:
        try:
            content = read_kept(self._path, _FILE_BYTES)
        except FileNotFoundError:
            return {}
        except OSError as exc:
            self._warn(f"{self._path} cannot be read: {exc.strerror or exc}")
            return {}
        try:
            stored = json.loads(content)
        except (ValueError, RecursionError) as exc:
            self._keep_aside(str(exc)[:_SHOWN])
            return {}
        if not isinstance(stored, dict):
            self._keep_aside("it is not a JSON object")
            return {}
        return stored

    def _keep_aside(self, reason: str) -> None:
        aside = keep_aside(self._path)
        kept = f", the file is kept as {aside.name}" if aside is not None else ""
        self._warn(f"{self._path} cannot be read ({reason}); defaults are in force{kept}")

    def _read_environment(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, field in _FIELDS.items():
            text = os.environ.get(_PREFIX + key.upper())
            if text is None:
                continue
            try:
                found[key] = checked_value(key, field.type, text, spelled=True)
            except BadRequest as exc:
                self._warn(f"{_PREFIX}{key.upper()} is left out: {exc.message}")
        return found

    def _write(self, stored: Mapping[str, Any]) -> None:
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        with disk_errors("the settings"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_synced(temporary, json.dumps(stored, indent=2, sort_keys=True).encode("utf-8"))
            temporary.replace(self._path)

    def _warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)
            _LOG.warning("%s", message)


def spelled(key: str, text: str) -> Any:
    """Return the value that a text spells for a setting.

    Raises:
        BadRequest: there is no such setting, or it cannot have this value.
    """
    return checked_value(key, _field(key).type, text, spelled=True)


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with each value of its field's type, or name the first key that is wrong."""
    return {key: checked_value(key, _field(key).type, value) for key, value in changes.items()}


def _field(key: str) -> msgspec.structs.FieldInfo:
    field = _FIELDS.get(key)
    if field is None:
        raise BadRequest(f"There is no setting {str(key)[:_SHOWN]!r}.", HINT, key=str(key)[:_SHOWN])
    return field
