"""Networks from files: the real classes at toy size, told by what is in the file; what is none is refused."""

import importlib
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.base import ModelInvalid, ModelMissing
from engines.memory_ledger import Holder, MemoryLedger
from engines.torch_runtime import prepare_torch
from engines.upscale.pulled import pulled_upscaler, upscaler_of
from engines.upscale.registry import memory_mib, open_upscaler, upscaler_in_memory
from engines.upscale.tiles import enlarge
from models.catalog import load_catalog

RGB = np.random.default_rng(0).integers(0, 256, (120, 140, 3), np.uint8)


def esrgan(scale: int = 2, channels: int = 3) -> torch.nn.Module:
    prepare_torch()
    arch = importlib.import_module("spandrel.architectures.ESRGAN.__arch.RRDB")
    torch.manual_seed(0)
    return arch.RRDBNet(in_nc=channels, out_nc=channels, num_filters=8, num_blocks=1, scale=scale).eval()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("upscalers")
    network = esrgan()
    save_file(network.state_dict(), folder / "toy.safetensors")
    torch.save({"params_ema": network.state_dict()}, folder / "toy.pth")
    save_file(esrgan(channels=1).state_dict(), folder / "grey.safetensors")
    save_file({"a": torch.zeros(3)}, folder / "other.safetensors")
    (folder / "cut.safetensors").write_bytes((folder / "toy.safetensors").read_bytes()[:2000])
    (folder / "empty.pth").write_bytes(b"")
    (folder / "toy.bin").write_bytes(b"x")
    return folder


@pytest.mark.parametrize("name", ["toy.safetensors", "toy.pth"])
def test_a_file_is_the_bare_network_tile_by_tile(files: Path, name: str) -> None:
    upscaler = open_upscaler(files / name, 8)
    assert (upscaler.info.scale, upscaler.info.name) == (2, "toy")
    with torch.inference_mode():
        bare = esrgan()(torch.from_numpy(RGB).permute(2, 0, 1)[None].float() / 255)[0]
    expected = bare.permute(1, 2, 0).clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    assert np.array_equal(upscaler.enlarge(RGB), expected)
    tiled = enlarge(upscaler, RGB, tile_px=64, margin_px=48)
    inner = slice(96, -96), slice(96, -96)  # at the rim the bare network pads with black
    assert tiled.shape == expected.shape
    assert tiled[inner].size > 10_000
    assert np.abs(tiled[inner].astype(int) - expected[inner]).max() <= 1


def test_a_network_stands_in_the_ledger_while_it_works_and_interpolation_does_not(files: Path) -> None:
    ledger = MemoryLedger(lambda: 64_000)

    @contextmanager
    def guest(holder: Holder, check: Callable[[], None]) -> Iterator[None]:
        check()
        with ledger.holding(holder):
            yield

    with upscaler_in_memory(None, 3, guest) as upscaler:
        assert (upscaler.info.scale, ledger.held) == (3, ())
    path = files / "toy.pth"
    with upscaler_in_memory(path, 3, guest) as upscaler:
        assert [(one.slot, one.label, one.mib) for one in ledger.held] == [("upscale", "toy.pth", memory_mib(path))]
        assert ledger.held[0].is_heavy
    assert ledger.held == ()
    assert upscaler._network is None  # type: ignore[attr-defined]
    large = np.zeros(3 << 20, np.uint8)
    (files / "many").mkdir()
    (files / "many" / "model.safetensors").write_bytes(large.tobytes())
    assert memory_mib(files / "many") - memory_mib(path) == 3


@pytest.mark.parametrize(
    "name", ["grey.safetensors", "other.safetensors", "cut.safetensors", "empty.pth", "toy.bin", "hostile.pth"]
)
def test_what_is_no_upscaler_is_refused(files: Path, name: str) -> None:
    if name == "hostile.pth":

        class Hostile:
            def __reduce__(self) -> tuple:
                return (Path.touch, (files / "ran",))

        (files / name).write_bytes(pickle.dumps({"params": Hostile()}))
    with pytest.raises(ModelInvalid) as refusal:
        open_upscaler(files / name, 2)
    assert name in refusal.value.message
    assert not (files / "ran").exists()


def test_what_is_not_there(files: Path) -> None:
    with pytest.raises(ModelMissing):
        open_upscaler(files / "none.pth", 2)
    with pytest.raises(ModelMissing):
        open_upscaler(files, 2)


def test_a_swin2sr_folder(tmp_path: Path) -> None:
    prepare_torch()
    import transformers

    torch.manual_seed(0)
    config = transformers.Swin2SRConfig(
        embed_dim=12, depths=[1], num_heads=[2], window_size=4, image_size=16, upscale=2, num_channels=3
    )
    model = transformers.Swin2SRForImageSuperResolution(config).eval()
    model.save_pretrained(tmp_path / "swin")
    upscaler = open_upscaler(tmp_path / "swin", 8)
    assert (upscaler.info.scale, upscaler.info.multiple) == (2, 4)
    with torch.inference_mode():
        bare = model(torch.from_numpy(RGB).permute(2, 0, 1)[None].float() / 255).reconstruction[0]
    expected = bare.permute(1, 2, 0).clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    assert np.array_equal(upscaler.enlarge(RGB), expected)
    assert enlarge(upscaler, RGB[:33, :41], tile_px=18, margin_px=5).shape == (66, 82, 3)


def test_another_model_s_folder_is_refused(tmp_path: Path) -> None:
    prepare_torch()
    import transformers

    config = transformers.ViTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    transformers.ViTModel(config).save_pretrained(tmp_path / "vit")
    with pytest.raises(ModelInvalid, match="vit"):
        open_upscaler(tmp_path / "vit", 2)


def test_a_network_of_the_catalogue_is_told_by_its_id(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing, match="real-esrgan-x4") as refusal:
        pulled_upscaler("real-esrgan-x4")
    assert refusal.value.hint == "irodori models pull real-esrgan-x4"
    with pytest.raises(ModelMissing, match="no network"):
        pulled_upscaler("../sam3")
    (tmp_path / "real-esrgan-x4").mkdir()
    shutil.copy(files / "toy.safetensors", tmp_path / "real-esrgan-x4" / "RealESRGAN_x4plus.safetensors")
    found = upscaler_of(Path("real-esrgan-x4"))
    assert found == pulled_upscaler("real-esrgan-x4")
    assert open_upscaler(found, 8).info.scale == 2
    assert upscaler_of(files) == files
    assert upscaler_of(None) is None
    assert {one.id for one in load_catalog().values() if one.engine == "upscale"} == {"real-esrgan-x4", "swin2sr-x2"}
