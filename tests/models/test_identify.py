"""Telling weights by their tensors; and the folder that they are dropped into."""

from __future__ import annotations

import json
import pickle
import struct
import threading
from typing import TYPE_CHECKING

import pytest

from models.drop_folder import DropFolder, scan
from models.identify import UNKNOWN, identify
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from pathlib import Path


def safetensors(path: Path, **shapes: tuple[int, ...]) -> Path:
    """Write a file of the right length whose tensors are a hole in it."""
    table, end = {}, 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        table[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    header = json.dumps(table).encode()
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        stream.truncate(8 + len(header) + end)
    return path


def test_a_transformer_that_bitsandbytes_packed_is_told_by_what_it_was(tmp_path: Path) -> None:
    """Packed, a matrix of 3072 × 128 is a column of bytes; its first width stands in the text beside it."""
    facts = json.dumps({"quant_type": "nf4", "blocksize": 64, "shape": [3072, 128]}).encode()
    name, rows = "img_in.weight", 3072 * 128 // 2
    table = {
        name: {"dtype": "U8", "shape": [rows, 1], "data_offsets": [0, rows]},
        f"{name}.quant_state.bitsandbytes__nf4": {
            "dtype": "U8", "shape": [len(facts)], "data_offsets": [rows, rows + len(facts)]
        },
        "double_stream_modulation_img.lin.weight": {"dtype": "BF16", "shape": [0, 9], "data_offsets": [rows, rows]},
    }  # fmt: skip
    header = json.dumps(table).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(rows) + facts)
    assert "klein 4B" in identify(path).label


KLEIN_4B = {"img_in.weight": (3072, 128), "double_stream_modulation_img.lin.weight": (18432, 3072)}
CASES = [
    (KLEIN_4B, "transformer", "flux2", "klein 4B"),
    ({f"model.diffusion_model.{name}": shape for name, shape in KLEIN_4B.items()}, "transformer", "flux2", "klein 4B"),
    (
        {"x_embedder.weight": (4096, 128), "double_stream_modulation_img.linear.weight": (24576, 4096)},
        "transformer", "flux2", "klein 9B",
    ),
    ({"img_in.weight": (3072, 64), "double_blocks.0.img_mod.lin.weight": (8, 8)}, "transformer", "flux1", "FLUX.1"),
    ({"model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": (7296, 2432)}, "transformer", "sd3", "3.5"),
    ({"ip_adapter.0.to_k_ip.weight": (2432, 2432)}, "ip_adapter", "sd3", "3.5"),
    (
        {"img_in.weight": (3072, 64), "txt_norm.weight": (3584,),
         "transformer_blocks.0.img_mod.1.weight": (18432, 3072)},
        "transformer", "qwen-image", "Qwen-Image-Edit",
    ),
    (
        {"model.embed_tokens.weight": (151936, 2560), "model.layers.0.self_attn.q_norm.weight": (128,)},
        "text_encoder", "flux2", "Qwen3-4B",
    ),
    (
        {"token_embd.weight": (151936, 4096), "blk.0.attn_q_norm.weight": (128,)},
        "text_encoder", "flux2", "Qwen3-8B",
    ),
    (
        {"encoder.conv_in.weight": (9, 3, 3, 3), "decoder.conv_in.weight": (9, 32, 3, 3), "bn.running_mean": (128,)},
        "vae", "flux2", "FLUX.2",
    ),
    ({"encoder.conv_in.weight": (128, 3, 3, 3), "decoder.conv_in.weight": (512, 4, 3, 3)}, "vae", "", "autoencoder"),
    (
        {
            "model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3),
            "conditioner.embedders.1.model.text_projection": (1280, 1280),
        },
        "checkpoint", "sdxl", "SDXL",
    ),
    ({"model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}, "checkpoint", "sd15", "Stable Diffusion"),
    (
        {"image_proj.proj.weight": (16384, 1024), "image_proj.proj.bias": (16384,), "image_proj.norm.weight": (4096,),
         "image_proj.norm.bias": (4096,)},
        "ip_adapter", "flux2", "klein 9B",
    ),
    ({"ip_adapter.1.to_k_ip.weight": (640, 2048)}, "ip_adapter", "sdxl", "IP-Adapter"),
    (
        {"vision_model.embeddings.patch_embedding.weight": (1280, 3, 14, 14), "visual_projection.weight": (1024, 1280)},
        "image_encoder", "sdxl", "ViT-H",
    ),
    (
        {
            "model.diffusion_model.img_in.weight": (3072, 128),
            "model.diffusion_model.double_stream_modulation_img.lin.weight": (18432, 3072),
            "vae.encoder.conv_in.weight": (128, 3, 3, 3),
        },
        "checkpoint", "flux2", "klein 4B",
    ),
    ({"task_embedding": (6, 320)}, "controlnet", "sdxl", "Union"),
    ({"controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3)}, "controlnet", "", "ControlNet"),
    (
        {
            "transformer.single_transformer_blocks.0.attn.to_out.lora_A.weight": (16, 12288),
            "transformer.single_transformer_blocks.0.attn.to_out.lora_B.weight": (3072, 16),
        },
        "lora", "flux2", "klein 4B",
    ),
    (
        {
            "diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight": (16, 4096),
            "diffusion_model.double_blocks.0.img_attn.qkv.lora_B.weight": (12288, 16),
        },
        "lora", "flux2", "klein 9B",
    ),
    (
        {
            "lora_unet_double_blocks_0_img_mod_lin.lora_down.weight": (16, 3072),
            "lora_unet_double_blocks_0_img_mod_lin.lora_up.weight": (18432, 16),
        },
        "lora", "flux1", "FLUX.1",
    ),
    (
        {
            "lora_unet_down_blocks_1_attentions_0_attn2_to_k.lora_down.weight": (16, 2048),
            "lora_unet_down_blocks_1_attentions_0_attn2_to_k.lora_up.weight": (640, 16),
        },
        "lora", "sdxl", "SDXL",
    ),
    ({"something.weight": (3, 3)}, "unknown", "", "not known"),
]  # fmt: skip


@pytest.mark.parametrize(("shapes", "role", "family", "words"), CASES)
def test_a_file_is_told_by_its_tensors_whatever_its_name(tmp_path, shapes, role, family, words):
    found = identify(safetensors(tmp_path / "download (3).safetensors", **shapes))
    assert (found.role, found.family) == (role, family)
    assert words in found.label


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".bin", ".PKL"])
def test_a_pickle_is_refused_unopened(tmp_path, suffix):
    marker = tmp_path / "opened"

    class Evil:
        def __reduce__(self):
            return (marker.touch, ())

    path = tmp_path / f"lora{suffix}"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(WeightsInvalid, match="can run code"):
        identify(path)
    assert not marker.exists()


def test_a_file_that_is_cut_off_or_no_weights_is_said_to_be_so(tmp_path):
    whole = safetensors(tmp_path / "a.safetensors", **KLEIN_4B)
    cut = tmp_path / "b.safetensors"
    cut.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(WeightsInvalid, match="cut off"):
        identify(cut)
    (tmp_path / "c.gguf").write_bytes(b"hello")
    with pytest.raises(WeightsInvalid):
        identify(tmp_path / "c.gguf")


def test_a_folder_is_listed_with_what_is_wrong(tmp_path):
    safetensors(tmp_path / "good.safetensors", **KLEIN_4B)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "bad.ckpt").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("not weights")
    found = {one.path.name: one for one in scan(tmp_path)}
    assert set(found) == {"good.safetensors", "bad.ckpt"}
    assert found["good.safetensors"].identity.family == "flux2"
    assert found["bad.ckpt"].identity is UNKNOWN
    assert "can run code" in found["bad.ckpt"].fault


class Seen:
    def __init__(self):
        self.told = []
        self.changed = threading.Condition()

    def __call__(self, dropped):
        with self.changed:
            self.told.append(dropped)
            self.changed.notify_all()

    def wait(self, condition, timeout_s=10.0):
        with self.changed:
            assert self.changed.wait_for(lambda: bool(self.told) and condition(self.told[-1]), timeout_s), self.told


def test_a_dropped_file_appears_without_a_restart_and_goes_when_it_is_taken_away(tmp_path):
    seen = Seen()
    folder = DropFolder(tmp_path / "models", seen, quiet_s=0.1)
    folder.start()
    try:
        assert folder.watching.wait(10)
        safetensors(tmp_path / "models" / "one.safetensors", **KLEIN_4B)
        seen.wait(lambda dropped: [one.identity.label for one in dropped] == ["FLUX.2 klein 4B, transformer"])
        (tmp_path / "models" / "one.safetensors").unlink()
        seen.wait(lambda dropped: dropped == ())
    finally:
        folder.close()


def test_what_lay_there_before_is_no_news_and_nothing_is_told_after_the_end(tmp_path):
    safetensors(tmp_path / "klein.safetensors", **KLEIN_4B)
    told = []
    drop = DropFolder(tmp_path, told.append, quiet_s=0.05)
    drop.start()
    assert drop.watching.wait(20)
    drop.close()
    assert told == []
    safetensors(tmp_path / "other.safetensors", **KLEIN_4B)
    drop._tell()
    assert told == []


def test_a_file_that_is_still_being_copied_is_waited_for(tmp_path):
    whole = safetensors(tmp_path / "source.safetensors", **{"img_in.weight": (64, 64)} | {"x.lora_A.weight": (8, 64)})
    content = whole.read_bytes()
    seen = Seen()
    folder = DropFolder(tmp_path / "models", seen, quiet_s=0.3)
    folder.start()
    try:
        assert folder.watching.wait(10)
        with (tmp_path / "models" / "slow.safetensors").open("wb") as stream:
            for start in range(0, len(content), len(content) // 8 + 1):
                stream.write(content[start : start + len(content) // 8 + 1])
                stream.flush()
                threading.Event().wait(0.1)
        seen.wait(lambda dropped: len(dropped) == 1)
        assert all(one.fault == "" for dropped in seen.told for one in dropped)
    finally:
        folder.close()
        folder.close()
