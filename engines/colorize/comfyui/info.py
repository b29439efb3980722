"""The facts of both engines, and what a server is; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engines.colorize.comfyui.address import address_fault, is_loopback, origin_of
from engines.info import EngineInfo, Supports

INFO: Final = EngineInfo(
    id="comfyui",
    label="ComfyUI (FLUX.2 klein)",
    version="4",
    licence="LicenseRef-of-the-servers-weights",
    supports=Supports(references_max=4, preview=True, negative_prompt=True, lora=True, inpaint=True),
    models=(),
    device="remote",
    wording="sentences",
    comfort_pixels=1024 * 1024,
    draws=True,
    regions=True,
)


SDXL_INFO: Final = EngineInfo(
    id="comfyui-sdxl",
    label="ComfyUI (SDXL, two passes)",
    version="1",
    licence="LicenseRef-of-the-servers-weights",
    supports=Supports(references_max=4, preview=True, negative_prompt=True, lora=True, inpaint=True),
    models=(),
    device="remote",
    wording="tags",
    stages=2,
    comfort_pixels=1024 * 1024,
    draws=True,
    regions=True,
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where ComfyUI listens: `http(s)://host:port`. The key never shows in a text of this object."""

    url: str = ""
    api_key: str = field(default="", repr=False)

    @property
    def is_set(self) -> bool:
        """Whether the reader named a server at all."""
        return bool(self.url)

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine."""
        return is_loopback(self.url)

    @property
    def origin(self) -> str:
        """`scheme://host:port`, empty where the address is none."""
        return origin_of(self.url)

    def fault(self) -> str:
        """Return what is wrong with the address, or an empty string."""
        fault = address_fault(self.url)
        if fault:
            return fault
        if self.api_key and self.origin.startswith("http:") and not self.is_loopback:
            return "the key would be sent unencrypted"
        return ""
