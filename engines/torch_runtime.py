"""What every engine that runs on torch needs around it: quiet and offline libraries, a place and a precision.

Nothing here imports torch before a function is called.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.base import Device, EngineError, EngineOutOfMemory, EngineUnavailable, Viability
from engines.device_rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from engines.info import DeviceKind

LIBRARIES: Final = ("torch", "diffusers", "transformers", "accelerate", "safetensors", "peft", "gguf")
INSTALL: Final = "pip install 'irodori[diffusion]'"
# What torch says where it raises no class of its own: on Apple's devices and on the processor.
_OUT_OF_MEMORY: Final = ("out of memory", "can't allocate memory", "not enough memory")
_kept: list[Any] = []


def torch_viability() -> Viability:
    """Say whether torch and diffusers are installed, without importing them."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        told = ("not_installed", names, INSTALL)
        return Viability(ok=False, reason=f"{names} is not installed", fix=INSTALL, told=told)
    return Viability(ok=True)


@cache
def prepare_torch() -> None:
    """Make ready for the first import of diffusers or transformers; a second call does nothing.

    Hubs are switched off (what is needed lies on this machine), bars and notices too: the host's stdout is a wire.

    Raises:
        EngineUnavailable: a library is missing.
    """
    viability = torch_viability()
    if not viability.ok:
        raise EngineUnavailable(viability.reason, viability.fix, told=viability.told)
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    mend_torchvision()
    import diffusers.utils.logging
    import transformers.utils.logging

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.disable_progress_bar()
        library.set_verbosity_error()


def accelerator() -> Device | None:
    """Return the accelerator that torch sees on this machine, None where there is only the processor.

    Imports torch: ask when an engine that needs it is about to be loaded, not before.
    """
    import torch

    if torch.cuda.is_available():
        facts = torch.cuda.get_device_properties(0)
        return Device("cuda", facts.name, facts.total_memory >> 20)
    if torch.backends.mps.is_available():
        return Device("mps", "Apple GPU", torch.mps.recommended_max_memory() >> 20)
    return None


def on_accelerator(module: Any) -> tuple[Any, DeviceKind]:
    """Make a module ready to infer on the accelerator, where there is one; return it with the device's name."""
    device = accelerator()
    name: DeviceKind = device.kind if device is not None else "cpu"
    return module.to(name).eval(), name


def torch_device(device: Device) -> torch.device:
    """Return torch's name of a device.

    Raises:
        EngineUnavailable: torch has no such device here.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device.kind, False):
        raise EngineUnavailable(
            f"torch has no {device.kind} device here", "Install torch for this device.", told=("no_device", device.kind)
        )
    return torch.device(device.kind)


def torch_dtype(device: Device) -> torch.dtype:
    """Return the precision to compute in, as the device's rules say; float16 where a card would emulate bfloat16."""
    import torch

    if rules_of(device.kind).precision == "float32":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


@contextmanager
def attention_of(model: str, kind: DeviceKind) -> Iterator[None]:
    """Let torch use only the plain form of attention where a device's rules name the model."""
    if model not in rules_of(kind).plain_attention:
        yield
        return
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.MATH):
        yield


@contextmanager
def torch_memory_mapped() -> Iterator[None]:
    """Turn the ways in which torch says that memory ran out into `EngineOutOfMemory`."""
    import torch

    try:
        yield
    except (RuntimeError, MemoryError) as exc:
        ran_out = isinstance(exc, (torch.OutOfMemoryError, MemoryError))
        if not ran_out and not any(words in str(exc).lower() for words in _OUT_OF_MEMORY):
            raise
        raise EngineOutOfMemory("the device's memory did not suffice", "Close other programs or ask for less.") from exc


def pipeline_picture(
    pipeline: Any,
    arguments: Mapping[str, Any],
    seed: int,
    after_step: Callable[[int, torch.Tensor], torch.Tensor | None],
) -> NDArray[np.uint8]:
    """Return the picture that a diffusers pipeline makes of its arguments, `(h, w, 3)` uint8 sRGB RGB.

    As `pipeline_pictures` of one seed.
    """
    return pipeline_pictures(pipeline, arguments, [seed], after_step)[0]


def pipeline_pictures(
    pipeline: Any,
    arguments: Mapping[str, Any],
    seeds: Sequence[int],
    after_step: Callable[[int, torch.Tensor], torch.Tensor | None],
) -> list[NDArray[np.uint8]]:
    """Return the pictures that a diffusers pipeline makes at once, each `(h, w, 3)` uint8 sRGB RGB, one of each seed.

    after_step: hears of each step, counted from 0, with its latents, and may give others to go on with; what it raises
        passes through untouched. Offloaded parts leave the device also where the call fails.

    Raises:
        EngineOutOfMemory: the device's memory did not suffice. EngineError: the picture has numbers without a value.
    """
    import numpy as np
    import torch

    stopped: list[BaseException] = []

    def between(_running: Any, step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        try:
            others = after_step(step, tensors["latents"])
        except BaseException as exc:
            stopped.append(exc)
            raise
        return {} if others is None else {"latents": others}

    # The processor's generator gives the same noise on every device.
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
    generator = generators if len(generators) > 1 else generators[0]
    try:
        with torch_memory_mapped():
            pictures = pipeline(**arguments, generator=generator, callback_on_step_end=between, output_type="np").images
    except BaseException:
        pipeline.maybe_free_model_hooks()
        if stopped:
            raise stopped[0] from None
        raise
    if not np.isfinite(pictures).all():
        raise EngineError(
            "the model gave no picture but numbers without a value",
            "Try another device or other weights.",
            told=("no_numbers",),
        )
    return [np.asarray((picture * 255).round(), np.uint8) for picture in pictures]


def return_device_memory() -> None:
    """Give back what torch keeps for later, on every device that was used."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def mend_torchvision() -> None:
    """Let torchvision be imported where its compiled part does not fit torch, as on CPU builds.

    `import torchvision` then fails for want of the operator `torchvision::nms` and takes diffusers and transformers
    down with it. The operator is declared and given a body in torch. Builds that fit are left alone.
    """
    spec = None if "torchvision" in sys.modules else importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    import torch

    load: Any = torch.ops.load_library
    declare: Any = torch.library.Library
    for library in sorted(Path(spec.origin).parent.glob("_C*.*")):
        try:
            load(str(library))
        except (OSError, ImportError):
            continue
        return
    fragment = declare("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        fragment.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

    fragment.impl("nms", _nms, "CPU")
    torchvision.ops.nms = torchvision.ops.boxes.nms = _nms
    _kept.append(fragment)  # the declaration lives as long as its object


def _nms(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression, as torchvision defines it: boxes `(n, 4)`, scores `(n,)`, kept indices out."""
    import torch

    order = scores.argsort(descending=True, stable=True)
    area = (dets[:, 2] - dets[:, 0]) * (dets[:, 3] - dets[:, 1])
    keep = []
    while order.numel():
        best, rest = order[0], order[1:]
        keep.append(best)
        corner = torch.minimum(dets[best, 2:], dets[rest, 2:]) - torch.maximum(dets[best, :2], dets[rest, :2])
        common = corner.clamp(min=0).prod(dim=1)
        order = rest[common / (area[best] + area[rest] - common) <= iou_threshold]
    return torch.stack(keep) if keep else torch.empty(0, dtype=torch.long, device=dets.device)
