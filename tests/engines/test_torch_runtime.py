"""What every engine on torch relies on."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from engines.base import Device, EngineOutOfMemory, EngineUnavailable
from engines.torch_runtime import (
    accelerator,
    prepare_torch,
    torch_device,
    torch_dtype,
    torch_memory_mapped,
    torch_viability,
)

CPU = Device("cpu", "processor", 16_000)


def in_fresh_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_asking_imports_no_torch() -> None:
    code = (
        "import sys, engines.torch_runtime as runtime\n"
        "runtime.torch_viability(), runtime.return_device_memory()\n"
        "from engines.base import Device\n"
        "from engines.device_memory import free_memory\n"
        "free_memory(Device('cuda', 'x', 1))\n"
        "sys.stdout.write(str('torch' in sys.modules))\n"
    )
    assert in_fresh_python(code) == "False"


def test_libraries_come_in_quiet_offline_and_whole() -> None:
    code = (
        "import os, sys\n"
        "os.environ.pop('HF_HUB_OFFLINE', None)\n"
        "from engines.torch_runtime import prepare_torch\n"
        "prepare_torch()\n"
        "from diffusers import Flux2KleinPipeline\n"
        "from transformers import Qwen3Model, CLIPImageProcessor\n"
        "import huggingface_hub.constants as hub\n"
        "sys.stdout.write(f'{hub.HF_HUB_OFFLINE} {hub.HF_HUB_DISABLE_TELEMETRY}')\n"
    )
    assert in_fresh_python(code) == "True True"


def test_boxes_that_overlap_are_suppressed_greedily() -> None:
    prepare_torch()
    pytest.importorskip("torchvision")
    import torch
    from torchvision.ops import nms

    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 80, (60, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(5, 30, (60, 2))], axis=1)
    scores = rng.permutation(60) / 60
    expected: list[int] = []
    for index in np.argsort(-scores):
        if all(iou(boxes[index], boxes[other]) <= 0.4 for other in expected):
            expected.append(int(index))
    kept = nms(torch.tensor(boxes, dtype=torch.float32), torch.tensor(scores, dtype=torch.float32), 0.4)
    assert kept.tolist() == expected
    assert nms(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []


def iou(one: np.ndarray, other: np.ndarray) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (one, other)]
    return common / (sum(areas) - common)


def test_accelerator_is_one_that_torch_can_use() -> None:
    import torch

    found = accelerator()
    assert (found is not None) == (torch.cuda.is_available() or torch.backends.mps.is_available())
    if found is not None:
        assert torch_device(found).type == found.kind
        assert found.memory_mib > 0


def test_device_and_precision() -> None:
    import torch

    assert torch_device(CPU) == torch.device("cpu")
    assert torch_dtype(CPU) == torch.float32
    assert torch_dtype(Device("mps", "Apple", 16_000)) == torch.float32
    with pytest.raises(EngineUnavailable):
        torch_device(Device("remote", "a server", 0))


def test_memory_that_runs_out_is_told_from_other_faults() -> None:
    import torch

    for exc in (
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory"),
    ):
        with pytest.raises(EngineOutOfMemory) as caught, torch_memory_mapped():
            raise exc
        assert caught.value.__cause__ is exc
    with pytest.raises(RuntimeError, match="shape"), torch_memory_mapped():
        raise RuntimeError("shape mismatch")


def test_memory_really_running_out_is_said_so() -> None:
    import torch

    with pytest.raises(EngineOutOfMemory), torch_memory_mapped():
        torch.empty(1 << 50)


def test_libraries_are_there_and_telemetry_is_off() -> None:
    assert torch_viability().ok
    prepare_torch()
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_attention_is_plain_only_where_a_devices_rules_name_the_model() -> None:
    import torch

    from engines.torch_runtime import attention_of

    flash = torch.backends.cuda.flash_sdp_enabled
    before = flash()
    with attention_of("sam3", "mps"):
        assert not flash()
        assert torch.backends.cuda.math_sdp_enabled()
    for model, kind in (("sam3", "cpu"), ("flux2-klein", "mps")):
        with attention_of(model, kind):
            assert flash() == before
    assert flash() == before
